"""Which scenarios: by name, prefix or file; and the sanity case that belongs to each."""

import importlib.util
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

from lab.errors import LabError
from scenarios import catalogue
from scenarios.model import REGISTRY, Role, Scenario, ScenarioError

SANITY: Final = {
    Role.SMDP: "smdp.es9.package.nominal",
    Role.EUICC: "euicc.es8.load.nominal",
    Role.LPA: "lpa.download.nominal",
    Role.SMDS: "smds.es11.nominal",
}
SANITY_TOGETHER: Final = "e2e.life.download"


def select(words: Sequence[str]) -> list[Scenario]:
    """The scenarios that `words` name: whole names, prefixes ("smdp.es9"), patterns ("*.nominal"), or files; without
    any, the whole catalogue. In the order of the catalogue; LabError for a word that names nothing.
    """
    catalogue.load()
    chosen: dict[str, None] = {}
    for word in words:
        found = load_file(Path(word)) if word.endswith(".py") else _named(word)
        if not found:
            raise LabError(f"no scenario is called {word}", "see rsplab scenarios list")
        chosen |= dict.fromkeys(found)
    return [REGISTRY[name] for name in (chosen or sorted(REGISTRY))]


def _named(word: str) -> list[str]:
    if any(character in word for character in "*?["):
        return sorted(name for name in REGISTRY if fnmatchcase(name, word))
    prefix = word.rstrip(".") + "."
    return sorted(name for name in REGISTRY if name == word or name.startswith(prefix))


def load_file(path: Path) -> list[str]:
    """Register the scenarios of a user's file; their names. LabError if it can't be imported."""
    if not path.is_file():
        raise LabError(f"there is no file {path}", "name a Python file with scenarios")
    if already := [name for name, one in REGISTRY.items() if user_file(one) == path.resolve()]:
        return already
    before = set(REGISTRY)
    spec = importlib.util.spec_from_file_location(f"rsplab_user_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except ScenarioError as error:
        raise LabError(f"{path}: {error}", "see docs/scenarios.md") from None
    except (SyntaxError, ImportError, NameError, AttributeError, TypeError, ValueError) as error:
        raise LabError(f"{path}: {type(error).__name__}: {error}", "correct the file") from error
    return [name for name in REGISTRY if name not in before]


def user_file(scenario: Scenario) -> Path | None:
    """The file of a scenario that isn't of the catalogue."""
    if scenario.body.__module__.startswith("scenarios."):
        return None
    return Path(scenario.body.__code__.co_filename).resolve()


def sanity_of(scenarios: Iterable[Scenario]) -> dict[str, str]:
    """Scenario -> its sanity case, where the registry has it: by the one role that it tests, or for all together."""
    found = {}
    for one in scenarios:
        roles = list(one.tests)
        name = SANITY[roles[0]] if len(roles) == 1 else SANITY_TOGETHER
        if name in REGISTRY:
            found[one.id] = name
    return found
