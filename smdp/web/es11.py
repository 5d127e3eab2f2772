"""ES11 over HTTP: one SM-DS as an aiohttp application.

The functions answer under the paths of ES11, and under those of ES9+, where deployed LPAs look for them; an SM-DS
therefore needs a host name of its own.
Spec: SGP.22 v2.5 sections 5.8, 6.5.2 (paths of the JSON binding), 6.6 (ASN.1 binding)
"""

from typing import Final

from aiohttp import web

from smdp.core.smds import SmDs
from smdp.web import asn1
from smdp.web.json_binding import BODY_OCTETS_MAX, JsonBinding
from smdp.web.sweeping import sweeping
from smdp.web.tracing import tracing
from wire.json_es11 import AuthenticateClientRequest, InitiateAuthenticationRequest
from wire.ports import Trace

PREFIXES: Final = ("/gsma/rsp2/es11/", "/gsma/rsp2/es9plus/")


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
    app.router.add_post(asn1.PATH, asn1.smds_handler(smds))
    app.cleanup_ctx.append(sweeping(smds.forget_stale_sessions))
