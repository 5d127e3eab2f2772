"""What real cards differ in while all follow the standard: options, presets, and reading them from a table (card.toml).

Every value is legal; none of them is a fault.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

from wire.apdu import AID_ISD_R


class OptionError(ValueError):
    """An option that doesn't exist or has an impossible value; `option` names it."""

    def __init__(self, option: str, rule: str) -> None:
        super().__init__(f"{option}: {rule}")
        self.option = option
        self.rule = rule


@dataclass(frozen=True, slots=True)
class CardOptions:
    """How a card behaves as a product.

    isd_r_aid: the ISD-R's AID (some vendors use their own); isd_r_fci: SELECT answers an FCI or bare 9000;
    channels: logical channels including the basic one; extended_length: Lc and Le of two octets;
    block_octets: longest STORE DATA block; answer_octets: longest piece of an answer that one GET RESPONSE fetches;
    direct_answers: a command with Le gets its answer at once where it fits (T=1), else always 61xx (T=0);
    session_ends_with_channel: closing the channel of the ISD-R ends the RSP session;
    notifications: how many are kept before the oldest is dropped; first_sequence_number: of the first notification;
    refresh: the card has a toolkit and sends REFRESH; answer_delay_ms: how long a reader (`io.slot`) holds each answer.
    """

    isd_r_aid: bytes = AID_ISD_R
    isd_r_fci: bool = True
    channels: int = 20
    extended_length: bool = True
    block_octets: int = 255
    answer_octets: int = 256
    direct_answers: bool = False
    session_ends_with_channel: bool = False
    notifications: int = 100
    first_sequence_number: int = 1
    refresh: bool = True
    answer_delay_ms: int = 0

    def __post_init__(self) -> None:
        if not 5 <= len(self.isd_r_aid) <= 16:
            raise OptionError("isd_r_aid", "5 to 16 octets expected")
        for name, least, most in _RANGES:
            if not least <= getattr(self, name) <= most:
                raise OptionError(name, f"{least} to {most} expected")


_RANGES = (
    ("channels", 2, 20),
    ("block_octets", 1, 255),
    ("answer_octets", 1, 256),
    ("notifications", 1, 10000),
    ("first_sequence_number", 1, 1 << 30),
    ("answer_delay_ms", 0, 60000),
)

PRESETS: dict[str, CardOptions] = {
    "reference": CardOptions(),
    "t0-card": CardOptions(channels=4, extended_length=False),
    "t1-card": CardOptions(direct_answers=True),
    "small-buffers": CardOptions(channels=4, extended_length=False, block_octets=120, answer_octets=125),
    "no-fci": CardOptions(isd_r_fci=False),
    "no-toolkit": CardOptions(refresh=False),
    "session-on-channel": CardOptions(session_ends_with_channel=True),
    "slow-card": CardOptions(answer_delay_ms=40),
    "vendor-aid-300": CardOptions(isd_r_aid=bytes.fromhex("A0000005591010000000008900000300")),
    "vendor-aid-50500": CardOptions(isd_r_aid=bytes.fromhex("A0000005591010FFFFFFFF8900050500")),
    "vendor-aid-177": CardOptions(isd_r_aid=bytes.fromhex("A0000005591010FFFFFFFF8900000177")),
    "vendor-aid-estkme": CardOptions(isd_r_aid=bytes.fromhex("A06573746B6D65FFFFFFFF4953442D52")),
}
"""Named after what they imitate; the vendor AIDs are those that open LPAs probe."""


def options_from_table(table: Mapping[str, object]) -> CardOptions:
    """Options from a table with the names of the fields, `isd_r_aid` in hex; `preset` names where to start from.

    Raises OptionError for unknown names and values of the wrong kind.
    """
    preset = table.get("preset", "reference")
    if preset not in PRESETS:
        raise OptionError("preset", f"{preset!r} is none of {', '.join(PRESETS)}")
    options = PRESETS[str(preset)]
    known = {field.name: type(getattr(options, field.name)) for field in fields(options)}
    values: dict[str, object] = {}
    for name, value in table.items():
        if name == "preset":
            continue
        if name not in known:
            raise OptionError(name, f"is none of {', '.join(known)}")
        values[name] = _octets(name, value) if known[name] is bytes else value
        if type(values[name]) is not known[name]:
            raise OptionError(name, f"a value of type {known[name].__name__} expected")
    return replace(options, **values)  # type: ignore[arg-type]


def _octets(name: str, value: object) -> bytes:
    try:
        return bytes.fromhex(str(value))
    except ValueError as error:
        raise OptionError(name, "not hexadecimal") from error
