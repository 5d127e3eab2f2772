"""Asking an SM-DS what waits for this card.

Spec: SGP.22 v2.5 section 3.6.2 (event retrieval), 5.8
"""

from lpa.core import es10
from lpa.core.actions import Connect, Procedure, Progress, Session, TlsPeer
from lpa.core.apdu_link import Isdr, with_isdr
from lpa.core.errors import HttpStatusError, NotPossible, UnfitCertificate
from lpa.core.es9 import Server
from lpa.core.procedures.session import authenticate_to_card, open_session, relay_refusal
from lpa.core.settings import LpaSettings
from lpa.core.tls_certificate import TlsRole
from wire.json_es11 import EventEntry

HTTP_NOT_FOUND = 404


def discover(settings: LpaSettings, smds_address: str | None = None) -> Procedure[tuple[EventEntry, ...]]:
    """The events that wait at the SM-DS given, or at the card's root SM-DS; give each to `download`.

    The standard's path is tried first; deployed servers that know only the ES9+ path get a second session there.
    """
    if smds_address is None:
        addresses = yield from with_isdr(settings, es10.get_euicc_configured_addresses)
        smds_address = addresses.root_ds_address
    if not smds_address:
        raise NotPossible("the card names no root SM-DS")
    server = Server(settings, smds_address)
    yield Progress("connect", 1, 3, f"connecting to {smds_address}")
    peer: TlsPeer | None = yield Connect(server.url)
    if peer is not None and peer.role is TlsRole.DP:
        raise UnfitCertificate(f"{server.url}: the SM-DS shows the TLS certificate of an SM-DP+")

    def body(isdr: Isdr) -> Procedure[tuple[EventEntry, ...]]:
        try:
            return (yield from _events(isdr, server, "es11"))
        except HttpStatusError as error:
            if error.status != HTTP_NOT_FOUND:
                raise
        return (yield from _events(isdr, server, "es9plus"))

    entries = yield from with_isdr(settings, body)
    yield Session("")
    return entries


def _events(isdr: Isdr, server: Server, interface: str) -> Procedure[tuple[EventEntry, ...]]:
    yield Progress("authenticate", 2, 3, f"mutual authentication with {server.address}")
    opened = yield from open_session(isdr, server, interface)
    answer = yield from authenticate_to_card(isdr, opened, "")
    telling = server.smds_authenticate_client(interface, opened.transaction_id, answer.raw)
    if answer.error_code is not None:
        raise (yield from relay_refusal("AuthenticateServer", answer.error_code, telling))
    yield Progress("events", 3, 3, "asking for events")
    return (yield from telling)
