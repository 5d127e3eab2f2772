"""What people read at a terminal: nothing that they copy is ever folded, whatever the width."""

import pytest

from lab.cli.output import print_fields, print_table
from lab.cli.tables import column_widths

EID = "89049032123451234512345678901235"
CODE = "LPA:1$smdp.example.com:18443$04386-AGYFT-A74Y8-3F815$$1"
ROW = {
    "id": "c3c1ca090753913d",
    "state": "Downloaded",
    "iccid": "89990017738963212921",
    "eid": EID,
    "code": CODE,
    "why": "the order is for another eUICC and nobody else may have it",
}
COLUMNS = {key: key.upper() for key in ROW}


@pytest.mark.parametrize("width", [20, 60, 80, 120, 200])
@pytest.mark.parametrize("columns", [("id", "iccid"), ("id", "eid", "code"), tuple(ROW)])
def test_no_identifier_is_folded(
    width: int, columns: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    print_table("Orders", [ROW, ROW], {key: COLUMNS[key] for key in columns})
    out = capsys.readouterr().out
    for key in columns:
        for word in ROW[key].split():
            assert out.count(word) >= 2, f"{word} is folded:\n{out}"
        assert COLUMNS[key] in out
    longest = max(len(word) for key in columns for word in ROW[key].split())
    assert all(len(line) <= max(width, len("STATE  ") + longest) for line in out.splitlines())


def test_a_table_that_fits_is_a_table(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    print_table("Orders", [ROW], {"iccid": "ICCID", "eid": "EID"})
    header, row = [line for line in capsys.readouterr().out.splitlines() if "ICCID" in line or EID in line]
    assert header.index("EID") == row.index(EID)


def test_prose_gives_way_to_identifiers(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("COLUMNS", "70")
    print_table("Orders", [ROW], {"eid": "EID", "why": "Why"})
    lines = capsys.readouterr().out.splitlines()
    assert any("┃" in line for line in lines)
    assert any(EID in line and "the order" in line and "nobody" not in line for line in lines)


def test_a_pipe_has_no_width(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    print_table("Orders", [ROW], COLUMNS)
    assert any(all(value in line for value in ROW.values()) for line in capsys.readouterr().out.splitlines())


def test_an_empty_column_is_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    print_table("Orders", [{"a": "1", "b": None}, {"a": "2"}], {"a": "A-HEADING", "b": "B-HEADING"})
    out = capsys.readouterr().out
    assert "A-HEADING" in out
    assert "B-HEADING" not in out


def test_fields_wrap_between_words_only(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    print_fields("Order", {"activation_code": CODE, "eids": [EID, EID], "nothing": None, "default": True})
    out = capsys.readouterr().out
    assert CODE in out
    assert out.count(EID) == 2
    assert "nothing" not in out
    assert out.splitlines()[-1].split() == ["default", "yes"]


@pytest.mark.parametrize(
    ("cells", "available", "widths"),
    [
        ([["ab", "abcd"], ["x y z"]], 20, [4, 5]),
        ([["ab", "abcd"], ["x y z"]], 8, [4, 4]),
        ([["ab", "abcd"], ["x y z"]], 5, [4, 1]),
        ([["ab", "abcd"], ["x y z"]], 4, None),
    ],
)
def test_widths(cells: list[list[str]], available: int, widths: list[int] | None) -> None:
    assert column_widths(cells, available) == widths
