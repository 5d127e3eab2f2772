"""`rsplab serve` killed (SIGKILL) at random points of many downloads: what is left must be what the eUICCs say.

    python -m tests.support.killing 500 [KILLS] [SEED]

Cheap devices sign for real, open every package, and retry whatever got no answer. Each order has its own story: it is
installed, fails for good, fails for now and is installed later, is rejected, is put off and installed later, or its
device vanishes with the package. An operator that can't be reached keeps everything it is to be told in the outbox.
"""

import json
import random
import ssl
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPException, HTTPSConnection
from pathlib import Path

from certs.roles import EID
from lab.background import ServerProcess
from lab.database import open_desk
from lab.directory import Lab
from lab.pki import load_pki
from smdp.core.messages import Message
from smdp.store import open_store
from smdp.store.outbox import SqlOutbox
from tests.support.lab import new_lab
from tests.support.mini_euicc import MiniEuicc
from wire.codes import FunctionRefused
from wire.ids import Iccid
from wire.json_es9 import (
    AuthenticateClientResponse,
    GetBoundProfilePackageResponse,
    InitiateAuthenticationResponse,
)
from wire.json_header import HeaderOnlyResponse, read_response
from wire.json_types import Body

CALLS_A_DOWNLOAD = 4
PATIENCE_S = 60
# story -> (state of its order at the end, how often of ten)
STORIES = {
    "installed": ("Installed", 4),
    "broken": ("Error", 1),
    "interrupted": ("Installed", 1),
    "rejected": ("Error", 1),
    "postponed": ("Installed", 1),
    "vanished": ("Downloaded", 1),
    "told twice": ("Installed", 1),
}


@dataclass
class Report:
    """What a run left."""

    wanted: dict[str, str] = field(default_factory=dict)  # Matching ID -> state that its eUICC justifies
    found: dict[str, str] = field(default_factory=dict)
    told: dict[str, list[int]] = field(default_factory=dict)  # Matching ID -> notification points in the outbox
    kills: int = 0
    seconds: float = 0

    @property
    def wrong(self) -> list[str]:
        """What doesn't fit, in words."""
        lines = [
            f"{name}: {self.found.get(name)}, not {state}"
            for name, state in self.wanted.items()
            if self.found.get(name) != state
        ]
        return lines + [
            f"{name}: its operator is told {points}"
            for name, points in self.told.items()
            if self.wanted[name] == "Installed" and points[-1:] != [4]
        ]

    def __str__(self) -> str:
        states = ", ".join(f"{count} {state}" for state, count in sorted(Counter(self.found.values()).items()))
        return (
            f"{len(self.wanted)} downloads, {self.kills} kills, {self.seconds:.0f} s: {states}; "
            f"{len(self.wrong)} wrong" + "".join(f"\n  {line}" for line in self.wrong)
        )


class Killer:
    """A server process that dies at given calls, a few milliseconds after they began, and comes back."""

    def __init__(self, server: ServerProcess, calls: set[int], chance: random.Random) -> None:
        self._server, self._calls, self._chance = server, calls, chance
        self._count = self.kills = 0
        self._threads: list[threading.Timer] = []
        self._one_at_a_time = threading.Lock()

    def call_begins(self) -> None:
        """Count a call; kill the server in the midst of it if its number is up."""
        self._count += 1
        if self._count in self._calls:
            self._threads.append(threading.Timer(self._chance.random() * 0.012, self._kill))
            self._threads[-1].start()

    def wait(self) -> None:
        """Until the last one is back."""
        for thread in self._threads:
            thread.join()

    def _kill(self) -> None:
        with self._one_at_a_time:
            self._server.kill()
            self.kills += 1
            self._server.start()


