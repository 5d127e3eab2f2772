"""Reports of a run: JUnit XML, one HTML file, JSON."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scenarios.baseline import Comparison
    from scenarios.run import Run

KINDS = ("junit", "html", "json")


def write_reports(
    wanted: Iterable[tuple[str, Path]], run: "Run", comparison: "Comparison | None" = None, identifiers: bool = False
) -> None:
    """Write a report of each (kind, path); with only the end of every EID, ICCID and IMSI unless `identifiers`."""
    from scenarios.report.html import html
    from scenarios.report.junit import junit
    from scenarios.report.machine import machine
    from scenarios.report.privacy import without_identities

    if not (wanted := list(wanted)):
        return
    shown = run if identifiers else without_identities(run)
    for kind, path in wanted:
        match kind:
            case "junit":
                text = junit(shown, comparison)
            case "html":
                text = html(shown, comparison, with_octets=identifiers)
            case _:
                text = machine(shown, comparison)
        path.write_text(text, "utf-8")
