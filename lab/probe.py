"""What sort of card this is, found out without changing anything on it."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from euicc_sim.core.options import PRESETS
from lab.atr import parse_atr
from lab.card_view import chip_view
from lpa.core.actions import Procedure, Transmit
from lpa.core.apdu_link import TERMINAL_CAPABILITY, Isdr, exchange, with_isdr
from lpa.core.procedures.chip import ChipInfo, chip_info
from lpa.core.settings import LpaSettings
from wire import apdu
from wire.sw import SW, is_success

GET_EID = bytes.fromhex("BF3E035C015A")
GET_EUICC_INFO2 = bytes.fromhex("BF2200")
BLOCK_SIZES = (255, 254, 250, 240, 128, 120, 64, 32)
MAX_SHORT_ANSWER = 256

CI_NAMES = {
    "81370F5125D0B1D408D4C3B232E6D25E795BEBFB": "GSM Association - RSP2 Root CI1 (live)",
    "F54172BDF98A95D65CBEB88A38A1C11D800A85C3": "SGP.26 test CI, NIST P-256",
    "C0BC70BA36929D43B467FF57570530E57AB8FCD8": "SGP.26 test CI, brainpoolP256r1",
}


@dataclass(frozen=True, slots=True)
class Habits:
    """How the card behaves, in the names of `euicc_sim.core.options.CardOptions`; None: can't be seen from outside."""

    isd_r_aid: bytes
    isd_r_fci: bool
    channels: int
    extended_length: bool | None
    block_octets: int | None
    answer_octets: int | None
    direct_answers: bool


@dataclass(frozen=True, slots=True)
class Probe:
    """What the card says about itself, and how it behaves."""

    atr: bytes
    chip: ChipInfo
    habits: Habits

    def view(self) -> dict[str, Any]:
        """What `chip_view` has, and how the card behaves."""
        answer = parse_atr(self.atr)
        habits = {name: value for name, value in asdict(self.habits).items() if name != "isd_r_aid"}
        return {
            "atr_hex": self.atr.hex().upper(),
            "protocols": [f"T={number}" for number in answer.protocols] if answer else [],
            "atr_says_euicc": answer.euicc if answer else None,
            **chip_view(self.chip),
            **habits,
            "presets": matching_presets(self.habits),
        }


def probe(settings: LpaSettings, atr: bytes) -> Procedure[Probe]:
    """Ask a card that was just powered on."""
    channels = yield from _count_channels()
    chip = yield from chip_info(settings)

    def body(isdr: Isdr) -> Procedure[Habits]:
        answer = parse_atr(atr)
        return Habits(
            isd_r_aid=isdr.aid,
            isd_r_fci=bool(isdr.fci),
            channels=channels,
            extended_length=answer.extended_length if answer else None,
            block_octets=(yield from _block_octets(isdr)),
            answer_octets=(yield from _answer_octets(isdr)),
            direct_answers=(yield from _answers_directly(isdr)),
        )

    return Probe(atr, chip, (yield from with_isdr(settings, body)))


def matching_presets(habits: Habits) -> list[str]:
    """The presets of simulated cards that behave like this in all that can be seen."""
    seen = {name: value for name, value in asdict(habits).items() if value is not None}
    return [name for name, preset in PRESETS.items() if all(getattr(preset, key) == seen[key] for key in seen)]


def _count_channels() -> Procedure[int]:
    yield from exchange(TERMINAL_CAPABILITY)
    opened: list[int] = []
    while len(opened) < apdu.MAX_CHANNEL:
        response = yield from exchange(apdu.open_channel())
        if not is_success(response.sw) or len(response.data) != 1 or response.data[0] in opened:
            break
        opened.append(response.data[0])
    yield from _close(opened)
    return 1 + len(opened)


def _close(channels: Iterable[int]) -> Procedure[None]:
    for channel in channels:
        yield from exchange(apdu.close_channel(channel))


def _block_octets(isdr: Isdr) -> Procedure[int | None]:
    """The longest block taken of a command that is never finished (GetEID with a tag list of 300 octets)."""
    start = bytes.fromhex("BF3E8201305C82012C")
    for size in BLOCK_SIZES:
        block = start.ljust(size, b"\x5a")
        cla = apdu.class_octet(0x80, isdr.channel)
        response = yield from exchange(apdu.Command(cla, apdu.INS_STORE_DATA, apdu.STORE_DATA_MORE, 0, block))
        if response.sw == SW.OK:
            return size
    return None


def _answer_octets(isdr: Isdr) -> Procedure[int | None]:
    """The piece that the card hands out at once; None where the longest answer at hand fits in one."""
    response = yield from _last_response(isdr, GET_EUICC_INFO2, None)
    if response.sw1 != 0x61:
        return None
    first = response.sw2 or MAX_SHORT_ANSWER
    fetched = yield from exchange(apdu.get_response(isdr.channel, response.sw2))
    return first if len(fetched.data) > first else None


def _answers_directly(isdr: Isdr) -> Procedure[bool]:
    response = yield from _last_response(isdr, GET_EID, MAX_SHORT_ANSWER)
    if response.sw1 == 0x61:
        yield from exchange(apdu.get_response(isdr.channel, response.sw2))
    return bool(response.data)


def _last_response(isdr: Isdr, request: bytes, le: int | None) -> Procedure[apdu.Response]:
    """The response to a command in one block, as it came."""
    (command,) = apdu.store_data(isdr.channel, request, le=le)
    raw: bytes = yield Transmit(command.encode())
    return apdu.Response.parse(raw)
