"""Opening the trace of one run of a lab's process."""

import contextlib
from collections.abc import Iterator

from lab.directory import Lab
from lab.trace import NoTrace, Recorder, TraceWriter, trace_file


@contextlib.contextmanager
def open_trace(
    lab: Lab, role: str, enabled: bool = True, reveal: frozenset[str] = frozenset(), file: str = ""
) -> Iterator[Recorder]:
    """The trace of this process: LAB/traces/DATE-ROLE.jsonl (or DATE-FILE.jsonl), or none."""
    if not enabled:
        yield NoTrace()
        return
    with TraceWriter(trace_file(lab.traces_path, file or role, lab.clock), lab.clock, reveal) as writer:
        yield writer.role(role)
