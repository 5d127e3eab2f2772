"""An LPA of the lab: a card link, a TLS client that trusts the lab's CIs, a user, and the trace."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TypeVar

from lab.directory import Lab
from lab.errors import LabError
from lab.trace import Recorder
from lpa.card.in_process import InProcessLink
from lpa.card.link import CardLink
from lpa.core.actions import Procedure
from lpa.core.settings import LpaSettings
from lpa.drive import run
from lpa.http.blocking import BlockingHttpClient
from lpa.http.client import HttpClient
from lpa.http.trust import TlsTrust
from lpa.user import UserAgent

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Agent:
    """Runs procedures, one after the other, on one card."""

    settings: LpaSettings
    link: CardLink
    http: HttpClient
    user: UserAgent
    trace: Recorder

    def run(self, procedure: Procedure[T]) -> T:
        """Carry out `procedure`; raises what it raises (LpaError)."""
        return run(procedure, self.link, self.http, self.user, self.trace.as_role("lpa"))


@contextlib.contextmanager
def open_agent(
    lab: Lab, card: str, user: UserAgent, trace: Recorder, settings: LpaSettings | None = None
) -> Iterator[Agent]:
    """An agent with the lab's simulated card `card`, or the one in a reader (`pcsc:INDEX`, `pcsc:NAME`)."""
    chosen = settings or agent_settings(lab)
    server = lab.running_server()
    if server is not None and not server.main.tls:
        chosen = replace(chosen, insecure_plain_http=True)
    with trace.scope(), card_link(lab, card, trace) as link:
        http = BlockingHttpClient(tls_trust(lab, chosen.insecure_plain_http))
        link.connect()
        try:
            yield Agent(chosen, link, http, user, trace)
        finally:
            http.close()
            link.disconnect()


def agent_settings(lab: Lab) -> LpaSettings:
    """The device of the lab's settings; LabError names the setting that is wrong."""
    table = dict(lab.settings.agent)
    known = {"tac", "imei", "segment_octets", "basic_channel", "refresh", "test_mode", "retry_waits_s"}
    for name in table:
        if name not in known:
            raise LabError(f"{lab.settings_path}: [agent] {name} is unknown", f"use {', '.join(sorted(known))}")
    if "retry_waits_s" in table:
        table["retry_waits_s"] = tuple(table["retry_waits_s"])
    try:
        return LpaSettings(**table)
    except (ValueError, TypeError) as error:
        raise LabError(f"{lab.settings_path}: [agent] {error}", "correct the file by hand") from None


@contextlib.contextmanager
def card_link(lab: Lab, card: str, trace: Recorder) -> Iterator[CardLink]:
    """The link to the card that `--card` names."""
    if card.startswith("pcsc:"):
        yield _reader(card.removeprefix("pcsc:"))
        return
    from lab.cards import open_card

    # The agent records the same APDUs at its end of the link.
    with open_card(lab, card, trace.as_role("card", without=frozenset({"apdu"}))) as simulated:
        yield InProcessLink(simulated)


def tls_trust(lab: Lab, insecure_plain_http: bool = False) -> TlsTrust:
    """The lab's CIs as trust anchors; its own host names lead to where `rsplab serve` listens."""
    from lab.pki import load_pki

    return TlsTrust(
        ci_certificates=[ci.certificate for ci in load_pki(lab).cis],
        resolve=resolve_map(lab),
        insecure_plain_http=insecure_plain_http,
    )


def resolve_map(lab: Lab) -> dict[str, str]:
    """Host name -> where to connect: the running servers for the lab's own names.

    A name with the port of one of the listeners leads there; any other port leads to the SM-DP+ on the lab's own port.
    """
    settings, server = lab.settings, lab.running_server()
    resolve = dict(settings.resolve)
    if server is None:
        return resolve
    resolve |= dict.fromkeys([settings.address, *settings.resolve], server.main.target)
    resolve |= {
        f"{settings.address}:{bound.port}": bound.target for bound in server.listeners if bound.interface == "es9+"
    }
    if smds := server.of("es11"):
        resolve[settings.smds_address.partition(":")[0]] = smds.target
    return resolve


def _reader(name: str) -> CardLink:
    try:
        from lpa.card.pcsc import PcscLink
    except ImportError as error:
        raise LabError(f"PC/SC is not available: {error}", "install it with: pip install 'rsplab[pcsc]'") from None
    return PcscLink(name)
