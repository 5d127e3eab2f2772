"""Whatever octets come as a profile package: it is installed or refused with an EUICCResponse, nothing else happens."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from euicc_sim.profile.interpreter import Capabilities, InstallFailed, Interpreter
from euicc_sim.profile.uicc import Uicc
from tests.support.profile_bench import Counting, create, elements, fill, managed, package, path, t
from wire.apdu import Command
from wire.tlv import parse

MANAGED = managed(
    path(""),
    create("7F66", "7821"),
    create("6F01", "4121", size="10", proprietary=t("A5", t("C1", "0102"))),
    fill("AABB"),
    create("6F02", "46210003", size="09", proprietary=t("A5", t("C2", "00"))),
    create("6F03", "7921", proprietary=t("A5", t("86", "20"))),
    path("7F10"[:0]),
    create("6F04", "4121", link=t("C7", "7F666F01")),
)
PACKAGE = package(extra=MANAGED)
ELEMENTS = list(elements(extra=MANAGED).values())


def check_refusal(failed: InstallFailed) -> None:
    response = parse(failed.response, 0x30)
    assert response.children[1].raw == b"\x81\x00"
    assert response.child(0xA0).children[-1].child(0x80).value[-1] == failed.status
    assert all(2 <= len(item.value) <= 64 for item in response.children if item.tag == 0x82)


def outcome(chunks: list[bytes]) -> bool:
    """True if installed; then the image must run. A refusal must be well-formed and final."""
    interpreter = Interpreter(Capabilities(), 100_000)
    try:
        for chunk in chunks:
            interpreter.feed(chunk)
        installed = interpreter.finish()
    except InstallFailed as failed:
        check_refusal(failed)
        return False
    assert installed.octets <= 100_000
    uicc = Uicc(installed.image, lambda _: None, Counting())
    assert uicc.process(0, Command(0, 0xA4, 0, 4, b"\x3f\x00")).sw in (0x9000, 0x6283)
    return True


def test_the_package_itself_installs() -> None:
    assert outcome([PACKAGE])


@settings(derandomize=True, max_examples=150, deadline=None)
@given(st.binary(max_size=200))
def test_random_octets(junk: bytes) -> None:
    assert not outcome([junk])


@settings(derandomize=True, max_examples=100, deadline=None)
@given(st.integers(0, len(PACKAGE) - 1))
def test_truncated(size: int) -> None:
    assert not outcome([PACKAGE[:size]])


@settings(derandomize=True, max_examples=400, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(PACKAGE) - 1), st.integers(1, 255)), min_size=1, max_size=3))
def test_flipped_bits(flips: list[tuple[int, int]]) -> None:
    damaged = bytearray(PACKAGE)
    for position, mask in flips:
        damaged[position] ^= mask
    outcome([bytes(damaged)])


@settings(derandomize=True, max_examples=200, deadline=None)
@given(st.integers(0, len(PACKAGE)), st.integers(0, len(PACKAGE)), st.binary(max_size=12))
def test_replaced_octets(begin: int, end: int, octets: bytes) -> None:
    begin, end = sorted((begin, min(end, begin + 8)))
    outcome([PACKAGE[:begin] + octets + PACKAGE[end:]])


@settings(derandomize=True, max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(range(len(ELEMENTS))), max_size=12))
def test_elements_in_any_order(order: list[int]) -> None:
    outcome([ELEMENTS[number] for number in order])


@settings(derandomize=True, max_examples=60, deadline=None)
@given(st.lists(st.integers(0, len(PACKAGE)), max_size=30))
def test_any_chunks_give_the_same(cuts: list[int]) -> None:
    bounds = [0, *sorted(cuts), len(PACKAGE)]
    assert outcome([PACKAGE[begin:end] for begin, end in pairwise(bounds)])


@st.composite
def tlvs(draw: st.DrawFn, depth: int = 0) -> bytes:
    """A well-formed TLV with tags that profile elements use."""
    tag = draw(
        st.sampled_from(["80", "81", "82", "83", "84", "8B", "A0", "A1", "A2", "A5", "30", "62", "04", "C6", "C7"])
    )
    if int(tag, 16) & 0x20 and depth < 4:
        return t(tag, *draw(st.lists(tlvs(depth + 1), max_size=5)))
    return t(tag, draw(st.binary(max_size=10)))


TAGS = [f"{tag:02X}" for tag in range(0xA0, 0xBF)] + ["BF1F", "BF20", "BF21", "BF22"]


@settings(derandomize=True, max_examples=400, deadline=None)
@given(st.sampled_from(TAGS), st.lists(tlvs(), max_size=6), st.booleans())
def test_well_formed_nonsense_elements(tag: str, parts: list[bytes], mandated: bool) -> None:
    head = t("A0", t("80") if mandated else b"", t("81", "11"))
    outcome([package(extra=t(tag, head, *parts))])
