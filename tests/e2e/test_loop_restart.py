"""The server is killed (SIGKILL) and restarted between any two calls of a session, and the session goes on."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from lab.agent import card_link, tls_trust
from lab.background import ServerProcess
from lab.directory import Lab
from lab.trace import NoTrace
from lpa.core.actions import Decision, HttpReply, TlsPeer
from lpa.core.errors import UserDeclined
from lpa.core.procedures.download import download
from lpa.core.procedures.profiles import enable
from lpa.core.settings import LpaSettings
from lpa.drive import run
from lpa.http.blocking import BlockingHttpClient
from lpa.user import ScriptedUser
from tests.support.lab import new_lab
from wire.activation_code import ActivationCode


class KillingHttp:
    """Kills and restarts the server before the first call of each of `functions`; no connection outlives a call."""

    def __init__(self, lab: Lab, server: ServerProcess, *functions: str) -> None:
        self._lab = lab
        self._server = server
        self._functions = set(functions)
        self.calls: list[str] = []

    def connect(self, url: str) -> TlsPeer | None:
        client = BlockingHttpClient(tls_trust(self._lab))
        try:
            return client.connect(url)
        finally:
            client.close()

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> HttpReply:
        function = url.rpartition("/")[2]
        if function in self._functions:
            self._functions.remove(function)
            self._server.kill()
            self._server.start()
        self.calls.append(function)
        client = BlockingHttpClient(tls_trust(self._lab))
        try:
            return client.post(url, headers, body)
        finally:
            client.close()

    def close(self) -> None:
        """Nothing is kept open."""


CALLS = ["initiateAuthentication", "authenticateClient", "getBoundProfilePackage", "handleNotification"]


def test_the_session_survives_a_kill_before_every_call(tmp_path: Path) -> None:
    cli = new_lab(tmp_path / "lab")
    cli("card", "create", "c1")
    lab = Lab(cli.path)
    settings = LpaSettings(retry_waits_s=())
    with cli.serving() as server, card_link(lab, "c1", NoTrace()) as link:
        order = cli.order("--confirmation-code", "4711")
        http, user = KillingHttp(lab, server, *CALLS), ScriptedUser(code="4711")
        link.connect()
        done = run(download(settings, ActivationCode.parse(order["activation_code"])), link, http, user)
        assert done.result.success
        assert all(delivery.removed for delivery in done.deliveries)
        assert http.calls[:4] == CALLS
        assert cli.json("order", "show", order["order_id"])["state"] == "Installed"
        changed = run(enable(settings, done.metadata.iccid), link, http, user)
        assert all(delivery.removed for delivery in changed.deliveries)


def test_a_cancelled_session_survives_a_kill_too(tmp_path: Path) -> None:
    cli = new_lab(tmp_path / "lab")
    cli("card", "create", "c1")
    lab = Lab(cli.path)
    with cli.serving() as server, card_link(lab, "c1", NoTrace()) as link:
        order = cli.order()
        http, user = KillingHttp(lab, server, "cancelSession"), ScriptedUser(decision=Decision.REJECT)
        procedure = download(LpaSettings(retry_waits_s=()), ActivationCode.parse(order["activation_code"]))
        link.connect()
        with pytest.raises(UserDeclined):
            run(procedure, link, http, user)
        assert http.calls == ["initiateAuthentication", "authenticateClient", "cancelSession"]
        assert cli.json("order", "show", order["order_id"])["state"] == "Error"
