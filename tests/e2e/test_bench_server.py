"""The benchmarks against a real server process, small."""

import pytest

pytest.importorskip("psutil", reason="the bench extra is not installed")

from bench import full_download, server_session, session_memory


def test_server_session_runs_to_the_installation_result() -> None:
    found = {one.what: one.value for one in server_session.run(sessions=2, warm_up=1)}
    assert found["EC floor"] > 0
    assert found["and the enable notification"] >= found["session to the PIR"] > 0
    assert "    getBoundProfilePackage" in found


def test_session_memory_runs() -> None:
    assert [one.unit for one in session_memory.run(sessions=2, warm_up=1)] == ["KiB", "KiB"]


def test_full_download_installs_on_cards() -> None:
    total, card, loading = (one.value for one in full_download.run(downloads=1))
    assert total > card > loading > 0
