"""A stranger's LPA and eUICC, given only `rsplab provision` and `rsplab serve`: every use case over verified TLS."""

import ssl
import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.foreign_euicc import eid_of, items, only, tags, tlv
from tests.support.foreign_lpa import (
    ForeignLpa,
    Refused,
    b64,
    confirmation_wanted,
    der,
    euicc_of,
    metadata_iccid,
    metadata_tags,
    proposed_key,
)
from tests.support.lab import CliLab, new_lab

# Each use case has a profile and an order of its own; the EIDs are the eUICCs 1, 2, 3, ... of eid_of().
EXACT = {"NIST": ("NIST",), "BRP": ("BRP",), "BOTH": ("BRP", "NIST")}  # the cards' CIs, the most wanted first
ORDERS = {
    "ICON": "",
    "CODE": 'confirmation_code = "Straße 4711"',
    "LIMIT": 'confirmation_code = "4711"\nconfirmation_limit = 2',
    "ANYONE": "reusable = true",
    "BOUND": f'eid = "{eid_of(1)}"',
    "LATER": 'state = "confirmed"',
    "CANCEL": "",
    "POSTPONE": "",
    "RETRY": "",
    "NEWKEY": "",
    "BROKEN": "",
    "FULL": "",
    "NOTIFY": "",
    "ORDER-OF-CALLS": "",
}
DEFAULTS = {"absent": 21, "empty": 22}


def iccid_of(number: int) -> str:
    """An 18- or 19-digit ICCID, in turn."""
    return f"899900{number:012d}" + ("" if number % 2 else "7")


ICCIDS = {name: iccid_of(number) for number, name in enumerate([*ORDERS, *DEFAULTS], 1)}


def provisioning(directory: Path) -> str:
    upp, icon = directory / "NIST.der", directory / "icon.png"
    text = [f'[[profile]]\nupp = "{directory / name}.der"\nprofile_type = "{name}"\n' for name in EXACT]
    text += [f'[[order]]\nprofile_type = "{name}"\nmatching_id = "{name}"\n' for name in EXACT]
    for number, (name, keys) in enumerate(ORDERS.items()):
        extra = f'icon = "{icon}"\npolicy_rules = ["ppr2"]\n' if name == "ICON" else ""
        text.append(
            f'[[profile]]\nupp = "{upp}"\niccid = "{ICCIDS[name]}"\nimsi = "00101{number:010d}"\n'
            f'profile_name = "Prüfung {name} 📶"\nservice_provider_name = "Ŕsplab"\n{extra}'
            f'[[order]]\niccid = "{ICCIDS[name]}"\nmatching_id = "{name}"\n{keys}\n'
        )
    for name, eid in DEFAULTS.items():
        text.append(
            f'[[profile]]\nupp = "{upp}"\niccid = "{ICCIDS[name]}"\nimsi = "001019000000{eid:03d}"\n'
            f'[[order]]\niccid = "{ICCIDS[name]}"\ndefault = true\neid = "{eid_of(eid)}"\n'
        )
    return "\n".join(text)


