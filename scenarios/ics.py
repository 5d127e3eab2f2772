"""Implementation conformance statement: what is under test, what it can do, and its settings.

    [sut]
    smdp = "https://rsp.example.com:8443"     # or on the command line: --sut smdp=https://...
    [options]
    brainpool = false
    [settings]
    IUT_SMDP_ES2_URL = "https://rsp.example.com:8444"

An option that isn't stated has its default (`scenarios.needs`), which is more cautious for foreign systems.
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from lab.errors import LabError
from scenarios.model import Role, Scenario
from scenarios.needs import NEEDS

SIMULATED: Final = "simulated"
_FORMS: Final = {
    Role.SMDP: ("https://",),
    Role.SMDS: ("https://",),
    Role.EUICC: ("pcsc:", "tcp:"),
    Role.LPA: ("listen",),
}
# settings -> what they say; IUT as the test specification calls the implementation under test
SETTINGS: Final[dict[str, str]] = {
    "IUT_SMDP_ES2_URL": "base URL of ES2+, called with the PKI's MNO certificate",
    "IUT_SMDP_ES2_REQUESTER": "functionRequesterIdentifier that goes with it",
    "IUT_SMDP_PROFILE_TYPE": "profileType with enough Available profiles for DownloadOrder",
    "IUT_SMDP_ADDRESS": "the address that the SM-DP+ calls its own, if not the host of its URL",
    "IUT_SMDS_ADDRESS": "the address that the SM-DS calls its own, if not the host of its URL",
    "IUT_CONNECT_ADDRESS": "ADDRESS:PORT to dial for the servers under test, whatever their names",
    "IUT_LPA_ADDRESS": "host name under which a foreign LPA reaches this machine",
    "IUT_LPA_PORT": "port on which to listen for a foreign LPA (default: any free one)",
    "IUT_LPA_BIND": "address on which to listen for a foreign LPA (default 127.0.0.1)",
    "IUT_EUICC_PROTOCOL": "T=0 or T=1 for the card in the reader",
}


@dataclass(frozen=True)
class Ics:
    """The systems under test by role ("simulated", or where the foreign one is), their options and settings."""

    suts: Mapping[Role, str] = field(default_factory=dict)
    options: Mapping[str, bool] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)

    def sut(self, role: Role) -> str:
        """ "simulated", or where the foreign system under test is."""
        return self.suts.get(role, SIMULATED)

    def is_foreign(self, role: Role) -> bool:
        return self.sut(role) != SIMULATED

    @property
    def foreign(self) -> frozenset[Role]:
        """The roles whose system under test isn't ours."""
        return frozenset(role for role in Role if self.is_foreign(role))

    def has(self, need: str) -> bool:
        """Whether the option is there: as stated, or its default."""
        if need in self.options:
            return self.options[need]
        option = NEEDS[need]
        foreign = self.is_foreign(Role(option.role)) if option.role else bool(self.foreign)
        return option.foreign if foreign else option.simulated

    def reason_against(self, scenario: Scenario) -> str:
        """Why the scenario doesn't apply, "" if it does."""
        if self.foreign and not self.foreign & scenario.tests:
            return f"tests {_words(scenario.tests)}, under test is {_words(self.foreign)}"
        for need in sorted(scenario.needs):
            if not self.has(need):
                stated = "the ICS says no to" if need in self.options else "not known of this system under test:"
                return f"{need}: {stated} {NEEDS[need].meaning}"
        return ""

    def as_dict(self) -> dict[str, Any]:
        """For reports: all roles, what was stated, nothing more."""
        return {
            "sut": {role.value: self.sut(role) for role in Role},
            "options": dict(sorted(self.options.items())),
            "settings": dict(sorted(self.settings.items())),
        }


def read_ics(path: Path | None, suts: Iterable[str] = ()) -> Ics:
    """From a TOML file and `ROLE=WHERE` of the command line, which prevails; LabError names what is wrong."""
    table: dict[str, Any] = {}
    if path is not None:
        try:
            table = tomllib.loads(path.read_text("utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise LabError(f"{path}: {error}", "see docs/scenarios.md, ICS") from None
    if unknown := sorted(set(table) - {"sut", "options", "settings"}):
        raise LabError(f"{path}: [{unknown[0]}] is unknown", "an ICS has [sut], [options] and [settings]")
    stated = dict(table.get("sut", {}))
    for word in suts:
        role, equals, where = word.partition("=")
        if not equals:
            raise LabError(f"--sut {word}: no '='", "write --sut ROLE=WHERE, such as euicc=pcsc:0")
        stated[role] = where
    options = dict(table.get("options", {}))
    for name, value in options.items():
        if name not in NEEDS or not isinstance(value, bool):
            raise LabError(f"{path}: option {name} = {value!r}", f"options are true or false: {', '.join(NEEDS)}")
    settings = {name.removeprefix("#"): str(value) for name, value in table.get("settings", {}).items()}
    if unknown := sorted(set(settings) - SETTINGS.keys()):
        raise LabError(f"{path}: setting {unknown[0]} is unknown", f"settings are {', '.join(SETTINGS)}")
    return Ics(dict(_sut(role, where) for role, where in stated.items()), options, settings)


def _sut(role: str, where: str) -> tuple[Role, str]:
    try:
        known = Role(role)
    except ValueError:
        raise LabError(f"--sut {role}={where}: no such role", f"roles are {', '.join(Role)}") from None
    if where in ("sim", SIMULATED):
        return known, SIMULATED
    if not where.startswith(_FORMS[known]):
        forms = ", ".join((*_FORMS[known], "sim"))
        raise LabError(f"--sut {role}={where}: can't be that", f"for {role} write {forms}...")
    return known, where


def _words(roles: Iterable[Role]) -> str:
    return ", ".join(sorted(roles))
