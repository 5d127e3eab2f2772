"""The SM-DS against a model: any row of registrations and deletions, with a root that fails now and then."""

import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from smdp.core.events import Inaccessible
from tests.support.smdp_world import EID, EID2
from tests.support.smds_world import DP_OID, OTHER_OID, FakeRoot, SmdsWorld
from wire.codes import GENERIC, FunctionRefused

KEYS = st.tuples(st.sampled_from([EID, EID2]), st.sampled_from(["A", "B", "C"]))
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["register", "delete", "restart"]),
        KEYS,
        st.sampled_from([DP_OID, OTHER_OID]),
        st.booleans(),
        st.sampled_from(["ok", "ok", "ok", "refuses", "silent", "answer lost"]),
    ),
    max_size=25,
)


@settings(derandomize=True, max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(STEPS)
def test_the_visible_events_are_those_of_the_model(steps: list[tuple[str, tuple[str, str], str, bool, str]]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        root = FakeRoot()
        ds = SmdsWorld(Path(directory), root)
        model: dict[tuple[str, str], str] = {}  # visible events and their owners, in the order of registration
        for number, (function, (eid, event_id), caller, forward, mood) in enumerate(steps):
            root.answer = {"refuses": FunctionRefused(GENERIC.UNKNOWN_CALLER), "silent": Inaccessible("")}.get(mood)
            root.answer_is_lost = mood == "answer lost"
            owner = model.get((eid, event_id))
            try:
                if function == "register":
                    ds.register(event_id, eid=eid, caller=caller, forward=forward, call=str(number))
                    assert owner is None
                    model[eid, event_id] = caller
                elif function == "delete":
                    ds.delete(event_id, caller, eid)
                    assert owner in (None, caller)
                    model.pop((eid, event_id), None)
                else:
                    ds.restart()
            except FunctionRefused:
                assert model.get((eid, event_id)) == owner
            for one in (EID, EID2):
                seen = [(event.event_id, event.owner) for event in ds.store.events(one)]
                expected = [(key[1], owner) for key, owner in model.items() if key[0] == one]
                assert sorted(seen) == sorted(expected)
        root.answer, root.answer_is_lost = None, False
        for event in ds.store.all_events():
            ds.delete(event.event_id, event.owner, event.eid)
        assert (ds.stored(), root.events) == ([], {})  # nothing that the root heard of is left behind
        ds.store.close()
