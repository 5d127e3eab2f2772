"""Probing a card of the lab, in a reader, or behind a port."""

from pathlib import Path

from lab.agent import agent_settings, card_link
from lab.directory import Lab
from lab.errors import LabError
from lab.links import LinkOptions, foreign_link, is_foreign, logged
from lab.probe import Probe, probe
from lab.trace import NoTrace
from lpa.card.link import CardLink
from lpa.core.settings import LpaSettings
from lpa.drive import run
from lpa.http.blocking import BlockingHttpClient
from lpa.http.trust import TlsTrust
from lpa.user import ScriptedUser


def probe_card(lab: Lab | None, card: str, record: Path | None = None) -> Probe:
    """Probe the card that `card` names; only the lab's own need a lab."""
    options = LinkOptions(record=record)
    if is_foreign(card):
        with logged(foreign_link(card), record) as link:
            return _probe(link, agent_settings(lab) if lab else LpaSettings())
    if lab is None:
        raise LabError(f"{card!r} would be a card of a lab, and there is none", "name a lab with --lab, or a reader")
    with card_link(lab, card, NoTrace(), options) as link:
        return _probe(link, agent_settings(lab))


def ci_names(lab: Lab | None) -> dict[str, str]:
    """PKId in hex -> name, of the lab's own CIs."""
    if lab is None:
        return {}
    from lab.pki import load_pki

    pki = load_pki(lab)
    return {pki.ci(curve).ski.hex().upper(): f"the CI of this lab, {curve}" for curve in pki.curves}


def _probe(link: CardLink, settings: LpaSettings) -> Probe:
    atr = link.connect()
    try:
        return run(probe(settings, atr), link, BlockingHttpClient(TlsTrust(())), ScriptedUser())
    finally:
        link.disconnect()
