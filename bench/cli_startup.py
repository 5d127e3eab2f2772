"""How long `rsplab --help` takes."""

import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from bench.report import Measurement

NAME = "cli_startup"
RUNS = 9
LIMIT_S = 0.4


def run(runs: int = RUNS) -> Iterator[Measurement]:
    """Median wall time; the first run, which may compile, doesn't count."""
    script = Path(sys.executable).with_name("rsplab")
    command = [str(script)] if script.exists() else [sys.executable, "-m", "lab"]
    times = []
    for _ in range(runs + 1):
        started = time.monotonic()
        subprocess.run([*command, "--help"], check=True, stdout=subprocess.DEVNULL)
        times.append(time.monotonic() - started)
    median = statistics.median(times[1:])
    note = f"median of {runs}, {' '.join(Path(part).name for part in command)}"
    yield Measurement(NAME, "rsplab --help", median, "s", LIMIT_S, note=note)
