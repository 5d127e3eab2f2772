"""Implementation conformance statement: what is under test, what it can do, and its settings.

    [sut]
    smdp = "https://rsp.example.com:8443"     # or on the command line: --sut smdp=https://...
    [options]
    brainpool = false
    [settings]
    IUT_SMDP_ES2_URL = "https://rsp.example.com:8444"

An option that isn't stated has its default (`scenarios.needs`), which is more cautious for foreign systems.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final, NamedTuple

from lab.errors import LabError
from scenarios.model import Role, Scenario
from scenarios.needs import NEEDS

SIMULATED: Final = "simulated"
_TABLES: Final = ("sut", "options", "settings")
_ADDRESS: Final = r"[\w.-]+"
_PORT: Final = r"\d{1,5}"
# role -> how to say where its system under test is, and that as a pattern
_FORMS: Final = {
    Role.SMDP: ("https://HOST[:PORT]", rf"https://{_ADDRESS}(:{_PORT})?/?"),
    Role.SMDS: ("https://HOST[:PORT]", rf"https://{_ADDRESS}(:{_PORT})?/?"),
    Role.EUICC: ("pcsc:INDEX|NAME or tcp:[HOST:]PORT", rf"pcsc:.+|tcp:({_ADDRESS}:)?{_PORT}"),
    Role.LPA: ("listen", "listen"),
}


class Setting(NamedTuple):
    """What a setting says, and what its value looks like."""

    meaning: str
    form: str
    pattern: str


# IUT as the test specification calls the implementation under test
SETTINGS: Final[dict[str, Setting]] = {
    "IUT_SMDP_ES2_URL": Setting(
        "base URL of ES2+, called with the PKI's MNO certificate",
        "https://HOST[:PORT]",
        rf"https://{_ADDRESS}(:{_PORT})?(/.*)?",
    ),
    "IUT_SMDP_ES2_REQUESTER": Setting("functionRequesterIdentifier that goes with it", "an OID: 1.2.3", r"\d+(\.\d+)+"),
    "IUT_SMDP_PROFILE_TYPE": Setting("profileType with enough Available profiles for DownloadOrder", "a name", ".+"),
    "IUT_SMDP_ADDRESS": Setting(
        "the address that the SM-DP+ calls its own, if not the host of its URL",
        "HOST[:PORT]",
        rf"{_ADDRESS}(:{_PORT})?",
    ),
    "IUT_SMDS_ADDRESS": Setting(
        "the address that the SM-DS calls its own, if not the host of its URL", "HOST[:PORT]", rf"{_ADDRESS}(:{_PORT})?"
    ),
    "IUT_SMDS_ES12_URL": Setting(
        "base URL of ES12 and ES15, called with the PKI's DPtls certificate, if not the SM-DS's own",
        "https://HOST[:PORT]",
        rf"https://{_ADDRESS}(:{_PORT})?(/.*)?",
    ),
    "IUT_SMDS_ROOT_URL": Setting(
        "where LPAs ask the Root SM-DS above the one under test (option cascade)",
        "https://HOST[:PORT]",
        rf"https://{_ADDRESS}(:{_PORT})?(/.*)?",
    ),
    "IUT_CONNECT_ADDRESS": Setting(
        "where to dial for the servers under test, whatever their names", "ADDRESS:PORT", rf"{_ADDRESS}:{_PORT}"
    ),
    "IUT_LPA_ADDRESS": Setting("host name under which a foreign LPA reaches this machine", "HOST", _ADDRESS),
    "IUT_LPA_PORT": Setting("port on which to listen for a foreign LPA (default: any free one)", "PORT", _PORT),
    "IUT_LPA_BIND": Setting("address on which to listen for a foreign LPA (default 127.0.0.1)", "ADDRESS", r"[\w.:-]+"),
    "IUT_EUICC_PROTOCOL": Setting("protocol of the card in the reader", "T=0 or T=1", "T=[01]"),
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
        if self.is_foreign(Role.LPA) and (ours := scenario.tests - self.foreign):
            return f"an LPA under test can't reach our own {_words(ours)}: another --sut says where a reachable one is"
        for need in sorted(scenario.needs):
            if not self.has(need):
                stated = "the ICS says no to" if need in self.options else "not known of this system under test:"
                return f"{need}: {stated} {NEEDS[need].meaning}"
        return ""

    def as_dict(self) -> dict[str, Any]:
        """For reports: all roles, what was stated, and of what wasn't the default by which the runner went."""
        return {
            "sut": {role.value: self.sut(role) for role in Role},
            "options": dict(sorted(self.options.items())),
            "defaults": {need: self.has(need) for need in NEEDS if need not in self.options},
            "settings": dict(sorted(self.settings.items())),
        }


