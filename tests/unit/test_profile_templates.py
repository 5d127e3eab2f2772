"""The template tables: complete, consistent, and different where their versions differ."""

import pytest

from euicc_sim.profile.templates import (
    ELEMENT_TAGS,
    TEMPLATE_OIDS,
    Kind,
    Pattern,
    TemplateFile,
    oid_text,
    template,
)

ARC = "2.23.143.1.2."
NEWEST = {
    "1": (0xB0, 7),
    "2": (0xB1, 4),
    "3.2": (0xB2, 47),
    "4.2": (0xB3, 25),
    "5.3": (0xB4, 87),
    "6": (0xB7, 19),
    "7": (0xB8, 6),
    "8": (0xB5, 8),
    "9.2": (0xB6, 15),
    "10.2": (0xB9, 36),
    "11.2": (0xBA, 68),
    "12": (0xBB, 9),
    "13.4": (0xBC, 21),
    "14": (0xBD, 3),
    "15": (0xBE, 3),
    "16": (0xBF1F, 8),
    "17": (0xBF20, 23),
    "18": (0xBF21, 27),
}


def entry(oid: str, component: int) -> TemplateFile:
    return next(found for found in template(ARC + oid).files if found.component == component)


@pytest.mark.parametrize("oid", NEWEST)
def test_components_are_without_gaps(oid: str) -> None:
    tag, last = NEWEST[oid]
    found = template(ARC + oid)
    assert found.element_tag == tag
    assert [file.component for file in found.files] == list(range(2, last + 1))
    assert [file.tag for file in found.files[:29]] == [0xA0 + number for number in range(2, min(last, 30) + 1)]
    assert [file.tag for file in found.files[29:]] == [0xBF00 + number for number in range(31, last + 1)]


@pytest.mark.parametrize(
    ("oid", "last"),
    [("3", 39), ("4", 25), ("5", 75), ("5.2", 86), ("9", 10), ("13", 12), ("13.2", 14), ("13.3", 14)],
)
def test_older_versions_end_earlier(oid: str, last: int) -> None:
    assert template(ARC + oid).files[-1].component == last


def test_every_element_with_a_template_has_one() -> None:
    assert set(ELEMENT_TAGS) == {*range(0xB0, 0xBF), 0xBF1F, 0xBF20, 0xBF21}
    assert {template(oid).element_tag for oid in TEMPLATE_OIDS} == set(ELEMENT_TAGS)


def test_identifiers() -> None:
    assert oid_text(bytes.fromhex("67810F010201")) == "2.23.143.1.2.1"
    assert oid_text(bytes.fromhex("67810F01020D04")) == "2.23.143.1.2.13.4"
    assert oid_text(bytes.fromhex("67810F010213")) is None


@pytest.mark.parametrize("oid", TEMPLATE_OIDS)
def test_defaults_fit(oid: str) -> None:
    seen = set()
    directory = ""
    for file in template(oid).files:
        if file.is_directory:
            directory = file.name
            continue
        assert file.name.startswith("EF.")
        if file.fid is not None:
            assert (directory, file.fid) not in seen, file.name
            seen.add((directory, file.fid))
        if file.sfi is not None:
            assert 1 <= file.sfi <= 30
        if file.size is not None and file.default is not None:
            octets = file.record_octets or file.size
            assert len(file.default.head) + len(file.default.tail) <= octets, file.name
            assert file.size % octets == 0
        if file.required:
            assert file.default is None, file.name


@pytest.mark.parametrize(
    ("oid", "component", "fid", "kind", "records", "size", "arr", "sfi", "start"),
    [
        ("1", 3, 0x2F05, Kind.TRANSPARENT, None, 2, 1, 5, "FFFF"),
        ("4", 8, 0x6F38, Kind.TRANSPARENT, None, 14, 2, 4, None),
        ("4.2", 8, 0x6F38, Kind.TRANSPARENT, None, 17, 2, 4, None),
        ("4", 5, 0x6F08, Kind.TRANSPARENT, None, 33, 5, 8, "07FFFF"),
        ("4", 10, 0x6F3C, Kind.LINEAR, 176, 1760, 5, None, "00FFFF"),
        ("4", 17, 0x6F73, Kind.TRANSPARENT, None, 14, 5, 12, "FFFFFFFFFFFFFFFFFFFF0000FF01"),
        ("5", 15, 0x6F60, Kind.TRANSPARENT, None, 40, 5, 10, "FFFFFF0000FFFFFF0000"),
        ("5", 4, 0x6F39, Kind.CYCLIC, 3, 3, 7, None, "000000"),
        ("5", 44, 0x6FCB, Kind.LINEAR, 16, 160, 5, None, "0100FFFF"),
        ("13", 5, 0x4F03, Kind.LINEAR, 57, 57, 5, 3, "FFFF"),
        ("13.3", 5, 0x4F03, Kind.LINEAR, 62, 124, 5, 3, "FFFF"),
        ("13", 12, 0x4F0A, Kind.TRANSPARENT, None, 4, 2, 10, "F0FFFFFF"),
        ("13.4", 12, 0x4F0A, Kind.TRANSPARENT, None, 4, 2, 10, "F0FF0000"),
        ("7", 3, 0x4F20, Kind.TRANSPARENT, None, 9, 5, 1, "FFFFFFFFFFFFFFFF07"),
        ("3", 12, 0x4F21, Kind.BER_TLV, None, None, 9, None, None),
        ("9", 7, 0x6FD5, Kind.TRANSPARENT, None, None, 5, None, "FF"),
    ],
)
def test_entries_are_those_of_the_tables(
    oid: str,
    component: int,
    fid: int,
    kind: Kind,
    records: int | None,
    size: int | None,
    arr: int,
    sfi: int | None,
    start: str | None,
) -> None:
    found = entry(oid, component)
    assert (found.fid, found.kind, found.record_octets, found.size) == (fid, kind, records, size)
    assert (found.arr_record, found.sfi) == (arr, sfi)
    if start is None:
        assert found.default is None
    else:
        assert found.default is not None
        expected = bytes.fromhex(start)
        assert found.default.octets(found.record_octets or found.size or len(expected)).startswith(expected)


def test_call_log_default_has_a_tail() -> None:
    found = entry("5", 27)
    assert found.default is not None
    assert found.default.octets(38) == b"\xff" * 31 + bytes.fromhex("0000000001FFFF")


def test_high_update_and_required() -> None:
    assert entry("4", 5).high_update
    assert not entry("4", 5).required
    assert entry("4", 3).required
    assert not entry("4", 3).high_update
    assert entry("12", 3).required
    assert entry("12", 3).high_update


def test_ranges_leave_the_identifier_to_the_profile() -> None:
    assert entry("6", 11).fid is None
    assert entry("6", 11).name == "EF.ADN"


def test_patterns() -> None:
    assert Pattern.fill(b"\x01\x02").octets(5) == b"\x01\x02\x02\x02\x02"
    assert Pattern.repeat(b"\x01\x02").octets(5) == b"\x01\x02\x01\x02\x01"
    assert Pattern.fill(b"\x01\x02").octets(1) == b"\x01"
    assert Pattern(b"\x0a", b"\xff", b"\x01\x02").octets(5) == b"\x0a\xff\xff\x01\x02"
