"""ES11: what LPAs ask an SM-DS, and ES12, by which SM-DP+ register events."""

from scenarios import Stage, scenario
from scenarios.faults import DamagedSignature
from scenarios.grounds import EID
from scenarios.parties.smds import events_of
from wire.codes import ES11, ES12

SPEC = "SGP.22 v2.5 section 5.8"


@scenario("smds.es11.nominal", spec=f"{SPEC}.1, 5.8.2, 5.9.1, 3.6", tests="smds", needs="es12")
def nominal(s: Stage) -> None:
    """A registered event is found by the eUICC that it is for, under the SM-DP+'s address."""
    s.smds.register(EID, "EVENT-1", "smdp.example.com")
    answer = s.smds_session().authenticate()
    s.accepted(answer)
    s.equal("the events", [("EVENT-1", "smdp.example.com")], events_of(answer))


@scenario("smds.es11.signature_damaged", spec=f"{SPEC}.2", tests="smds")
def signature_damaged(s: Stage) -> None:
    """A damaged euiccSignature1 is refused with 8.1/6.1."""
    answer = s.smds_session(DamagedSignature("EuiccSigned1")).authenticate()
    s.refused(answer, ES11.AUTHENTICATE_CLIENT.EUICC_SIGNATURE_INVALID)


@scenario("smds.es12.delete_unknown", spec="SGP.22 v2.5 section 5.9.2", tests="smds", needs="es12")
def delete_unknown(s: Stage) -> None:
    """Deleting an event that nobody registered is refused with 8.9.5/3.9."""
    s.refused(s.smds.es12("deleteEvent", eid=EID, eventId="NOBODY"), ES12.DELETE_EVENT.EVENT_UNKNOWN)


@scenario("smds.cascade.nominal", spec="SGP.22 v2.5 section 3.6, 5.9.1, 5.10.1", tests="smds", needs="es12, cascade")
def cascade(s: Stage) -> None:
    """A forwarded event stands at the root under an EventID2 with the Alternative SM-DS's address."""
    root, alternative = s.root_smds, s.smds
    alternative.register(EID, "EVENT-1", "smdp.example.com", forward=True)
    session = s.smds_session()
    session.smds = root
    found = events_of(s.accepted(session.authenticate()))
    s.equal("the address at the root", [alternative.address], [address for _, address in found])
    below = s.smds_session()
    s.equal(
        "the event below", [("EVENT-1", "smdp.example.com")], events_of(s.accepted(below.authenticate(found[0][0])))
    )
