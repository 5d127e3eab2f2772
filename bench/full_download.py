"""CPU of a full download on the device's side: the LPA and the card in this process, over TLS to a real server."""

import statistics
import time
from collections.abc import Iterator

from bench.package import PACKAGE_OCTETS
from bench.report import Measurement
from bench.served_lab import ServedLab, matching_id, served_lab
from lab.agent import tls_trust
from lab.cards import create_card, open_card
from lab.trace import NoTrace
from lpa.card.in_process import InProcessLink, LocalCard
from lpa.core.procedures.download import download
from lpa.core.settings import LpaSettings
from lpa.drive import run as drive
from lpa.http.blocking import BlockingHttpClient
from lpa.user import ScriptedUser
from wire.activation_code import ActivationCode

NAME = "full_download"
DOWNLOADS = 10
CARD_LIMIT_MS = 30.0
_STORE_DATA, _BPP = 0xE2, b"\xbf\x36"


class TimedCard:
    """A card with a CPU meter: the time of all its commands, and of those that load a bound profile package."""

    def __init__(self, card: LocalCard) -> None:
        self._card = card
        self._loading = False
        self.total_s = 0.0
        self.loading_s = 0.0

    def reset(self) -> bytes:
        return self._card.reset()

    def transmit(self, command: bytes) -> bytes:
        if command[1] == _STORE_DATA and command[3] == 0 and command[5] == _BPP[0]:
            self._loading = command[5:7] == _BPP
        started = time.process_time()
        response = self._card.transmit(command)
        spent = time.process_time() - started
        self.total_s += spent
        self.loading_s += spent if self._loading else 0.0
        return response


def run(downloads: int = DOWNLOADS) -> Iterator[Measurement]:
    """A fresh card for each download; medians, the first one not counted."""
    with served_lab(downloads + 1) as served:
        rounds = [_download(served, number) for number in range(1, downloads + 2)]
    total, card, loading = (statistics.median(values) * 1000 for values in zip(*rounds[1:], strict=True))
    size = f"{PACKAGE_OCTETS // 1000} kB package"
    yield Measurement(NAME, "LPA and card", total, "CPU ms", note=f"{size}, with TLS, median of {downloads}")
    yield Measurement(NAME, "the card alone", card, "CPU ms", CARD_LIMIT_MS, note="all commands of the download")
    yield Measurement(NAME, "  loading the package", loading, "CPU ms", note="LoadBoundProfilePackage only")


def _download(served: ServedLab, number: int) -> tuple[float, float, float]:
    """CPU seconds: of everything, of the card, of loading the package."""
    name = f"card{number}"
    create_card(served.lab, served.pki, name, ci="nist")
    code = ActivationCode(smdp_address=served.address, matching_id=matching_id(number))
    http = BlockingHttpClient(tls_trust(served.lab))
    with open_card(served.lab, name, NoTrace()) as simulated:
        card = TimedCard(simulated)
        link = InProcessLink(card)
        link.connect()
        started = time.process_time()
        drive(download(LpaSettings(), code), link, http, ScriptedUser())
        total = time.process_time() - started
    http.close()
    return total, card.total_s, card.loading_s
