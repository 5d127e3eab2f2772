"""ES11 over the ASN.1 binding: the two functions, their integers, and what an SM-DS has no function for."""

from typing import Any

from scenarios import Stage, scenario
from scenarios.catalogue.smdp.asn1 import BINDING
from scenarios.faults import Certificate, DamagedSignature
from scenarios.grounds import EID
from scenarios.parties import asn1
from scenarios.parties.asn1 import AuthenticateClientErrorEs11, InitiateAuthenticationError
from scenarios.parties.smds import Asn1Es11Session, events_of
from wire.es10 import CancelSessionReason

INITIATE, AUTHENTICATE = f"{BINDING}, 5.8.1", f"{BINDING}, 5.8.2"
INIT, AUTH = InitiateAuthenticationError, AuthenticateClientErrorEs11


def _session(s: Stage, *faults: Any, **euicc: Any) -> Asn1Es11Session:
    return Asn1Es11Session(s.euicc(*faults, **euicc), s.smds)


@scenario("smds.asn1.events", spec=AUTHENTICATE, tests="smds", needs="es12, es11_asn1")
def events(s: Stage) -> None:
    """AuthenticateClient is answered under BF40, the tag of ES11: every event, the one asked for, or an empty list."""
    s.equal("no events", [], events_of(s.accepted(_session(s).authenticate())))
    registered = [("EVENT-1", "smdp.example.com"), ("EVENT-2", "other.example.com:8443")]
    for event, address in registered:
        s.smds.register(EID, event, address)
    one = _session(s)
    answer = s.accepted(one.authenticate())
    s.equal("transactionId", one.transaction_id, answer.text("transactionId"))
    s.equal("the events", registered, sorted(events_of(answer)))
    s.equal("the one asked for", registered[1:], events_of(s.accepted(_session(s).authenticate("EVENT-2"))))


def _initiation(name: str, title: str, error: InitiateAuthenticationError, address: str | None, **euicc: Any) -> None:
    def body(s: Stage) -> None:
        s.refused_by_integer(_session(s, **euicc).initiate(address), error)

    body.__doc__ = f"{title}: error {error}."
    scenario(f"smds.asn1.initiate.{name}", spec=INITIATE, tests="smds", needs="es11_asn1")(body)


_initiation("wrong_address", "An smdsAddress that isn't the server's own", INIT.invalidDpAddress, "other.example.com")
_initiation("svn", "An eUICC of SVN 1.0", INIT.euiccVersionNotSupportedByDp, None, svn=b"\x01\x00\x00")
_initiation("ci_unknown", "An eUICC that signs under an unknown CI only", INIT.ciPKNotSupported, None,
            signing=(bytes(20),))  # fmt: skip


def _authentication(name: str, title: str, error: AuthenticateClientErrorEs11, fault: Any) -> None:
    def body(s: Stage) -> None:
        s.refused_by_integer(_session(s, fault).authenticate(), error)

    body.__doc__ = f"{title}: {error.name} ({error})."
    scenario(f"smds.asn1.authenticate.{name}", spec=AUTHENTICATE, tests="smds", needs="es11_asn1")(body)


_authentication("signature", "A damaged signature", AUTH.euiccSignatureInvalid, DamagedSignature("EuiccSigned1"))
_authentication("euicc_expired", "An expired eUICC", AUTH.euiccCertificateExpired, Certificate("eUICC", "expired"))


@scenario("smds.asn1.authenticate.event_unknown", spec=AUTHENTICATE, tests="smds", needs="es11_asn1")
def event_unknown(s: Stage) -> None:
    """An EventID that nobody registered: eventIdUnknown (6), which on ES9+ is matchingIdRefused."""
    s.refused_by_integer(_session(s).authenticate("NOBODY"), AUTH.eventIdUnknown)


@scenario("smds.asn1.authenticate.transaction", spec=AUTHENTICATE, tests="smds", needs="es11_asn1")
def transaction(s: Stage) -> None:
    """A transactionId of no session: invalidTransactionId, which on ES11 is 7 and not the 10 of ES9+."""
    s.refused_by_integer(_session(s).authenticate(transactionId="00" * 16), AUTH.invalidTransactionId)


@scenario("smds.asn1.other_functions", spec=BINDING, tests="smds", needs="es11_asn1")
def other_functions(s: Stage) -> None:
    """An SM-DS has no GetBoundProfilePackage, CancelSession, HandleNotification: HTTP 4xx, and the session goes on."""
    one = _session(s)
    s.accepted(one.initiate())
    cancellation = one.euicc.cancel_session(CancelSessionReason.postponed)
    for function, members in (
        ("getBoundProfilePackage", {"transactionId": one.transaction_id}),
        ("cancelSession", {"transactionId": one.transaction_id, "cancelSessionResponse": cancellation}),
        ("handleNotification", {"pendingNotification": b"\x30\x00"}),
    ):
        status = s.smds.backend.es11.asn1(asn1.request(function, members)).status
        s.check(400 <= status < 500, f"{function} is refused by HTTP", "4xx", status)
    s.accepted(one.authenticate())
