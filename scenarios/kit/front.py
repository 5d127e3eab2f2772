"""The server kit as a server of the JSON binding: ES9+ of an SM-DP+, or ES11 of an SM-DS, for LPAs under test."""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from lpa.core.actions import HttpReply
from scenarios.kit.euicc import confirmation_hash
from scenarios.kit.profile import Profile
from scenarios.kit.read import dig, find, integer, whole
from scenarios.kit.server import ServerKit
from scenarios.model import CheckFailed
from scenarios.network import HttpRequest
from wire.tlv import parse

_HEADERS = {"x-admin-protocol": "gsma/rsp/v2.5.0", "content-type": "application/json"}


@dataclass(frozen=True, slots=True)
class Call:
    """One function call that came in: its members, base64 decoded where they are octets."""

    function: str
    path: str
    headers: dict[str, str]
    members: dict[str, Any]

    def octets(self, name: str) -> bytes:
        """A member as octets; CheckFailed if it is missing or no base64."""
        value = self.members.get(name)
        try:
            return base64.b64decode(value, validate=True) if isinstance(value, str) else bytes.fromhex(str(value))
        except ValueError:
            raise CheckFailed(f"{self.function}: {name} is missing or not base64: {value!r}") from None


@dataclass
class Front:
    """Answers what an LPA asks, and remembers it; it judges nothing by itself unless `strict`.

    profile: what is delivered; code: Confirmation Code wanted; events: EventID and address, of an SM-DS.
    strict: verify what the eUICC signed, and answer 8.1/6.1 where it isn't good. installed: how many good
    ProfileInstallationResults came.
    """

    kit: ServerKit
    profile: Profile
    code: str | None = None
    is_smds: bool = False
    events: Sequence[tuple[str, str]] = ()
    strict: bool = True
    calls: list[Call] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    installed: int = 0

    def __call__(self, request: HttpRequest) -> HttpReply:
        try:
            members = json.loads(request.body)
        except ValueError:
            return HttpReply(400, {}, b"no JSON")
        headers = {name.lower(): value for name, value in request.headers.items()}
        call = Call(request.function, request.path, headers, members)
        self.calls.append(call)
        function = getattr(self, f"_{request.function}", None)
        if function is None:
            return HttpReply(404, {}, b"")
        try:
            answer = function(call)
        except CheckFailed as failed:
            self.refusals.append(f"{request.function}: {failed}")
            return _json(_failed("8.1", "6.1", str(failed)))
        return HttpReply(204, _HEADERS, b"") if answer is None else _json(answer)

    def of(self, function: str) -> list[Call]:
        """The calls of one function, in their order."""
        return [call for call in self.calls if call.function == function]

    @property
    def functions(self) -> list[str]:
        """The functions that were called, in their order."""
        return [call.function for call in self.calls]

    @property
    def cancelled(self) -> list[int]:
        """The reasons of the CancelSession calls."""
        return [
            integer(dig(whole(call.octets("cancelSessionResponse"), 0xBF41), 0xA0, 0x30, 0x82))
            for call in self.of("cancelSession")
        ]

    # ES9+ and ES11

    def _initiateAuthentication(self, call: Call) -> dict[str, Any]:
        kit = self.kit
        whole(call.octets("euiccInfo1"), 0xBF20, "euiccInfo1")
        signed, signature = kit.initiate(call.octets("euiccChallenge"))
        return self._answer(
            serverSigned1=signed,
            serverSignature1=signature,
            euiccCiPKIdToBeUsed=b"\x04\x14" + kit.ci_pkid,
            serverCertificate=kit.auth.certificate,
        )

    def _authenticateClient(self, call: Call) -> dict[str, Any]:
        response = call.octets("authenticateServerResponse")
        error = find(whole(response, 0xBF38), 0xA1)
        if error is not None:
            return _failed("8.1", "6.1", f"authenticateErrorCode {integer(dig(error, 0x02))}")
        self.kit.check_authentication(response)
        if self.is_smds:
            entries = [{"eventId": event, "rspServerAddress": address} for event, address in self.events]
            return self._answer() | {"eventEntries": entries}
        signed, signature = self.kit.prepare(self.code is not None)
        return self._answer(
            profileMetadata=self.profile.metadata,
            smdpSigned2=signed,
            smdpSignature2=signature,
            smdpCertificate=self.kit.pb.certificate,
        )

    def _getBoundProfilePackage(self, call: Call) -> dict[str, Any]:
        response = call.octets("prepareDownloadResponse")
        error = find(whole(response, 0xBF21), 0xA1)
        if error is not None:
            return _failed("8.1", "6.1", f"downloadErrorCode {integer(dig(error, 0x02))}")
        self.kit.check_preparation(response)
        if self.code is not None and self.kit.hash_cc != confirmation_hash(self.code, self.kit.transaction_id):
            return _failed("8.2.7", "3.8", "wrong Confirmation Code")
        return self._answer(boundProfilePackage=self.kit.bind(self.profile).raw)

    def _cancelSession(self, call: Call) -> dict[str, Any]:
        response = call.octets("cancelSessionResponse")
        if self.strict and find(whole(response, 0xBF41), 0xA0) is not None:
            self.kit.check_cancellation(response)
        return _success()

    def _handleNotification(self, call: Call) -> None:
        raw = call.octets("pendingNotification")
        if parse(raw).tag != 0xBF37:
            return
        if self.strict:
            self.kit.check_installation_result(raw)
        self.installed += find(dig(whole(raw, 0xBF37), 0xBF27, 0xA2), 0xA0) is not None

    def _answer(self, **octets: bytes) -> dict[str, Any]:
        sent = {name: self.kit.wire.send(name, value) for name, value in octets.items()}
        encoded = {name: base64.b64encode(value).decode() for name, value in sent.items()}
        transaction = self.kit.wire.send("transactionId", self.kit.transaction_id)
        return _success() | {"transactionId": transaction.hex().upper()} | encoded


def _success() -> dict[str, Any]:
    return {"header": {"functionExecutionStatus": {"status": "Executed-Success"}}}


def _failed(subject: str, reason: str, message: str) -> dict[str, Any]:
    data = {"subjectCode": subject, "reasonCode": reason, "message": message}
    return {"header": {"functionExecutionStatus": {"status": "Failed", "statusCodeData": data}}}


def _json(document: dict[str, Any]) -> HttpReply:
    return HttpReply(200, _HEADERS, json.dumps(document).encode())
