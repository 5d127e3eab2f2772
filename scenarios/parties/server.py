"""What SM-DP+ and SM-DS under test have in common: functions of the JSON binding, called and traced."""

import base64
import json
from collections.abc import Mapping
from typing import Any, Final

from certs.authority import Credential
from lpa.core.actions import HttpReply
from scenarios.network import Handler, HttpRequest
from scenarios.parties.answer import Answer
from wire.ports import Trace

HEADERS: Final = {
    "Content-Type": "application/json",
    "User-Agent": "gsma-rsp-lpad",
    "X-Admin-Protocol": "gsma/rsp/v2.5.0",
}


class Caller:
    """Calls functions at one base URL through `post`, and records them.

    post: HttpRequest -> HttpReply; interface: the segment of the path, "es9plus", "es2plus", ...
    """

    def __init__(self, host: str, interface: str, post: Handler, trace: Trace) -> None:
        self.host = host
        self.interface = interface
        self._post = post
        self._trace = trace

    def call(
        self,
        function: str,
        members: Mapping[str, Any],
        *,
        headers: Mapping[str, str] = HEADERS,
        credential: Credential | None = None,
    ) -> Answer:
        """Call with these members; octets travel as base64, None is left out. credential: what is shown in TLS."""
        encoded = {
            name: base64.b64encode(value).decode() if isinstance(value, bytes) else value
            for name, value in members.items()
            if value is not None
        }
        return self.raw(function, json.dumps(encoded).encode(), headers=headers, credential=credential)

    def raw(
        self,
        function: str,
        body: bytes,
        *,
        headers: Mapping[str, str] = HEADERS,
        credential: Credential | None = None,
    ) -> Answer:
        """Call with this body, whatever it is."""
        return Answer.read(function, self.post(f"{self.interface}/{function}", body, headers, credential))

    def asn1(self, message: bytes) -> HttpReply:
        """Send a message of the ASN.1 binding (A2 around the function)."""
        return self.post("asn1", message, {**HEADERS, "Content-Type": "application/x-gsma-rsp-asn1"})

    def post(
        self, path: str, body: bytes, headers: Mapping[str, str], credential: Credential | None = None
    ) -> HttpReply:
        """POST to /gsma/rsp2/PATH."""
        shown = b"" if credential is None else credential.certificate
        request = HttpRequest(self.host, f"/gsma/rsp2/{path}", headers, body, shown, credential)
        return TracedHandler(self._post, self._trace)(request)


class TracedHandler:
    """Records what comes in and what is answered: where nobody else can, as with a foreign LPA."""

    def __init__(self, handler: Handler, trace: Trace) -> None:
        self._handler = handler
        self._trace = trace

    def __call__(self, request: HttpRequest) -> HttpReply:
        note = {"function": request.function, "method": "POST", "url": f"https://{request.host}{request.path}"}
        headers = {name.lower(): value for name, value in request.headers.items()}
        self._trace.record("http", "", direction="request", **note, headers=headers, body=request.body)
        reply = self._handler(request)
        sent = dict(reply.headers)
        self._trace.record("http", "", direction="response", **note, status=reply.status, headers=sent, body=reply.body)
        return reply
