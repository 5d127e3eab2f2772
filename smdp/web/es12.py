"""ES12 and ES15 over HTTP: the side of an SM-DS that SM-DP+ and Alternative SM-DS call, under mutual TLS.

Who calls is told by the TLS certificate alone: its role has to be that of an SM-DP+ (ES12) or SM-DS (ES15), and its OID
owns the events. The paths of ES15 are made after those of ES12; no reference confirms them.
Spec: SGP.22 v2.5 sections 5.9, 5.10, 6.5.2
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Final, NamedTuple, TypeVar

from aiohttp import web
from aiohttp.typedefs import Handler
from cryptography import x509
from cryptography.x509.oid import ExtensionOID

from smdp.core.credentials import registered_id
from smdp.core.smds import SmDs
from smdp.web.es2 import check_version, client_certificate
from smdp.web.json_binding import BODY_OCTETS_MAX, JsonBinding
from smdp.web.tracing import tracing
from wire.codes import GENERIC, FunctionRefused
from wire.ids import decode_oid
from wire.json_es12 import DeleteEventRequest, RegisterEventRequest
from wire.json_types import Body
from wire.ports import Trace

ES12_PREFIX: Final = "/gsma/rsp2/es12/"
ES15_PREFIX: Final = "/gsma/rsp2/es15/"
DP_TLS: Final = frozenset({"2.23.146.1.2.1.3", "2.23.146.1.2.1.0.0.1.0"})  # v2 and v3 policy OIDs
DS_TLS: Final = frozenset({"2.23.146.1.2.1.6", "2.23.146.1.2.1.0.0.2.0"})
BodyT = TypeVar("BodyT", bound=Body)


class Caller(NamedTuple):
    """What a TLS certificate says of its holder: the OID in dotted form, and the policies."""

    oid: str
    policies: frozenset[str]


def application(smds: SmDs, trace: Trace | None = None) -> web.Application:
    """The ES12 and ES15 functions of `smds`; serve it under `smdp.web.tls.mutual_context`.

    trace: records every HTTP message, if given.
    """
    app = web.Application(client_max_size=BODY_OCTETS_MAX, middlewares=[tracing(trace)] if trace else [])
    add_functions(app, smds)
    return app


def add_functions(app: web.Application, smds: SmDs) -> None:
    """Let an application answer ES12 and ES15 for this SM-DS; who shows no certificate is refused with 1.1/3.9."""
    in_thread = smds.root is not None or not smds.store.in_process
    binding = JsonBinding(smds.settings.protocol_version, in_thread=in_thread)

    def known(certificate: bytes, policies: frozenset[str]) -> str:
        try:
            caller = _caller(certificate, policies)
            if smds.trust.revoked(certificate):
                raise FunctionRefused(GENERIC.UNKNOWN_CALLER, "the client certificate is revoked", caller)
            return caller
        except FunctionRefused as refused:
            smds.trace.record("security", "", message=str(refused), oid=refused.subject_identifier)
            raise

    def function(model: type[BodyT], policies: frozenset[str], method: Callable[[BodyT, str], Body]) -> Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            certificate = client_certificate(request)
            called = binding.function(
                model,
                lambda body: method(body, known(certificate, policies)),
                lambda asking, _: check_version(asking),
            )
            return await called(request)

        return handle

    post = app.router.add_post
    post(ES12_PREFIX + "registerEvent", function(RegisterEventRequest, DP_TLS, smds.register_event))
    post(ES12_PREFIX + "deleteEvent", function(DeleteEventRequest, DP_TLS, smds.delete_event))
    post(ES15_PREFIX + "registerEvent", function(RegisterEventRequest, DS_TLS, smds.register_event_of_smds))
    post(ES15_PREFIX + "deleteEvent", function(DeleteEventRequest, DS_TLS, smds.delete_event_of_smds))


def _caller(certificate: bytes, policies: frozenset[str]) -> str:
    """The OID of the caller; FunctionRefused for one without certificate, OID or the right role."""
    if not certificate:
        raise FunctionRefused(GENERIC.UNKNOWN_CALLER, "no client certificate")
    try:
        caller = _read(certificate)
    except (ValueError, x509.ExtensionNotFound) as error:
        raise FunctionRefused(GENERIC.UNKNOWN_CALLER, f"client certificate: {error}") from None
    if not caller.policies & policies:
        raise FunctionRefused(GENERIC.UNKNOWN_CALLER, "the client certificate has the wrong role", caller.oid)
    return caller.oid


@lru_cache(maxsize=256)
def _read(certificate: bytes) -> Caller:
    extensions = x509.load_der_x509_certificate(certificate).extensions
    policies = extensions.get_extension_for_oid(ExtensionOID.CERTIFICATE_POLICIES).value
    assert isinstance(policies, x509.CertificatePolicies)
    names = frozenset(policy.policy_identifier.dotted_string for policy in policies)
    return Caller(decode_oid(registered_id(certificate)), names)
