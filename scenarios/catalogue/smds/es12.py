"""ES12 and ES11 beyond the good case."""

from typing import Any

from scenarios import Stage, scenario
from scenarios.faults import BeforeSignature, Certificate, Set
from scenarios.grounds import EID, OTHER_EID
from scenarios.parties.smds import events_of
from wire.codes import ES11, ES12, GENERIC

REGISTER, DELETE = "SGP.22 v2.5 section 5.9.1", "SGP.22 v2.5 section 5.9.2"
SPEC = "SGP.22 v2.5 section 5.8.2"
EVENT: dict[str, Any] = {
    "eid": EID,
    "eventId": "EVENT-1",
    "rspServerAddress": "smdp.example.com",
    "forwardingIndicator": False,
}


@scenario("smds.es12.register_twice", spec=REGISTER, tests="smds", needs="es12")
def register_twice(s: Stage) -> None:
    """An EventID that is registered for this EID already is refused with 8.9.5/3.3."""
    s.accepted(s.smds.es12("registerEvent", **EVENT))
    changed = EVENT | {"rspServerAddress": "other.example.com"}
    s.refused(s.smds.es12("registerEvent", **changed), ES12.REGISTER_EVENT.EVENT_ALREADY_REGISTERED)


@scenario("smds.es12.no_certificate", spec=f"{REGISTER}, 2.6.5", tests="smds", needs="es12")
def no_certificate(s: Stage) -> None:
    """A caller without a TLS client certificate is refused, in the TLS handshake or with 1.1/3.9."""
    answer = s.smds.es12_of_stranger("registerEvent", **EVENT)
    if answer is not None:
        s.refused(answer, GENERIC.UNKNOWN_CALLER)
    s.accepted(s.smds.es12("registerEvent", **EVENT))


@scenario("smds.es12.wrong_role", spec=f"{REGISTER}, 2.6.5", tests="smds", needs="es12")
def wrong_role(s: Stage) -> None:
    """An SM-DS certificate doesn't open ES12: 1.1/3.9."""
    s.refused(s.smds.es12("registerEvent", caller=s.pki.ds_tls(), **EVENT), GENERIC.UNKNOWN_CALLER)


@scenario("smds.es12.delete", spec=DELETE, tests="smds", needs="es12")
def delete(s: Stage) -> None:
    """A deleted event is no longer found."""
    s.smds.register(EID, "EVENT-1", "smdp.example.com")
    s.accepted(s.smds.es12("deleteEvent", eid=EID, eventId="EVENT-1"))
    s.equal("the events", [], events_of(s.accepted(s.smds_session().authenticate())))


@scenario("smds.es12.delete_of_another", spec=DELETE, tests="smds", needs="es12")
def delete_of_another(s: Stage) -> None:
    """Another server can't delete the event: for it there is none (8.9.5/3.9), and the event stays."""
    s.smds.register(EID, "EVENT-1", "smdp.example.com")
    other = s.pki.issue_tls(["other-smdp.example.com"], oid="2.999.12")
    s.refused(s.smds.es12("deleteEvent", caller=other, eid=EID, eventId="EVENT-1"), ES12.DELETE_EVENT.EVENT_UNKNOWN)
    s.equal("the events", 1, len(events_of(s.accepted(s.smds_session().authenticate()))))


@scenario("smds.es11.other_eid", spec=f"{SPEC}, 3.6", tests="smds", needs="es12")
def other_eid(s: Stage) -> None:
    """An eUICC gets its own events only."""
    s.smds.register(EID, "EVENT-1", "smdp.example.com")
    answer = s.smds_session(eid=OTHER_EID).authenticate()
    s.equal("the events", [], events_of(s.accepted(answer)))


@scenario("smds.es11.by_event_id", spec=f"{SPEC}, 3.6", tests="smds", needs="es12")
def by_event_id(s: Stage) -> None:
    """An EventID leads to its event alone; an unknown one is refused with 8.9.5/3.9."""
    for event in ("EVENT-1", "EVENT-2"):
        s.smds.register(EID, event, "smdp.example.com")
    found = events_of(s.accepted(s.smds_session().authenticate("EVENT-2")))
    s.equal("the events", [("EVENT-2", "smdp.example.com")], found)
    s.refused(s.smds_session().authenticate("EVENT-3"), ES11.AUTHENTICATE_CLIENT.EVENT_ID_UNKNOWN)


@scenario("smds.es11.wrong_address", spec="SGP.22 v2.5 section 5.8.1", tests="smds")
def wrong_address(s: Stage) -> None:
    """An smdsAddress that isn't the server's own is refused with 8.9.1/3.8."""
    answer = s.smds_session().initiate(address="stranger.example.com")
    s.refused(answer, ES11.INITIATE_AUTHENTICATION.INVALID_DS_ADDRESS)


@scenario("smds.es11.session_used_twice", spec=SPEC, tests="smds")
def used_twice(s: Stage) -> None:
    """AuthenticateClient ends the session: the same again is refused with 8.10.1/3.9."""
    session = s.smds_session()
    s.accepted(session.authenticate())
    s.refused(session.authenticate(), ES11.AUTHENTICATE_CLIENT.UNKNOWN_TRANSACTION_ID)


@scenario("smds.es11.server_challenge", spec=SPEC, tests="smds")
def server_challenge(s: Stage) -> None:
    """A well-signed euiccSigned1 with another serverChallenge is refused with 8.1/6.1."""
    lie = BeforeSignature("EuiccSigned1", Set("30.84", bytes(16)))
    s.refused(s.smds_session(lie).authenticate(), ES11.AUTHENTICATE_CLIENT.EUICC_SIGNATURE_INVALID)


@scenario("smds.es11.certificate_expired", spec=f"{SPEC}, 4.5.2", tests="smds")
def expired(s: Stage) -> None:
    """An expired CERT.EUICC is refused with 8.1.3/6.3."""
    answer = s.smds_session(Certificate("eUICC", "expired")).authenticate()
    s.refused(answer, ES11.AUTHENTICATE_CLIENT.EUICC_CERTIFICATE_EXPIRED)
