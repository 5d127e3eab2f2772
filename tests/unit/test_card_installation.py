"""LoadBoundProfilePackage: how a package arrives, every way it fails, what the result tells (card.md 3 and 4)."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from smdp.profiles import NotificationRecipient
from tests.support.card_bench import EID_OCTETS, EVERYTHING, SERVER, Bench, Order, bound, failure, mini_server, prepared
from tests.support.mini_server import Package, check, sign
from tests.support.tlv_by_hand import dig, split, t, whole
from wire.es10 import BppCommandId as Command
from wire.es10 import ErrorReason as Reason
from wire.es10 import NotificationEvent

TID = bytes.fromhex("00112233445566778899AABBCCDDEEFF")

# -- the good case -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("curve", ["NIST", "BRP"])
@pytest.mark.parametrize("ppk", [True, False])
def test_installation(curve: str, ppk: bool) -> None:
    bench, order = Bench(), Order()
    server = prepared(bench, curve)
    result = bench.load(server.bind(EID_OCTETS, order.metadata, order.package, ppk=ppk))
    data, signature = split(dig(result, "BF37"))
    check(server.euicc_certificate, signature[1], data[2])
    assert [tag for tag, _, _ in split(data[1])] == ["80", "BF2F", "06", "A2"]
    assert dig(data[1], "80") == TID
    assert dig(data[1], "06").hex().upper() == "88370A"
    assert whole(data[1], "BF2F") == t("BF2F", bytes.fromhex("80010181020780"), t("0C", SERVER.encode()), order.tag)
    success = dig(data[1], "A2", "A0")
    assert [tag for tag, _, _ in split(success)] == ["4F", "04"]
    assert dig(success, "04").hex().upper() == "3007A0053003800100"
    assert bench.card.profile_package(order.iccid) == order.package
    assert bench.states() == {str(order.iccid): 0}
    assert bench.trace.verdicts("smdpSign") == [True]
    with pytest.raises(KeyError):
        bench.card.profile_package("89001012345678901232")


@pytest.mark.parametrize("block", [1, 7, 120, 255])
def test_any_block_size(block: int) -> None:
    bench, order = Bench(), Order()
    package = bound(bench, order, chunk=200 if block == 1 else 1007)
    bench.block = block
    assert dig(bench.load(package), "BF37", "BF27", "A2", "A0")


@pytest.mark.parametrize("cut", [1, 100, 255, 3000, 60000])
def test_any_segmentation(cut: int) -> None:
    """The stream may be cut anywhere, inside headers and elements too, or come in one piece."""
    bench, order = Bench(), Order()
    raw = bound(bench, order).raw
    if cut == 1:
        raw_segments = [raw[:2], *(raw[at : at + 1] for at in range(2, 300)), raw[300:]]
    else:
        raw_segments = [raw[at : at + cut] for at in range(0, len(raw), cut)]
    assert dig(bench.load(raw_segments), "BF37", "BF27", "A2", "A0")


def test_chunks_of_the_package_need_not_align_with_elements() -> None:
    bench, order = Bench(), Order()
    assert dig(bench.load(bound(bench, order, chunk=13)), "BF37", "BF27", "A2", "A0")
    assert bench.card.profile_package(order.iccid) == order.package


def test_metadata_over_several_88() -> None:
    order = Order()
    extra = t("93", b"\x01") + t("94", b"\x89PNG" + bytes(1020))
    spn_and_name = whole(order.metadata, "BF25", "91") + whole(order.metadata, "BF25", "92")
    order.metadata = t("BF25", order.tag, spn_and_name, extra)
    bench = Bench()
    package = bound(bench, order)
    assert len(package.metadata) == 2
    assert dig(bench.load(package), "BF37", "BF27", "A2", "A0")
    assert dig(bench.es10("BF2D045C029394"), "BF2D", "A0", "E3") == extra


def test_dp_proprietary_data_is_kept() -> None:
    bench, order = Bench(), Order()
    b8 = t("B8", t("80", bytes.fromhex("88370A07")), t("81", b"opaque"))
    bench.load(bound(bench, order, configure=t("BF24", b8)))
    assert dig(bench.es10("BF2D035C01B8"), "BF2D", "A0", "E3") == b8


def test_install_notifications_beside_the_result() -> None:
    recipients = (
        NotificationRecipient("a.example.com", NotificationEvent.notificationInstall),
        NotificationRecipient("b.example.com", EVERYTHING),
        NotificationRecipient("c.example.com", NotificationEvent.notificationDelete),
    )
    bench, order = Bench(), Order(notifications=recipients)
    bench.download(order)
    assert bench.notifications() == [(1, "install"), (2, "install"), (3, "install")]
    items = split(dig(bench.es10("BF2B00"), "BF2B", "A0"))
    assert [tag for tag, _, _ in items] == ["BF37", "30", "30"]
    addresses = []
    for _, item, _ in items[1:]:
        tbs, signature, certificate, eum = split(item)
        check(certificate[2], signature[1], tbs[2])
        assert eum[2] == bench.card.settings.chains[0].eum_certificate
        addresses.append(dig(tbs[1], "0C").decode())
    assert addresses == ["a.example.com", "b.example.com"]


def test_memory_is_accounted_to_the_octet() -> None:
    bench, order = Bench(), Order()
    before = bench.free_octets()
    bench.download(order)
    taken = before - bench.free_octets()
    assert taken > 1000
    assert bench.result(order.delete()) == 0
    assert bench.free_octets() == before
    bench.download(order)
    assert bench.free_octets() == before - taken


# -- InitialiseSecureChannel -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lies", "reason"),
    [
        ({"remote_op": b"\x02"}, Reason.unsupportedRemoteOperationType),
        ({"transaction_id": bytes(16)}, Reason.invalidTransactionId),
        ({"key_type": b"\x89"}, Reason.unsupportedCrtValues),
        ({"key": ec.generate_private_key(ec.SECP256R1())}, Reason.invalidSignature),
    ],
)
def test_refusals_of_the_secure_channel(lies: dict[str, Any], reason: Reason) -> None:
    bench = Bench()
    result = bench.load(bound(bench, Order(), **lies))
    assert failure(bench, result) == (Command.initialiseSecureChannel, reason)
    assert "5A" not in [tag for tag, _, _ in split(dig(result, "BF37", "BF27", "BF2F"))], "no ICCID is known yet"


def test_a_secure_channel_that_misses_its_signature() -> None:
    bench = Bench()
    package = bound(bench, Order())
    content = dig(package.bf23, "BF23")[:-67]
    result = bench.load(replace(package, bf23=t("BF23", content)))
    assert failure(bench, result) == (Command.initialiseSecureChannel, Reason.incorrectInputValues)


def test_a_point_that_is_not_on_the_curve() -> None:
    bench = Bench()
    server = prepared(bench)
    order = Order()
    package = server.bind(EID_OCTETS, order.metadata, order.package)
    parts = split(dig(package.bf23, "BF23"))
    point = t("5F49", b"\x04" + bytes(64))
    signed = b"".join(raw for _, _, raw in parts[:3]) + point
    signature = sign(server.pb.key, signed + t("5F49", server.otpk_euicc))
    result = bench.load(replace(package, bf23=t("BF23", signed, t("5F37", signature))))
    assert failure(bench, result) == (Command.initialiseSecureChannel, Reason.incorrectInputValues)


def test_no_preparation_no_load() -> None:
    bench = Bench()
    package = bound(bench, Order())
    bench.power_on()
    assert bench.send(package.segments()[0]) == (b"", 0x6985)
    server = mini_server()
    server.check_authentication(bench.authenticate(server))
    assert bench.send(package.segments()[0]) == (b"", 0x6985)
    assert bench.send(package.segments()[1]) == (b"", 0x6A88)
    server.check_preparation(bench.es10(server.prepare_download()))


def test_another_eid_means_other_keys() -> None:
    bench, order = Bench(), Order()
    server = prepared(bench)
    package = server.bind(bytes(16), order.metadata, order.package)
    assert failure(bench, bench.load(package)) == (Command.configureISDP, Reason.scp03tSecurityError)


# -- order, lengths, MACs ----------------------------------------------------------------------------------------------

Damage = Callable[[Package], list[bytes]]


def flip(raw: bytes, place: int = -1) -> bytes:
    changed = bytearray(raw)
    changed[place] ^= 1
    return bytes(changed)


def _announced_too_long(package: Package) -> list[bytes]:
    content = b"".join([package.bf23, *package.sections])
    head = t("BF36", content + b"\x00")[: -len(content) - 1]
    return [head + package.bf23, *package.segments()[1:]]


def with_elements(package: Package, *elements: bytes) -> list[bytes]:
    return replace(package, elements=list(elements)).segments()


MAC, SHAPE, INPUT = Reason.scp03tSecurityError, Reason.scp03tStructureError, Reason.incorrectInputValues
OPEN, ISDP, META = Command.initialiseSecureChannel, Command.configureISDP, Command.storeMetadata
KEYS, LOAD = Command.replaceSessionKeys, Command.loadProfileElements

DAMAGES: list[tuple[str, Damage, Command, Reason]] = [
    ("87 MAC", lambda p: replace(p, configure=[flip(p.configure[0])]).segments(), ISDP, MAC),
    ("87 text", lambda p: replace(p, configure=[flip(p.configure[0], 3)]).segments(), ISDP, MAC),
    ("88 MAC", lambda p: replace(p, metadata=[flip(p.metadata[0])]).segments(), META, MAC),
    ("26 MAC", lambda p: replace(p, replace_keys=[flip(p.replace_keys[0])]).segments(), KEYS, MAC),
    ("86 MAC", lambda p: with_elements(p, flip(p.elements[0]), *p.elements[1:]), LOAD, MAC),
    ("86 swapped", lambda p: with_elements(p, *p.elements[1::-1], *p.elements[2:]), LOAD, MAC),
    ("86 last MAC", lambda p: with_elements(p, *p.elements[:-1], flip(p.elements[-1])), LOAD, MAC),
    ("keys not replaced", lambda p: replace(p, replace_keys=[]).segments(), LOAD, MAC),
    ("two 87", lambda p: replace(p, configure=p.configure * 2).segments(), ISDP, SHAPE),
    ("A1 before A0", lambda p: [p.segments()[0], *p.segments()[2:]], ISDP, SHAPE),
    ("86 in A1", lambda p: replace(p, metadata=p.elements[:1]).segments(), META, SHAPE),
    ("no A3", lambda p: [*p.segments()[:-len(p.elements) - 1], t("A4", b"\x00")], LOAD, SHAPE),
    ("short 87", lambda p: replace(p, configure=[t("87", bytes(7))]).segments(), ISDP, SHAPE),
    ("oversize 86", lambda p: with_elements(p, t("86", bytes(1100))), LOAD, SHAPE),
    ("indefinite A0", lambda p: [p.segments()[0], bytes.fromhex("A080")], ISDP, SHAPE),
    ("empty A0", lambda p: [p.segments()[0], bytes.fromhex("A000")], ISDP, SHAPE),
    ("element beyond A0", lambda p: [p.segments()[0], bytes.fromhex("A0038718")], ISDP, SHAPE),
    ("BF24 first", lambda p: [p.segments()[0][:4] + b"\xbf\x24\x00"], OPEN, INPUT),
    ("octets after the end", lambda p: [*p.segments()[:-1], p.segments()[-1] + b"\x00"], LOAD, SHAPE),
    ("announced too long", _announced_too_long, LOAD, SHAPE),
]  # fmt: skip


@pytest.mark.parametrize(("name", "damage", "command", "reason"), DAMAGES, ids=[row[0] for row in DAMAGES])
def test_damaged_packages(name: str, damage: Damage, command: Command, reason: Reason) -> None:
    bench = Bench()
    package = bound(bench, Order())
    assert failure(bench, bench.load(damage(package))) == (command, reason)


def test_after_the_result_further_segments_get_6a88() -> None:
    """The field's behaviour: BF37 in mid-package, then 6A88 to an LPA that goes on."""
    bench = Bench()
    segments = bound(bench, Order()).segments()
    segments[3] = flip(segments[3])
    assert bench.load(segments[:4])
    assert [bench.send(segment) for segment in segments[4:7]] == [(b"", 0x6A88)] * 3
    assert bench.send(t("BF21", b""))[1] == 0x6A80
    bench.download(Order())
    assert len(bench.states()) == 1


