"""GET IDENTITY: what the card conceals, the home network opens with its private key, written here from TS 33.501."""

import hashlib
import hmac

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.support.profile_bench import PIN1, UiccBench, create, file, fill, managed, package, path, t, usim

HOME_X25519 = X25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
HOME_P256 = ec.derive_private_key(0x1234567890ABCDEF, ec.SECP256R1())
PUBLIC_X25519 = HOME_X25519.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
PUBLIC_P256 = HOME_P256.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)


def keys(*listed: tuple[str, bytes]) -> bytes:
    return t("A1", *[t("80", identifier) + t("81", key) for identifier, key in listed])


def bench(priorities: str, key_list: bytes = b"", **changes: bytes) -> UiccBench:
    info = t("A0", priorities) + key_list
    extra = managed(
        path("7FD0"),
        create("5FC0", "7821"),
        create("4F0A", "4121", size="04"),
        fill("21F3FFFF"),
        path("7FD0"),
        create("5FD0", "7821"),
        create("4F01", "4121", arr="01", size="0080"),
        fill(info),
    )
    card = UiccBench.with_package(package(extra=extra, **changes))
    card.verify("01", PIN1)
    card.select_usim()
    return card


def suci(card: UiccBench) -> bytes:
    answer = bytes.fromhex(card.data("8078000100"))
    assert answer[0] == 0xA1
    assert answer[1] == len(answer) - 2
    return answer[2:]


def reveal(output: bytes, ephemeral_octets: int, secret: bytes) -> bytes:
    """ECIES of annex C.3.4: X9.63 KDF, AES-128-CTR, HMAC-SHA-256 cut to 8 octets."""
    ephemeral, cipher, tag = output[:ephemeral_octets], output[ephemeral_octets:-8], output[-8:]
    material = b"".join(hashlib.sha256(secret + counter.to_bytes(4) + ephemeral).digest() for counter in (1, 2))
    assert hmac.new(material[32:], cipher, hashlib.sha256).digest()[:8] == tag
    return Cipher(algorithms.AES(material[:16]), modes.CTR(material[16:32])).decryptor().update(cipher)


MSIN = bytes.fromhex("1032547698")


def test_null_scheme() -> None:
    assert suci(bench("0000")) == bytes.fromhex("0100F11021F30000") + MSIN


def test_profile_a() -> None:
    found = suci(bench("0101", keys(("1B", PUBLIC_X25519))))
    assert found[:8] == bytes.fromhex("0100F11021F3011B")
    secret = HOME_X25519.exchange(X25519PublicKey.from_public_bytes(found[8:40]))
    assert reveal(found[8:], 32, secret) == MSIN


def test_profile_b() -> None:
    found = suci(bench("02020101", keys(("1B", PUBLIC_X25519), ("1C", PUBLIC_P256))))
    assert found[:8] == bytes.fromhex("0100F11021F3021C")
    point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), found[8:41])
    assert reveal(found[8:], 33, HOME_P256.exchange(ec.ECDH(), point)) == MSIN


@pytest.mark.parametrize(
    ("priorities", "key_list", "scheme"),
    [
        ("010202010000", [("1B", PUBLIC_P256)], 2),
        ("01010000", [("1B", PUBLIC_P256)], 0),
        ("03010101", [("1B", PUBLIC_X25519)], 1),
        ("01000000", [("1B", PUBLIC_X25519)], 0),
        ("", [], 0),
        ("0101", [], 0),
        ("0101", [("1B", bytes(32))], 0),
    ],
    ids=["unknown key", "key of the other curve", "unknown scheme", "key index 0", "empty", "no keys", "weak key"],
)
def test_what_cannot_be_used_is_passed_over(priorities: str, key_list: list[tuple[str, bytes]], scheme: int) -> None:
    assert suci(bench(priorities, keys(*key_list)))[6] == scheme


def test_odd_msin_and_three_digit_mnc() -> None:
    fields = {
        "imsi": file("A3", "082943050008000190"[:18], "03"),
        "ecc": file("B5", "00000003") + file("B6", "11F2FF00"),
    }
    card = bench("0000", usim=usim(**fields))
    assert suci(card)[:8].hex().upper().startswith("01")
    digits = "".join(f"{octet:02X}"[::-1] for octet in bytes.fromhex("2943050008000190"))[1:].rstrip("F")
    mcc, mnc, msin = digits[:3], digits[3:6], digits[6:]
    home = mcc[1] + mcc[0] + mnc[2] + mcc[2] + mnc[1] + mnc[0]
    padded = msin + "F" * (len(msin) % 2)
    swapped = "".join(padded[at + 1] + padded[at] for at in range(0, len(padded), 2))
    assert suci(card).hex().upper() == "01" + home + "21F30000" + swapped


def test_conditions() -> None:
    card = bench("0000")
    assert card.sw("8078000000") == "6A86"
    assert card.sw("8078000200") == "6A81"
    assert card.sw("8078010100") == "6A86"
    assert card.sw("807800010400000000") == "6700"
    assert card.sw("8078000105") == "6C0F"
    assert card.sw("0078000100") == "6E00"
    card.uicc.reset()
    assert card.sw("8078000100") == "6985"
    card.select_usim()
    assert card.sw("8078000100") == "6982"


@pytest.mark.parametrize("table", ["9EFFBF1DFF3E00834103100104004036", "9EFFBF1DFF3E0083410310010400402E", "9E"])
def test_both_services_are_needed(table: str) -> None:
    """Services 124 and 125 are bits 4 and 5 of octet 16."""
    size = f"{len(table) // 2:02X}"
    assert bench("0000", usim=usim(ust=file("A8", table, size=size))).sw("8078000100") == "6985"


def test_no_imsi_no_identity() -> None:
    assert bench("0000", usim=usim(imsi=file("A3", "FF" * 9, "03"))).sw("8078000100") == "6985"
