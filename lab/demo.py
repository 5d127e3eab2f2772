"""The demo: the commands of a whole download, one after the other, and what must be true at the end."""

import shlex
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from io import TextIOWrapper
from pathlib import Path
from typing import Any

import typer
from rich.console import Console

from lab.background import ServerProcess
from lab.card_view import card_view
from lab.cards import open_card
from lab.cli import app
from lab.cli.tables import show_table
from lab.database import open_desk
from lab.directory import Lab
from lab.errors import LabError
from lab.inventory import fresh_parameters
from lab.pki import load_pki
from lab.trace import NoTrace, read_trace
from lab.verification import verify
from lab.views import activation_code, order_view, profile_view

CARD = "phone"
CODE = "4711"


@dataclass(frozen=True, slots=True)
class Subscription:
    """The profile that the demo builds."""

    iccid: str
    imsi: str
    k: str
    opc: str

    def to_toml(self) -> str:
        """The parameters of `rsplab profile build`."""
        keys = "".join(f'{name} = "{value}"\n' for name, value in asdict(self).items())
        return f'{keys}profile_name = "Demo"\nservice_provider_name = "rsplab"\n'


def run_demo(path: Path, keep: bool = False) -> bool:
    """The whole show in the lab at `path`, which is made anew; True if every check held."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)  # in step with stderr, also into a pipe
    out = Console(highlight=False, markup=False, soft_wrap=True)
    started = time.monotonic()
    subscription = Subscription(**fresh_parameters())
    lab = Lab(path)
    command = Command(out, path)
    out.print(f"$ export RSPLAB_LAB={path}", style="cyan")
    command("init", "--force", title="A lab with a PKI of its own: CI, EUM, SM-DP+, on NIST P-256 and Brainpool")
    server = ServerProcess(path)
    command.show("serve", "--port", "0", title="The SM-DP+, over TLS, in a process of its own")
    with server:
        out.print(f"SM-DP+ {server.address} listens on https://127.0.0.1:{server.port}", style="dim")
        _order(command, lab, subscription)
        _use(command, lab, subscription)
        _side_by_side(out, lab, subscription)
        pid = server.pid
        if keep:
            server.detach()
    held = _report(out, lab, subscription)
    out.print(f"\nTraces of both sides: {path / 'traces'}  (rsplab trace show last --decoded)")
    if keep:
        out.print(f"The SM-DP+ still runs at https://{server.address} (process {pid}): kill {pid} ends it.")
    out.print(f"{'Every check held' if held else 'A CHECK FAILED'}; {time.monotonic() - started:.1f} s.")
    if keep:
        out.print(f"Console, with a key of its own: {_console(lab, server.ready['api'])}", style="bold")
    return held


def _console(lab: Lab, address: str) -> str:
    """Where to click: the phone becomes a device, for which a second profile waits."""
    from lab.managers import NewProfile, open_management

    eid = card_view(lab, CARD)["eid"]
    about = {"manufacturer": "rsplab", "model": CARD, "osVersion": "1.0", "lpaVersion": "SGP.22", "capabilities": []}
    with open_management(lab) as management:
        management.devices.register_device(eid, about)
        iccid = fresh_parameters()["iccid"]
        metadata = {"name": "Second line", "description": "", "policies": [], "features": []}
        management.profiles.create_profile(NewProfile(iccid, eid, "OPERATIONAL", "rsplab", metadata))
        key = management.keys.create("console of the demo", "admin")
    return f"{address}/login#{key.token}"


class Command:
    """Shows a command of `rsplab` and runs it in this process."""

    def __init__(self, out: Console, path: Path) -> None:
        self._out = out
        self._lab = ["--lab", str(path)]

    def show(self, *words: str, title: str = "") -> None:
        """The command line, as a user would type it."""
        if title:
            self._out.print(f"\n{title}", style="bold")
        self._out.print(f"$ {shlex.join(['rsplab', *words])}", style="cyan", soft_wrap=True)

    def __call__(self, *words: str, title: str = "") -> None:
        """Show it and run it; LabError if it fails."""
        self.show(*words, title=title)
        code = typer.main.get_command(app).main([*self._lab, *words], prog_name="rsplab", standalone_mode=False)
        if code:
            raise LabError(f"rsplab {words[0]} ended with {code}", "see above")


def _order(command: Command, lab: Lab, subscription: Subscription) -> None:
    command("card", "create", CARD, title="A phone's eUICC, with certificates of the EUM")
    file = lab.path / "profile.toml"
    file.write_text(subscription.to_toml(), "utf-8")
    command("profile", "build", str(file), title="A profile: USIM, keys, file system")
    command(
        "order",
        "create",
        "--iccid",
        subscription.iccid,
        "--confirmation-code",
        CODE,
        title="An order, and the activation code that the subscriber gets",
    )


def _use(command: Command, lab: Lab, subscription: Subscription) -> None:
    with open_desk(lab) as desk:
        code = activation_code(desk.find_order(subscription.iccid), lab.public_address())
    lpa = ("lpa", "--card", CARD)
    command(
        *lpa,
        "profile",
        "download",
        code,
        "--yes",
        "--confirmation-code",
        CODE,
        title="The LPA downloads and installs it: mutual authentication, bound profile package, installation result",
    )
    command(*lpa, "profile", "enable", subscription.iccid, title="Enable it; the SM-DP+ is told")
    command(*lpa, "profile", "list", title="What the card has now")
    command(*lpa, "notification", "list", title="Nothing is left to be told")


def _side_by_side(out: Console, lab: Lab, subscription: Subscription) -> None:
    with open_desk(lab) as desk:
        profile, order = desk.profile(subscription.iccid), desk.find_order(subscription.iccid)
        installation = desk.store.installation(subscription.iccid, order.eid or "")
        server = profile_view(profile, order.state) | order_view(order, lab.public_address())
        server["reported"] = installation.state if installation else "nothing"
    card = card_view(lab, CARD)
    installed: dict[str, Any] = next((entry for entry in card["profiles"] if entry["iccid"] == subscription.iccid), {})
    rows = [
        ("EID", server["eid"], card["eid"]),
        ("ICCID", server["iccid"], installed.get("iccid")),
        ("Name", server["name"], installed.get("name")),
        ("SPN", server["service_provider_name"], installed.get("service_provider_name")),
        ("Order", server["state"], None),
        ("ISD-P", None, installed.get("isdp_aid")),
        ("State", server["reported"], installed.get("state")),
    ]
    out.print()
    cells = [[str(cell or "-") for cell in row] for row in rows]
    show_table(out, "The SM-DP+ and the card agree", ("", "SM-DP+", "eUICC"), cells)


def _report(out: Console, lab: Lab, subscription: Subscription) -> bool:
    out.print("\nChecks", style="bold")
    held = True
    for text, check in _checks(lab, subscription):
        try:
            ok = check()
        except (LookupError, LabError) as error:
            ok, text = False, f"{text} ({error})"
        held = held and ok
        out.print(f"  {'✔' if ok else '✘'} {text}", style="green" if ok else "red")
    return held


def _checks(lab: Lab, subscription: Subscription) -> Iterator[tuple[str, Callable[[], bool]]]:
    card = card_view(lab, CARD)
    with open_desk(lab) as desk:
        order, package = desk.find_order(subscription.iccid), desk.store.package(subscription.iccid)
        installation = desk.store.installation(subscription.iccid, card["eid"])
    events = {role: list(_events(lab, role)) for role in ("smdp", "lpa")}
    verdicts = [event for role in events.values() for event in role if event["kind"] == "verdict"]
    sessions = {role: {event["session"] for event in found if event["session"]} for role, found in events.items()}

    yield (
        "every certificate is good in the eyes of the peer that meets it",
        lambda: all(verdict.ok for verdict in verify(lab, load_pki(lab))),
    )
    yield (
        "the LPA verified the server's TLS chain and host name",
        lambda: any(event["check"] == "tls" and event["ok"] for event in verdicts),
    )
    judges = {event["role"] for event in verdicts if event["check"] in ("signature", "mac", "chain")}
    yield (
        f"{len(verdicts)} verdicts on signatures, MACs, chains, challenges: all good, by card and server",
        lambda: judges >= {"card", "smdp"} and all(event["ok"] for event in verdicts),
    )
    yield "the order is Installed", lambda: order.state == "Installed"
    yield "the order belongs to the card that downloaded", lambda: order.eid == card["eid"]
    yield (
        "the card has exactly this profile, enabled",
        lambda: [(p["iccid"], p["state"]) for p in card["profiles"]] == [(subscription.iccid, "enabled")],
    )
    yield (
        "the SM-DP+ knows from the card's signed notification that it is enabled",
        lambda: installation is not None and installation.state == "Enabled",
    )
    yield "no notification is left on the card", lambda: not card["notifications"]
    yield (
        "the package that the card decrypted is the one that was built, octet for octet",
        lambda: package is not None and _installed_package(lab, subscription.iccid) == package.upp,
    )
    yield "both traces tell of the same RSP session", lambda: bool(sessions["smdp"] & sessions["lpa"])
    text = "".join(path.read_text("utf-8").lower() for path in lab.traces_path.glob("*.jsonl"))
    yield (
        "neither K nor OPc nor the confirmation code stands in any trace",
        lambda: bool(text) and subscription.k not in text and subscription.opc not in text and f'"{CODE}"' not in text,
    )


def _events(lab: Lab, role: str) -> Iterator[dict[str, Any]]:
    for path in lab.traces_path.glob(f"*-{role}.jsonl"):
        yield from read_trace(path)


def _installed_package(lab: Lab, iccid: str) -> bytes:
    with open_card(lab, CARD, NoTrace()) as card:
        return card.profile_package(iccid)
