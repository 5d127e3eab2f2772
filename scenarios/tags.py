"""Tags: what a scenario can be chosen by beside its name. Most follow from what it says of itself anyway."""

import re
from collections.abc import Iterable
from typing import Final

# the interface in the second part of a name
_NAMED: Final = {
    "es2": "es2plus",
    "es8": "es8plus",
    "es9": "es9plus",
    **{name: name for name in ("es10a", "es10b", "es10c", "es11", "es12")},
}
# SGP.22 v2.5 section 5.N is an interface of its own, but for ES10
_SECTIONS: Final = {3: "es2plus", 4: "es6", 5: "es8plus", 6: "es9plus", 8: "es11", 9: "es12", 10: "es15"}
_CLAUSE: Final = re.compile(r"SGP\.22 \S+ section 5\.(\d+)(?:\.(\d+))?")


def normal(word: str) -> str:
    """A tag as it is kept: lower case, "plus" for "+" (ES9+ is es9plus)."""
    return word.lower().replace("+", "plus")


def derived(id: str, clauses: Iterable[str], roles: Iterable[str], needs: Iterable[str], importance: str) -> set[str]:
    """Group, roles, interfaces (es9plus, es10b, ...), importance, and the curve: brainpool where needed, else nist."""
    parts = id.split(".")
    found = {parts[0], importance, *roles, "brainpool" if "brainpool" in needs else "nist"}
    if parts[1] in _NAMED:
        found.add(_NAMED[parts[1]])
    for clause in clauses:
        if match := _CLAUSE.match(clause):
            found.add(_interface(int(match[1]), int(match[2] or 0)))
    return found - {""}


def _interface(section: int, function: int) -> str:
    """The interface of section 5.SECTION.FUNCTION; "" where the clause is of several or of none."""
    if section != 7:
        return _SECTIONS.get(section, "")
    if function in (3, 4):
        return "es10a"
    if 15 <= function <= 21:
        return "es10c"
    return "es10b" if 5 <= function <= 14 or function == 22 else ""
