"""A wrong host, an unknown root, an expired certificate: each stops the agent before any APDU of the download."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from certs.authority import Credential
from certs.pki import Pki
from lab.directory import Lab
from lab.pki import load_pki
from lab.trace import read_trace
from tests.support.lab import CliLab, new_lab


def replace_tls_certificate(lab: CliLab, credential: Credential) -> None:
    """Let the server present this certificate instead of its own."""
    directory = lab.path / "pki" / "DPtls"
    (directory / "CERT_S_SM_DP_VARO_TLS_NIST.der").write_bytes(credential.certificate)
    (directory / "SK_S_SM_DP_TLS_NIST.pem").write_bytes(credential.key_pem)


def traced(lab: CliLab) -> list[dict[str, object]]:
    return [event for path in Lab(lab.path).traces_path.glob("*-lpa.jsonl") for event in read_trace(path)]


@pytest.fixture
def lab(tmp_path: Path) -> CliLab:
    lab = new_lab(tmp_path / "lab")
    lab("card", "create", "c1")
    return lab


def refused(lab: CliLab, code: str, said: str) -> None:
    """The download stops with exit code 3, says why, and has not touched the card."""
    before = len(traced(lab))
    assert said in lab.lpa("profile", "download", code, "--yes", expect=3).stderr
    events = traced(lab)[before:]
    assert [event for event in events if event["kind"] == "apdu"] == []
    assert any(event["kind"] == "verdict" and event["check"] == "tls" and not event["ok"] for event in events)


def test_wrong_host(lab: CliLab) -> None:
    replace_tls_certificate(lab, load_pki(Lab(lab.path)).issue_tls(["other.example.com"]))
    order = lab.order()
    with lab.serving():
        refused(lab, order["activation_code"], "localhost")
    assert lab.json("order", "show", order["order_id"])["state"] == "Released"


def test_expired(lab: CliLab) -> None:
    long_ago = datetime(2001, 1, 1, tzinfo=UTC)
    replace_tls_certificate(lab, load_pki(Lab(lab.path)).issue_tls(["localhost"], not_before=long_ago))
    order = lab.order()
    with lab.serving():
        refused(lab, order["activation_code"], "expired")


def test_unknown_root(lab: CliLab, tmp_path: Path) -> None:
    stranger = new_lab(tmp_path / "stranger")
    with stranger.serving() as server:
        refused(lab, f"1$localhost:{server.port}$ANY", "trust the CI")


def test_a_good_certificate_is_followed_by_apdus(lab: CliLab) -> None:
    """The sanity case: the same steps with the right certificate do reach the card."""
    pki: Pki = load_pki(Lab(lab.path))
    replace_tls_certificate(lab, pki.issue_tls(["localhost"]))
    order = lab.order()
    with lab.serving():
        lab.lpa("profile", "download", order["activation_code"], "--yes")
    assert [event for event in traced(lab) if event["kind"] == "apdu"]
