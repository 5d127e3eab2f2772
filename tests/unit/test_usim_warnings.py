"""A warning that comes with data keeps its status word through GET RESPONSE."""

from tests.support.card_bench import Bench, Order

ORDER = Order(1)


def test_selection_of_a_deactivated_file_through_get_response() -> None:
    bench = Bench()
    bench.download(ORDER)
    bench.result(ORDER.enable())
    assert bench.apdu("0020000A08" + ORDER.parameters.adm1.encode().hex()).hex() == "9000"
    bench.apdu("00A4000C022FE2")
    assert bench.apdu("00040000").hex() == "9000"
    waiting = bench.apdu("00A40004022FE2")
    assert waiting[0] == 0x61
    part = bench.apdu(b"\x00\xc0\x00\x00\x04")
    assert part[4] == 0x61
    rest = bench.apdu(b"\x00\xc0\x00\x00" + part[5:])
    assert rest[-2:].hex() == "6283"
    assert bench.apdu("00440000").hex() == "9000"
    waiting = bench.apdu("00A40004022FE2")
    assert bench.apdu(b"\x00\xc0\x00\x00" + waiting[1:])[-2:].hex() == "9000"
