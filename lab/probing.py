"""Probing a card of the lab, in a reader, or behind a port."""

from collections.abc import Callable, Iterable
from pathlib import Path

from lab.agent import agent_settings, card_link
from lab.directory import Lab
from lab.errors import LabError
from lab.links import LinkOptions, foreign_link, is_foreign, logged
from lab.probe import CI_NAMES, Probe, probe
from lab.trace import NoTrace
from lpa.card.link import CardLink
from lpa.core.settings import LpaSettings
from lpa.drive import run
from lpa.http.blocking import BlockingHttpClient
from lpa.http.trust import TlsTrust
from lpa.user import ScriptedUser


def probe_card(
    lab: Lab | None, card: str, record: Path | None = None, on_atr: Callable[[bytes], None] = lambda _: None
) -> Probe:
    """Probe the card that `card` names; only the lab's own need a lab.

    on_atr: gets the ATR at once, as it may be all that a card without ISD-R says.
    """
    options = LinkOptions(record=record)
    if is_foreign(card):
        with logged(foreign_link(card), record) as link:
            return _probe(link, agent_settings(lab) if lab else LpaSettings(), on_atr)
    if lab is None:
        raise LabError(f"{card!r} would be a card of a lab, and there is none", "name a lab with --lab, or a reader")
    with card_link(lab, card, NoTrace(), options) as link:
        return _probe(link, agent_settings(lab), on_atr)


def known_cis(lab: Lab | None, pkids_hex: Iterable[str]) -> dict[str, str]:
    """PKId in hex -> name, of the CIs that are known: the lab's own, the test CIs of SGP.26, GSMA's."""
    names = dict(CI_NAMES)
    if lab is not None:
        from lab.pki import load_pki

        pki = load_pki(lab)
        names |= {pki.ci(curve).ski.hex().upper(): f"this lab, {curve}" for curve in pki.curves}
    return {pkid: names[pkid] for pkid in pkids_hex if pkid in names}


def _probe(link: CardLink, settings: LpaSettings, on_atr: Callable[[bytes], None]) -> Probe:
    atr = link.connect()
    on_atr(atr)
    try:
        return run(probe(settings, atr), link, BlockingHttpClient(TlsTrust(())), ScriptedUser())
    finally:
        link.disconnect()
