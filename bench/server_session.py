"""CPU of one server process per complete download session, beside the EC floor of the same run."""

import time
from collections.abc import Iterator

from bench.floor import ec_floor_ms
from bench.package import iccid
from bench.report import Measurement
from bench.served_lab import matching_id, served_lab

NAME = "server_session"
WARM_UP = 20
SESSIONS = 200
LIMIT_FLOORS, AIM_FLOORS = 5.0, 3.0


def run(sessions: int = SESSIONS, warm_up: int = WARM_UP) -> Iterator[Measurement]:
    """Sessions one after the other on one keep-alive connection, each with an order and a profile of its own."""
    floor = ec_floor_ms()
    with served_lab(warm_up + sessions) as served, served.device() as device:
        for number in range(1, warm_up + 1):
            device.download(matching_id(number), iccid(number))
        measured = range(warm_up + 1, warm_up + sessions + 1)
        cpu, wall = served.cpu_s(), time.monotonic()
        for number in measured:
            device.download(matching_id(number), iccid(number))
        session_ms = (served.cpu_s() - cpu) * 1000 / sessions
        wall_ms = (time.monotonic() - wall) * 1000 / sessions
        cpu = served.cpu_s()
        for number in measured:
            device.report_enabled(iccid(number))
        enable_ms = (served.cpu_s() - cpu) * 1000 / sessions
    floor = min(floor, ec_floor_ms())
    yield Measurement(NAME, "EC floor", floor, "CPU ms", note="3 sign, 5 verify, 1 key generation, 1 ECDH on P-256")
    yield Measurement(NAME, "session to the PIR", session_ms, "CPU ms", note=f"four calls; {wall_ms:.1f} ms wall")
    yield Measurement(NAME, "  in EC floors", session_ms / floor, "x", LIMIT_FLOORS, AIM_FLOORS)
    five_ms = session_ms + enable_ms
    note = "five calls; the last one needs a verification that the floor lacks"
    yield Measurement(NAME, "and the enable notification", five_ms, "CPU ms", note=note)
    yield Measurement(NAME, "  in EC floors", five_ms / floor, "x", LIMIT_FLOORS, AIM_FLOORS)
