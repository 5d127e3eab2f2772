"""AUTHENTICATE in both contexts, sequence numbers and resynchronisation, against a calculation of its own.

The network side here is written from TS 33.102 with Milenage from the cryptography library's AES, sharing no code with
the card; TUAK and the test algorithm come from the card's own functions, which tests/kat holds to published vectors.
"""

from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from euicc_sim.profile.algorithms import Algorithm, Tuak, UsimTest
from tests.support.profile_bench import (
    AID_ISIM,
    AID_USIM,
    ISIM,
    OPC,
    PIN1,
    K,
    UiccBench,
    aka,
    file,
    mapped_aka,
    package,
    t,
    usim,
)

RAND = bytes(range(0x50, 0x60))


def aes(block: bytes) -> bytes:
    return Cipher(algorithms.AES(K), modes.ECB()).encryptor().update(block)


def xor(*parts: bytes) -> bytes:
    total = 0
    for part in parts:
        total ^= int.from_bytes(part)
    return total.to_bytes(len(parts[0]))


class IndependentMilenage:
    """TS 35.206 with the standard constants, written for this test."""

    def _out(self, rand: bytes, turn: int, constant: int) -> bytes:
        temp = aes(xor(rand, OPC))
        mixed = xor(temp, OPC)
        mixed = mixed[turn:] + mixed[:turn]
        return xor(aes(xor(mixed, constant.to_bytes(16))), OPC)

    def f1(self, rand: bytes, sqn: bytes, amf: bytes) -> bytes:
        mixed = xor((sqn + amf) * 2, OPC)
        return xor(aes(xor(aes(xor(rand, OPC)), mixed[8:] + mixed[:8])), OPC)[:8]

    def f1_star(self, rand: bytes, sqn: bytes, amf: bytes) -> bytes:
        mixed = xor((sqn + amf) * 2, OPC)
        return xor(aes(xor(aes(xor(rand, OPC)), mixed[8:] + mixed[:8])), OPC)[8:]

    def f2345(self, rand: bytes) -> tuple[bytes, bytes, bytes, bytes]:
        out2 = self._out(rand, 0, 1)
        return out2[8:], self._out(rand, 4, 2), self._out(rand, 8, 4), out2[:6]

    def f5_star(self, rand: bytes) -> bytes:
        return self._out(rand, 12, 8)[:6]


class Network:
    """A home network: makes AUTN, understands AUTS."""

    def __init__(self, functions: Algorithm) -> None:
        self.f = functions

    def challenge(self, sqn: int, amf: str = "8000") -> str:
        sequence, field = sqn.to_bytes(6), bytes.fromhex(amf)
        *_, key = self.f.f2345(RAND)
        autn = xor(sequence, key) + field + self.f.f1(RAND, sequence, field)
        return "0088008122" + "10" + RAND.hex() + "10" + autn.hex()

    def success(self, *, kc: bool = True) -> str:
        res, ck, ik, _ = self.f.f2345(RAND)
        parts = [res, ck, ik]
        if kc:
            parts.append(xor(ck[:8], ck[8:], ik[:8], ik[8:]))
        return "DB" + "".join(f"{len(part):02X}{part.hex().upper()}" for part in parts)

    def resynchronise(self, answer: str) -> int:
        """SQN_MS of an AUTS, its MAC checked."""
        auts = bytes.fromhex(answer)
        assert auts[:2] == b"\xdc\x0e"
        sqn = xor(auts[2:8], self.f.f5_star(RAND))
        assert self.f.f1_star(RAND, sqn, b"\x00\x00") == auts[8:]
        return int.from_bytes(sqn)


TOPC = bytes(range(32))
NETWORKS: dict[str, tuple[Callable[[], Algorithm], bytes]] = {
    "milenage": (IndependentMilenage, aka()),
    "tuak128": (lambda: Tuak(K, TOPC, 16), aka("02", opc=TOPC, options="02")),
    "tuak256": (lambda: Tuak(K * 2, TOPC, 8, 2), aka("02", key=K * 2, opc=TOPC, more=t("87", "02"))),
}


def card(element: bytes, **changes: bytes) -> UiccBench:
    bench = UiccBench.with_package(package(aka=element, **changes))
    bench.verify("01", PIN1)
    bench.select_usim()
    return bench


@pytest.fixture(params=NETWORKS)
def pair(request: pytest.FixtureRequest) -> tuple[UiccBench, Network]:
    functions, element = NETWORKS[request.param]
    return card(element), Network(functions())


def test_success(pair: tuple[UiccBench, Network]) -> None:
    bench, network = pair
    assert bench.data(network.challenge(0x20)) == network.success()


def test_wrong_mac(pair: tuple[UiccBench, Network]) -> None:
    bench, network = pair
    good = network.challenge(0x20)
    for position in range(46, len(good), 2):
        bad = good[:position] + f"{int(good[position : position + 2], 16) ^ 1:02x}" + good[position + 2 :]
        assert bench(bad) == ("", "9862")
    assert bench.commits == [] or all("sqn" not in key for commit in bench.commits for key in commit)
    assert bench.data(good) == network.success()


def test_a_used_sequence_number_resynchronises(pair: tuple[UiccBench, Network]) -> None:
    bench, network = pair
    bench.data(network.challenge(0x1234_20))
    answer = bench.data(network.challenge(0x1234_20))
    sqn_ms = network.resynchronise(answer)
    assert sqn_ms == 0x1234_20
    assert bench.data(network.challenge(sqn_ms + 0x20)) == network.success()