def test_reading_commands_between_segments_do_no_harm() -> None:
    bench, order = Bench(), Order()
    for segment in bound(bench, order).segments():
        assert bench.es10("BF2D00").hex() == "bf2d02a000", "a profile that is being loaded is invisible"
        result = bench.es10(segment)
    assert dig(result, "BF37", "BF27", "A2", "A0")


def test_a_channel_closed_between_segments() -> None:
    bench, order = Bench(), Order()
    segments = bound(bench, order).segments()
    for segment in segments[:5]:
        bench.es10(segment)
    bench.apdu("0070800100")
    bench.apdu("0070000001")
    bench.apdu("01A4040C10A0000005591010FFFFFFFF8900000100")
    assert dig(bench.load(segments[5:]), "BF37", "BF27", "A2", "A0")


def test_a_cancelled_load_leaves_nothing() -> None:
    bench, order = Bench(), Order()
    segments = bound(bench, order).segments()
    for segment in segments[:6]:
        bench.es10(segment)
    response = bench.es10(t("BF41", t("80", TID), t("81", b"\x05")))
    assert dig(response, "BF41", "A0")
    assert bench.send(segments[6]) == (b"", 0x6A88)
    assert bench.notifications() == []
    assert bench.states() == {}


def test_a_new_session_interrupts_a_load() -> None:
    bench, order = Bench(), Order()
    for segment in bound(bench, order).segments()[:6]:
        bench.es10(segment)
    bench.es10("BF2E00")
    result = dig(bench.es10("BF2B00"), "BF2B", "A0")
    error = dig(result, "BF37", "BF27", "A2", "A1")
    assert dig(error, "81")[0] == Reason.installFailedDueToInterruption
    assert bench.states() == {}
    bench.download(order)
    assert bench.states() == {str(order.iccid): 0}


