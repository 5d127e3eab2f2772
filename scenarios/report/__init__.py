"""Reports of a run: JUnit XML, one HTML file, JSON."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scenarios.baseline import Comparison
    from scenarios.run import Run

KINDS = ("junit", "html", "json")


def write_report(kind: str, path: Path, run: "Run", comparison: "Comparison | None" = None) -> None:
    """Write the report of this kind to `path`."""
    from scenarios.report.html import html
    from scenarios.report.junit import junit
    from scenarios.report.machine import machine

    text = {"junit": junit, "html": html, "json": machine}[kind](run, comparison)
    path.write_text(text, "utf-8")
