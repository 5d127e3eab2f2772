"""AuthenticateServer: judge the server, remember it, answer with the card's own signed data.

Spec: SGP.22 v2.5 sections 3.0.1 and 5.7.13
"""

from euicc_sim.core.chip_info import euicc_info2
from euicc_sim.core.ecc import verify
from euicc_sim.core.elements import octets, text
from euicc_sim.core.euicc import Euicc
from euicc_sim.core.session import Authentication, SessionEvent
from euicc_sim.core.signed import SIGNATURE, euicc_signed1, signature_tlv
from euicc_sim.core.trust import CertificateRefused, Defect, Role, ServerCertificate
from wire.es10 import AuthenticateErrorCode
from wire.tlv import Tlv, tlv

AUTHENTICATE_SERVER = 0xBF38
CHALLENGE_OCTETS = 16
_DEFECTS = {
    Defect.INVALID: AuthenticateErrorCode.invalidCertificate,
    Defect.CI_UNKNOWN: AuthenticateErrorCode.ciPKUnknown,
    Defect.CURVE_UNSUPPORTED: AuthenticateErrorCode.unsupportedCurve,
    Defect.OID_MISSING: AuthenticateErrorCode.invalidOid,
}
_ROLE_NAMES = {Role.DP_AUTH: "CERT.DPauth.ECDSA", Role.DS_AUTH: "CERT.DSauth.ECDSA"}


class _Refusal(Exception):
    def __init__(self, code: AuthenticateErrorCode) -> None:
        super().__init__(code.name)
        self.code = code


class _Request:
    """An AuthenticateServerRequest, located by position and tag; DecodeError where a member is missing or misshapen."""

    def __init__(self, request: Tlv) -> None:
        self.server_signed1 = request.at(0, 0x30)
        self.transaction_id = self.server_signed1.at(0, 0x80)
        octets(self.transaction_id, 1, 16)
        self.euicc_challenge = octets(self.server_signed1.at(1, 0x81), CHALLENGE_OCTETS)
        self.server_address = text(self.server_signed1.at(2, 0x83))
        octets(self.server_signed1.at(3, 0x84), CHALLENGE_OCTETS)
        self.server_signature1 = request.at(1, SIGNATURE).value
        self.ci_pkid = request.at(2, 0x04).value
        self.server_certificate = request.at(3, 0x30)
        self.ctx_params1 = request.at(4, 0xA0)
        device_info = self.ctx_params1.child(0xA1)
        octets(device_info.child(0x80), 4)
        device_info.child(0xA1)
        matching_id = self.ctx_params1.find(0x80)
        if matching_id:
            text(matching_id)

    @property
    def session(self) -> str:
        return self.transaction_id.value.hex().upper()


def authenticate_server(euicc: Euicc, raw: Tlv) -> bytes:
    """AuthenticateServerResponse; a refusal leaves session and challenge as they were."""
    request = _Request(raw)
    try:
        return _authenticate(euicc, request)
    except _Refusal as refusal:
        error = tlv(0xA1, request.transaction_id.raw, tlv(0x02, bytes((refusal.code,))))
        return tlv(AUTHENTICATE_SERVER, error)


def _authenticate(euicc: Euicc, request: _Request) -> bytes:
    session = euicc.session
    if not session.allows(SessionEvent.AUTHENTICATE_SERVER):
        raise _Refusal(AuthenticateErrorCode.noSessionContext)
    if request.ci_pkid not in euicc.signing_chains:
        euicc.verdict("ci", "euiccCiPKIdToBeUsed", False, "no own chain under that CI", request.session)
        raise _Refusal(AuthenticateErrorCode.ciPKUnknown)
    server = _judge(euicc, request)
    name = _ROLE_NAMES[server.role]
    valid = verify(server.public_key, request.server_signature1, request.server_signed1.raw)
    if not euicc.verdict("signature", "serverSignature1", valid, f"does not verify with {name}", request.session):
        raise _Refusal(AuthenticateErrorCode.invalidSignature)
    same = request.euicc_challenge == session.challenge
    if not euicc.verdict("challenge", "euiccChallenge", same, "not the challenge of this session", request.session):
        raise _Refusal(AuthenticateErrorCode.euiccChallengeMismatch)

    signed1 = euicc_signed1(request.server_signed1, euicc_info2(euicc), request.ctx_params1)
    signed = euicc.signer(request.ci_pkid).sign("euiccSigned1", signed1)
    chain = euicc.chain(request.ci_pkid)
    session.authentication = Authentication(
        request.transaction_id, request.server_address, server, request.ci_pkid, signed.signature
    )
    session.move(SessionEvent.AUTHENTICATE_SERVER)
    answer = (signed.data, signature_tlv(signed.signature), chain.euicc_certificate, chain.eum_certificate)
    return tlv(AUTHENTICATE_SERVER, tlv(0xA0, *answer))


def _judge(euicc: Euicc, request: _Request) -> ServerCertificate:
    try:
        certificate = request.server_certificate.raw
        return euicc.judge("serverCertificate", certificate, (Role.DP_AUTH, Role.DS_AUTH), request.session)
    except CertificateRefused as refused:
        raise _Refusal(_DEFECTS[refused.defect]) from refused
