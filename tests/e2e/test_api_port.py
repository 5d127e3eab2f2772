"""The management API's usual port is a convenience: it never keeps a lab's SM-DP+ from starting."""

import socket
from pathlib import Path

import pytest

from lab.api.serving import bind, settings_of
from lab.directory import open_lab
from lab.errors import LabError
from lab.managers.settings import ApiSettings
from tests.support.lab import new_lab


def test_the_usual_port_gives_way_and_a_named_one_does_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lab = open_lab(new_lab(tmp_path / "lab").path)
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        monkeypatch.setattr("lab.api.serving.api_settings", lambda lab: ApiSettings(port=taken))
        with bind(settings_of(lab)) as sock:
            assert sock.getsockname()[1] not in (0, taken)
        with pytest.raises(LabError, match=f"port {taken}"):
            bind(settings_of(lab, port=taken))