def test_a_reset_in_the_middle_and_a_retry_with_the_same_key() -> None:
    bench, order = Bench(), Order()
    server = prepared(bench)
    key = server.otpk_euicc
    package = server.bind(EID_OCTETS, order.metadata, order.package)
    for segment in package.segments()[:7]:
        bench.es10(segment)
    bench.power_on()
    assert bench.states() == {}
    bench.prepare(server, otpk=key)
    assert server.otpk_euicc == key
    assert dig(bench.load(package), "BF37", "BF27", "A2", "A0"), "the very same package still opens"


# -- ConfigureISDP, ReplaceSessionKeys ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lies", "command"),
    [
        ({"configure": t("BF24", t("B8", t("80", bytes.fromhex("88370B"))))}, Command.configureISDP),
        ({"configure": t("BF24", t("B8", t("80", b"\x88\x37\x0a"), t("81", bytes(120))))}, Command.configureISDP),
        ({"configure": t("BF25")}, Command.configureISDP),
        ({"configure": b"\xbf\x24\x01"}, Command.configureISDP),
        ({"replace_keys": t("BF26", t("80", bytes(16)), t("81", bytes(16)))}, Command.replaceSessionKeys),
        ({"replace_keys": t("BF26", *(t(tag, bytes(24)) for tag in ("80", "81", "82")))}, Command.replaceSessionKeys),
    ],
)  # fmt: skip
def test_other_malformed_commands(lies: dict[str, bytes], command: Command) -> None:
    bench = Bench()
    assert failure(bench, bench.load(bound(bench, Order(), **lies))) == (command, Reason.incorrectInputValues)
