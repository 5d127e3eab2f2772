"""Memory that the server keeps for each open session."""

from collections.abc import Iterator

from bench.report import Measurement
from bench.served_lab import REUSABLE, served_lab

NAME = "session_memory"
WARM_UP = 200
SESSIONS = 1000


def run(sessions: int = SESSIONS, warm_up: int = WARM_UP) -> Iterator[Measurement]:
    """Growth of the resident memory over sessions that begin and never end."""
    with served_lab(0) as served, served.device() as device:
        for _ in range(warm_up):
            device.authenticate(REUSABLE, *device.initiate())
        before = served.resident_octets()
        for _ in range(sessions):
            device.initiate()
        initiated = served.resident_octets()
        for _ in range(sessions):
            device.authenticate(REUSABLE, *device.initiate())
        authenticated = served.resident_octets()
    note = f"growth over {sessions} sessions; {authenticated / 1e6:.0f} MB at the end"
    yield Measurement(NAME, "session initiated", (initiated - before) / sessions / 1024, "KiB", note=note)
    yield Measurement(NAME, "session authenticated", (authenticated - initiated) / sessions / 1024, "KiB", note=note)
