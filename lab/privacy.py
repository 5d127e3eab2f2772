"""Identifiers of people's eUICCs and subscriptions, masked in logs: EID, ICCID, IMSI, IMEI.

Traces that leave the lab are masked by what they hold decoded (`lab.console.masking`); a log line has only its text.
"""

import re
from collections.abc import Iterator

# Numbers of 15 to 20 digits (IMSI, IMEI, ICCID, which may end in its filler) or of 32 (EID) that stand by themselves.
_NUMBER = re.compile(r"(?<![0-9A-Za-z.])(\d{32}|\d{15,20}F?)(?![0-9A-Za-z])")
_KEPT = 4


def mask_text(text: str) -> str:
    """The text with all but the last digits of every such number hidden; its length stays."""
    return _NUMBER.sub(lambda found: "*" * (len(found[1]) - _KEPT) + found[1][-_KEPT:], text)


def numbers(text: str) -> Iterator[str]:
    """Every such number in the text, as it stands."""
    return (found[1] for found in _NUMBER.finditer(text))
