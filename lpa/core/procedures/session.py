"""Common mutual authentication and its end, as every procedure with a server needs them.

Spec: SGP.22 v2.5 section 3.0.1 (Common Mutual Authentication), 3.0.2 (Common Cancel Session)
"""

from dataclasses import dataclass

from lpa.core import es10
from lpa.core.actions import Procedure, Session, Verdict
from lpa.core.apdu_link import Isdr
from lpa.core.certificate import ServerCertificate
from lpa.core.errors import CardLinkError, CardRefused, LpaError, ProtocolViolation
from lpa.core.es9 import Server, host_of
from lpa.core.reading import reading
from wire.es10 import CancelSessionReason
from wire.json_es9 import InitiateAuthenticationResponse
from wire.tlv import parse


@dataclass(frozen=True, slots=True)
class Opened:
    """A session that the server opened and the agent has checked; the card has not judged it yet."""

    transaction_id: bytes
    certificate: ServerCertificate
    response: InitiateAuthenticationResponse


class Cancelled(Exception):
    """Leaves a stage of a procedure whose session must be cancelled for `reason`; `error` is what the user sees."""

    def __init__(self, reason: CancelSessionReason, error: LpaError) -> None:
        self.reason = reason
        self.error = error


def open_session(
    isdr: Isdr, server: Server, interface: str = "", smdp_oid: str = "", ci_pkid_hex: str = ""
) -> Procedure[Opened]:
    """GetEUICCInfo1, GetEUICCChallenge, InitiateAuthentication, and the agent's checks of what comes back.

    interface: "" for an SM-DP+, "es11" or "es9plus" for an SM-DS; smdp_oid, ci_pkid_hex: those of the activation code,
    if it has them.
    """
    info1 = yield from es10.get_euicc_info1(isdr)
    challenge = yield from es10.get_euicc_challenge(isdr)
    if interface:
        response = yield from server.smds_initiate_authentication(interface, challenge, info1.raw)
    else:
        response = yield from server.initiate_authentication(challenge, info1.raw)
    yield Session(str(response.transactionId))
    with reading("server", "serverSigned1"):
        signed = parse(response.serverSigned1, 0x30)
        transaction_id, address = signed.child(0x80).value, signed.child(0x83).value.decode("utf-8")
    with reading("server", "serverCertificate"):
        certificate = ServerCertificate.read(response.serverCertificate)
    yield from judge(
        "transaction", "serverSigned1.transactionId", str(response.transactionId), transaction_id.hex().upper()
    )
    yield from judge("address", "serverSigned1.serverAddress", server.host, host_of(address))
    if smdp_oid:
        yield from judge("oid", "serverCertificate subjectAltName registeredID", smdp_oid, certificate.oid)
    for what, value, tag in (
        ("serverSignature1", response.serverSignature1, 0x5F37),
        ("euiccCiPKIdToBeUsed", response.euiccCiPKIdToBeUsed, 0x04),
    ):
        with reading("server", what):
            parse(value, tag)
    if ci_pkid_hex:
        chosen = parse(response.euiccCiPKIdToBeUsed, 0x04).value.hex().upper()
        yield from judge("ci", "euiccCiPKIdToBeUsed", ci_pkid_hex.upper(), chosen)
    return Opened(transaction_id, certificate, response)


def judge(check: str, what: str, expected: str, found: str) -> Procedure[None]:
    """Note the verdict; ProtocolViolation where the two differ."""
    same = expected == found
    rule = f"expected {expected or 'nothing'}, found {found or 'nothing'}"
    yield Verdict(check, what, same, "" if same else rule)
    if not same:
        raise ProtocolViolation("server", what, rule)


def authenticate_to_card(isdr: Isdr, opened: Opened, matching_id: str) -> Procedure[es10.Relayed]:
    """ES10b.AuthenticateServer; a refusal is in the answer and belongs to the server too."""
    response = opened.response
    return (
        yield from es10.authenticate_server(
            isdr,
            response.serverSigned1,
            response.serverSignature1,
            response.euiccCiPKIdToBeUsed,
            response.serverCertificate,
            es10.ctx_params1(matching_id, isdr.settings.device_info()),
        )
    )


def relay_refusal(function: str, code: int, telling: Procedure[object]) -> Procedure[LpaError]:
    """Tell the server that the card refused, so that it closes the session; the error to raise."""
    try:
        yield from telling
    except CardLinkError:
        raise
    except LpaError:
        yield Verdict("card", function, False, "the card's refusal was relayed to the server")
    return CardRefused(function, code)


def cancel(isdr: Isdr, server: Server, transaction_id: bytes, reason: CancelSessionReason) -> Procedure[None]:
    """ES10b.CancelSession, then ES9+.CancelSession. A failure is noted: the procedure has another one to report."""
    try:
        response = yield from es10.cancel_session(isdr, transaction_id, reason)
        yield from server.cancel_session(transaction_id, response)
    except CardLinkError:
        raise
    except LpaError as error:
        yield Verdict("cancel", "CancelSession", False, str(error))
