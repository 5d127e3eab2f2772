"""Links to cards that are not the lab's own: in PC/SC readers, or behind a TCP port; and the log of any link."""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lab.errors import LabError
from lpa.card.link import CardLink
from lpa.card.record import RecordingLink
from lpa.card.tcp import TcpLink

PREFIXES = ("pcsc:", "tcp:")


@dataclass(frozen=True, slots=True)
class LinkOptions:
    """protocol: "T=0" or "T=1", None for either; timeout_s: for one command; record: file for the APDU log."""

    protocol: str | None = None
    timeout_s: float = 30.0
    record: Path | None = None


DEFAULT = LinkOptions()


def is_foreign(card: str) -> bool:
    """True for `pcsc:INDEX`, `pcsc:NAME`, `tcp:PORT` and `tcp:HOST:PORT`; anything else names a card of the lab."""
    return card.startswith(PREFIXES)


def foreign_link(card: str, options: LinkOptions = DEFAULT) -> CardLink:
    """The link, not yet connected; LabError if it can't be one."""
    kind, _, place = card.partition(":")
    if kind == "tcp":
        return TcpLink(*_tcp_address(place), options.timeout_s)
    try:
        from lpa.card.pcsc import PcscLink
    except ImportError as error:
        raise no_pcsc(error) from None
    return PcscLink(place, options.protocol, options.timeout_s)


def no_pcsc(error: ImportError) -> LabError:
    """What to do without pyscard."""
    return LabError(
        f"PC/SC is not available: {error}", "install it with: pip install 'rsplab[pcsc]'; see rsplab doctor"
    )


@contextlib.contextmanager
def logged(link: CardLink, record: Path | None) -> Iterator[CardLink]:
    """The link, written to the APDU log `record` if there is to be one: for its owner only, secrets are in it."""
    if record is None:
        yield link
        return
    with open(record, "w", encoding="utf-8", opener=lambda path, flags: os.open(path, flags, 0o600)) as log:
        yield RecordingLink(link, log)


def _tcp_address(text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    if not port.isdigit() or not 0 < int(port) < 65536 or (colon and not host):
        raise LabError(f"tcp:{text}: not a port", "give tcp:PORT or tcp:HOST:PORT, as rsplab card serve --tcp said")
    return host or "127.0.0.1", int(port)
