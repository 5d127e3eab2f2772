"""What reports may show: a run without anybody's EID, ICCID or IMSI."""

from dataclasses import replace

from lab.console.masking import Mask
from scenarios.run import Run
from scenarios.runner import Result


def without_identities(run: Run) -> Run:
    """The run with the last digits of every identity only, in traces and reasons, as with `rsplab trace export`."""
    reveal = frozenset(run.header["reveal"])
    return replace(run, results=[_masked(result, reveal) for result in run.results])


def _masked(result: Result, reveal: frozenset[str]) -> Result:
    mask = Mask(result.events, (result.reason,), reveal)
    return replace(result, events=tuple(mask.events(result.events)), reason=mask.text(result.reason))