class Device:
    """An LPA that retries until it has an answer, with its eUICC."""

    def __init__(self, lab: Lab, server: ServerProcess, killer: Killer) -> None:
        pki = load_pki(lab)
        credential, pkids = pki.euicc(), [pki.ci().ski]
        self._context = ssl.create_default_context(cadata=ssl.DER_cert_to_PEM_cert(pki.ci().certificate))
        self._context.verify_flags &= ~ssl.VerifyFlags.VERIFY_X509_STRICT
        self.euicc = MiniEuicc(EID, credential.certificate, credential.chain[0], credential.key, pkids, pkids)
        self._server, self._killer = server, killer
        self._connection: HTTPSConnection | None = None

    def post(self, function: str, body: Body) -> bytes:
        """The answer, however long it takes."""
        self._killer.call_begins()
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            try:
                connection = self._connected()
                connection.request("POST", f"/gsma/rsp2/es9plus/{function}", body.to_json())
                response = connection.getresponse()
                content = response.read()
                assert response.status in (200, 204), (response.status, content)
                return content
            except (OSError, HTTPException):
                self.close()
                time.sleep(0.02)
        raise AssertionError("the server never came back")

    def _connected(self) -> HTTPSConnection:
        if self._connection is None:
            self._connection = HTTPSConnection("localhost", self._server.port, context=self._context, timeout=10)
        return self._connection

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def live(self, matching_id: str, story: str) -> None:
        """Go through one story; a session whose answer got lost begins anew."""
        match story:
            case "rejected":
                self._until_done(lambda: self._cancel(matching_id, 0))
                return
            case "postponed":
                self._until_done(lambda: self._cancel(matching_id, 1))
            case "interrupted":
                self._until_done(lambda: self._bind(matching_id))
                self._report((5, 11))
        self._until_done(lambda: self._bind(matching_id))
        if story != "vanished":
            for _ in range(2 if story == "told twice" else 1):
                self._report((5, 12) if story == "broken" else None)

    def _until_done(self, session: Callable[[], object]) -> None:
        for _ in range(20):
            try:
                session()
            except FunctionRefused as refused:
                if refused.status_code.pair != "8.10.1/3.9":  # an earlier try of this call was executed
                    raise
            else:
                return
        raise AssertionError("refused again and again")

    def _authenticate(self, matching_id: str) -> AuthenticateClientResponse:
        request = self.euicc.initiate(self._server.address)
        offered = read_response(InitiateAuthenticationResponse, self.post("initiateAuthentication", request))
        answer = self.post("authenticateClient", self.euicc.authenticate(offered, matching_id))
        return read_response(AuthenticateClientResponse, answer)

    def _bind(self, matching_id: str) -> None:
        prepared = self.euicc.prepare(self._authenticate(matching_id))
        answer = self.post("getBoundProfilePackage", prepared)
        self.euicc.open(read_response(GetBoundProfilePackageResponse, answer))

    def _cancel(self, matching_id: str, reason: int) -> None:
        self._authenticate(matching_id)
        try:
            read_response(HeaderOnlyResponse, self.post("cancelSession", self.euicc.cancel(reason)))
        except FunctionRefused as refused:
            if refused.status_code.pair != "8.10.1/3.9":  # it was executed before its answer got lost
                raise

    def _report(self, error: tuple[int, int] | None) -> None:
        assert self.post("handleNotification", self.euicc.result(error=error)) == b""


def run(directory: Path, downloads: int, kills: int, seed: int = 1) -> Report:
    """A lab with so many orders, a device for all of them, and a server that is killed so often."""
    chance, report = random.Random(seed), Report()
    names = list(STORIES)
    stories = chance.choices(names, [STORIES[name][1] for name in names], k=downloads)
    report.wanted = {_name(number): STORIES[story][0] for number, story in enumerate(stories)}
    lab = _lab(directory, downloads)
    started = time.monotonic()
    with _serving(lab) as server:
        killer = Killer(server, set(chance.sample(range(2, downloads * CALLS_A_DOWNLOAD), kills)), chance)
        device = Device(lab, server, killer)
        for number, story in enumerate(stories):
            device.live(_name(number), story)
        device.close()
        killer.wait()
        server.kill()
    report.seconds, report.kills = time.monotonic() - started, killer.kills + 1
    with open_desk(lab) as desk:
        orders = {order.iccid: order for order in desk.store.orders()}
    report.found = {str(order.matching_id): str(order.state) for order in orders.values()}
    for message in _outbox(lab):
        told = report.told.setdefault(str(orders[message.subject].matching_id), [])
        told.append(json.loads(message.body)["notificationPointId"])
    return report


def _outbox(lab: Lab) -> list[Message]:
    store = open_store(lab.database_url)
    try:
        return list(SqlOutbox(store).messages())
    finally:
        store.close()


@contextmanager
def _serving(lab: Lab) -> Iterator[ServerProcess]:
    server = ServerProcess(lab.path, ("--no-trace", "--no-api")).start()
    try:
        yield server
    finally:
        if server.process is not None and server.process.returncode is None:
            server.kill()


def _name(number: int) -> str:
    return f"KILL-{number}"


def _lab(directory: Path, downloads: int) -> Lab:
    """Every tenth order is of an operator that has to be told."""
    made = new_lab(directory / "lab")
    profile = made.json("profile", "build", "--output", str(directory / "upp.der"))
    made("profile", "delete", profile["iccid"], "--yes")
    lines = ['[[operator]]\nidentifier = "MNO"\nnotification_url = "https://localhost:1"\n']
    for number in range(downloads):
        iccid = Iccid.with_check_digit(f"89001040000{number:07d}")
        operator = 'operator = "MNO"' if number % 10 == 0 else ""
        lines.append(
            f'[[profile]]\nupp = "{directory / "upp.der"}"\niccid = "{iccid}"\nimsi = "00101{number:010d}"\n'
            f'[[order]]\niccid = "{iccid}"\nmatching_id = "{_name(number)}"\n{operator}\n'
        )
    (directory / "orders.toml").write_text("\n".join(lines))
    made("provision", str(directory / "orders.toml"), "--json")
    return Lab(made.path)


def main(arguments: list[str]) -> int:
    """Run and print; 1 if anything is wrong."""
    downloads, kills, seed = map(int, [*arguments, *("500", "25", "1")[len(arguments) :]])
    with tempfile.TemporaryDirectory(prefix="rsplab-killing-") as directory:
        report = run(Path(directory), downloads, kills, seed)
    sys.stdout.write(f"{report}\n")
    return 1 if report.wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
