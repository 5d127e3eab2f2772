"""What leaves a lab tells nobody's EID or ICCID; a pinned agent talks to the pinned key only."""

import base64
from hashlib import sha256
from pathlib import Path

import pytest

from lab.directory import Lab
from lab.pki import load_pki
from lpa.core.certificate import public_key_info
from tests.support.lab import CliLab, new_lab


@pytest.fixture
def lab(tmp_path: Path) -> CliLab:
    lab = new_lab(tmp_path / "lab")
    lab("card", "create", "c1")
    return lab


def download(lab: CliLab, expect: int = 0) -> tuple[str, str]:
    """A download; the ICCID, and what was said."""
    order = lab.order()
    with lab.serving("--no-api"):
        said = lab.lpa("profile", "download", order["activation_code"], "--yes", expect=expect).stderr
    return order["iccid"], said


def test_an_exported_trace_names_nobody(lab: CliLab, tmp_path: Path) -> None:
    iccid, _ = download(lab)
    eid = lab.lpa("info").json["eid"]
    (trace,) = Lab(lab.path).traces_path.glob("*-smdp.jsonl")
    assert eid in trace.read_text()
    files = tmp_path / "t.html", tmp_path / "t.har"
    arguments = ("trace", "export", str(trace), "--html", str(files[0]), "--har", str(files[1]))
    lab(*arguments)
    swapped = "".join(iccid.ljust(20, "F")[at : at + 2][::-1] for at in range(0, 20, 2))
    for file in files:
        text = file.read_text().upper()
        for form in (eid, iccid, swapped, base64.b64encode(bytes.fromhex(eid)).decode().upper()):
            assert form not in text
    masked = files[1].read_text()
    lab(*arguments, "--identifiers")
    assert eid in files[0].read_text()
    assert "that name an EID" in masked
    assert "that name an EID" not in files[1].read_text()


def test_apdus_are_exported_knowingly_only(lab: CliLab, tmp_path: Path) -> None:
    download(lab)
    (trace,) = Lab(lab.path).traces_path.glob("*-smdp.jsonl")
    said = lab("trace", "export", str(trace), "--pcap", str(tmp_path / "t.pcap"), expect=2).stderr
    assert "--identifiers" in said
    lab("trace", "export", str(trace), "--pcap", str(tmp_path / "t.pcap"), "--identifiers")


def pinned(lab: CliLab, pin: str) -> None:
    path = lab.path / "lab.toml"
    path.write_text(path.read_text() + f'\n[agent]\npins = ["{pin}"]\n')


def pin_of(certificate: bytes) -> str:
    return "sha256//" + base64.b64encode(sha256(public_key_info(certificate)).digest()).decode()


def test_a_pinned_server_is_talked_to(lab: CliLab) -> None:
    pki = load_pki(Lab(lab.path))
    pinned(lab, pin_of(pki.dp_tls(pki.curves[0]).certificate))
    download(lab)


def test_another_key_is_refused(lab: CliLab) -> None:
    pinned(lab, pin_of(load_pki(Lab(lab.path)).ci().certificate))
    _, said = download(lab, expect=3)
    assert "pinned" in said


@pytest.mark.parametrize("pin", ["sha256//abc", "x" * 44])
def test_what_is_no_pin_is_named(lab: CliLab, pin: str) -> None:
    pinned(lab, pin)
    assert "no pin" in download(lab, expect=2)[1]
