"""Runs inside a private network and mount namespace: pcscd with vpcd, cards plugged into it, and `PcscLink` against
them. Prints what it saw as one JSON object.
"""

import json
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from euicc_sim.io.messages import Stop
from euicc_sim.io.slot import Slot
from euicc_sim.io.vpcd import serve_vpcd
from lpa.card.pcsc import PcscLink, list_readers
from lpa.core import es10
from lpa.core.apdu_link import with_isdr
from lpa.core.errors import CardLinkError
from lpa.core.procedures.download import download
from lpa.core.procedures.profiles import delete, disable, enable
from lpa.core.settings import LpaSettings
from lpa.drive import run
from lpa.user import ScriptedUser
from tests.support.lpa_loop import Loop, new_card
from tests.support.lpa_peers import TableServer, table_card
from tests.support.smdp_world import ADDRESS
from wire.activation_code import ActivationCode
from wire.tlv import tlv

VPCD_PORT = 35963
ATR = bytes.fromhex("3B9E96803FC7828031E073FE21136653494D45303169")
EID = "89049032123451234512345678901235"


def until(condition: Callable[[], Any], limit_s: float = 15.0) -> Any:
    end = time.monotonic() + limit_s
    while not (found := condition()):
        if time.monotonic() > end:
            raise TimeoutError(f"{condition} did not become true")
        time.sleep(0.05)
    return found


@contextmanager
def pcscd() -> Iterator[None]:
    process = subprocess.Popen(["pcscd", "-f"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until(lambda: quietly(list_readers))
        yield
    finally:
        process.terminate()
        process.wait()


def quietly(call: Callable[[], Any]) -> Any:
    try:
        return call()
    except (CardLinkError, OSError):
        return None


def name_of(call: Callable[[], Any]) -> list[str]:
    """The error's type and hint."""
    try:
        call()
    except CardLinkError as error:
        return [type(error).__name__, error.hint]
    return ["none", ""]


class Plugged:
    """A card in the virtual reader; `special` may answer a command instead of it (None unplugs the card)."""

    def __init__(self, special: Callable[[bytes], bytes | None] = lambda _: b"") -> None:
        self._card = table_card(answers={0xBF3E: tlv(0xBF3E, tlv(0x5A, bytes.fromhex(EID)))})
        self._special = special
        self._socket = until(lambda: quietly(lambda: socket.create_connection(("127.0.0.1", VPCD_PORT))))
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        until(lambda: any(reader.atr for reader in list_readers()))

    def _octets(self, count: int) -> bytes:
        received = b""
        while len(received) < count:
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
            more = self._socket.recv(count - len(received))
            if not more:
                raise EOFError
            received += more
        return received

    def _serve(self) -> None:
        try:
            while True:
                message = self._octets(int.from_bytes(self._octets(2), "big"))
                answer = self._answer(message)
                if answer is None:
                    self._socket.close()
                    return
                if answer:
                    self._socket.sendall(len(answer).to_bytes(2, "big") + answer)
        except (EOFError, OSError):
            return

    def _answer(self, message: bytes) -> bytes | None:
        if message == b"\x04":
            return ATR
        if len(message) == 1:
            return b""
        special = self._special(message)
        return special if special or special is None else self._card.transmit(message)

    def unplug(self) -> None:
        self._socket.close()
        self._thread.join(5)
        until(lambda: not any(reader.atr for reader in list_readers()))


@contextmanager
def simulated_card() -> Iterator[None]:
    """A card of `euicc_sim`, plugged in by its own service."""
    stop = Stop()
    thread = threading.Thread(target=serve_vpcd, args=(Slot(new_card()), stop))
    thread.start()
    until(lambda: any(reader.atr for reader in list_readers()))
    try:
        yield
    finally:
        stop.set()
        thread.join()
        stop.close()
        until(lambda: not any(reader.atr for reader in list_readers()))


def life(directory: Path) -> dict[str, Any]:
    """A profile is downloaded, enabled, disabled and deleted through the reader."""
    loop, link, settings = Loop(directory), PcscLink("0"), LpaSettings()
    link.connect()
    started = time.monotonic()
    loop(download(settings, ActivationCode(ADDRESS, "TOKEN")), link)
    seconds = time.monotonic() - started
    states = [
        [profile.enabled for profile in loop(change(settings, loop.iccid), link).profiles]
        for change in (enable, disable, enable, delete)
    ]
    link.disconnect()
    return {"states": states, "order": str(loop.order_state), "seconds": seconds}


def main() -> dict[str, Any]:
    seen: dict[str, Any] = {"no service": name_of(list_readers)}
    with pcscd():
        seen["empty"] = [(reader.name, reader.atr.hex()) for reader in list_readers()]
        seen["no card"] = name_of(PcscLink("0").connect)
        seen["no reader"] = name_of(PcscLink("Nobody's").connect)
        seen["two readers"] = name_of(PcscLink("Virtual").connect)

        with simulated_card(), tempfile.TemporaryDirectory() as directory:
            seen["life"] = life(Path(directory))

        card = Plugged()
        link = PcscLink("pcd 00 00")
        seen["atr"] = link.connect().hex().upper()
        seen["name"] = link.name
        seen["eid"] = run(with_isdr(LpaSettings(), es10.get_eid), link, TableServer(), ScriptedUser())
        seen["reset"] = link.reset().hex().upper()
        seen["taken"] = name_of(PcscLink("0").connect)
        link.disconnect()
        seen["after"] = name_of(lambda: link.transmit(b"\x00\xa4\x04\x00"))
        for protocol in ("T=0", "T=1"):
            with_protocol = PcscLink("0", protocol)
            seen[protocol] = name_of(with_protocol.connect)
            with_protocol.disconnect()
        card.unplug()

        card = Plugged(lambda message: None if message[1] == 0xA4 else b"")
        link = PcscLink("0")
        link.connect()
        seen["removed"] = name_of(lambda: link.transmit(b"\x00\xa4\x04\x00"))
        link.disconnect()
        until(lambda: not any(reader.atr for reader in list_readers()))

        def slow(message: bytes) -> bytes:
            time.sleep(1.0)
            return b"\x90\x00"

        card = Plugged(slow)
        link = PcscLink("0", timeout_s=0.2)
        link.connect()
        seen["slow"] = name_of(lambda: link.transmit(b"\x00\xa4\x04\x00"))
        link.disconnect()
    return seen


if __name__ == "__main__":
    print(json.dumps(main()))
