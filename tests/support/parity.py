"""The same catalogue against systems reached from outside only: are the verdicts those of the simulated ones?

    python -m tests.support.parity [server] [card] [lpa] [--only ID|PREFIX]...

server: `rsplab serve` in a process of its own, SM-DP+ and SM-DS, reached by URL and prepared by `rsplab provision`;
card: `rsplab card serve` behind vpcd and pcscd, reached through PC/SC; lpa: `rsplab lpa` as somebody else's, driven by
activation codes. Prints what has the same verdict, what has another, and what was left out and why; ends with 1 where a
verdict differs.
"""

import argparse
import json
import socket
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from lab.background import ServerProcess, command_line, environment
from lab.directory import Lab
from tests.support.foreign_lpa_driver import Phone, drive
from tests.support.lab import new_lab
from tests.support.pcscd import desk

ROOT: Final = "testrootsmds.example.com"
ALTERNATIVE: Final = "testaltsmds.example.com"
SKIPPED_BY_HAND: Final = "skipped by the human at the device"


@dataclass(frozen=True, slots=True)
class Judged:
    """A verdict and its reason."""

    verdict: str
    reason: str


@dataclass
class Comparison:
    """Two runs: how many verdicts are the same, which are not, why scenarios were left out."""

    same: int = 0
    different: list[str] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, simulated: dict[str, Judged], foreign: dict[str, Judged]) -> "Comparison":
        """Scenarios that judge another role than the one under test aren't counted."""
        found = cls()
        for name, there in foreign.items():
            here = simulated[name]
            if there.reason.startswith("tests "):
                continue
            if there.verdict == here.verdict:
                found.same += 1
            elif there.verdict == "skipped" or there.reason == SKIPPED_BY_HAND:
                found.left_out[there.reason] += 1
            else:
                found.different.append(f"{name}: {here.verdict} simulated, {there.verdict} here: {there.reason}")
        return found

    def lines(self, title: str) -> list[str]:
        """For people."""
        asked = self.same + len(self.different) + self.left_out.total()
        text = [f"{title}: {asked} scenarios, {self.same} with the same verdict, {len(self.different)} with another"]
        text += [f"  different   {line}" for line in self.different]
        text += [f"  left out {count:3}  {reason}" for reason, count in self.left_out.most_common()]
        return text


def judged(report: Path) -> dict[str, Judged]:
    """Scenario -> what came out, of a JSON report; a sanity case counts by its worse run."""
    order = ("skipped", "none", "pass", "inconclusive", "fail", "error")
    found: dict[str, Judged] = {}
    for one in json.loads(report.read_text("utf-8"))["results"]:
        new, old = Judged(one["verdict"], one["reason"]), found.get(one["id"])
        if old is None or order.index(new.verdict) > order.index(old.verdict):
            found[one["id"]] = new
    return found


def simulated(directory: Path, names: Sequence[str]) -> dict[str, Judged]:
    """Everything against our simulators, in one process."""
    return _run(directory / "simulated.json", *names)


def server(directory: Path, names: Sequence[str]) -> dict[str, Judged]:
    """SM-DP+ and SM-DS of `rsplab serve`, known by their URLs alone."""
    port, *others = free_ports(5)
    lab = new_lab(directory / "server", "--address", f"localhost:{port}")
    with Lab(lab.path).settings_path.open("a") as settings:
        settings.write(alternative_smds(others))
    preparation = directory / "preparation.toml"
    _rsplab("scenarios", "provision", "--output", str(preparation), *names)
    lab("provision", str(preparation))
    found: dict[str, Judged] = {}
    with ServerProcess(lab.path, ("--es2-port", "0", "--no-api"), port) as process:
        for role, ics in statements(process.ready["listeners"]).items():
            path = directory / f"{role}.toml"
            path.write_text(ics, "utf-8")
            more = _run(directory / f"{role}.json", *names, "--ics", str(path), "--pki", str(lab.path))
            found |= {name: one for name, one in more.items() if not one.reason.startswith("tests ")}
    return found


