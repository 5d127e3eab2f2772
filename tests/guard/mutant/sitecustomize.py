"""Breaks the modules of one mutation as this interpreter imports them (found through PYTHONPATH by test_both_ends)."""

import os
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import ModuleType

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from mutations import MUTATIONS

sys.path.pop(0)
PATCHES = {module: (text, replacement) for module, text, replacement in MUTATIONS[os.environ["RSPLAB_MUTATION"]]}


class MutatingLoader(SourceFileLoader):
    """Compiles a module from its broken source, past the bytecode cache."""

    def path_stats(self, path: str) -> dict[str, int]:
        raise OSError("no cache for a mutant")

    def get_data(self, path: str) -> bytes:
        source = super().get_data(path).decode()
        text, replacement = PATCHES[self.name]
        if source.count(text) != 1:
            sys.exit(f"the mutation's text stands {source.count(text)} times in {self.name}: {text!r}")
        return source.replace(text, replacement).encode()


class MutatingFinder(MetaPathFinder):
    """Finds the modules that the mutation names."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname not in PATCHES:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.origin is not None:
            spec.loader = MutatingLoader(fullname, spec.origin)
        return spec


sys.meta_path.insert(0, MutatingFinder())
