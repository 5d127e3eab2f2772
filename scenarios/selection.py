"""Which scenarios: by name, prefix, tag or file; and the sanity case that belongs to each."""

import importlib.util
import sys
import traceback
from collections import Counter
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

from lab.errors import LabError
from scenarios import catalogue
from scenarios.model import REGISTRY, Role, Scenario, ScenarioError
from scenarios.tags import normal

SANITY: Final = {
    Role.SMDP: "smdp.es9.package.nominal",
    Role.EUICC: "euicc.es8.load.nominal",
    Role.LPA: "lpa.download.nominal",
    Role.SMDS: "smds.es11.nominal",
}
SANITY_TOGETHER: Final = "e2e.life.download"


def select(words: Sequence[str], tags: Sequence[str] = ()) -> list[Scenario]:
    """The scenarios that `words` name: whole names, prefixes ("smdp.es9"), patterns ("*.nominal"), tags ("es9plus") or
    files; without any, the whole catalogue. tags: of these only what has all of them. In the order of the words, names
    sorted; LabError for a word that names nothing, with what it is near to.
    """
    catalogue.load()
    chosen: dict[str, None] = {}
    for word in words:
        chosen |= dict.fromkeys(load_file(Path(word)) if word.endswith(".py") else _named(word))
    wanted = {_tag(word) for word in tags}
    found = [REGISTRY[name] for name in (chosen or sorted(REGISTRY))]
    found = [one for one in found if wanted <= one.tags]
    if not found:
        raise LabError(f"no scenario has all of these tags: {', '.join(sorted(wanted))}", "see rsplab scenarios tags")
    return found


def _named(word: str) -> list[str]:
    if any(character in word for character in "*?["):
        found = sorted(name for name in REGISTRY if fnmatchcase(name, word))
    else:
        prefix = word.rstrip(".") + "."
        tag = normal(word)
        found = sorted(
            name for name, one in REGISTRY.items() if name == word or name.startswith(prefix) or tag in one.tags
        )
    if not found:
        raise LabError(f"no scenario and no tag is called {word}", _near(word, [*_prefixes(), *tags_in_use()]))
    return found


def _tag(word: str) -> str:
    tag = normal(word)
    if tag not in tags_in_use():
        raise LabError(f"no scenario has the tag {word}", _near(tag, tags_in_use()))
    return tag


def tags_in_use() -> dict[str, int]:
    """Every tag of the registered scenarios, with how many have it."""
    return dict(sorted(Counter(tag for one in REGISTRY.values() for tag in one.tags).items()))


def _prefixes() -> list[str]:
    """Every name and everything that one begins with."""
    return sorted({name.rsplit(".", cut)[0] for name in REGISTRY for cut in range(name.count(".") + 1)})


def _near(word: str, words: Iterable[str]) -> str:
    near = get_close_matches(word.lower(), words, n=3, cutoff=0.6)
    meant = f"did you mean {', '.join(near)}? " if near else ""
    return f"{meant}see rsplab scenarios list and rsplab scenarios tags"


def load_file(path: Path) -> list[str]:
    """Register the scenarios of a user's file, which may import what lies beside it; their names.

    LabError if it can't be imported or has none.
    """
    if not path.is_file():
        raise LabError(f"there is no file {path}", "name a Python file with scenarios")
    if already := [name for name, one in REGISTRY.items() if user_file(one) == path.resolve()]:
        return already
    before = set(REGISTRY)
    spec = importlib.util.spec_from_file_location(f"rsplab_user_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    if (folder := str(path.resolve().parent)) not in sys.path:
        sys.path.append(folder)
    try:
        spec.loader.exec_module(module)
    except ScenarioError as error:
        raise LabError(f"{path}: {error}", "see docs/scenarios.md") from None
    except (Exception, SystemExit) as error:  # a user's file may do anything
        raise LabError(f"{path}{_line(error, path)}: {type(error).__name__}: {error}", "correct the file") from error
    found = [name for name in REGISTRY if name not in before]
    if not found:
        raise LabError(f"{path} has no scenario", "decorate a function with @scenario(...), see docs/scenarios.md")
    return found


def _line(error: BaseException, path: Path) -> str:
    """The last line of the file that had a part in it."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename) == path]
    return f":{lines[-1]}" if lines else ""


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
