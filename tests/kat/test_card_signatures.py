"""The card's signatures: RFC 6979 appendix A.2.5 (P-256 with SHA-256), values copied from the RFC."""

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from euicc_sim.core.ecc import SoftwareSigner, private_key, verify

SCALAR = bytes.fromhex("C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721")
SIGNATURES = {
    b"sample": "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716"
    "F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8",
    b"test": "F1ABB023518351CD71D881567B1EA663ED3EFCF6C5132B354F28D3B0B7D38367"
    "019F4113742A2B14BD25926B49C649155F267E60D3814B4C0CC84250E46F0083",
}


@pytest.mark.parametrize("message", SIGNATURES)
def test_rfc_6979(message: bytes) -> None:
    key = private_key("secp256r1", SCALAR)
    pkcs8 = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    signature = bytes.fromhex(SIGNATURES[message])
    signed = SoftwareSigner.from_pkcs8(pkcs8).sign("what", message[:2], message[2:])
    assert signed.data == message[:2], "the suffix is signed, not sent"
    assert signed.signature == signature
    assert verify(key.public_key(), signature, message)
    assert not verify(key.public_key(), signature, message + b"!")
    assert not verify(key.public_key(), signature[:63], message)
    assert not verify(key.public_key(), bytes(64), message)
