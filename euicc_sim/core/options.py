"""What real cards differ in while all follow the standard: options, presets, and reading them from a table (card.toml).

Every value is legal; none of them is a fault.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from euicc_sim.core.rules import AuthorisationRule, Operator
from euicc_sim.profile.suci import plmn
from wire.apdu import AID_ISD_R
from wire.es10 import PprFlags, PprIds

_PLMN = re.compile(r"([0-9E]{3})-([0-9E]{2,3})")


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
    direct_answers: a command with Le gets its answer at once where it fits (the ATR offers T=1, too), else always
    61xx (T=0);
    session_ends_with_channel: closing the channel of the ISD-R ends the RSP session;
    notifications: how many are kept before the oldest is dropped; first_sequence_number: of the first notification;
    refresh: the card has a toolkit and sends REFRESH; answer_delay_ms: how long whoever powers it holds each answer;
    nvm_octets, rules, forbidden_pprs: memory for profiles, rules authorisation table and forbidden policy rules,
    where they differ from those the card was made with (None).
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
    nvm_octets: int | None = None
    rules: tuple[AuthorisationRule, ...] | None = None
    forbidden_pprs: PprIds | None = None

    def __post_init__(self) -> None:
        if not 5 <= len(self.isd_r_aid) <= 16:
            raise OptionError("isd_r_aid", "5 to 16 octets expected")
        for name, least, most in _RANGES:
            value = getattr(self, name)
            if value is not None and not least <= value <= most:
                raise OptionError(name, f"{least} to {most} expected")


_RANGES = (
    ("channels", 2, 20),
    ("block_octets", 1, 255),
    ("answer_octets", 1, 256),
    ("notifications", 1, 10000),
    ("first_sequence_number", 1, 1 << 30),
    ("answer_delay_ms", 0, 60000),
    ("nvm_octets", 0, (1 << 32) - 1),
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
    """Options from a table with the names of the fields; `preset` names where to start from.

    isd_r_aid is in hex, forbidden_pprs a list of names; rules a list of tables with `pprs` (names), `operators`
    ("310-410", E for any digit; by default any) and `consent`. Raises OptionError for unknown names and values of the
    wrong kind.
    """
    preset = table.get("preset", "reference")
    if preset not in PRESETS:
        raise OptionError("preset", f"{preset!r} is none of {', '.join(PRESETS)}")
    options = PRESETS[str(preset)]
    names = [field.name for field in fields(options)]
    values: dict[str, Any] = {}
    for name, value in table.items():
        if name == "preset":
            continue
        if name not in names:
            raise OptionError(name, f"is none of {', '.join(names)}")
        values[name] = _READERS[name](name, value) if name in _READERS else _plain(name, value)
    return replace(options, **values)


def _plain(name: str, value: object) -> object:
    wanted = int if name == "nvm_octets" else type(getattr(PRESETS["reference"], name))
    if type(value) is not wanted:
        raise OptionError(name, f"a value of type {wanted.__name__} expected")
    return value


def _octets(name: str, value: object) -> bytes:
    try:
        return bytes.fromhex(str(value))
    except ValueError as error:
        raise OptionError(name, "not hexadecimal") from error


def _pprs(name: str, value: object) -> PprIds:
    known = {"ppr1": PprIds.ppr1, "ppr2": PprIds.ppr2}
    if not isinstance(value, list) or any(item not in known for item in value):
        raise OptionError(name, f"a list of {' and '.join(known)} expected")
    found = PprIds(0)
    for item in value:
        found |= known[item]
    return found


def _rules(name: str, value: object) -> tuple[AuthorisationRule, ...]:
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise OptionError(name, "a list of tables expected")
    return tuple(_rule(name, item) for item in value)


def _rule(name: str, table: dict[str, object]) -> AuthorisationRule:
    unknown = set(table) - {"pprs", "operators", "consent"}
    if unknown or "pprs" not in table:
        raise OptionError(name, "a rule has pprs, and may have operators and consent")
    consent, operators = table.get("consent", True), table.get("operators", ["EEE-EEE"])
    if type(consent) is not bool or not isinstance(operators, list):
        raise OptionError(name, "operators is a list, consent true or false")
    flags = PprFlags.consentRequired if consent else PprFlags(0)
    return AuthorisationRule(_pprs(name, table["pprs"]), tuple(_operator(name, item) for item in operators), flags)


def _operator(name: str, text: object) -> Operator:
    found = _PLMN.fullmatch(str(text).upper())
    if found is None:
        raise OptionError(name, f"{text!r} is not MCC-MNC, such as 310-410")
    return Operator(plmn(found[1], found[2]))


_READERS: dict[str, Callable[[str, object], object]] = {
    "isd_r_aid": _octets,
    "forbidden_pprs": _pprs,
    "rules": _rules,
}
