"""The benchmarks against a real server process, small."""

import pytest

pytest.importorskip("psutil", reason="the bench extra is not installed")

from bench import es2plus, full_download, server_session, session_memory, workers


def test_server_session_runs_to_the_installation_result() -> None:
    """A session that the server refuses raises."""
    found = list(server_session.run(sessions=2, warm_up=1, batches=2))
    assert found[0].value > 0
    assert [one.what.strip() for one in found[7:]] == [
        "initiateAuthentication",
        "authenticateClient",
        "getBoundProfilePackage",
        "handleNotification, the PIR",
        "the enable notification",
        "session with the trace",
    ]


def test_orders_are_confirmed() -> None:
    both, download, confirmation = (one.value for one in es2plus.run(orders=4, warm_up=1, batches=2))
    assert both > max(download, confirmation)


def test_session_memory_runs() -> None:
    assert [one.unit for one in session_memory.run(sessions=2, warm_up=1)] == ["KiB", "KiB"]


def test_full_download_installs_on_cards() -> None:
    total, card, loading = (one.value for one in full_download.run(downloads=1))
    assert total > card > loading > 0


def test_workers_are_compared() -> None:
    found = list(workers.run(sessions=4, warm_up=2, devices=2, databases=("SQLite",)))
    assert [(one.what, one.unit) for one in found] == [
        ("SQLite, 1 worker", "sessions/s"),
        ("SQLite, 2 workers", "sessions/s"),
    ]
    assert all(one.value > 0 for one in found)
