"""The package reader: cuts don't matter, order and lengths do, and nothing else than its own error comes out."""

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from euicc_sim.core.bpp import BppElement, BppReader, BppStructureError
from tests.support.tlv_by_hand import t
from wire.es10 import BppCommandId

OPEN = t("BF23", bytes(200))
ELEMENTS = [t("87", bytes(24)), t("88", bytes(300)), t("88", bytes(90)), t("87", bytes(72)), t("86", bytes(1000))]


def package(with_keys: bool = True, data: int = 3) -> bytes:
    keys = t("A2", ELEMENTS[3]) if with_keys else b""
    sections = t("A0", ELEMENTS[0]), t("A1", *ELEMENTS[1:3]), keys, t("A3", *[ELEMENTS[4]] * data)
    return t("BF36", OPEN, *sections)


def read(pieces: list[bytes]) -> tuple[list[BppElement], BppReader]:
    reader = BppReader()
    return [item for piece in pieces for item in reader.feed(piece)], reader


def test_what_comes_out() -> None:
    items, reader = read([package()])
    assert reader.complete
    assert [(item.command, item.ends_section) for item in items] == [
        (BppCommandId.initialiseSecureChannel, True),
        (BppCommandId.configureISDP, True),
        (BppCommandId.storeMetadata, False),
        (BppCommandId.storeMetadata, True),
        (BppCommandId.replaceSessionKeys, True),
        (BppCommandId.loadProfileElements, False),
        (BppCommandId.loadProfileElements, False),
        (BppCommandId.loadProfileElements, True),
    ]
    assert b"".join(item.element.raw for item in items[5:]) == ELEMENTS[4] * 3


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.booleans(), st.lists(st.integers(1, 400), min_size=1, max_size=60))
def test_cuts_do_not_matter(with_keys: bool, sizes: list[int]) -> None:
    raw, pieces, place = package(with_keys), [], 0
    for size in sizes * 20:
        pieces.append(raw[place : place + size])
        place += size
    pieces.append(raw[place:])
    items, reader = read(pieces)
    assert reader.complete
    assert items == read([raw])[0]


@settings(derandomize=True, deadline=None, max_examples=100)
@given(st.integers(0, 4000), st.integers(1, 255), st.integers(1, 300))
def test_damage_gives_its_error_or_other_elements(place: int, change: int, size: int) -> None:
    raw = bytearray(package())
    raw[place % len(raw)] ^= change
    reader, taken = BppReader(), 0
    with suppress(BppStructureError):
        for at in range(0, len(raw), size):
            for item in reader.feed(bytes(raw[at : at + size])):
                found = raw.find(item.element.raw, taken)
                assert found >= taken, "elements are slices of what arrived, in its order"
                taken = found + len(item.element.raw)
    assert not reader.complete or taken == len(raw)


@settings(derandomize=True, deadline=None, max_examples=200)
@given(st.binary(max_size=200), st.booleans())
def test_any_octets(octets: bytes, after_a_start: bool) -> None:
    reader = BppReader()
    with suppress(BppStructureError):
        for piece in (package()[:300] if after_a_start else b"", octets):
            list(reader.feed(piece))
    assert not reader.complete


def test_a_wrong_length_does_not_make_the_card_swallow_the_world() -> None:
    head = bytes.fromhex("BF368300FFFF") + bytes.fromhex("BF238300FF00")
    with pytest.raises(BppStructureError, match="not minimally encoded"):
        list(BppReader().feed(head))
    head = bytes.fromhex("BF3683FFFFFF") + bytes.fromhex("BF2383FFFF00")
    with pytest.raises(BppStructureError, match="does not fit") as caught:
        list(BppReader().feed(head))
    assert caught.value.command is BppCommandId.initialiseSecureChannel