def read_ics(path: Path | None, suts: Iterable[str] = ()) -> Ics:
    """From a TOML file and `ROLE=WHERE` of the command line, which prevails; LabError says what is wrong and where."""
    table = {} if path is None else _read_toml(path)
    for name, value in table.items():
        if name not in _TABLES:
            raise LabError(
                f"{path}: {name} is unknown", f"{_near(name, _TABLES)}an ICS has [sut], [options], [settings]"
            )
        if not isinstance(value, dict):
            raise LabError(f"{path}: {name} = {value!r}: is no table", f"write [{name}] and below it NAME = VALUE")
    stated = [_sut(f"{path}: [sut] {role} = {where!r}", role, where) for role, where in table.get("sut", {}).items()]
    options = {name: _option(f"{path}: [options] {name}", name, v) for name, v in table.get("options", {}).items()}
    settings = dict(_setting(f"{path}: [settings] {n}", n, v) for n, v in table.get("settings", {}).items())
    for word in suts:
        role, equals, where = word.partition("=")
        if not equals:
            raise LabError(f"--sut {word}: no '='", "write --sut ROLE=WHERE, such as euicc=pcsc:0")
        stated.append(_sut(f"--sut {word}", role, where))
    return Ics(dict(stated), options, settings)


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise LabError(f"{path}: {error}", "an ICS is a TOML file, see docs/scenarios.md") from None


def _sut(place: str, role: str, where: object) -> tuple[Role, str]:
    if role not in _FORMS:
        raise LabError(f"{place}: there is no role {role}", f"{_near(role, _FORMS)}roles are {', '.join(_FORMS)}")
    known = Role(role)
    form, pattern = _FORMS[known]
    if where in ("sim", SIMULATED):
        return known, SIMULATED
    if not isinstance(where, str) or not re.fullmatch(pattern, where):
        raise LabError(f"{place}: can't be that", f"for {role} write {form}, or sim for ours")
    return known, where.rstrip("/")


def _option(place: str, name: str, value: object) -> bool:
    if name not in NEEDS:
        raise LabError(f"{place}: there is no such option", f"{_near(name, NEEDS)}rsplab scenarios options lists them")
    if not isinstance(value, bool):
        raise LabError(f"{place} = {value!r}: is neither true nor false", f"{name} = true means: {NEEDS[name].meaning}")
    return value


def _setting(place: str, written: str, value: object) -> tuple[str, str]:
    name = written.removeprefix("#")
    if name not in SETTINGS:
        raise LabError(f"{place}: there is no such setting", f"{_near(name, SETTINGS)}settings: {', '.join(SETTINGS)}")
    setting = SETTINGS[name]
    text = str(value)
    if isinstance(value, bool) or not isinstance(value, (str, int)) or not re.fullmatch(setting.pattern, text):
        raise LabError(f"{place} = {value!r}: can't be that", f"write {setting.form} ({setting.meaning})")
    return name, text


def _near(word: str, words: Iterable[str]) -> str:
    near = get_close_matches(word, words, n=1)
    return f"did you mean {near[0]}? " if near else ""


def _words(roles: Iterable[Role]) -> str:
    return ", ".join(sorted(roles))
