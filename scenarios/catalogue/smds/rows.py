"""ES11, ES12 and the cascade: lifetimes, repetitions, what the root knows."""

from scenarios import Stage, scenario
from scenarios.grounds import EID
from scenarios.parties.smds import Es11Session, events_of
from wire.codes import ES11

SPEC, REGISTER = "SGP.22 v2.5 section 5.8.2", "SGP.22 v2.5 section 5.9.1"
CASCADE = "SGP.22 v2.5 section 3.6, 5.9.1, 5.10"


def _at_root(s: Stage) -> Es11Session:
    session = s.smds_session()
    session.smds = s.root_smds
    return session


@scenario("smds.es11.session_lifetime", spec=SPEC, tests="smds", needs="clock")
def lifetime(s: Stage) -> None:
    """A session that is too old is unknown: 8.10.1/3.9."""
    session = s.smds_session()
    s.accepted(session.initiate())
    s.advance(hours=24)
    s.refused(session.authenticate(), ES11.AUTHENTICATE_CLIENT.UNKNOWN_TRANSACTION_ID)


@scenario("smds.es12.same_call", spec=REGISTER, tests="smds", needs="es12")
def same_call(s: Stage) -> None:
    """The same RegisterEvent call again is answered as it was the first time, and there is one event."""
    call = s.smds.new_call()
    for _ in range(2):
        answer = s.smds.es12(
            "registerEvent", call=call, eid=EID, eventId="EVENT-1", rspServerAddress="smdp.example.com",
            forwardingIndicator=False,
        )  # fmt: skip
        s.accepted(answer)
    s.equal("the events", 1, len(events_of(s.accepted(s.smds_session().authenticate()))))


@scenario("smds.cascade.not_forwarded", spec=CASCADE, tests="smds", needs="es12, cascade")
def not_forwarded(s: Stage) -> None:
    """Without forwardingIndicator the root hears nothing of an event."""
    root = s.root_smds
    s.smds.register(EID, "EVENT-1", "smdp.example.com", forward=False)
    s.equal("the root", True, root is s.root_smds)
    s.equal("the events at the root", [], events_of(s.accepted(_at_root(s).authenticate())))


@scenario("smds.cascade.own_event_id", spec=CASCADE, tests="smds", needs="es12, cascade")
def own_event_id(s: Stage) -> None:
    """At the root a forwarded event has an EventID of the Alternative SM-DS, not the SM-DP+'s."""
    _ = s.root_smds
    s.smds.register(EID, "EVENT-1", "smdp.example.com", forward=True)
    ((event, _address),) = events_of(s.accepted(_at_root(s).authenticate()))
    s.check(event != "EVENT-1", "another EventID", "not EVENT-1", event)


@scenario("smds.cascade.deleted", spec=CASCADE, tests="smds", needs="es12, cascade")
def deleted(s: Stage) -> None:
    """DeleteEvent deletes a forwarded event at the root as well."""
    _ = s.root_smds
    s.smds.register(EID, "EVENT-1", "smdp.example.com", forward=True)
    s.accepted(s.smds.es12("deleteEvent", eid=EID, eventId="EVENT-1"))
    s.equal("the events at the root", [], events_of(s.accepted(_at_root(s).authenticate())))
