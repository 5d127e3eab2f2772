"""ES2+ over HTTP with mutual TLS: operators order downloads.

Spec: SGP.22 v2.5 sections 5.3, 6.5.2.1 to 6.5.2.4.
"""

from typing import Final

from aiohttp import web

from smdp.core.es2 import Es2
from smdp.core.registration import Registrar
from smdp.core.server import SmDpPlus
from smdp.web.json_binding import BODY_OCTETS_MAX, JsonBinding
from smdp.web.tracing import tracing
from wire.codes import GENERIC, FunctionRefused
from wire.json_es2 import CancelOrderRequest, ConfirmOrderRequest, DownloadOrderRequest, ReleaseProfileRequest
from wire.json_header import Request
from wire.ports import Trace

PREFIX: Final = "/gsma/rsp2/es2plus/"
_SUPPORTED_VERSION: Final = "gsma/rsp/v2."


def application(server: SmDpPlus, trace: Trace | None = None, registrar: Registrar | None = None) -> web.Application:
    """The ES2+ functions of `server`; serve it under `smdp.web.tls.mutual_context`.

    registrar: asks the SM-DS while the operator waits; without it, the outbox does so afterwards.
    """
    app = web.Application(client_max_size=BODY_OCTETS_MAX, middlewares=[tracing(trace)] if trace else [])
    ports, es2 = server.ports, Es2(server.ports, registrar)
    binding = JsonBinding(
        ports.settings.protocol_version, in_thread=registrar is not None or not ports.store.in_process
    )

    def authorize(request: web.Request, body: Request) -> None:
        identifier = body.header.functionRequesterIdentifier
        try:
            es2.caller(identifier, client_certificate(request))
        except FunctionRefused as refused:
            ports.trace.record("security", "", message=f"ES2+ refused: {refused.message}", requester=identifier)
            raise
        check_version(request)

    post, function = app.router.add_post, binding.function
    post(PREFIX + "downloadOrder", function(DownloadOrderRequest, es2.download_order, authorize))
    post(PREFIX + "confirmOrder", function(ConfirmOrderRequest, es2.confirm_order, authorize))
    post(PREFIX + "cancelOrder", function(CancelOrderRequest, es2.cancel_order, authorize))
    post(PREFIX + "releaseProfile", function(ReleaseProfileRequest, es2.release_profile, authorize))
    return app


def client_certificate(request: web.Request) -> bytes:
    """The certificate the client showed, DER; empty if there is none, which a mutual context doesn't let happen."""
    tls = request.get_extra_info("ssl_object")
    return b"" if tls is None else tls.getpeercert(binary_form=True) or b""


def check_version(request: web.Request) -> None:
    """FunctionRefused 1.3.2/3.1 for a server that announces anything but v2; no announcement is accepted."""
    version = request.headers.get("X-Admin-Protocol", _SUPPORTED_VERSION)
    if not version.startswith(_SUPPORTED_VERSION):
        raise FunctionRefused(GENERIC.UNSUPPORTED_VERSION, f"{version} is not supported, v2 is")
