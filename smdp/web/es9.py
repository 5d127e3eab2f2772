"""ES9+ over HTTP: one SM-DP+ as an aiohttp application.

Spec: SGP.22 v2.5 section 6.5.2 (paths of the JSON binding).
"""

from typing import Final

from aiohttp import web

from smdp.core.server import SmDpPlus
from smdp.web import asn1
from smdp.web.json_binding import BODY_OCTETS_MAX, JsonBinding
from smdp.web.sweeping import sweeping
from smdp.web.tracing import tracing
from wire.json_es9 import (
    AuthenticateClientRequest,
    CancelSessionRequest,
    GetBoundProfilePackageRequest,
    HandleNotificationRequest,
    InitiateAuthenticationRequest,
)
from wire.ports import Trace

PREFIX: Final = "/gsma/rsp2/es9plus/"


def application(server: SmDpPlus, trace: Trace | None = None) -> web.Application:
    """The ES9+ functions of `server` in both bindings; serve it under `smdp.web.tls.server_context`.

    trace: records every HTTP message, if given.
    """
    app = web.Application(client_max_size=BODY_OCTETS_MAX, middlewares=[tracing(trace)] if trace else [])
    ports = server.ports
    binding = JsonBinding(ports.settings.protocol_version, in_thread=not ports.store.in_process)
    post = app.router.add_post
    post(
        PREFIX + "initiateAuthentication",
        binding.function(InitiateAuthenticationRequest, server.initiate_authentication),
    )
    post(PREFIX + "authenticateClient", binding.function(AuthenticateClientRequest, server.authenticate_client))
    post(
        PREFIX + "getBoundProfilePackage",
        binding.function(GetBoundProfilePackageRequest, server.get_bound_profile_package),
    )
    post(PREFIX + "cancelSession", binding.function(CancelSessionRequest, server.cancel_session))
    post(PREFIX + "handleNotification", binding.notification(HandleNotificationRequest, server.handle_notification))
    post(asn1.PATH, asn1.handler(server))
    app.cleanup_ctx.append(sweeping(server.keep_house))
    return app