def free_ports(count: int) -> list[int]:
    """As many free ports of loopback."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [one.getsockname()[1] for one in sockets]


def alternative_smds(ports: Sequence[int]) -> str:
    """An Alternative SM-DS under the root, each on ES11 and ES12: for lab.toml."""
    text = f'[smds.alternative]\naddress = "{ALTERNATIVE}"\n'
    kinds = [(which, interface) for which in ("root", "alternative") for interface in ("es11", "es12")]
    for (which, interface), port in zip(kinds, ports, strict=True):
        text += f'[[listener]]\ninterface = "{interface}"\nport = {port}\nsmds = "{which}"\n'
    return text


def statements(listeners: list[dict[str, Any]]) -> dict[str, str]:
    """The ICS for each server of `rsplab serve`: what its operator knows, and rsplab doesn't assume of strangers."""
    where = {(one["interface"], one["address"].partition(":")[0]): one["port"] for one in listeners}
    ports = {interface: port for (interface, host), port in where.items() if host != ROOT}
    root = where["es11", ROOT]
    return {
        "smdp": f"""[sut]
smdp = "https://localhost:{ports["es9+"]}"
[options]
es2 = true
orders = true
prepared = true
asn1 = true
[settings]
IUT_SMDP_ES2_URL = "https://localhost:{ports["es2+"]}"
""",
        "smds": f"""[sut]
smds = "https://{ALTERNATIVE}:{ports["es11"]}"
[options]
es12 = true
es11_asn1 = true
cascade = true
[settings]
IUT_SMDS_ES12_URL = "https://{ALTERNATIVE}:{ports["es12"]}"
IUT_SMDS_ROOT_URL = "https://{ROOT}:{root}"
IUT_SMDS_ADDRESS = "{ALTERNATIVE}"
IUT_CONNECT_ADDRESS = "127.0.0.1:{ports["es11"]}"
""",
    }


def card(directory: Path, names: Sequence[str]) -> dict[str, Judged]:
    """`rsplab card serve` behind vpcd, known by its reader alone."""
    lab = new_lab(directory / "card")
    lab("card", "create", "phone")
    report = directory / "card.json"
    with desk() as reader, reader.plugged("--lab", str(lab.path), "card", "serve", "phone"):
        arguments = ("--sut", "euicc=pcsc:0", "--pki", str(lab.path), "--report", f"json:{report}")
        subprocess.run(reader.inside(*command_line("run", *names, *arguments)), check=False, env=environment())
    return judged(report)


def lpa(directory: Path, names: Sequence[str]) -> dict[str, Judged]:
    """`rsplab lpa` in processes of its own, driven by what a human would be told; our servers see what it does."""
    lab = new_lab(directory / "lpa")
    path, report = directory / "lpa.toml", directory / "lpa.json"
    path.write_text('[sut]\nlpa = "listen"\n[options]\nretries = true\n[settings]\nIUT_LPA_ADDRESS = "localhost"\n')
    line = command_line("run", *names, "--ics", str(path), "--pki", str(lab.path), "--report", f"json:{report}")
    drive(line, Phone(lab), directory / "lpa.log")
    return judged(report)


def _run(report: Path, *arguments: str) -> dict[str, Judged]:
    _rsplab("run", *arguments, "--report", f"json:{report}", may_fail=True)
    return judged(report)


def _rsplab(*arguments: str, may_fail: bool = False) -> None:
    subprocess.run(command_line(*arguments), check=not may_fail, stdout=subprocess.DEVNULL, env=environment())


WAYS: Final[dict[str, Callable[[Path, Sequence[str]], dict[str, Judged]]]] = {
    "server": server,
    "card": card,
    "lpa": lpa,
}


def main() -> int:
    """Run, compare, tell."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("ways", nargs="*", choices=[*WAYS, []], help="which; all without")
    parser.add_argument("--only", action="append", default=[], metavar="ID|PREFIX", help="which scenarios; all without")
    asked = parser.parse_args()
    differences = 0
    with tempfile.TemporaryDirectory(prefix="rsplab-") as path:
        here = simulated(Path(path), asked.only)
        for way in asked.ways or WAYS:
            comparison = Comparison.of(here, WAYS[way](Path(path), asked.only))
            print("\n".join(comparison.lines(way)))
            differences += len(comparison.different)
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
