"""A server that is killed (SIGKILL) again and again while devices download: nothing that was answered is lost."""

import random
import socket
import subprocess
import sys
import threading
import time
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from smdp.core.states import State
from tests.support.mini_euicc import MiniEuicc
from tests.support.smdp_world import ADDRESS, UPP, World
from wire.codes import FunctionRefused
from wire.ids import Iccid
from wire.json_es9 import (
    AuthenticateClientResponse,
    GetBoundProfilePackageResponse,
    InitiateAuthenticationResponse,
)
from wire.json_header import read_response
from wire.json_types import Body

DOWNLOADS, KILLS = 40, 5
ROOT = Path(__file__).parents[2]


class Server:
    """The process, and its life."""

    def __init__(self, directory: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self._directory, self.lives = directory, 0
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.lives += 1
        command = [sys.executable, "-m", "tests.support.smdp_process", str(self._directory), str(self.port)]
        self._process = subprocess.Popen([*command, f"life-{self.lives}"], cwd=ROOT)

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def kill_and_start(self) -> None:
        self.kill()
        self.start()


class Agent:
    """An LPA that tries again until it gets an answer, whatever becomes of the server; it kills it now and then."""

    def __init__(self, server: Server, chance: random.Random) -> None:
        self._server, self._deadline, self._chance = server, time.monotonic() + 100, chance
        self.timers: list[threading.Timer] = []
        self._calls, self._fatal = 0, set(chance.sample(range(4, DOWNLOADS * 4), KILLS))

    def post(self, function: str, body: Body) -> bytes:
        self._calls += 1
        if self._calls in self._fatal:
            self.timers.append(threading.Timer(self._chance.random() * 0.006, self._server.kill_and_start))
            self.timers[-1].start()
        while time.monotonic() < self._deadline:
            connection = HTTPConnection("127.0.0.1", self._server.port, timeout=10)
            try:
                connection.request("POST", f"/gsma/rsp2/es9plus/{function}", body.to_json())
                response = connection.getresponse()
                content = response.read()
                assert response.status in (200, 204)
                return content
            except (OSError, HTTPException):
                time.sleep(0.02)
            finally:
                connection.close()
        raise AssertionError("the server never came back")

    def bind(self, euicc: MiniEuicc, matching_id: str) -> GetBoundProfilePackageResponse:
        """One session up to the package; a call whose answer got lost may be refused when it is repeated."""
        offered = read_response(
            InitiateAuthenticationResponse, self.post("initiateAuthentication", euicc.initiate(ADDRESS))
        )
        authenticated = read_response(
            AuthenticateClientResponse, self.post("authenticateClient", euicc.authenticate(offered, matching_id))
        )
        prepared = euicc.prepare(authenticated)
        return read_response(GetBoundProfilePackageResponse, self.post("getBoundProfilePackage", prepared))

    def download(self, euicc: MiniEuicc, matching_id: str) -> bytes:
        for _ in range(10):
            try:
                delivered = self.bind(euicc, matching_id)
            except FunctionRefused as refused:
                if refused.status_code.pair != "8.10.1/3.9":  # an earlier try of this call was executed
                    raise
                continue
            upp = euicc.open(delivered).upp
            self.post("handleNotification", euicc.result())
            return upp
        raise AssertionError("refused again and again")


def test_every_order_ends_as_its_euicc_says(tmp_path: Path) -> None:
    world = World(tmp_path)
    for number in range(DOWNLOADS):
        iccid = str(Iccid.with_check_digit(f"89001040000000{number:05d}"))
        world.profile(iccid)
        world.order(order_id=f"o{number}", iccid=iccid, matching_id=f"KILL-{number}")
    server = Server(tmp_path)
    server.start()
    agent, euicc = Agent(server, random.Random(7)), world.euicc()
    try:
        packages = [agent.download(euicc, f"KILL-{number}") for number in range(DOWNLOADS)]
    finally:
        for timer in agent.timers:
            timer.join()
        server.kill()
    assert packages == [UPP] * DOWNLOADS
    assert server.lives == 1 + KILLS
    world.restart()
    assert {order.state for order in world.store.orders()} == {State.INSTALLED}
