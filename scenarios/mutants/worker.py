"""One mutant in a process of its own: a product is broken, and judged by the catalogue."""

import importlib
import logging
import sys
from collections.abc import Sequence
from importlib.abc import InspectLoader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_loader
from types import ModuleType
from typing import Any, NamedTuple

from scenarios.mutants.model import Mutant, path_of
from scenarios.mutants.swap import NotInPlace, swap

RELOADED = ("smdp", "euicc_sim", "lpa", "lab", "scenarios")


class Outcome(NamedTuple):
    """What became of a mutant; condemned_by: the first scenario that fails, "" if it survives."""

    name: str
    condemned_by: str
    reason: str
    tried: int


class _Finder(MetaPathFinder, InspectLoader):
    """Gives one module another source."""

    def __init__(self, module: str, source: str) -> None:
        self._module = module
        self._source = source

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        return spec_from_loader(fullname, self, origin=str(path_of(fullname))) if fullname == self._module else None

    def get_source(self, fullname: str) -> str:
        return self._source


def prepared() -> Any:
    """The grounds that every process shares."""
    logging.getLogger("rsplab").addHandler(logging.NullHandler())
    importlib.import_module("scenarios.catalogue").load()
    of, ics = importlib.import_module("scenarios.grounds"), importlib.import_module("scenarios.ics").Ics()
    grounds = of.Grounds("1", of.DEFAULT_CLOCK, ics)
    grounds.prepare()
    return grounds


SHARED: list[Any] = []
"""The grounds, made before the processes are forked."""


def attempt(task: tuple[Mutant, tuple[str, ...]]) -> Outcome:
    """Judge a mutant by these scenarios until one fails; to be called once in a process."""
    mutant, names = task
    try:
        try:
            swap(mutant)
            grounds = SHARED[0]
        except NotInPlace:
            _load_anew(mutant)
            grounds = prepared()
        return _judged(mutant.name, names, grounds)
    except Exception as error:  # a product that can't even be loaded is condemned by everything
        return Outcome(mutant.name, "(loading)", f"{type(error).__name__}: {error}", 0)


def _load_anew(mutant: Mutant) -> None:
    for name in [one for one in sys.modules if one.partition(".")[0] in RELOADED]:
        if not name.startswith("scenarios.mutants"):
            del sys.modules[name]
    sys.meta_path.insert(0, _Finder(mutant.module, mutant.source()))


def _judged(mutant: str, names: Sequence[str], grounds: Any) -> Outcome:
    judge = importlib.import_module("scenarios.runner").judge
    registry = importlib.import_module("scenarios.model").REGISTRY
    for tried, name in enumerate(names, start=1):
        result = judge(registry[name], grounds)
        if result.verdict.name == "FAIL":
            return Outcome(mutant, name, result.reason, tried)
    return Outcome(mutant, "", "", len(names))
