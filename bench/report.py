"""What a benchmark found: values beside their limits, as a table and as JSON."""

import json
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from itertools import groupby
from operator import attrgetter
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True, slots=True)
class Measurement:
    """One value; it must not exceed `limit` and had better not exceed `aim`, where there are such."""

    bench: str
    what: str
    value: float
    unit: str
    limit: float | None = None
    aim: float | None = None
    note: str = ""

    @property
    def mark(self) -> str:
        """How the value stands to its limits; empty where it has none."""
        if self.limit is None:
            return ""
        if self.value > self.limit:
            return "FAIL"
        if self.aim is not None and self.value > self.aim:
            return "misses aim"
        return "pass"


def table(measurements: Sequence[Measurement]) -> Table:
    """The measurements as a table for a terminal, a section for each benchmark."""
    result = Table(box=box.SIMPLE, padding=(0, 1, 0, 0), pad_edge=False)
    result.add_column("", no_wrap=True)
    for name in ("value", "unit", "limit", "aim", ""):
        result.add_column(name, justify="left" if name in ("unit", "") else "right", no_wrap=True)
    for bench, group in groupby(measurements, attrgetter("bench")):
        result.add_section()
        result.add_row(f"[bold]{bench}[/]")
        for one in group:
            limits = ("" if limit is None else f"{limit:g}" for limit in (one.limit, one.aim))
            mark = f"[{'red' if one.mark == 'FAIL' else 'green'}]{one.mark}[/]" if one.mark else ""
            value = f"{one.value:.3g}" if one.value < 100 else f"{one.value:.0f}"
            result.add_row(f"  {one.what}", value, one.unit, *limits, mark)
    return result


def as_json(measurements: Sequence[Measurement], at: datetime) -> str:
    """The measurements with the machine they were made on."""
    machine = {
        "time": at.isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "machine": platform.machine(),
        "system": platform.system(),
        "cryptography": version("cryptography"),
    }
    rows = [asdict(one) | {"mark": one.mark} for one in measurements]
    return json.dumps({"machine": machine, "measurements": rows}, indent=2) + "\n"


def publish(measurements: Sequence[Measurement], console: Console, directory: Path = RESULTS) -> Path:
    """Print the table and write the JSON; returns its path."""
    now = datetime.now(UTC)
    console.print(table(measurements))
    for one in measurements:
        if one.note:
            console.print(f"{one.bench}, {one.what.strip()}: {one.note}", style="dim", highlight=False)
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"{now:%Y%m%dT%H%M%SZ}.json"
    path.write_text(as_json(measurements, now))
    console.print(f"written to {path}")
    return path
