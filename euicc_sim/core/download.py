"""PrepareDownload and CancelSession, and the one-time keys that survive between sessions.

Spec: SGP.22 v2.5 sections 3.1.3, 5.7.5 and 5.7.14
"""

from cryptography.hazmat.primitives.asymmetric import ec

from euicc_sim.core.ecc import CURVES, one_time_key, point_of, private_key, scalar_of, verify
from euicc_sim.core.elements import boolean, integer, octets
from euicc_sim.core.euicc import Euicc
from euicc_sim.core.session import Authentication, Preparation, SessionEvent
from euicc_sim.core.signed import (
    ONE_TIME_KEY,
    SIGNATURE,
    euicc_cancel_session_signed,
    euicc_signed2,
    signature_tlv,
    smdp_signature2_input,
)
from euicc_sim.core.trust import CertificateRefused, Defect, Role, ServerCertificate
from wire.es10 import CancelSessionError, DownloadErrorCode
from wire.tlv import Tlv, parse, tlv

PREPARE_DOWNLOAD, CANCEL_SESSION = 0xBF21, 0xBF41


class _Refusal(Exception):
    def __init__(self, code: DownloadErrorCode) -> None:
        super().__init__(code.name)
        self.code = code


class _Request:
    """A PrepareDownloadRequest, located by position and tag."""

    def __init__(self, request: Tlv) -> None:
        self.smdp_signed2 = request.at(0, 0x30)
        self.transaction_id = self.smdp_signed2.at(0, 0x80)
        octets(self.transaction_id, 1, 16)
        self.cc_required = boolean(self.smdp_signed2.at(1, 0x01))
        bpp_euicc_otpk = self.smdp_signed2.find(ONE_TIME_KEY)
        self.bpp_euicc_otpk = bpp_euicc_otpk.value if bpp_euicc_otpk else None
        self.smdp_signature2 = request.at(1, SIGNATURE)
        hash_cc = request.find(0x04)
        if hash_cc:
            octets(hash_cc, 32)
        self.hash_cc = hash_cc
        self.smdp_certificate = request.at(3 if hash_cc else 2, 0x30)


def prepare_download(euicc: Euicc, raw: Tlv) -> bytes:
    """PrepareDownloadResponse; may be repeated in a session, a refusal leaves it as it was."""
    request = _Request(raw)
    try:
        return _prepare(euicc, request)
    except _Refusal as refusal:
        error = tlv(0xA1, request.transaction_id.raw, tlv(0x02, bytes((refusal.code,))))
        return tlv(PREPARE_DOWNLOAD, error)


def _prepare(euicc: Euicc, request: _Request) -> bytes:
    session = euicc.session
    authentication = session.authentication
    if authentication is None or not session.allows(SessionEvent.PREPARE_DOWNLOAD):
        raise _Refusal(DownloadErrorCode.noSessionContext)
    same = request.transaction_id.value == authentication.transaction_id.value
    if not euicc.verdict("transaction", "smdpSigned2", same, "another transactionId than the session's"):
        raise _Refusal(DownloadErrorCode.invalidTransactionId)
    dp_pb = _judge(euicc, request, authentication)
    covered = smdp_signature2_input(request.smdp_signed2, authentication.euicc_signature1)
    valid = verify(dp_pb.public_key, request.smdp_signature2.value, covered)
    if not euicc.verdict("signature", "smdpSignature2", valid, "does not verify with CERT.DPpb.ECDSA"):
        raise _Refusal(DownloadErrorCode.invalidSignature)

    otsk = _one_time_key(euicc, dp_pb, request.bpp_euicc_otpk)
    otpk = point_of(otsk)
    hash_cc = request.hash_cc if request.cc_required else None
    signed2 = euicc_signed2(request.transaction_id, otpk, hash_cc)
    signed = euicc.signer(authentication.ci_pkid).sign("euiccSigned2", signed2, request.smdp_signature2.raw)
    session.preparation = Preparation(dp_pb, otsk, otpk)
    session.move(SessionEvent.PREPARE_DOWNLOAD)
    return tlv(PREPARE_DOWNLOAD, tlv(0xA0, signed.data, signature_tlv(signed.signature)))


def _judge(euicc: Euicc, request: _Request, authentication: Authentication) -> ServerCertificate:
    what = "smdpCertificate"
    try:
        dp_pb = euicc.judge(what, request.smdp_certificate.raw, (Role.DP_PB,), euicc.session.id)
    except CertificateRefused as refused:
        if refused.defect is Defect.CURVE_UNSUPPORTED:
            raise _Refusal(DownloadErrorCode.unsupportedCurve) from refused
        raise _Refusal(DownloadErrorCode.invalidCertificate) from refused
    same = (dp_pb.oid, dp_pb.ci_pkid) == (authentication.server.oid, authentication.server.ci_pkid)
    if not euicc.verdict("certificate", what, same, "another object identifier or CI than CERT.DPauth.ECDSA"):
        raise _Refusal(DownloadErrorCode.invalidCertificate)
    return dp_pb


def one_time_key_key(oid: bytes) -> str:
    """Where the one-time key pair for an SM-DP+ is kept: one pair for each object identifier."""
    return f"one-time-key/{oid.hex()}"


def _one_time_key(euicc: Euicc, dp_pb: ServerCertificate, wanted_otpk: bytes | None) -> ec.EllipticCurvePrivateKey:
    """The stored pair if the SM-DP+ asks for it (bppEuiccOtpk) and the card still has it, else a new, stored one."""
    key = one_time_key_key(dp_pb.oid)
    stored = euicc.store.nvm.get(key)
    if wanted_otpk is not None and stored is not None:
        curve, scalar = (element.value for element in parse(stored, 0x30).children)
        candidate = private_key(curve.decode(), scalar)
        if point_of(candidate) == wanted_otpk and curve.decode() == dp_pb.curve_name:
            return candidate
    fresh = one_time_key(dp_pb.curve_name, euicc.entropy)
    record = tlv(0x30, tlv(0x0C, CURVES[dp_pb.curve_name].name.encode()), tlv(0x04, scalar_of(fresh)))
    euicc.store.nvm.commit({key: record})
    return fresh


def cancel_session(euicc: Euicc, request: Tlv) -> bytes:
    """CancelSessionResponse; ends the session. The one-time key pair stays for another try."""
    transaction_id = request.at(0, 0x80)
    octets(transaction_id, 1, 16)
    reason = integer(request.at(1, 0x81))
    session = euicc.session
    authentication = session.authentication
    if (
        authentication is None
        or not session.allows(SessionEvent.CANCEL_SESSION)
        or transaction_id.value != authentication.transaction_id.value
    ):
        return tlv(CANCEL_SESSION, tlv(0x81, bytes((CancelSessionError.invalidTransactionId,))))
    if reason > 127:
        return tlv(CANCEL_SESSION, tlv(0x81, bytes((CancelSessionError.undefinedError,))))
    tbs = euicc_cancel_session_signed(transaction_id, authentication.server.oid, reason)
    signed = euicc.signer(authentication.ci_pkid).sign("euiccCancelSessionSigned", tbs)
    session.move(SessionEvent.CANCEL_SESSION)
    return tlv(CANCEL_SESSION, tlv(0xA0, signed.data, signature_tlv(signed.signature)))
