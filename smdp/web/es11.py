"""ES11 over HTTP: one SM-DS as an aiohttp application.

The functions answer under the paths of ES11, and under those of ES9+, where deployed LPAs look for them; an SM-DS
therefore needs a host name of its own.
Spec: SGP.22 v2.5 sections 5.8, 6.5.2 (paths of the JSON binding), 6.6 (ASN.1 binding)
"""

from typing import Final

from aiohttp import web

from smdp.core.smds import SmDs
from smdp.web.json_binding import BODY_OCTETS_MAX, JsonBinding
from smdp.web.sweeping import sweeping
from smdp.web.tracing import tracing
from wire.codes import StatusCode
from wire.json_es11 import AuthenticateClientRequest, AuthenticateClientResponse, InitiateAuthenticationRequest
from wire.ports import Trace
from wire.tlv import tlv

PREFIXES: Final = ("/gsma/rsp2/es11/", "/gsma/rsp2/es9plus/")
_UNDEFINED_ERROR: Final = 127


def application(smds: SmDs, trace: Trace | None = None) -> web.Application:
    """The ES11 functions of `smds`; serve it under `smdp.web.tls.server_context`.

    trace: records every HTTP message, if given.
    """
    app = web.Application(client_max_size=BODY_OCTETS_MAX, middlewares=[tracing(trace)] if trace else [])
    add_functions(app, smds)
    return app


def add_functions(app: web.Application, smds: SmDs) -> None:
    """Let an application answer ES11 for this SM-DS."""
    binding = JsonBinding(smds.settings.protocol_version, in_thread=not smds.store.in_process)
    initiate = binding.function(InitiateAuthenticationRequest, smds.initiate_authentication)
    authenticate = binding.function(AuthenticateClientRequest, smds.authenticate_client)
    for prefix in PREFIXES:
        app.router.add_post(prefix + "initiateAuthentication", initiate)
        app.router.add_post(prefix + "authenticateClient", authenticate)
    app.cleanup_ctx.append(sweeping(smds.forget_stale_sessions))


def authenticate_client_ok(response: AuthenticateClientResponse) -> bytes:
    """AuthenticateClientResponseEs11 (BF40) with the events, for the ASN.1 binding."""
    entries = (
        tlv(0x30, tlv(0x80, entry.eventId.encode()), tlv(0x81, entry.rspServerAddress.encode()))
        for entry in response.eventEntries
    )
    return tlv(0xBF40, tlv(0xA0, tlv(0x80, response.transactionId), tlv(0xA1, *entries)))


def authenticate_client_error(code: StatusCode) -> bytes:
    """AuthenticateClientResponseEs11 (BF40) with the error, for the ASN.1 binding."""
    number = _UNDEFINED_ERROR if code.asn1_error is None else code.asn1_error
    return tlv(0xBF40, tlv(0x81, bytes((number,))))
