"""Hooks of other packages, found by their entry points and kept from doing harm."""

import importlib
import logging
from pathlib import Path

import pytest

from lab.managers.hooks import installed_hooks
from lab.store.records import Change

_MODULE = """
seen = []

def good(change):
    seen.append(change.subject)

def bad(change):
    raise ValueError("a defect of the hook")
"""
_ENTRIES = """
[rsplab.hooks]
good = acme_hooks:good
bad = acme_hooks:bad
gone = acme_hooks:gone
"""


def test_hooks_are_found_by_their_entry_points(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "acme_hooks.py").write_text(_MODULE)
    described = tmp_path / "acme-1.0.dist-info"
    described.mkdir()
    (described / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n")
    (described / "entry_points.txt").write_text(_ENTRIES)
    monkeypatch.syspath_prepend(tmp_path)
    with caplog.at_level(logging.ERROR):
        hooks = installed_hooks()
        for hook in hooks:
            hook(Change("profile.created", "one"))
    assert importlib.import_module("acme_hooks").seen == ["one"]
    assert len(hooks) == 2
    assert [record.message.split()[1] for record in caplog.records] == ["gone", "bad"]
