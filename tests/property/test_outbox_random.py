"""Delivery under any row of failures, restarts and lapses of time: order is kept, nothing is lost, nothing repeated."""

import asyncio
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from smdp.core.events import Inaccessible
from smdp.store import open_store
from smdp.web.outgoing import DeliverySettings
from smdp.web.peers import Reply
from tests.support.outbox_world import ACKNOWLEDGED, ScriptedPeers, left, put, worker
from tests.support.smdp_world import MovableClock

PATIENT = DeliverySettings(poll_s=0.001, first_wait_s=1, longest_wait_s=30, jitter_s=1, attempts_max=10_000)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.sampled_from("ABC")),
        st.tuples(st.just("deliver"), st.lists(st.sampled_from(["ok", "500", "down", "lost"]), max_size=8)),
        st.tuples(st.just("wait"), st.integers(1, 100)),
        st.tuples(st.just("restart"), st.none()),
    ),
    max_size=30,
)


@settings(derandomize=True, max_examples=25, deadline=None)
@given(STEPS)
def test_each_lane_arrives_whole_and_in_order(steps: list[tuple[str, Any]]) -> None:
    asyncio.run(_run(steps))


async def _run(steps: list[tuple[str, Any]]) -> None:
    sent: dict[str, list[str]] = defaultdict(list)
    acknowledged: dict[str, list[str]] = defaultdict(list)
    moods: list[str] = []

    def answer(url: str, body: bytes) -> Reply:
        text = body.decode()
        mood = moods.pop() if moods else "ok"
        assert text not in acknowledged[text[0]], "sent again after it was acknowledged"
        if mood == "down":
            raise Inaccessible("no route")
        if mood == "lost":
            raise Inaccessible("the connection broke after the request")
        if mood == "500":
            return Reply(500, b"")
        acknowledged[text[0]].append(text)
        return ACKNOWLEDGED

    with tempfile.TemporaryDirectory() as directory:
        url, clock = f"sqlite:///{Path(directory, 'smdp.db')}", MovableClock()
        store, peers = open_store(url), ScriptedPeers(answer)
        for what, argument in steps:
            if what == "put":
                lane = str(argument)
                body = f"{lane}{len(sent[lane])}"
                sent[lane].append(body)
                put(store, clock, body, lane=lane, destination=f"https://{lane}")
            elif what == "deliver":
                moods[:] = argument
                await worker(store, peers, clock, PATIENT).deliver_due()
            elif what == "wait":
                clock.advance(seconds=argument)
            else:
                store.close()
                store = open_store(url)
            for lane, bodies in acknowledged.items():
                assert bodies == sent[lane][: len(bodies)]
        moods.clear()
        clock.advance(days=1)
        await worker(store, peers, clock, PATIENT).deliver_due()
        assert left(store) == []
        assert {lane: bodies for lane, bodies in acknowledged.items() if bodies} == dict(sent)
        store.close()
