"""What is signed: the exact octets of every signature that the card makes or checks.

Signed objects of the peer are the slices that arrived; nothing here encodes them again.
Spec: SGP.22 v2.5 sections 2.5.6, 3.0.1, 5.7.5, 5.7.13, 5.7.14
"""

from wire.tlv import Tlv, tlv

SIGNATURE = 0x5F37
ONE_TIME_KEY = 0x5F49


def signature_tlv(signature: bytes) -> bytes:
    """A signature as it stands on the wire and in what the next signature covers."""
    return tlv(SIGNATURE, signature)


def euicc_signed1(server_signed1: Tlv, euicc_info2: bytes, ctx_params1: Tlv) -> bytes:
    """euiccSigned1: the server's transactionId, address and challenge, EUICCInfo2, and ctxParams1 octet for octet."""
    echoed = (server_signed1.child(tag).raw for tag in (0x80, 0x83, 0x84))
    return tlv(0x30, *echoed, euicc_info2, ctx_params1.raw)


def smdp_signature2_input(smdp_signed2: Tlv, euicc_signature1: bytes) -> bytes:
    """What smdpSignature2 covers."""
    return smdp_signed2.raw + signature_tlv(euicc_signature1)


def euicc_signed2(transaction_id: Tlv, euicc_otpk: bytes, hash_cc: Tlv | None) -> bytes:
    """euiccSigned2; its signature also covers smdpSignature2 (`SIGNATURE` TLV as received)."""
    return tlv(0x30, transaction_id.raw, tlv(ONE_TIME_KEY, euicc_otpk), hash_cc.raw if hash_cc else b"")


def smdp_sign_input(initialise_secure_channel: Tlv, euicc_otpk: bytes) -> bytes:
    """What smdpSign of BF23 covers: its first four elements as received, then the card's one-time key."""
    elements = b"".join(element.raw for element in initialise_secure_channel.children[:4])
    return elements + tlv(ONE_TIME_KEY, euicc_otpk)


def euicc_cancel_session_signed(transaction_id: Tlv, smdp_oid: bytes, reason: int) -> bytes:
    """euiccCancelSessionSigned."""
    return tlv(0x30, transaction_id.raw, tlv(0x81, smdp_oid), tlv(0x82, bytes((reason,))))
