"""The lab's certificates as their peers judge them: eUICC chains by the SM-DP+, server certificates by the card and
the agent. Nothing is judged here; each verdict is that of the role that has to give it.
"""

import contextlib
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from certs.authority import Credential
from certs.inspect import summary
from certs.pki import Pki
from certs.roles import Role
from euicc_sim.core import trust as card_trust
from lab.directory import Lab
from lpa.http.trust import TlsTrust, transport_error
from smdp.core.trust import ChainRefused, TrustStore
from smdp.web.tls import server_context

_TLS_ROLES = (Role.DP_TLS, Role.DS_TLS)
_CARD_ROLES = {
    Role.DP_AUTH: card_trust.Role.DP_AUTH,
    Role.DP_PB: card_trust.Role.DP_PB,
    Role.DS_AUTH: card_trust.Role.DS_AUTH,
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """One certificate: who judged it, and how."""

    certificate: str
    curve: str
    judge: str
    ok: bool
    reason: str
    days_left: int


def certificates(pki: Pki) -> Iterator[tuple[str, str, bytes]]:
    """(name, curve, DER) of everything in the PKI."""
    for ci in pki.cis:
        yield "CI", ci.curve, ci.certificate
    for curve in pki.curves:
        yield "EUM", curve, pki.eum(curve).certificate
    for slot, credential in pki.credentials.items():
        yield f"{slot.role}{slot.label and f' {slot.label}'}", slot.curve, credential.certificate


def verify(lab: Lab, pki: Pki) -> list[Verdict]:
    """Each certificate that this lab uses, judged by the peer that meets it.

    Further servers of an imported PKI are left out, and TLS certificates on another curve than the one served.
    """
    now = lab.clock.now()
    verdicts = []
    for slot, credential in pki.credentials.items():
        judge = _JUDGES.get(slot.role)
        served = slot.role not in _TLS_ROLES or slot.curve == pki.curves[0]
        if judge is None or slot.label or not served:
            continue
        name, function = judge
        reason = function(lab, pki, slot.role, credential) or ""
        about = summary(credential.certificate, now)
        if not reason and not about["valid_now"]:
            reason = f"valid from {about['not_before']} to {about['not_after']}"
        verdicts.append(Verdict(str(slot.role), slot.curve, name, not reason, reason, about["days_left"]))
    return verdicts


def _by_server(lab: Lab, pki: Pki, role: Role, credential: Credential) -> str | None:
    store = TrustStore([ci.certificate for ci in pki.cis])
    eum, *others = credential.chain
    try:
        store.verify(credential.certificate, eum, tuple(others), pki.ci(credential.curve).ski, lab.clock.now())
    except ChainRefused as refused:
        return f"{refused.fault.value}: {refused}"
    return None


def _by_card(lab: Lab, pki: Pki, role: Role, credential: Credential) -> str | None:
    anchors = {ci.ski: _public_key(ci.certificate) for ci in pki.cis}
    try:
        card_trust.judge_server_certificate(credential.certificate, anchors, {}, (_CARD_ROLES[role],))
    except card_trust.CertificateRefused as refused:
        return refused.reason
    return None


def _by_agent(lab: Lab, pki: Pki, role: Role, credential: Credential) -> str | None:
    """A whole TLS handshake, in memory, under the first host name of the certificate (DPtls: the lab's address)."""
    hosts = summary(credential.certificate, lab.clock.now())["hosts"]
    own = lab.settings.address
    host = own if (role is Role.DP_TLS and own in hosts) or not hosts else hosts[0]
    client_in, client_out = ssl.MemoryBIO(), ssl.MemoryBIO()
    trust = TlsTrust([ci.certificate for ci in pki.cis])
    client = trust.context().wrap_bio(client_in, client_out, server_hostname=host)
    server = server_context(credential.chain_pem, credential.key_pem).wrap_bio(client_out, client_in, server_side=True)
    try:
        for _ in range(4):
            for side in (client, server):
                with contextlib.suppress(ssl.SSLWantReadError):
                    side.do_handshake()
    except ssl.SSLError as error:
        return str(transport_error(error, host))
    return None


def _public_key(certificate: bytes) -> Any:
    from cryptography.x509 import load_der_x509_certificate

    return load_der_x509_certificate(certificate).public_key()


_JUDGES = {
    Role.EUICC: ("SM-DP+", _by_server),
    Role.DP_AUTH: ("eUICC", _by_card),
    Role.DP_PB: ("eUICC", _by_card),
    Role.DS_AUTH: ("eUICC", _by_card),
    Role.DP_TLS: ("LPA", _by_agent),
    Role.DS_TLS: ("LPA", _by_agent),
}
