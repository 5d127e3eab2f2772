"""A whole SM-DS on one listener: ES11 for LPAs, ES12 and ES15 for servers.

Spec: SGP.22 v2.5 section 6.5.2
"""

from aiohttp import web

from smdp.core.smds import SmDs
from smdp.web import es11, es12
from smdp.web.json_binding import BODY_OCTETS_MAX
from smdp.web.tracing import tracing
from wire.ports import Trace


def application(smds: SmDs, trace: Trace | None = None) -> web.Application:
    """All functions of `smds`; serve it under `smdp.web.tls.mutual_context(..., required=False)`.

    trace: records every HTTP message, if given.
    """
    app = web.Application(client_max_size=BODY_OCTETS_MAX, middlewares=[tracing(trace)] if trace else [])
    es11.add_functions(app, smds)
    es12.add_functions(app, smds)
    return app
