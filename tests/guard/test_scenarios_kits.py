"""The kits of the scenarios judge on their own: nothing of the roles' judgement is in them."""

import ast
from pathlib import Path

import scenarios.kit

FORBIDDEN = ("euicc_sim", "smdp.core", "smdp.web", "smdp.store", "lpa.core.procedures", "lpa.core.es9", "lpa.core.es10")


def test_the_kits_share_only_words_with_the_roles() -> None:
    files = sorted(Path(scenarios.kit.__path__[0]).glob("*.py"))
    assert len(files) > 5
    for file in files:
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not [name for name in names if name.startswith(FORBIDDEN)], file
