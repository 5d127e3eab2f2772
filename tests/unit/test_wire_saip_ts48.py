"""The profile package classes against the GSMA TS.48 test profiles and their ASN.1 value notation."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import core

from tests.support.outside_data import TS48 as DATA
from wire import saip
from wire.der import load
from wire.errors import DecodeError
from wire.saip import ELEMENT_NAMES, split_elements

PACKAGES = sorted(DATA.glob("*.der"))
NOTATION = DATA / "TS48v7_SAIP2.3_NoBERTLV.asn1value.txt"

needs_data = pytest.mark.skipif(not PACKAGES, reason=f"no TS.48 packages in {DATA}: set RSPLAB_DATA")


@needs_data
@pytest.mark.parametrize("path", PACKAGES, ids=lambda path: path.stem)
def test_package_decodes_and_reencodes_identically(path: Path) -> None:
    upp = path.read_bytes()
    elements = split_elements(upp)
    assert b"".join(element.raw for element in elements) == upp
    for element in elements:
        assert load(saip.ProfileElement, element.raw).dump(force=True) == element.raw


_TOKEN = re.compile(r"""'[0-9A-F]*'H | "[^"]*" | ::= | [{}:,] | -?\d+ | [A-Za-z][\w-]*""", re.VERBOSE)


class _Notation:
    """A reader of ASN.1 value notation: just enough for the TS.48 file, and independent of the codec."""

    def __init__(self, text: str) -> None:
        self.tokens = _TOKEN.findall(text)
        self.position = 0

    def take(self) -> str:
        self.position += 1
        token: str = self.tokens[self.position - 1]
        return token

    def peek(self, ahead: int = 0) -> str:
        index = self.position + ahead
        return self.tokens[index] if index < len(self.tokens) else ""

    def values(self) -> Iterator[Any]:
        while self.peek():
            name, type_name, assign = self.take(), self.take(), self.take()
            assert name.startswith("value")
            assert (type_name, assign) == ("ProfileElement", "::=")
            yield self.value()

    def value(self) -> Any:
        token = self.take()
        if token == "{":
            return self.braces()
        if token.startswith("'"):
            return bytes.fromhex(token[1:-2])
        if token.startswith('"'):
            return token[1:-1]
        if token.lstrip("-").isdigit():
            return int(token)
        if self.peek() == ":":
            self.take()
            return (token, self.value())
        return None if token == "NULL" else token

    def braces(self) -> Any:
        named: dict[str, Any] = {}
        listed: list[Any] = []
        while self.peek() != "}":
            if self.peek() == ",":
                self.take()
            elif self.peek()[0].isalpha() and self.peek(1) not in (":", ",", "}"):
                name = self.take()
                named[name] = self.value()
            else:
                listed.append(self.value())
        self.take()
        return named or listed


def _plain(value: Any) -> Any:
    """A decoded value in the shape of the notation reader."""
    if isinstance(value, core.Choice):
        return (value.name, _plain(value.chosen))
    if isinstance(value, core.Sequence):
        fields = {name: value[name] for name in value}
        return {name: _plain(child) for name, child in fields.items() if not isinstance(child, core.Void)} or []
    if isinstance(value, core.SequenceOf):
        return [_plain(child) for child in value]
    if isinstance(value, core.ObjectIdentifier):
        return [int(arc) for arc in value.dotted.split(".")]
    return value.native


def _differences(noted: Any, decoded: Any, path: str = "") -> list[str]:
    if isinstance(noted, dict) and isinstance(decoded, dict):
        missing = [f"{path}.{name}: not decoded" for name in noted if name not in decoded]
        return missing + [d for name in noted for d in _differences(noted[name], decoded.get(name), f"{path}.{name}")]
    if isinstance(noted, list) and isinstance(decoded, list) and len(noted) == len(decoded):
        return [
            d for i, pair in enumerate(zip(noted, decoded, strict=True)) for d in _differences(*pair, f"{path}[{i}]")
        ]
    if isinstance(noted, tuple) and isinstance(decoded, tuple) and noted[0] == decoded[0]:
        return _differences(noted[1], decoded[1], f"{path}.{noted[0]}")
    return [] if noted == decoded else [f"{path}: noted {noted!r}, decoded {decoded!r}"]


@pytest.mark.skipif(not NOTATION.exists(), reason=f"no {NOTATION}: set RSPLAB_DATA")
def test_every_value_agrees_with_the_value_notation() -> None:
    # the file has the spelling "keyCompontents" of an older module
    noted = list(_Notation(NOTATION.read_text().replace("keyCompontents", "keyComponents")).values())
    elements = split_elements(NOTATION.with_name("TS48v7_SAIP2.3_NoBERTLV.der").read_bytes())
    assert [element[0] for element in noted] == [ELEMENT_NAMES[element.tag] for element in elements]
    decoded = [_plain(load(saip.ProfileElement, element.raw)) for element in elements]
    assert noted[0][1]["iccid"] == bytes.fromhex("89000123456789012341")
    assert _differences(noted, decoded) == []


def test_defaults_are_given_when_absent_and_kept_when_sent() -> None:
    absent = load(saip.PINConfiguration, bytes.fromhex("300D 800101 8108 31323334FFFFFFFF"))
    assert (absent["pinAttributes"].native, absent["maxNumOfAttemps-retryNumLeft"].native) == (7, 51)
    sent = load(saip.PINConfiguration, bytes.fromhex("3010 800101 8108 31323334FFFFFFFF 830107"))
    assert sent.dump(force=True) == sent.raw
    sent["pinAttributes"] = 7
    assert sent.dump() == absent.raw


def test_a_package_starts_with_a_header_and_ends_with_an_end() -> None:
    header = bytes.fromhex("A000")
    end = bytes.fromhex("AA05 A003 810101")
    assert [element.tag for element in split_elements(header + end)] == [0xA0, 0xAA]
    with pytest.raises(DecodeError, match="starts with a header"):
        split_elements(end)
    with pytest.raises(DecodeError, match="ends with an end"):
        split_elements(header)
    with pytest.raises(DecodeError):
        split_elements(header + end[:-1])


def test_two_components_with_the_same_tag_are_told_apart_by_position() -> None:
    """PE-RFM has A0 twice: its header, and tarList after the instance AID."""
    raw = bytes.fromhex("A720 A003 810101 4F05 A000000001 A005 0403 B00120 810102 0401 00 0401 02")
    raw = raw[:1] + bytes((len(raw) - 2,)) + raw[2:]
    rfm = load(saip.ProfileElement, raw).chosen
    assert rfm["rfm-header"]["identification"].native == 1
    assert rfm["tarList"].native == [bytes.fromhex("B00120")]
    assert rfm["uiccAdminAccessDomain"].native == b"\x02"


def test_component_numbers_beyond_thirty_have_two_octet_tags() -> None:
    element = saip.ProfileElement(
        "opt-usim",
        {
            "optusim-header": {"identification": 9},
            "templateID": "2.23.143.1.2.5",
            "ef-oct": [("fillFileOffset", 1)],
            "ef-vgcs": [("fillFileOffset", 1)],
            "ef-eaka": [("doNotCreate", None)],
        },
    )
    assert (
        element.dump().hex().upper()
        == "B41D A003810109 81066781 0F010205 BE03820101 BF1F03820101 BF57028000".replace(" ", "")
    )
