"""A lab with its management API, in a process of its own, and a client for it."""

import http.client
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from lab.background import ServerProcess
from lab.creation import create_lab
from lab.directory import Lab
from lab.managers.keys import KeyManager
from lab.store import open_ledger
from wire.ids import Eid, Iccid

BASE = "/api/v1/esim"
INFO = {"manufacturer": "Example", "model": "One", "osVersion": "15.1", "lpaVersion": "2.5.0", "capabilities": []}


def eid(number: int) -> str:
    """An EID in the lab's range."""
    return str(Eid.with_check_digits(f"89049032{number:022d}"))


def iccid(number: int) -> str:
    """An ICCID."""
    return str(Iccid.with_check_digit(f"8999001{number:011d}"))


def profile(number: int, device: int = 1, **changes: Any) -> dict[str, Any]:
    """The body of POST /profiles."""
    body = {
        "iccid": iccid(number),
        "eid": eid(device),
        "profileType": "OPERATIONAL",
        "mno": "Example Mobile",
        "metadata": {"name": f"Plan {number}", "description": "a plan", "policies": [], "features": ["5G"]},
    }
    return body | changes


@dataclass
class Reply:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


@dataclass
class Client:
    """Calls the API over real HTTP, each call on a connection of its own."""

    url: str
    token: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    def __call__(self, method: str, path: str, body: Any = None, expect: int | None = None, **headers: str) -> Reply:
        """headers: with _ for -; expect: fails unless this is the status."""
        place = urlsplit(self.url)
        assert place.hostname
        connection = http.client.HTTPConnection(place.hostname, place.port, timeout=60)
        sent = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        sent |= self.headers | {name.replace("_", "-"): value for name, value in headers.items()}
        content = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        if content is not None:
            sent.setdefault("Content-Type", "application/json")
        connection.request(method, path if path.startswith("/open") else BASE + path, content, sent)
        answer = connection.getresponse()
        reply = Reply(answer.status, dict(answer.getheaders()), answer.read())
        connection.close()
        assert expect in (None, reply.status), (method, path, reply.status, reply.body)
        return reply

    def get(self, path: str, expect: int = 200) -> Any:
        """GET; the JSON."""
        return self("GET", path, expect=expect).json

    def post(self, path: str, body: Any = None, expect: int = 200) -> Any:
        """POST; the JSON."""
        return self("POST", path, body, expect).json

    def follow(self, operation_id: str) -> dict[str, Any]:
        """The operation at its end, through the stream of its events."""
        stream = self("GET", f"/operations/{operation_id}/events", expect=200).body.decode()
        last: dict[str, Any] = json.loads(stream.rstrip().rpartition("data: ")[2])
        return last

    def device(self, number: int = 1, **changes: Any) -> str:
        """A registered device; its EID."""
        self.post("/devices", {"eid": eid(number), "deviceInfo": INFO | changes}, 201)
        return eid(number)

    def installed(self, number: int, device: int = 1) -> str:
        """A profile on a device's card; its ICCID."""
        self.post("/profiles", profile(number, device))
        started = self.post(f"/profiles/{iccid(number)}/download", expect=202)
        ended = self.follow(started["operationId"])
        assert ended["state"] == "SUCCEEDED", ended
        return iccid(number)


@dataclass
class ApiLab:
    """A lab that is served."""

    lab: Lab
    server: ServerProcess
    tokens: dict[str, str]

    @property
    def url(self) -> str:
        """Of the API's listener."""
        return str(self.server.ready["api"])

    def client(self, role: str = "admin") -> Client:
        """A client with a key of this role; "" for none."""
        return Client(self.url, self.tokens.get(role, ""))


def make_lab(path: Path, settings: str = "", address: str = "localhost") -> tuple[Lab, dict[str, str]]:
    """A lab with `[api]` settings, and a key of each role."""
    lab = create_lab(path, address=address)
    lab.settings_path.write_text(f"{lab.settings_path.read_text()}\n{settings}")
    lab = Lab(path)
    from lab.database import ready_url

    ledger = open_ledger(ready_url(lab), lab.clock)
    keys = KeyManager(ledger)
    tokens = {role: keys.create(role, role).token for role in ("viewer", "tester", "operator", "admin")}
    ledger.close()
    return lab, tokens


@contextmanager
def served(path: Path, settings: str = "", *arguments: str) -> Iterator[ApiLab]:
    """A lab in a server process of its own."""
    lab, tokens = make_lab(path, settings)
    with ServerProcess(path, ("--api-port", "0", "--no-trace", *arguments)) as server:
        yield ApiLab(lab, server, tokens)


def code_path(activation_code: str) -> str:
    """An activation code in a path."""
    return f"/activation-codes/{quote(activation_code, safe='')}"


def refused(reply: Reply, status: int, code: str) -> dict[str, Any]:
    """The details of an error body."""
    assert (reply.status, reply.json["error"]) == (status, code), reply.body
    assert set(reply.json) <= {"error", "message", "details", "timestamp"}
    assert reply.json["message"]
    assert reply.json["timestamp"].endswith("Z")
    details: dict[str, Any] = reply.json.get("details", {})
    return details
