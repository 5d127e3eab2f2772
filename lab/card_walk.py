"""A shell on a card of the lab, in a reader, or behind a port."""

import contextlib
from collections.abc import Callable, Iterator, Sequence

from euicc_sim.core.card import Card
from euicc_sim.profile.tree import TreeFile
from lab.card_files import profile_files
from lab.card_shell import Shell
from lab.cards import card_options, open_memory
from lab.clock import SystemEntropy
from lab.directory import Lab
from lab.links import foreign_link
from lab.trace import NoTrace
from lpa.card.in_process import InProcessLink
from lpa.card.link import CardLink
from lpa.core.apdu_link import exchange
from lpa.drive import run
from lpa.http.blocking import BlockingHttpClient
from lpa.http.trust import TlsTrust
from lpa.user import ScriptedUser
from wire.apdu import Command, Response


@contextlib.contextmanager
def open_shell(lab: Lab | None, name: str) -> Iterator[Shell]:
    """The shell on `name`; without a lab it is a card in a reader, whose files can't be listed."""
    if lab is None:
        with _connected(foreign_link(name), lambda: ()) as shell:
            yield shell
        return
    with open_memory(lab, name) as nvm:
        card = Card(nvm, SystemEntropy(), NoTrace(), options=card_options(lab, name))
        link = InProcessLink(card, card.settings.options.answer_delay_ms / 1000)
        with _connected(link, lambda: list(profile_files(nvm))) as shell:
            yield shell


@contextlib.contextmanager
def _connected(link: CardLink, files: Callable[[], Sequence[TreeFile]]) -> Iterator[Shell]:
    http, user = BlockingHttpClient(TlsTrust(())), ScriptedUser()

    def ask(command: Command) -> Response:
        return run(exchange(command), link, http, user)

    link.connect()
    try:
        yield Shell(ask, link.reset, files, link.transmit)
    finally:
        link.disconnect()
