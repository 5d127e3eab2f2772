"""ES9+ over HTTP: one SM-DP+ as an aiohttp application.

Spec: SGP.22 v2.5 section 6.5.2 (paths of the JSON binding).
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from aiohttp import web

from smdp.core.server import SmDpPlus
from smdp.store.crl_files import CrlFiles
from smdp.web import asn1, fast_lane
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
from wire.json_types import Body
from wire.ports import Trace

CRL_INTERVAL_S: Final = 2.0
PREFIX: Final = "/gsma/rsp2/es9plus/"


def application(server: SmDpPlus, trace: Trace | None = None, crls: Path | None = None) -> web.Application:
    """The ES9+ functions of `server` in both bindings; serve it under `smdp.web.tls.server_context`.

    trace: records every HTTP message, if given; crls: file or directory of CRLs that are followed.
    """
    app = web.Application(client_max_size=BODY_OCTETS_MAX, middlewares=[tracing(trace)] if trace else [])
    ports = server.ports
    binding = JsonBinding(ports.settings.protocol_version, in_thread=not ports.store.in_process)
    plain: dict[str, fast_lane.Function] = {}
    for name, model, method in _functions(server):
        app.router.add_post(PREFIX + name, binding.function(model, method))
        plain[PREFIX + name] = binding.plain_function(model, method)
    notification = HandleNotificationRequest, server.handle_notification
    app.router.add_post(PREFIX + "handleNotification", binding.notification(*notification))
    plain[PREFIX + "handleNotification"] = binding.plain_notification(*notification)
    if trace is None and ports.store.in_process:
        app[fast_lane.FUNCTIONS] = plain
    app.router.add_post(asn1.PATH, asn1.handler(server))
    app.cleanup_ctx.append(sweeping(server.keep_house))
    if crls is not None:
        app.cleanup_ctx.append(sweeping(CrlFiles(crls, ports.trust).refresh, CRL_INTERVAL_S))
    return app


def _functions(server: SmDpPlus) -> tuple[tuple[str, type[Body], Callable[[Any], Body]], ...]:
    return (
        ("initiateAuthentication", InitiateAuthenticationRequest, server.initiate_authentication),
        ("authenticateClient", AuthenticateClientRequest, server.authenticate_client),
        ("getBoundProfilePackage", GetBoundProfilePackageRequest, server.get_bound_profile_package),
        ("cancelSession", CancelSessionRequest, server.cancel_session),
    )