def png(octets: int) -> bytes:
    """A 64 x 64 PNG of exactly this size: the signature, a header, and a comment that fills it up."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 64, 64, 8, 0, 0, 0, 0))
    pixels = chunk(b"IDAT", zlib.compress(b"\0" * 65 * 64))
    start, end = b"\x89PNG\r\n\x1a\n" + header, pixels + chunk(b"IEND", b"")
    return start + chunk(b"tEXt", b"a\0" + b"b" * (octets - len(start) - len(end) - 14)) + end


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> CliLab:
    directory = tmp_path_factory.mktemp("foreign")
    lab = new_lab(directory / "lab")
    for name in EXACT:
        packaged = lab.json("profile", "build", "--output", str(directory / f"{name}.der"))
        lab("profile", "delete", packaged["iccid"], "--yes")
    (directory / "icon.png").write_bytes(png(1024))
    (directory / "states.toml").write_text(provisioning(directory), encoding="utf-8")
    lab("provision", str(directory / "states.toml"))
    return lab


@pytest.fixture(scope="module")
def device(lab: CliLab) -> Iterator[Callable[..., ForeignLpa]]:
    with lab.serving("--no-trace") as server:

        def make(number: int = 1, curves: tuple[str, ...] = ("NIST", "BRP")) -> ForeignLpa:
            return ForeignLpa(euicc_of(lab.path, eid_of(number), curves), server.port, lab.path / "pki")

        yield make


Device = Callable[..., ForeignLpa]


def order_state(lab: CliLab, iccid: str) -> str:
    orders = [order for order in lab.json("order", "list") if order["iccid"] == iccid]
    return str(orders[-1]["state"])


@pytest.mark.parametrize("name", EXACT)
def test_a_first_download_on_each_curve(lab: CliLab, device: Device, name: str) -> None:
    lpa = device(curves=EXACT[name])
    offer = lpa.authenticate(name)
    assert not confirmation_wanted(offer)
    assert proposed_key(offer) is None
    lpa.install(lpa.fetch(offer))
    # Both credentials are of the CI that the card prefers, and the package is the file, octet for octet.
    assert lpa.euicc.ci is lpa.euicc.cis[0]
    assert lpa.euicc.auth.issuer == lpa.euicc.pb.issuer == lpa.euicc.ci.certificate.subject
    assert lpa.euicc.seen["upp"] == (lab.path.parent / f"{name}.der").read_bytes()
    (order,) = [order for order in lab.json("order", "list") if order["matching_id"] == name]
    assert (order["state"], order["eid"]) == ("Installed", lpa.euicc.eid)
    assert metadata_iccid(lpa.metadata, order["iccid"])
    with pytest.raises(Refused, match=r"^8\.2\.6/3\.8$"):
        lpa.authenticate(name)


def test_profile_protection_keys_and_full_segments(device: Device) -> None:
    lpa = device(2)
    lpa.download("ANYONE")
    parts = items(only(lpa.euicc.seen["bpp"], "BF36"))
    assert [tag for tag, _, _ in parts] == ["BF23", "A0", "A1", "A2", "A3"]
    sizes = [len(whole) for _, _, whole in items(parts[4][1])]
    assert set(sizes[:-1]) == {1020}
    configuration = only(lpa.euicc.seen["configure"], "BF24")
    assert not configuration or tags(configuration) == ["B8"]


def test_metadata_with_an_icon_takes_two_segments(device: Device) -> None:
    lpa = device()
    lpa.install(lpa.fetch(lpa.authenticate("ICON")))
    segments = items(items(only(lpa.euicc.seen["bpp"], "BF36"))[2][1])
    first, second = (len(whole) for _, _, whole in segments)
    assert first == 1020 > second
    # profileClass is operational, the default, and therefore absent.
    assert metadata_tags(lpa.metadata) == ["5A", "91", "92", "93", "94", "B6", "B7", "99"]
    assert lpa.metadata.endswith(bytes.fromhex("99020520"))
    assert "Prüfung ICON 📶".encode() in lpa.metadata


def test_confirmation_code(lab: CliLab, device: Device) -> None:
    lpa = device()
    for code, refusal in ((None, "8.2.7/2.2"), ("Strasse 4711", "8.2.7/3.8")):
        offer = lpa.authenticate("CODE")
        assert confirmation_wanted(offer)
        with pytest.raises(Refused, match=f"^{refusal}$"):
            lpa.fetch(offer, code)
    lpa.download("CODE", "Straße 4711")
    assert order_state(lab, ICCIDS["CODE"]) == "Installed"


def test_the_last_wrong_confirmation_code_ends_the_order(lab: CliLab, device: Device) -> None:
    lpa = device()
    for refusal in ("8.2.7/3.8", "8.2.7/6.4"):
        with pytest.raises(Refused, match=f"^{refusal}$"):
            lpa.fetch(lpa.authenticate("LIMIT"), "0000")
    assert order_state(lab, ICCIDS["LIMIT"]) == "Error"
    with pytest.raises(Refused, match=r"^8\.2\.6/3\.8$"):
        lpa.authenticate("LIMIT")


@pytest.mark.parametrize(("name", "matching_id"), [("absent", None), ("empty", "")])
def test_default_smdp(lab: CliLab, device: Device, name: str, matching_id: str | None) -> None:
    with pytest.raises(Refused, match=r"^8\.2\.6/3\.8$"):
        device(1).authenticate(matching_id)
    lpa = device(DEFAULTS[name])
    lpa.download(matching_id)
    assert metadata_iccid(lpa.metadata, ICCIDS[name])
    assert order_state(lab, ICCIDS[name]) == "Installed"


def test_a_reusable_order_serves_everybody_again_and_again(lab: CliLab, device: Device) -> None:
    packages = [device(number).download("ANYONE") for number in (2, 3, 3)]
    assert len(set(packages)) == 1
    assert order_state(lab, ICCIDS["ANYONE"]) == "Released"


def test_two_cards_in_the_middle_of_a_reusable_order(device: Device) -> None:
    one, other = device(4), device(5)
    offers = one.authenticate("ANYONE"), other.authenticate("ANYONE")
    packages = one.fetch(offers[0]), other.fetch(offers[1])
    other.install(packages[1])
    one.install(packages[0])
    assert one.euicc.seen["upp"] == other.euicc.seen["upp"]
    assert one.euicc.seen["otpk_dp"] != other.euicc.seen["otpk_dp"]


def test_an_order_for_one_eid(device: Device) -> None:
    with pytest.raises(Refused, match=r"^8\.1\.1/3\.8$"):
        device(2).authenticate("BOUND")
    device(1).download("BOUND")


def test_an_order_that_is_not_released_yet(lab: CliLab, device: Device) -> None:
    with pytest.raises(Refused, match=r"^8\.2/1\.2$"):
        device().authenticate("LATER")
    lab("order", "release", "LATER")
    device().download("LATER")


def test_cancelled_for_good(lab: CliLab, device: Device) -> None:
    lpa = device()
    lpa.authenticate("CANCEL")
    lpa.cancel(0)
    assert order_state(lab, ICCIDS["CANCEL"]) == "Error"
    with pytest.raises(Refused, match=r"^8\.10\.1/3\.9$"):
        lpa.cancel(0)
    with pytest.raises(Refused, match=r"^8\.2\.6/3\.8$"):
        lpa.authenticate("CANCEL")


@pytest.mark.parametrize("reason", [1, 2])
def test_put_off(device: Device, reason: int) -> None:
    lpa = device()
    lpa.authenticate("POSTPONE")
    lpa.cancel(reason)
    assert not confirmation_wanted(lpa.authenticate("POSTPONE"))


def test_the_same_key_gets_the_same_segments(lab: CliLab, device: Device) -> None:
    lpa = device()
    lost = lpa.fetch(lpa.authenticate("RETRY"))
    first_session = lpa.transaction_id
    assert order_state(lab, ICCIDS["RETRY"]) == "Downloaded"
    with pytest.raises(Refused, match=r"^8\.1\.1/3\.8$"):
        device(2).authenticate("RETRY")
    offer = lpa.authenticate("RETRY")
    assert proposed_key(offer) is not None
    again = lpa.fetch(offer)
    before, after = (items(only(bpp, "BF36")) for bpp in (lost, again))
    assert before[1:] == after[1:]
    assert [a == b for a, b in zip(items(before[0][1]), items(after[0][1]), strict=True)] == [
        True,
        False,
        True,
        True,
        False,
    ]
    assert lpa.transaction_id != first_session
    lpa.install(again)
    assert order_state(lab, ICCIDS["RETRY"]) == "Installed"


def test_another_key_is_bound_anew(device: Device) -> None:
    lpa = device()
    lost = lpa.fetch(lpa.authenticate("NEWKEY"))
    lpa.euicc.keep_key = False
    again = lpa.fetch(lpa.authenticate("NEWKEY"))
    before, after = (items(only(bpp, "BF36")) for bpp in (lost, again))
    assert [a == b for a, b in zip(before, after, strict=True)] == [False, False, False, False, True]
    lpa.install(again)


@pytest.mark.parametrize(("name", "reason", "state"), [("BROKEN", 12, "Error"), ("FULL", 10, "Downloaded")])
def test_an_installation_that_fails(lab: CliLab, device: Device, name: str, reason: int, state: str) -> None:
    lpa = device()
    lpa.euicc.load(lpa.fetch(lpa.authenticate(name)))
    outcome = tlv("A1", tlv("80", b"\x05"), tlv("81", bytes([reason])))
    lpa.notify(lpa.euicc.result(outcome))
    assert order_state(lab, ICCIDS[name]) == state
    if state == "Downloaded":
        lpa.download(name)
        assert order_state(lab, ICCIDS[name]) == "Installed"


def test_notifications_are_always_acknowledged(lab: CliLab, device: Device) -> None:
    lpa = device()
    lpa.download("NOTIFY")
    for event in ("0640", "0520", "0640"):
        lpa.notify(lpa.euicc.notification(event))
    lpa.notify(lpa.euicc.result(tlv("A1", tlv("80", b"\x05"), tlv("81", b"\x0c"))))  # a second result changes nothing
    for nonsense in (b"", b"\x30\x00", b"\xbf\x37\x05", b"no DER"):
        lpa.notify(nonsense)
    assert order_state(lab, ICCIDS["NOTIFY"]) == "Installed"


def test_calls_out_of_order_and_of_strangers(device: Device) -> None:
    lpa, name = device(), "ORDER-OF-CALLS"
    with pytest.raises(Refused, match=r"^8\.8\.1/3\.8$"):
        lpa.authenticate(name, "smdp.example.org")
    body = {"transactionId": "00" * 16, "authenticateServerResponse": b64(b"\xbf\x38\x00")}
    with pytest.raises(Refused, match=r"^8\.10\.1/3\.9$"):
        lpa.post("authenticateClient", body)
    offer = lpa.authenticate(name, "LOCALHOST")
    signed = lpa.euicc.prepare_download(
        der(offer, "smdpSigned2"), der(offer, "smdpSignature2"), der(offer, "smdpCertificate"), None
    )
    damaged = signed[:-1] + bytes([signed[-1] ^ 1])
    with pytest.raises(Refused, match=r"^8\.1/6\.1$"):
        lpa.post(
            "getBoundProfilePackage",
            {"transactionId": lpa.transaction_id, "prepareDownloadResponse": b64(damaged)},
        )
    with pytest.raises(Refused, match=r"^8\.10\.1/3\.9$"):
        lpa.post(
            "getBoundProfilePackage",
            {"transactionId": lpa.transaction_id, "prepareDownloadResponse": b64(signed)},
        )
    lpa.download(name)


def test_a_host_that_the_certificate_does_not_name(device: Device) -> None:
    lpa = device()
    lpa.host = "127.0.0.1"
    with pytest.raises(ssl.SSLCertVerificationError):
        lpa.authenticate("NIST")
