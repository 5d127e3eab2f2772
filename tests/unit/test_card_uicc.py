"""The enabled profile behind the card's transport: 61xx, 6Cxx, channels, switches, and what stays after power-off."""

import pytest

from tests.support.card_bench import Bench, Order
from tests.support.tlv_by_hand import dig

USIM = "A0000000871002FFFFFFFF8903020000"
A, B = Order(1), Order(2, imsi="001010000000002")


@pytest.fixture
def bench() -> Bench:
    bench = Bench()
    bench.download(A)
    bench.download(B)
    bench.result(A.enable())
    return bench


def sw(response: bytes) -> str:
    return response[-2:].hex().upper()


def read(bench: Bench, *path: str, channel: int = 0) -> bytes:
    """The transparent EF at a path of FIDs from the MF."""
    for fid in ("3F00", *path):
        assert sw(bench.apdu(bytes([channel]) + bytes.fromhex("A4000C02" + fid))) == "9000", fid
    first = bench.apdu(bytes([channel]) + bytes.fromhex("B0000000"))
    if first[-2] == 0x6C:
        first = bench.apdu(bytes([channel]) + bytes.fromhex("B00000") + first[-1:])
    assert sw(first) == "9000"
    return first[:-2]


def test_files_of_the_enabled_profile(bench: Bench) -> None:
    assert read(bench, "2FE2") == A.iccid.ef
    answer = bench.apdu("00A40004023F00")
    assert answer[-2] == 0x61
    fcp = bench.apdu(b"\x00\xc0\x00\x00" + answer[-1:])
    assert sw(fcp) == "9000"
    assert dig(fcp[:-2], "62", "83").hex() == "3f00"


def test_select_by_aid_and_imsi(bench: Bench) -> None:
    directory = bench.apdu("00A40004023F00")
    assert directory[-2] == 0x61
    assert sw(bench.apdu("00A4040C07A0000000871002")) == "9000", "a truncated AID"
    assert sw(bench.apdu("00A4000C026F07")) == "9000"
    imsi = bench.apdu("00B0000009")
    assert imsi.hex() == "080910101032547698" + "9000"


def test_a_wrong_le_names_the_right_one(bench: Bench) -> None:
    bench.apdu("00A4000C023F00")
    bench.apdu("00A4000C022FE2")
    assert bench.apdu("00B000000B").hex() in ("6c0a", A.iccid.ef.hex() + "6282")
    assert bench.apdu("00B000000A").hex() == A.iccid.ef.hex() + "9000"


def test_channels_are_independent(bench: Bench) -> None:
    bench.apdu("0070000001")
    assert read(bench, "2FE2", channel=2) == A.iccid.ef
    assert bench.apdu("00B000000A").hex() == "6986", "nothing is selected on channel 0"
    assert sw(bench.apdu("81E2910003BF2E00")).startswith("61"), "the ISD-R of channel 1 is not disturbed"
    bench.apdu("00708002")
    bench.apdu("0070000001")
    assert bench.apdu("02B000000A").hex() == "6986"


def test_isd_r_and_files_on_one_channel(bench: Bench) -> None:
    assert sw(bench.apdu("01A4000C023F00")) == "9000", "leaves the ISD-R"
    assert sw(bench.apdu("81E2910003BF2E00")) == "6D00"
    assert sw(bench.apdu("01A4040C10A0000005591010FFFFFFFF8900000100")) == "9000"
    assert sw(bench.apdu("01B000000A")) == "6D00", "the ISD-R has no files"
    assert sw(bench.apdu("81E2910003BF2E00")).startswith("61")


def test_a_switch_changes_every_file(bench: Bench) -> None:
    assert read(bench, "2FE2") == A.iccid.ef
    assert bench.result(B.enable()) == 0
    assert bench.apdu("00B000000A").hex() == "6986", "the selection of the old profile is gone"
    assert read(bench, "2FE2") == B.iccid.ef


def test_without_a_profile_only_the_bare_file_system_is_left(bench: Bench) -> None:
    assert bench.result(A.disable()) == 0
    assert sw(bench.apdu("00A4000C023F00")) == "9000"
    assert sw(bench.apdu("00A4000C022F08")) == "9000"
    assert sw(bench.apdu("00A4000C022FE2")) == "6A82"
    assert sw(bench.apdu("00A4040C07A0000000871002")) == "6A82"


def test_what_is_written_stays(bench: Bench) -> None:
    def select_loci() -> None:
        assert sw(bench.apdu("00A4040C07A0000000871002")) == "9000"
        assert sw(bench.apdu("00A4000C026F7E")) == "9000"

    select_loci()
    assert sw(bench.apdu("00D600000411223344")) == "9000"
    bench.power_on()
    select_loci()
    assert bench.apdu("00B0000004").hex() == "112233449000"
    bench.result(B.enable())
    bench.result(A.enable())
    select_loci()
    assert bench.apdu("00B0000004").hex() == "112233449000", "over a switch to another profile and back"


def test_a_deleted_profile_takes_its_files_along(bench: Bench) -> None:
    bench.apdu("00A4040C07A0000000871002")
    bench.apdu("00A4000C026F7E")
    bench.apdu("00D600000411223344")
    bench.result(A.disable())
    bench.result(A.delete())
    bench.result(B.delete())
    assert not list(bench.nvm.keys("profile/"))


def test_a_warning_ends_the_answer_that_was_held_back(bench: Bench) -> None:
    """6283 of a deactivated file comes with its FCP, also through GET RESPONSE."""
    bench.apdu("00A4040C07A0000000871002")
    verified = bench.apdu("0020000A083132333435363738")
    assert sw(verified) == "9000", "ADM1 of the builder"
    assert sw(bench.apdu("00A4000C026F7E")) == "9000"
    assert sw(bench.apdu("00040000")) == "9000", "DEACTIVATE FILE"
    answer = bench.apdu("00A40004026F7E")
    assert answer[-2] == 0x61
    fcp = bench.apdu(b"\x00\xc0\x00\x00" + answer[-1:])
    assert sw(fcp) == "6283"
    assert dig(fcp[:-2], "62", "83").hex() == "6f7e"
