"""Is this machine ready for cards in readers? Each check says what it found and what to do."""

import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from lpa.core.errors import CardLinkError

SOCKETS = (Path("/run/pcscd/pcscd.comm"), Path("/var/run/pcscd/pcscd.comm"))
DRIVERS = Path("/usr/lib/pcsc/drivers")
INSTALL_PYSCARD = (
    "pip install 'rsplab[pcsc]' (on Linux it is compiled: apt install gcc libpcsclite-dev python3-dev first)"
)


@dataclass(frozen=True, slots=True)
class Check:
    """ok: None where it is only an offer, not a need."""

    name: str
    ok: bool | None
    found: str
    hint: str = ""


def examine() -> Iterator[Check]:
    """Every check, from the ground up."""
    has_pyscard = find_spec("smartcard") is not None
    yield Check(
        "pyscard", has_pyscard, "importable" if has_pyscard else "not installed", "" if has_pyscard else INSTALL_PYSCARD
    )
    if sys.platform.startswith("linux"):
        yield _service()
        yield _drivers()
        yield _virtual_reader()
    if has_pyscard:
        yield from _readers()
    yield _pictures()


def _service() -> Check:
    socket = next((path for path in SOCKETS if path.exists()), None)
    if socket is None:
        installed = shutil.which("pcscd", path=f"{os.environ.get('PATH', '')}{os.pathsep}/usr/sbin")
        hint = "systemctl enable --now pcscd.socket, or as root: pcscd" if installed else "apt install pcscd"
        return Check("PC/SC service", False, "pcscd does not run" if installed else "pcscd is not installed", hint)
    if not os.access(socket, os.W_OK):
        return Check(
            "PC/SC service",
            False,
            f"no permission to use {socket}",
            "become a member of its group, or allow org.debian.pcsc-lite.access_pcsc in polkit",
        )
    return Check("PC/SC service", True, f"{socket} is there and may be used")


def _drivers() -> Check:
    has_usb = any(DRIVERS.glob("*.bundle"))
    return Check(
        "USB reader driver",
        True if has_usb else None,
        f"{', '.join(sorted(path.stem for path in DRIVERS.glob('*.bundle')))}" if has_usb else "none installed",
        "" if has_usb else "for CCID readers: apt install libccid",
    )


def _virtual_reader() -> Check:
    found = any((DRIVERS / "serial").glob("*vpcd*"))
    return Check(
        "virtual reader (vpcd)",
        True if found else None,
        "installed" if found else "not installed",
        "it listens on all interfaces; docs/interop.md keeps it to loopback"
        if found
        else "for rsplab card serve --vpcd: apt install vsmartcard-vpcd",
    )


def _readers() -> Iterator[Check]:
    try:
        from lpa.card.pcsc import list_readers

        readers = list_readers()
    except ImportError as error:
        yield Check("pyscard's library", False, str(error), "apt install libpcsclite1, then install pyscard again")
        return
    except CardLinkError as error:
        yield Check("PC/SC answers", False, str(error), error.hint)
        return
    cards = [reader.name for reader in readers if reader.atr]
    yield Check("PC/SC answers", True, f"{len(readers)} readers")
    yield Check(
        "card in a reader",
        True if cards else None,
        ", ".join(cards) or "none",
        "" if cards else "put a card into a reader, or plug one in: rsplab card serve NAME --vpcd",
    )


def _pictures() -> Check:
    found = all(find_spec(name) for name in ("PIL", "zxingcpp"))
    return Check(
        "QR codes from pictures",
        True if found else None,
        "pillow and zxing-cpp are importable" if found else "not installed",
        "" if found else "pip install 'rsplab[qr]'",
    )
