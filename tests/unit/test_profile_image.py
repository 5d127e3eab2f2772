"""What is stored comes back, and says no more than it should."""

from hypothesis import given, settings
from hypothesis import strategies as st

from euicc_sim.profile.aka import AkaParameters, AlgorithmId, SequenceNumbers
from euicc_sim.profile.image import FileEntry, Pin, Puk
from euicc_sim.profile.templates import Kind
from tests.support.profile_bench import AID_USIM, PIN1, failure, install, managed, package, path
from wire import der, saip

octet = st.integers(0, 255)
entries = st.builds(
    FileEntry,
    number=st.integers(0, 4095),
    parent=st.integers(0, 4095),
    fid=st.one_of(st.none(), st.integers(0, 0xFFFE)),
    descriptor=st.sampled_from([0x41, 0x42, 0x46, 0x79, 0x39, 0x78]),
    record_octets=octet,
    size=st.integers(0, 0xFFFFFFFF),
    sfi=octet,
    lcs=octet,
    special=octet,
    details=octet,
    link=st.one_of(st.none(), st.integers(0, 4095)),
    pin_context=st.one_of(st.none(), st.integers(0, 4095)),
    arr=st.one_of(st.just(b""), st.binary(min_size=3, max_size=3).filter(any)),
    aid=st.binary(max_size=16),
    pin_references=st.binary(max_size=32),
    maximum_size=st.binary(max_size=4),
)


@settings(derandomize=True, max_examples=100, deadline=None)
@given(st.lists(entries, max_size=5))
def test_files(files: list[FileEntry]) -> None:
    assert list(FileEntry.decode_all(b"".join(entry.encode() for entry in files))) == files


@settings(derandomize=True, max_examples=50, deadline=None)
@given(st.binary(min_size=8, max_size=8), st.booleans(), octet, octet, octet, octet)
def test_pins(value: bytes, enabled: bool, attributes: int, maximum: int, left: int, unblocking: int) -> None:
    pin = Pin(value, enabled, attributes, maximum, left, unblocking)
    assert Pin.decode(pin.encode()) == pin
    puk = Puk(value, maximum, left)
    assert Puk.decode(puk.encode()) == puk


def test_authentication_parameters() -> None:
    parameters = AkaParameters(
        AlgorithmId.TUAK, 2, bytes(32), bytes(range(32)), b"\x01" * 5, b"\x02" * 80, b"\x03" * 3, 7, 3, 11, 12
    )
    assert AkaParameters.decode(parameters.encode()) == parameters
    shared = AkaParameters(shared_with=300)
    assert AkaParameters.decode(shared.encode()) == shared
    numbers = SequenceNumbers(tuple(range(32)))
    assert SequenceNumbers.decode(numbers.encode()) == numbers


def test_kinds() -> None:
    kinds = {
        descriptor: FileEntry(1, 0, 1, descriptor).kind for descriptor in (0x01, 0x41, 0x42, 0x46, 0x39, 0x79, 0x78)
    }
    assert kinds[0x01] is kinds[0x41] is Kind.TRANSPARENT
    assert kinds[0x39] is kinds[0x79] is Kind.BER_TLV
    assert (kinds[0x42], kinds[0x46], kinds[0x78]) == (Kind.LINEAR, Kind.CYCLIC, Kind.DIRECTORY)
    assert [FileEntry(1, 0, 1, descriptor).is_directory for descriptor in (0x41, 0x79, 0x78)] == [False, False, True]


def test_image_has_one_entry_per_thing_that_changes() -> None:
    image = install(package()).image
    kinds = sorted({key.split("/")[0] for key in image})
    assert kinds == ["aka", "content", "files", "pin", "puk", "sqn"]
    assert image["pin/0000/01"].startswith(bytes.fromhex(PIN1))
    assert bytes.fromhex(AID_USIM) in image["files"]


def test_responses_are_what_the_asn1_says() -> None:
    success = der.load(saip.EUICCResponse, install(package()).response)
    assert success.native["peStatus"] == [
        {"status": "ok", "identification": None, "additional-information": None, "offset": None}
    ]
    failed = der.load(saip.EUICCResponse, failure(package(extra=managed(path("7FFF"), identification=100))).response)
    (status,) = failed.native["peStatus"]
    assert (status["status"], status["identification"]) == ("bad-values", 100)
    assert failed.native["statusMessage"] == "filePath 7FFF leads to no file"
