"""The card's key derivation and SCP03t opening against vectors from outside the project.

Provenance: card.md section 4.4 ("two independent computations agree") and server.md section 5.8 (worked vector), both
in the shared reference that stands in for the standard, and RFC 7027; no value was made by code of this repository.
"""

import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from euicc_sim.core.bsp import Scp03tOpener, Scp03tSecurityError, SessionKeys, derive_session_keys
from euicc_sim.core.ecc import agree, private_key
from euicc_sim.core.signed import smdp_sign_input
from wire.tlv import parse

EID = bytes.fromhex("89049032123451234512345678901235")
h = bytes.fromhex

CARD_MD = SessionKeys(
    h("80256f63165f9980a6815c8eba6d83b4"), h("40f4c79f47e44409b3fbc10f48abe48e"), h("4bc99b997fafecfe12332a5f5e506220")
)
SERVER_MD = SessionKeys(
    h("7F8B42BFA3E354470155B2FE428B4716"), h("4D8DD2FD0F4E2D4493C67ED10F06B6C5"), h("E2C2526F9108A8BCE023E25B561C4480")
)
D_DP = h("0102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F20")
D_EUICC = h("2122232425262728292A2B2C2D2E2F303132333435363738393A3B3C3D3E3F40")
OTPK_DP = h(
    "04515C3D6EB9E396B904D3FECA7F54FDCD0CC1E997BF375DCA515AD0A6C3B4035F"
    "4536BE3A50F318FBF9A5475902A221502BEF0D57E08C53B2CC0A56F17D9F9354"
)
OTPK_EUICC = h(
    "041F140146BFB1B251F84F4DDBE0D4CDCFD77AFD984A9520E35794021F8312BB9E"
    "EC995A08B1FA7704DF3DCC0B50A9665263FB7711F95F9F8A449C5096E47C892B"
)
Z = h("4FE243908F378AA1C2A69538822E6ED908C3225D8692575507C649901245150A")


def test_keys_of_card_md() -> None:
    assert derive_session_keys(h("000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F"), b"SMDP", EID) == (
        CARD_MD
    )


def test_keys_of_server_md() -> None:
    assert derive_session_keys(Z, h("A0A1A2A3A4A5A6A7"), EID) == SERVER_MD


def test_key_agreement_of_server_md() -> None:
    key = private_key("secp256r1", D_EUICC)
    assert agree(key, OTPK_DP) == Z
    assert key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint) == OTPK_EUICC
    assert agree(private_key("secp256r1", D_DP), OTPK_EUICC) == Z


def test_session_key_mode_of_card_md() -> None:
    opener = Scp03tOpener(CARD_MD)
    assert opener.open(parse(h("8718ff6ce4c62f21355e098723b3ccef6e3cb2cc4c015438b933"))) == h("BF2400")
    metadata = h("bf25175a0a98001032547698103214910454657374920350726f")
    assert opener.open(parse(h("8822") + metadata + h("c4fdadfb6d698c40"))) == metadata
    replace = opener.open(
        parse(
            h(
                "8748b3541280ce4f4edbb7860f98832288b4d6c1965372213266a44eac4a91840c6be50ddd07838ada2c8c64b38a2a0bb4"
                "9b69ee94d194a8999049426a0e740305f679dcd375bad3893b"
            )
        )
    )
    assert replace == h("BF2636") + h("8010") + b"\x22" * 16 + h("8110") + bytes(16) + h("8210") + b"\x11" * 16


def test_key_replacement_of_card_md() -> None:
    opener = Scp03tOpener(CARD_MD)
    opener.replace_keys(SessionKeys(b"\x22" * 16, bytes(16), b"\x11" * 16))
    assert opener.open(parse(h("86181146df5aa57c3a6644675bd8365a20f5c0806cb445f9d0ab"))) == h("AA07800181011F")


def test_both_modes_of_server_md() -> None:
    opener = Scp03tOpener(SERVER_MD)
    first = h("87183CB9C2D9A5FC0047A19318648EA02764549039B37FCE4A6E")
    second = h("8821BF25165A0A9800103254769810321491025350920450726F66B672EA16B0D5E029")
    assert opener.open(parse(first)) == h("BF2400")
    assert opener.open(parse(second)) == second[2:-8]
    assert opener.open(parse(h("86180414C4BF8EF522C138A5BAD6F27B86FA30FEA98D9A6DAF1B"))) == h("A000")

    opener = Scp03tOpener(SERVER_MD)
    opener.open(parse(first))
    opener.open(parse(second))
    request = opener.open(
        parse(
            h(
                "87489B49CE1E22C72367821F418731A336FCC889BD512D695AFB3E72E76A7465F62CBE9069B75F96EBE8AE8D1A1A06DE59480E"
                "CA5081102891E750C3CFE31C5950E409932C7E6F518AD6"
            )
        )
    )
    assert request == h("BF2636") + h("8010") + b"\xc0" * 16 + h("8110") + b"\xc1" * 16 + h("8210") + b"\xc2" * 16
    opener.replace_keys(SessionKeys(b"\xc0" * 16, b"\xc1" * 16, b"\xc2" * 16))
    assert opener.open(parse(h("861855BEBDD13302887933E0E83A87650F5421E8BAE6AC6EA374"))) == h("A000")
    assert opener.open(parse(h("8618AA172B8271D62D6631B5160FF861F096F4B542236084DC99"))) == h("A100")


@pytest.mark.parametrize("place", [1, 5, -1, -8])
def test_one_wrong_bit_is_a_wrong_mac(place: int) -> None:
    raw = bytearray(h("87183CB9C2D9A5FC0047A19318648EA02764549039B37FCE4A6E"))
    raw[place] ^= 0x08 if place == 1 else 0x01
    if place == 1:  # a longer length needs its octets
        raw = bytearray(raw[:1]) + b"\x10" + raw[2:18]
    with pytest.raises(Scp03tSecurityError):
        Scp03tOpener(SERVER_MD).open(parse(bytes(raw)))


def test_smdp_sign_input_of_server_md() -> None:
    content = (
        h("820101 801000112233445566778899AABBCCDDEEFF A610 800188 810110 8408A0A1A2A3A4A5A6A7 5F4941")
        + OTPK_DP
        + h("5F3740")
        + bytes(64)
    )
    request = parse(h("BF2381") + bytes([len(content)]) + content)
    digest = hashlib.sha256(smdp_sign_input(request, OTPK_EUICC)).hexdigest().upper()
    assert digest == "0B88628E54F3B7C4DA83D237CBE303F1EBFFF36EFEF08AE63E909A937EEB6A3E"


def test_one_time_scalar_is_on_the_brainpool_curve() -> None:
    """RFC 7027 appendix A.1: key pair A and the shared secret on brainpoolP256r1."""
    da = h("81DB1EE100150FF2EA338D708271BE38300CB54241D79950F77B063039804F1D")
    peer = h(
        "048D2D688C6CF93E1160AD04CC4429117DC2C41825E1E9FCA0ADDD34E6F1B39F7B"
        "990C57520812BE512641E47034832106BC7D3E8DD0E4C7F1136D7006547CEC6A"
    )
    z = h("89AFC39D41D3B327814B80940B042590F96556EC91E6AE7939BCE31F3A18BF2B")
    assert agree(private_key("brainpoolP256r1", da), peer) == z
    assert isinstance(private_key("brainpoolP256r1", da).curve, ec.BrainpoolP256R1)
