"""Structured logs: one JSON object a line, with request and session ids, and nobody's EID, ICCID or IMSI."""

import json
import logging
import os
import sys
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Final, TextIO

from lab.privacy import mask_text

ENVIRONMENT: Final = "RSPLAB_LOG"
request_id: Final[ContextVar[str]] = ContextVar("request_id", default="")
session_id: Final[ContextVar[str]] = ContextVar("session_id", default="")


class JsonLines(logging.Formatter):
    """time, level, logger, message, requestId and sessionId where there are, error with its traceback."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        line = {
            "time": at,
            "level": record.levelname,
            "logger": record.name,
            "message": mask_text(record.getMessage()),
            "process": record.process,
        }
        for name, variable in (("requestId", request_id), ("sessionId", session_id)):
            if value := variable.get():
                line[name] = value
        if record.exc_info:
            line["error"] = mask_text(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)


class MaskedText(logging.Formatter):
    """For people at a terminal; masked alike."""

    def __init__(self) -> None:
        super().__init__("rsplab: %(levelname)s %(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        return mask_text(super().format(record))


def configure_logs() -> None:
    """As RSPLAB_LOG says: `json` for a line each, from INFO on; by default text, from WARNING on."""
    as_json = os.environ.get(ENVIRONMENT) == "json"
    configure(as_json, logging.INFO if as_json else logging.WARNING)


def configure(as_json: bool, level: int = logging.WARNING, stream: TextIO | None = None) -> None:
    """Send the logs of this process to stderr."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines() if as_json else MaskedText())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
