"""CPU of one server process per complete download session, beside the EC floor of the same run."""

import time
from collections.abc import Iterator, Sequence

from bench.device import Device
from bench.floor import ec_floor_ms
from bench.package import iccid
from bench.report import Measurement
from bench.served_lab import ServedLab, matching_id, served_lab

NAME = "server_session"
WARM_UP = 20
SESSIONS = 200
LIMIT_FLOORS, AIM_FLOORS = 5.0, 3.0


def run(sessions: int = SESSIONS, warm_up: int = WARM_UP) -> Iterator[Measurement]:
    """Sessions one after the other on one keep-alive connection, each with an order and a profile of its own.

    As many again then go through the four calls in step, which tells what each call costs.
    """
    floor = ec_floor_ms()
    with served_lab(warm_up + 2 * sessions) as served, served.device() as device:
        numbers = range(1, warm_up + 2 * sessions + 1)
        for number in numbers[:warm_up]:
            device.download(matching_id(number), iccid(number))
        cpu, wall = served.cpu_s(), time.monotonic()
        for number in numbers[warm_up:-sessions]:
            device.download(matching_id(number), iccid(number))
        session_ms = (served.cpu_s() - cpu) * 1000 / sessions
        wall_ms = (time.monotonic() - wall) * 1000 / sessions
        calls = dict(_calls(served, device, numbers[-sessions:]))
    floor = min(floor, ec_floor_ms())
    yield Measurement(NAME, "EC floor", floor, "CPU ms", note="3 sign, 5 verify, 1 key generation, 1 ECDH on P-256")
    yield Measurement(NAME, "session to the PIR", session_ms, "CPU ms", note=f"four calls; {wall_ms:.1f} ms wall")
    yield Measurement(NAME, "  in EC floors", session_ms / floor, "x", LIMIT_FLOORS, AIM_FLOORS)
    five_ms = session_ms + calls["the enable notification"]
    note = "five calls; the last one needs a verification that the floor lacks"
    yield Measurement(NAME, "and the enable notification", five_ms, "CPU ms", note=note)
    yield Measurement(NAME, "  in EC floors", five_ms / floor, "x", LIMIT_FLOORS, AIM_FLOORS)
    for what, call_ms in calls.items():
        yield Measurement(NAME, f"    {what}", call_ms, "CPU ms")


def _calls(served: ServedLab, device: Device, numbers: Sequence[int]) -> Iterator[tuple[str, float]]:
    """Each call for all orders before the next call for any; CPU milliseconds per call."""

    def per_call(before_s: float) -> float:
        return (served.cpu_s() - before_s) * 1000 / len(numbers)

    cpu = served.cpu_s()
    initiated = [device.initiate() for _ in numbers]
    yield "initiateAuthentication", per_call(cpu)
    cpu = served.cpu_s()
    pairs = zip(numbers, initiated, strict=True)
    authenticated = [device.authenticate(matching_id(number), *session) for number, session in pairs]
    yield "authenticateClient", per_call(cpu)
    cpu = served.cpu_s()
    bound = [device.bind(*session) for session in authenticated]
    yield "getBoundProfilePackage", per_call(cpu)
    cpu = served.cpu_s()
    for number, (transaction_id, _) in zip(numbers, bound, strict=True):
        device.report_installation(transaction_id, iccid(number))
    yield "handleNotification, the PIR", per_call(cpu)
    cpu = served.cpu_s()
    for number in numbers:
        device.report_enabled(iccid(number))
    yield "the enable notification", per_call(cpu)
