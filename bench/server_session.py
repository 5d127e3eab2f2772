"""CPU of one server process per complete download session, beside the EC floor of the same run."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from statistics import median

from bench.device import Device
from bench.floor import VERIFICATIONS, ec_floor_ms
from bench.package import iccid
from bench.report import Measurement
from bench.served_lab import ServedLab, cores_apart, matching_id, served_lab

NAME = "server_session"
ENABLED = "the enable notification"
WARM_UP = 20
SESSIONS = 200
BATCHES = 5
DEVICES = 4
LIMIT_FLOORS, AIM_FLOORS = 5.0, 3.0


def run(sessions: int = SESSIONS, warm_up: int = WARM_UP, batches: int = BATCHES) -> Iterator[Measurement]:
    """Sessions one after the other on one keep-alive connection, each with an order and a profile of its own.

    They come in batches, each with a server process and a floor of its own, so that a busy machine slows both sides of
    the ratio and no process's luck with its place in memory decides; medians count. As many sessions again go through
    their calls in step, which tells what each call costs, and as many are played by several devices at once: a server
    that is woken for each request costs more than one at work. It is one eUICC that comes again and again, as in a
    lab: the server has judged its certificate chain in the warm-up. Server and devices have cores of their own.
    """
    size = sessions // batches
    floors, enabled_floors, session_times, call_times = [], [], [], []
    at_once = []
    for _ in range(batches):
        with served_lab(warm_up + 3 * size) as served, cores_apart(served), served.device() as device:
            numbers = iter(range(1, warm_up + 3 * size + 1))
            _sessions(served, device, list(islice(numbers, warm_up)))
            floors.append(ec_floor_ms())
            enabled_floors.append(ec_floor_ms(verifications=VERIFICATIONS + 1))
            session_times.append(_sessions(served, device, list(islice(numbers, size))))
            call_times.append(dict(_calls(served, device, list(islice(numbers, size)))))
            at_once.append(_sessions_at_once(served, list(islice(numbers, size))))
    calls = {call: median(times[call] for times in call_times) for call in call_times[0]}
    session = median(session_times)
    floors_a_session = median(one / floor for one, floor in zip(session_times, floors, strict=True))
    at_once_floors = median(one / floor for one, floor in zip(at_once, floors, strict=True))
    batches_of_five = zip(session_times, call_times, enabled_floors, strict=True)
    five_calls = median((four + each[ENABLED]) / floor for four, each, floor in batches_of_five)
    note = "3 sign, 5 verify, 1 key generation, 1 ECDH on P-256"
    yield Measurement(NAME, "EC floor", median(floors), "CPU ms", note=note)
    yield Measurement(NAME, "session to the PIR", session, "CPU ms", note="four calls, an eUICC whose chain is known")
    yield Measurement(NAME, "  in EC floors", floors_a_session, "x", LIMIT_FLOORS, AIM_FLOORS)
    note = f"four calls, {DEVICES} devices at once, their TLS handshakes included"
    yield Measurement(NAME, "session of a busy server", median(at_once), "CPU ms", note=note)
    yield Measurement(NAME, "  in EC floors", at_once_floors, "x", LIMIT_FLOORS, AIM_FLOORS)
    note = "five calls; their floor has the sixth verification that the last one needs"
    yield Measurement(NAME, "and the enable notification", session + calls[ENABLED], "CPU ms", note=note)
    yield Measurement(NAME, "  in EC floors", five_calls, "x", LIMIT_FLOORS, AIM_FLOORS)
    for call, call_ms in calls.items():
        yield Measurement(NAME, f"    {call}", call_ms, "CPU ms")
    note = "four calls as `rsplab serve` runs by default: each message decoded and written down"
    yield Measurement(NAME, "session with the trace", _traced_session(size, warm_up), "CPU ms", note=note)


def _traced_session(sessions: int, warm_up: int) -> float:
    with served_lab(warm_up + sessions, traced=True) as served, served.device() as device:
        numbers = range(1, warm_up + sessions + 1)
        _sessions(served, device, numbers[:warm_up])
        return _sessions(served, device, numbers[warm_up:])


def _sessions(served: ServedLab, device: Device, numbers: Sequence[int]) -> float:
    """Complete sessions; CPU milliseconds of each."""
    cpu = served.cpu_s()
    for number in numbers:
        device.download(matching_id(number), iccid(number))
    return (served.cpu_s() - cpu) * 1000 / len(numbers)


def _sessions_at_once(served: ServedLab, numbers: Sequence[int]) -> float:
    """Complete sessions, shared out among devices that work at the same time; CPU milliseconds of each."""

    def play(share: Sequence[int]) -> None:
        with served.device() as device:
            for number in share:
                device.download(matching_id(number), iccid(number))

    cpu = served.cpu_s()
    with ThreadPoolExecutor(DEVICES) as devices:
        list(devices.map(play, [numbers[start::DEVICES] for start in range(DEVICES)]))
    return (served.cpu_s() - cpu) * 1000 / len(numbers)


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
    yield ENABLED, per_call(cpu)
