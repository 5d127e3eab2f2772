"""An answer of a server under test in the JSON binding."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lpa.core.actions import HttpReply
from scenarios.model import CheckFailed
from wire.codes import explain


@dataclass(frozen=True, slots=True)
class Answer:
    """What a function answered: HTTP status, headers (names in lower case), and the members of the body.

    execution: functionExecutionStatus.status; code: (subjectCode, reasonCode) where there is one.
    """

    function: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    members: Mapping[str, Any]

    @classmethod
    def read(cls, function: str, reply: HttpReply) -> "Answer":
        """From an HTTP reply; a body that is no JSON object has no members."""
        try:
            document = json.loads(reply.body) if reply.body else {}
        except ValueError:
            document = {}
        return cls(function, reply.status, reply.headers, reply.body, document if isinstance(document, dict) else {})

    @property
    def _execution_status(self) -> Mapping[str, Any]:
        try:
            found = self.members["header"]["functionExecutionStatus"]
        except (KeyError, TypeError):
            return {}
        return found if isinstance(found, dict) else {}

    @property
    def execution(self) -> str:
        return str(self._execution_status.get("status", ""))

    @property
    def code(self) -> tuple[str, str] | None:
        data = self._execution_status.get("statusCodeData")
        if not isinstance(data, dict):
            return None
        return str(data.get("subjectCode")), str(data.get("reasonCode"))

    @property
    def ok(self) -> bool:
        """Executed-Success or Executed-WithWarning, with HTTP 200; 204 for notification functions."""
        if self.status == 204:
            return True
        return self.status == 200 and self.execution in ("Executed-Success", "Executed-WithWarning")

    def octets(self, name: str) -> bytes:
        """A member that is base64; CheckFailed if it is missing or something else."""
        value = self.members.get(name)
        try:
            return base64.b64decode(value, validate=True) if isinstance(value, str) else _missing(value)
        except ValueError:
            raise CheckFailed(f"{self.function}: the member {name} is missing or not base64: {value!r}") from None

    def text(self, name: str) -> str:
        """A member that is text; CheckFailed if it is missing or something else."""
        value = self.members.get(name)
        if not isinstance(value, str):
            raise CheckFailed(f"{self.function}: the member {name} is missing or no text: {value!r}")
        return value

    def __str__(self) -> str:
        if self.code is not None:
            return f"{self.execution} {self.code[0]}/{self.code[1]} ({explain(*self.code, self.function).meaning})"
        return f"HTTP {self.status} {self.execution}".strip()


def _missing(value: object) -> bytes:
    raise ValueError(value)
