"""ES9+ and ES11: the agent's side of each function of the servers, in the JSON binding.

A refusal is `ServerRefused`, an answer that breaks the standard `ProtocolViolation`, no usable answer `HttpError`.
Spec: SGP.22 v2.5 section 5.6, 5.8, 6.5.2
"""

import json
import re
from typing import Any, TypeVar

from lpa.core.actions import Procedure, post
from lpa.core.errors import HttpStatusError, ProtocolViolation, ServerRefused
from lpa.core.reading import reading
from lpa.core.settings import LpaSettings
from wire import json_es9, json_es11
from wire.codes import FunctionRefused
from wire.json_header import HeaderOnlyResponse, Response, read_response
from wire.json_types import Body

ResponseT = TypeVar("ResponseT", bound=Response | HeaderOnlyResponse)

_ADDRESS = re.compile(r"(?P<host>[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(:[0-9]{1,5})?")


def host_of(address: str) -> str:
    """The host name of an address, port aside, in lower case."""
    found = _ADDRESS.fullmatch(address)
    return found["host"].lower() if found else address.lower()


class Server:
    """One SM-DP+ or SM-DS under its address (host, or host:port).

    path: "es9plus"; an SM-DS is asked on "es11" first.
    """

    def __init__(self, settings: LpaSettings, address: str) -> None:
        if not _ADDRESS.fullmatch(address):
            raise ProtocolViolation("server", "address", f"{address!r} is no host name with an optional port")
        self.address = address
        self.host = host_of(address)
        self._headers = {
            "Content-Type": "application/json",
            "Accept": "application/json",
            "User-Agent": "gsma-rsp-lpad",
            "X-Admin-Protocol": f"gsma/rsp/v{settings.protocol}",
        }
        self.url = f"{'http' if self.host in settings.plain_http_hosts else 'https'}://{address}"

    def _post(self, interface: str, function: str, body: Body) -> Procedure[tuple[int, bytes]]:
        url = f"{self.url}/gsma/rsp2/{interface}/{function}"
        reply = yield from post(url, self._headers, body.to_json())
        if reply.status not in (200, 204):
            raise HttpStatusError(url, reply.status)
        return reply.status, reply.body

    def _call(self, interface: str, function: str, body: Body, answer: type[ResponseT]) -> Procedure[ResponseT]:
        _, raw = yield from self._post(interface, function, body)
        return _read(answer, raw, f"{'ES11' if interface == 'es11' else 'ES9+'}.{function[0].upper()}{function[1:]}")

    # ES9+

    def initiate_authentication(
        self, euicc_challenge: bytes, euicc_info1: bytes
    ) -> Procedure[json_es9.InitiateAuthenticationResponse]:
        """Open an RSP session."""
        body = json_es9.InitiateAuthenticationRequest(
            euiccChallenge=euicc_challenge, euiccInfo1=euicc_info1, smdpAddress=self.address
        )
        return (
            yield from self._call("es9plus", "initiateAuthentication", body, json_es9.InitiateAuthenticationResponse)
        )

    def authenticate_client(
        self, transaction_id: bytes, authenticate_server_response: bytes
    ) -> Procedure[json_es9.AuthenticateClientResponse]:
        """Prove the card to the server; the preview of the profile and smdpSigned2 come back."""
        body = _authenticate_client(transaction_id, authenticate_server_response)
        return (yield from self._call("es9plus", "authenticateClient", body, json_es9.AuthenticateClientResponse))

    def get_bound_profile_package(self, transaction_id: bytes, prepare_download_response: bytes) -> Procedure[bytes]:
        """The bound profile package (BF36)."""
        body = json_es9.GetBoundProfilePackageRequest.model_validate(
            {"transactionId": transaction_id, "prepareDownloadResponse": prepare_download_response}
        )
        response = yield from self._call(
            "es9plus", "getBoundProfilePackage", body, json_es9.GetBoundProfilePackageResponse
        )
        _same_transaction(response.transactionId, transaction_id)
        return response.boundProfilePackage

    def cancel_session(self, transaction_id: bytes, cancel_session_response: bytes) -> Procedure[None]:
        """Tell the server that, and why, the card cancelled. Any 2xx will do: there is nothing more to be said."""
        body = json_es9.CancelSessionRequest.model_validate(
            {"transactionId": transaction_id, "cancelSessionResponse": cancel_session_response}
        )
        status, raw = yield from self._post("es9plus", "cancelSession", body)
        if status != 204 and raw:
            _read(HeaderOnlyResponse, raw, "ES9+.CancelSession")

    def handle_notification(self, pending_notification: bytes) -> Procedure[None]:
        """Deliver a notification; returning means that the server acknowledged it."""
        body = json_es9.HandleNotificationRequest(pendingNotification=pending_notification)
        status, raw = yield from self._post("es9plus", "handleNotification", body)
        if status != 204 and raw:
            _read(HeaderOnlyResponse, raw, "ES9+.HandleNotification")

    # ES11

    def smds_initiate_authentication(
        self, interface: str, euicc_challenge: bytes, euicc_info1: bytes
    ) -> Procedure[json_es9.InitiateAuthenticationResponse]:
        """Open a session at an SM-DS; deployed ones answer under `interface` "es9plus" only, others under "es11"."""
        if interface == "es9plus":
            return (yield from self.initiate_authentication(euicc_challenge, euicc_info1))
        body = json_es11.InitiateAuthenticationRequest.model_validate(
            {"euiccChallenge": euicc_challenge, "euiccInfo1": euicc_info1, "smdsAddress": self.address}
        )
        return (
            yield from self._call(interface, "initiateAuthentication", body, json_es9.InitiateAuthenticationResponse)
        )

    def smds_authenticate_client(
        self, interface: str, transaction_id: bytes, authenticate_server_response: bytes
    ) -> Procedure[tuple[json_es11.EventEntry, ...]]:
        """The events that wait for this card, in the order of their registration; none is a success."""
        body = _authenticate_client(transaction_id, authenticate_server_response)
        response = yield from self._call(interface, "authenticateClient", body, json_es11.AuthenticateClientResponse)
        _same_transaction(response.transactionId, transaction_id)
        return tuple(response.eventEntries)


def _authenticate_client(transaction_id: bytes, response: bytes) -> json_es9.AuthenticateClientRequest:
    return json_es9.AuthenticateClientRequest.model_validate(
        {"transactionId": transaction_id, "authenticateServerResponse": response}
    )


def _same_transaction(found: bytes, expected: bytes) -> None:
    if found != expected:
        rule = f"{found.hex().upper()} instead of {expected.hex().upper()}"
        raise ProtocolViolation("server", "transactionId", rule)


def _read(answer: type[ResponseT], raw: bytes, function: str) -> ResponseT:
    try:
        with reading("server", function):
            return read_response(answer, _without_white_space(raw), function)
    except FunctionRefused as refused:
        code = refused.status_code
        raise ServerRefused(function, code.subject, code.reason, refused.message, refused.subject_identifier) from None


def _without_white_space(raw: bytes) -> bytes:
    """The body with line breaks and blanks taken out of its base64 members, where a server put any."""
    try:
        document: Any = json.loads(raw)
    except RecursionError:
        raise ValueError("the body is nested too deeply") from None
    if not isinstance(document, dict):
        raise ValueError("the body is no JSON object")
    return json.dumps(
        {name: "".join(value.split()) if isinstance(value, str) else value for name, value in document.items()}
    ).encode()
