"""What docs/api.md shows works as it stands there; the listener beyond loopback; who gets in."""

import os
import re
import shutil
import ssl
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from lab.background import ServerProcess
from lab.errors import LabError
from lab.managers.states import diagram
from lab.pki import load_pki
from tests.support.api import BASE, Client, make_lab, served

_DOCS = (Path(__file__).parents[2] / "docs" / "api.md").read_text("utf-8")


@pytest.mark.skipif(not shutil.which("curl"), reason="no curl on this machine")
def test_the_examples(tmp_path: Path) -> None:
    blocks = re.findall(r"<!-- run -->\n```\n(.*?)```", _DOCS, re.DOTALL)
    assert blocks
    with served(tmp_path / "lab") as api:
        environment = {**os.environ, "API": api.url + BASE, "KEY": api.tokens["admin"]}
        for block in blocks:
            done = subprocess.run(
                ["bash", "-euo", "pipefail", "-c", block], env=environment, capture_output=True, text=True, timeout=120
            )
            assert done.returncode == 0, done.stderr + done.stdout
            assert '"status":"DELETED"' in done.stdout
            assert "event: SUCCEEDED" in done.stdout


def test_the_diagram_is_the_table() -> None:
    assert diagram() in _DOCS


def test_tls_1_3_beyond_loopback(tmp_path: Path) -> None:
    lab, tokens = make_lab(tmp_path / "lab")
    with ServerProcess(lab.path, ("--api-port", "0", "--api-host", "0.0.0.0", "--no-trace")) as server:
        url = server.ready["api"]
        assert url.startswith("https://127.0.0.1:")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        roots = "".join(ssl.DER_cert_to_PEM_cert(ci.certificate) for ci in load_pki(lab).cis)
        context.load_verify_locations(cadata=roots)
        named = url.replace("127.0.0.1", "localhost")
        key = {"Authorization": f"Bearer {tokens['viewer']}"}
        request = urllib.request.Request(f"{named}{BASE}/profiles", headers=key)
        with urllib.request.urlopen(request, context=context) as answer:
            assert answer.status == 200
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        with pytest.raises(urllib.error.URLError):
            urllib.request.urlopen(request, context=context)


def test_anonymous_only_on_loopback(tmp_path: Path) -> None:
    with served(tmp_path / "lab", "", "--api-anonymous", "viewer") as api:
        nobody = Client(api.url)
        assert nobody.get("/profiles") == {"profiles": []}
        assert nobody("POST", "/devices", {}).status == 403
        assert nobody("GET", "/profiles", Host="evil.example").status == 401
    options = ("--api-port", "0", "--api-anonymous", "viewer", "--api-host", "0.0.0.0")
    with pytest.raises(LabError, match="loopback only"), ServerProcess(tmp_path / "lab", options):
        pass


def test_no_api(tmp_path: Path) -> None:
    lab, _ = make_lab(tmp_path / "lab")
    with ServerProcess(lab.path, ("--no-api", "--no-trace")) as server:
        assert "api" not in server.ready
