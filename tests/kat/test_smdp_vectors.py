"""The server's key derivation, protection and signed data against the worked examples of the references.

Provenance: server.md sections 4 and 5.8 (generated for that document), card.md section 4.4 ("two independent
computations agree"); none was made with this project's code.
"""

from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric import ec

from smdp.core import bsp, signed
from smdp.core.bsp import Bsp, SessionKeys
from smdp.core.inventory import hash_confirmation_code

EID = bytes.fromhex("89049032123451234512345678901235")
D_DP = int("0102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F20", 16)
OTPK_DP = bytes.fromhex(
    "04515C3D6EB9E396B904D3FECA7F54FDCD0CC1E997BF375DCA515AD0A6C3B4035F"
    "4536BE3A50F318FBF9A5475902A221502BEF0D57E08C53B2CC0A56F17D9F9354"
)
OTPK_EUICC = bytes.fromhex(
    "041F140146BFB1B251F84F4DDBE0D4CDCFD77AFD984A9520E35794021F8312BB9E"
    "EC995A08B1FA7704DF3DCC0B50A9665263FB7711F95F9F8A449C5096E47C892B"
)
HOST_ID = bytes.fromhex("A0A1A2A3A4A5A6A7")
METADATA = bytes.fromhex("BF25165A0A9800103254769810321491025350920450726F66")


def server_md_keys() -> SessionKeys:
    otsk = ec.derive_private_key(D_DP, ec.SECP256R1())
    peer = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), OTPK_EUICC)
    return bsp.derive(otsk.exchange(ec.ECDH(), peer), HOST_ID, EID)


def test_session_keys_of_server_md() -> None:
    keys = server_md_keys()
    assert keys.initial_mcv.hex().upper() == "7F8B42BFA3E354470155B2FE428B4716"
    assert keys.s_enc.hex().upper() == "4D8DD2FD0F4E2D4493C67ED10F06B6C5"
    assert keys.s_mac.hex().upper() == "E2C2526F9108A8BCE023E25B561C4480"


def test_session_key_mode_of_server_md() -> None:
    sequence = Bsp(server_md_keys())
    assert sequence.encrypt_and_mac(0x87, bytes.fromhex("BF2400")) == bytes.fromhex(
        "87183CB9C2D9A5FC0047A19318648EA02764549039B37FCE4A6E"
    )
    assert bsp.protect_metadata(sequence, METADATA) == bytes.fromhex("8821") + METADATA + bytes.fromhex(
        "B672EA16B0D5E029"
    )
    assert bsp.protect_elements(sequence, bytes.fromhex("A000")) == bytes.fromhex(
        "86180414C4BF8EF522C138A5BAD6F27B86FA30FEA98D9A6DAF1B"
    )


def test_profile_protection_keys_of_server_md() -> None:
    sequence = Bsp(server_md_keys())
    sequence.encrypt_and_mac(0x87, bytes.fromhex("BF2400"))
    bsp.protect_metadata(sequence, METADATA)
    ppk = SessionKeys(b"\xc0" * 16, b"\xc1" * 16, b"\xc2" * 16)
    assert sequence.encrypt_and_mac(0x87, bsp.replace_session_keys(ppk)) == bytes.fromhex(
        "87489B49CE1E22C72367821F418731A336FCC889BD512D695AFB3E72E76A7465F62C"
        "BE9069B75F96EBE8AE8D1A1A06DE59480ECA5081102891E750C3CFE31C5950E40993"
        "2C7E6F518AD6"
    )
    replaced = Bsp(ppk)
    assert replaced.encrypt_and_mac(0x86, bytes.fromhex("A000")) == bytes.fromhex(
        "861855BEBDD13302887933E0E83A87650F5421E8BAE6AC6EA374"
    )
    assert replaced.encrypt_and_mac(0x86, bytes.fromhex("A100")) == bytes.fromhex(
        "8618AA172B8271D62D6631B5160FF861F096F4B542236084DC99"
    )


def test_vectors_of_card_md() -> None:
    keys = bsp.derive(bytes(range(32)), b"SMDP", EID)
    assert keys == SessionKeys(
        bytes.fromhex("80256f63165f9980a6815c8eba6d83b4"),
        bytes.fromhex("40f4c79f47e44409b3fbc10f48abe48e"),
        bytes.fromhex("4bc99b997fafecfe12332a5f5e506220"),
    )
    sequence = Bsp(keys)
    assert sequence.encrypt_and_mac(0x87, bytes.fromhex("BF2400")) == bytes.fromhex(
        "8718ff6ce4c62f21355e098723b3ccef6e3cb2cc4c015438b933"
    )
    plain = bytes.fromhex("BF25175A0A98001032547698103214910454657374920350726F")
    assert sequence.mac_only(0x88, plain) == bytes.fromhex("8822") + plain + bytes.fromhex("c4fdadfb6d698c40")
    ppk = SessionKeys(b"\x22" * 16, b"\x00" * 16, b"\x11" * 16)
    assert sequence.encrypt_and_mac(0x87, bsp.replace_session_keys(ppk)) == bytes.fromhex(
        "8748b3541280ce4f4edbb7860f98832288b4d6c1965372213266a44eac4a91840c6be50ddd07838ada2c8c64b38a2a0bb49b69ee9"
        "4d194a8999049426a0e740305f679dcd375bad3893b"
    )
    assert Bsp(ppk).encrypt_and_mac(0x86, bytes.fromhex("AA07800181011F")) == bytes.fromhex(
        "86181146df5aa57c3a6644675bd8365a20f5c0806cb445f9d0ab"
    )


def test_what_smdp_sign_covers() -> None:
    tid = bytes.fromhex("00112233445566778899AABBCCDDEEFF")
    covered = signed.initialise_secure_channel(tid, HOST_ID, OTPK_DP) + bytes.fromhex("5F4941") + OTPK_EUICC
    assert sha256(covered).hexdigest().upper() == "0B88628E54F3B7C4DA83D237CBE303F1EBFFF36EFEF08AE63E909A937EEB6A3E"


def test_confirmation_code() -> None:
    kept, tid = hash_confirmation_code("4242"), bytes.fromhex("00112233445566778899AABBCCDDEEFF")
    assert kept.hex().upper() == "0315B4020AF3ECCAB7706679580AC87A710D82970733B8719E70AF9B57E7B9E6"
    assert sha256(kept + tid).hexdigest().upper() == "35056CCAE94436E2551FE7B84A0A526E0E2E1892004158C35E2697B7E0797195"
