"""Complete sessions a second through one and two worker processes on one database."""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack

from bench.device import Device
from bench.package import iccid
from bench.report import Measurement
from bench.served_lab import ServedLab, matching_id, postgresql, served_lab

NAME = "workers"
WARM_UP, SESSIONS, DEVICES = 20, 200, 4


def run(
    sessions: int = SESSIONS,
    warm_up: int = WARM_UP,
    devices: int = DEVICES,
    databases: tuple[str, ...] = ("SQLite", "PostgreSQL"),
) -> Iterator[Measurement]:
    """Devices at once, in threads of this process: they use the same processors, so more of those would show more."""
    note = f"{devices} devices at once in one process; devices and workers share {os.cpu_count()} processors"
    for database in databases:
        for workers in (1, 2):
            with ExitStack() as stack:
                if database == "PostgreSQL":
                    stack.enter_context(postgresql())
                served = stack.enter_context(served_lab(warm_up + sessions, workers))
                found = _sessions_a_second(served, sessions, warm_up, devices)
            plural = "" if workers == 1 else "s"
            yield Measurement(NAME, f"{database}, {workers} worker{plural}", found, "sessions/s", note=note)


def _sessions_a_second(served: ServedLab, sessions: int, warm_up: int, devices: int) -> float:
    failures: list[Exception] = []
    with ExitStack() as stack:
        connected = [stack.enter_context(served.device()) for _ in range(devices)]
        for number in range(1, warm_up + 1):
            connected[number % devices].download(matching_id(number), iccid(number))
        numbers = range(warm_up + 1, warm_up + sessions + 1)
        threads = [
            threading.Thread(target=_download, args=(device, numbers[index::devices], failures))
            for index, device in enumerate(connected)
        ]
        started = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        elapsed_s = time.perf_counter() - started
    for failure in failures:
        raise failure
    return sessions / elapsed_s


def _download(device: Device, numbers: range, failures: list[Exception]) -> None:
    try:
        for number in numbers:
            device.download(matching_id(number), iccid(number))
    except Exception as error:
        failures.append(error)