def test_sequence_numbers_survive_power_loss(pair: tuple[UiccBench, Network]) -> None:
    bench, network = pair
    bench.data(network.challenge(0x2000))
    bench.power_on()
    bench.verify("01", PIN1)
    bench.select_usim()
    assert network.resynchronise(bench.data(network.challenge(0x2000))) == 0x2000


MILENAGE = Network(IndependentMilenage())
SEQ = 1 << 5


def test_each_index_has_its_own_sequence() -> None:
    bench = card(aka())
    bench.data(MILENAGE.challenge(100 * SEQ + 3))
    assert bench.data(MILENAGE.challenge(90 * SEQ + 4)) == MILENAGE.success()
    assert bench.data(MILENAGE.challenge(90 * SEQ + 4)).startswith("DC")
    assert bench.data(MILENAGE.challenge(89 * SEQ + 5)) == MILENAGE.success()
    assert MILENAGE.resynchronise(bench.data(MILENAGE.challenge(100 * SEQ + 3))) == 100 * SEQ + 3


def test_delta_and_age_limit() -> None:
    element = aka(delta=t("83", "000000000064"), age=t("84", "00000000000A"))
    bench = card(element)
    assert bench.data(MILENAGE.challenge(101 * SEQ)).startswith("DC")
    assert bench.data(MILENAGE.challenge(100 * SEQ)) == MILENAGE.success()
    assert bench.data(MILENAGE.challenge(89 * SEQ + 1)).startswith("DC")
    assert bench.data(MILENAGE.challenge(90 * SEQ + 1)) == MILENAGE.success()


def test_initial_sequence_numbers() -> None:
    values = [t("04", f"{number:012X}") for number in range(32)]
    bench = card(aka(sqn=t("A5", *values)))
    assert bench.data(MILENAGE.challenge(7 * SEQ + 7)).startswith("DC")
    assert MILENAGE.resynchronise(bench.data(MILENAGE.challenge(0))) == 31 * SEQ + 31
    assert bench.data(MILENAGE.challenge(8 * SEQ + 7)) == MILENAGE.success()


def test_the_test_algorithm_takes_every_sequence_number_and_resynchronises_on_demand() -> None:
    bench, network = card(aka("03", opc=b"", options="02")), Network(UsimTest(K))
    assert bench.data(network.challenge(0x40)) == network.success()
    assert bench.data(network.challenge(0x40)) == network.success()
    assert network.resynchronise(bench.data(network.challenge(0x60, amf="FFFF"))) == 0x40


def test_gsm_context() -> None:
    bench = card(aka())
    res, ck, ik, _ = IndependentMilenage().f2345(RAND)
    sres, kc = xor(res[:4], res[4:]), xor(ck[:8], ck[8:], ik[:8], ik[8:])
    assert bench.data("00880080" + "11" + "10" + RAND.hex()) == "04" + sres.hex().upper() + "08" + kc.hex().upper()


def test_services_switch_kc_and_gsm_context() -> None:
    bench = card(aka(), usim=usim(ust=file("A8", "9EFFBF19".ljust(34, "0"), "02", size="11")))
    assert bench.data(MILENAGE.challenge(0x20)) == MILENAGE.success(kc=False)
    assert bench.sw("00880080" + "11" + "10" + RAND.hex()) == "9864"


@pytest.mark.parametrize(
    ("command", "sw"),
    [
        ("0088008122" + "11" + "00" * 33, "6A80"),
        ("0088008121" + "10" + "00" * 32, "6700"),
        ("00880081", "6700"),
        ("0088008011" + "0F" + "00" * 16, "6A80"),
        ("0088008010" + "00" * 16, "6700"),
        ("0088008222" + "00" * 34, "9864"),
        ("0088008422" + "00" * 34, "9864"),
        ("0088008522" + "00" * 34, "9864"),
        ("0088008622" + "00" * 34, "9864"),
        ("0088008722" + "00" * 34, "6A86"),
        ("0088018122" + "00" * 34, "6A86"),
        ("0089008122" + "00" * 34, "6D00"),
        ("8088008122" + "00" * 34, "6E00"),
    ],
)
def test_refusals(command: str, sw: str) -> None:
    assert card(aka()).sw(command) == sw


def test_conditions() -> None:
    bench = UiccBench.with_package()
    assert bench.sw(MILENAGE.challenge(0x20)) == "6985"
    bench.select_usim()
    assert bench.sw(MILENAGE.challenge(0x20)) == "6982"
    bench.verify("01", PIN1)
    assert bench.data(MILENAGE.challenge(0x20)) == MILENAGE.success()
    without = UiccBench.with_package(package(aka=b""))
    without.select_usim()
    assert without.sw(MILENAGE.challenge(0x20)) == "6985"


def test_isim_with_the_keys_of_the_usim() -> None:
    bench = card(aka(), extra=ISIM + mapped_aka(AID_USIM))
    bench.data(MILENAGE.challenge(0x200))
    bench.data("00A404040C" + AID_ISIM)
    assert MILENAGE.resynchronise(bench.data(MILENAGE.challenge(0x200))) == 0x200
    assert bench.data(MILENAGE.challenge(0x400)) == MILENAGE.success(kc=False)
    assert bench.sw("00880080" + "11" + "10" + RAND.hex()) == "9864"


def test_the_sequence_number_is_stored_before_the_answer() -> None:
    bench = card(aka())
    bench.commits.clear()
    bench.data(MILENAGE.challenge(0x20))
    assert [next(iter(commit))[:4] for commit in bench.commits] == ["sqn/"]


def test_get_challenge() -> None:
    bench = UiccBench.with_package()
    assert bench.data("0084000004") == "00010203"
    assert len(bench.data("0084000000")) == 512
    assert bench.data("00840000") == "0001020304050607"
    assert bench.sw("0084000100") == "6A86"
