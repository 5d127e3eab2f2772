"""Keccak-f[1600], the permutation under TUAK.

Spec: 3GPP TS 35.231 annex; FIPS 202 section 3.3
"""

_MASK = (1 << 64) - 1


def _round_constants() -> tuple[int, ...]:
    """The iota constants from their linear feedback shift register (FIPS 202 algorithm 5)."""
    constants, register = [], 1
    for _ in range(24):
        constant = 0
        for power in range(7):
            if register & 1:
                constant |= 1 << (1 << power) - 1
            register = register << 1 ^ (0x171 if register & 0x80 else 0)
        constants.append(constant)
    return tuple(constants)


def _rotations() -> tuple[tuple[int, int, int], ...]:
    """(source lane, destination lane, rotation) of rho and pi together."""
    moves, x, y = [(0, 0, 0)], 1, 0
    for step in range(24):
        moves.append((x + 5 * y, y + 5 * ((2 * x + 3 * y) % 5), (step + 1) * (step + 2) // 2 % 64))
        x, y = y, (2 * x + 3 * y) % 5
    return tuple(moves)


_CONSTANTS = _round_constants()
_MOVES = _rotations()


def keccak_f1600(state: bytes) -> bytes:
    """The permutation of a state of 200 octets."""
    lanes = [int.from_bytes(state[8 * lane : 8 * lane + 8], "little") for lane in range(25)]
    for constant in _CONSTANTS:
        parity = [lanes[x] ^ lanes[x + 5] ^ lanes[x + 10] ^ lanes[x + 15] ^ lanes[x + 20] for x in range(5)]
        for x in range(5):
            right = parity[(x + 1) % 5]
            mix = parity[(x + 4) % 5] ^ (right << 1 | right >> 63) & _MASK
            for y in range(0, 25, 5):
                lanes[x + y] ^= mix
        moved = [0] * 25
        for source, destination, rotation in _MOVES:
            lane = lanes[source]
            moved[destination] = (lane << rotation | lane >> 64 - rotation) & _MASK
        for y in range(0, 25, 5):
            row = moved[y : y + 5]
            for x in range(5):
                lanes[x + y] = row[x] ^ (~row[(x + 1) % 5] & _MASK) & row[(x + 2) % 5]
        lanes[0] ^= constant
    return b"".join(lane.to_bytes(8, "little") for lane in lanes)
