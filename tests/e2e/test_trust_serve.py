"""`rsplab serve` with what labs need beside the defaults: operators that come and go, own certificates, two SM-DSs."""

import http.client
import http.server
import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from certs import roles
from certs.authority import Authority, Credential, pem, self_signed
from certs.crl import Revoked, issue_crl
from certs.keys import SystemEntropy
from certs.pki import Pki
from certs.roles import Role
from lab.background import ServerProcess
from lab.directory import Lab
from lab.pki import load_pki
from smdp.core.messages import HANDLE_NOTIFICATION_PATH, Function, Message
from smdp.store import open_store
from smdp.store.events import open_events
from smdp.web.tls import client_context, mutual_context
from tests.support.foreign_euicc import eid_of, only, tags
from tests.support.foreign_lpa import ForeignLpa, Refused, euicc_of
from tests.support.lab import CliLab, new_lab

YESTERDAY = datetime.now(UTC) - timedelta(days=1)
ALTERNATIVE = "testaltsmds.example.com"
ROOT = "testrootsmds.example.com"


@pytest.fixture
def lab(tmp_path: Path) -> CliLab:
    return new_lab(tmp_path / "lab")


@pytest.fixture
def pki(lab: CliLab) -> Pki:
    return load_pki(Lab(lab.path))


def add_settings(lab: CliLab, text: str) -> None:
    with Lab(lab.path).settings_path.open("a") as file:
        file.write(text)


def port_of(server: ServerProcess, interface: str, host: str = "") -> int:
    ports = [
        one["port"]
        for one in server.ready["listeners"]
        if one["interface"] == interface and one["address"].startswith(host)
    ]
    return int(ports[0])


def until(holds: Callable[[], Any], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it never came to hold"
        time.sleep(0.05)


def foreign_operator() -> Authority:
    """A CA that none of the lab's CIs knows."""
    return self_signed(roles.ci(), "NIST", not_before=YESTERDAY, entropy=SystemEntropy())


def own_certificate(name: str) -> Credential:
    made = self_signed(roles.mno(name), "NIST", not_before=YESTERDAY, entropy=SystemEntropy())
    return Credential(made.certificate, made.require_key())


class Operator:
    """A client of ES2+."""

    def __init__(self, pki: Pki, port: int) -> None:
        self._ci, self._port, self._calls = pki.ci(), port, 0

    def call(self, credential: Credential, requester: str, function: str = "downloadOrder", **members: Any) -> str:
        """The status code of the answer, or its status; `ssl` or `closed` if TLS lets nobody in."""
        self._calls += 1
        context = client_context(credential.chain_pem, credential.key_pem, self._ci.certificate_pem)
        connection = http.client.HTTPSConnection("localhost", self._port, timeout=10, context=context)
        header = {"functionRequesterIdentifier": requester, "functionCallIdentifier": str(self._calls)}
        body = json.dumps({"header": header, **members})
        try:
            connection.request("POST", f"/gsma/rsp2/es2plus/{function}", body, {"Content-Type": "application/json"})
            answer = json.loads(connection.getresponse().read())
        except (ssl.SSLError, ConnectionError):
            return "no TLS"
        finally:
            connection.close()
        status = answer["header"]["functionExecutionStatus"]
        data = status.get("statusCodeData")
        return f"{data['subjectCode']}/{data['reasonCode']}" if data else str(status["status"])


def register(lab: CliLab, directory: Path, identifier: str, certificate: bytes = b"", more: str = "") -> None:
    (directory / "client.pem").write_bytes(pem(certificate) if certificate else b"")
    line = 'certificate = "client.pem"\n' if certificate else ""
    (directory / "operator.toml").write_text(f'[[operator]]\nidentifier = "{identifier}"\n{line}{more}\n')
    lab("provision", str(directory / "operator.toml"))


def test_operators_are_registered_while_the_server_runs(lab: CliLab, pki: Pki, tmp_path: Path) -> None:
    """Self-signed, under a CA of its own, under the lab's CI: each is let in from the moment it is registered."""
    pinned, ca = own_certificate("PINNED"), foreign_operator()
    issued = ca.issue(roles.mno("CHAIN"), not_before=YESTERDAY, entropy=SystemEntropy())
    neither = "8.2.1/2.3"  # the function's own refusal: no ICCID and no profile type
    with lab.serving("--es2-port", "0", "--no-trace", "--no-api") as server:
        operator = Operator(pki, port_of(server, "es2+"))
        assert operator.call(pinned, "PINNED") == "no TLS"
        register(lab, tmp_path, "PINNED", pinned.certificate)
        assert operator.call(pinned, "PINNED") == neither
        assert operator.call(issued, "CHAIN") == "no TLS"
        register(lab, tmp_path, "CHAIN", ca.certificate)
        assert operator.call(issued, "CHAIN") == neither
        register(lab, tmp_path, "ANY")
        assert operator.call(pki.mno(), "ANY") == neither
        for credential, requester in (
            (pinned, "ANY"),  # pinned for another operator, and of no CI of the lab
            (issued, "ANY"),
            (pinned, "CHAIN"),
            (issued, "PINNED"),
            (pki.mno(), "PINNED"),
            (pki.mno(), "CHAIN"),
            (pki.mno(), "NOBODY"),
        ):
            assert operator.call(credential, requester) == "1.1/3.9"
        newer = own_certificate("PINNED")
        register(lab, tmp_path, "PINNED", newer.certificate)
        assert operator.call(pinned, "PINNED") == "no TLS"
        assert operator.call(newer, "PINNED") == neither
    assert not lab.json("order", "list")


def test_a_revoked_operator_reaches_no_function(lab: CliLab, pki: Pki, tmp_path: Path) -> None:
    register(lab, tmp_path, "MNO")
    crls = Lab(lab.path).crls_path
    crls.mkdir()
    write_crl(crls / "nist.crl", pki, pki.mno().certificate)
    with lab.serving("--es2-port", "0", "--no-trace", "--no-api") as server:
        operator = Operator(pki, port_of(server, "es2+"))
        until(lambda: operator.call(pki.mno(), "MNO") == "1.1/3.9")
        assert operator.call(pki.issue_mno("MNO"), "MNO") == "8.2.1/2.3"


def write_crl(path: Path, pki: Pki, *revoked: bytes) -> None:
    entries = [Revoked.of(certificate, YESTERDAY) for certificate in revoked]
    week = timedelta(days=7)
    path.write_bytes(issue_crl(pki.ci(), entries, number=1, this_update=YESTERDAY, next_update=YESTERDAY + week))


def test_an_eum_revoked_while_the_server_runs(lab: CliLab, pki: Pki) -> None:
    lab("card", "create", "c1")
    orders = [lab.order() for _ in range(2)]
    crls = Lab(lab.path).crls_path
    crls.mkdir()
    with lab.serving("--no-trace", "--no-api"):
        lab.lpa("profile", "download", orders[0]["activation_code"], "--yes")
        write_crl(crls / "nist.crl", pki, pki.eum().certificate)
        refused = ""
        for _ in range(100):
            answer = lab("lpa", "--card", "c1", "profile", "download", "1$localhost$NOBODY", "--yes", expect=1)
            refused = answer.stderr
            if "8.1.2/6.1" in refused:
                break
            time.sleep(0.2)
        assert "8.1.2/6.1" in refused
    assert lab.json("order", "show", orders[1]["order_id"])["state"] == "Released"


def test_where_crls_are_required_none_is_a_refusal(lab: CliLab, pki: Pki) -> None:
    add_settings(lab, "\n[crl]\nrequired = true\n")
    lab("card", "create", "c1")
    order = lab.order()
    crls = Lab(lab.path).crls_path
    with lab.serving("--no-trace", "--no-api"):
        answer = lab("lpa", "--card", "c1", "profile", "download", order["activation_code"], "--yes", expect=1)
        assert "8.1.2/6.1" in answer.stderr
    crls.mkdir()
    write_crl(crls / "nist.crl", pki)
    with lab.serving("--no-trace", "--no-api"):
        lab.lpa("profile", "download", order["activation_code"], "--yes")


class Receiver(http.server.ThreadingHTTPServer):
    """An operator's back end under its own certificate, which knows our DPtls by the lab's CI."""

    def __init__(self, pki: Pki, credential: Credential) -> None:
        super().__init__(("127.0.0.1", 0), _Receive)
        context = mutual_context(credential.chain_pem, credential.key_pem, pki.ci().certificate_pem)
        self.socket = context.wrap_socket(self.socket, server_side=True)
        self.received: list[dict[str, Any]] = []

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A handshake that failed is the test's own doing."""

    @contextmanager
    def running(self) -> Iterator[str]:
        thread = threading.Thread(target=self.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"https://localhost:{self.server_address[1]}"
        finally:
            self.shutdown()
            self.server_close()
            thread.join()


class _Receive(http.server.BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert isinstance(self.server, Receiver)
        self.server.received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Not a word."""


def queue(lab: CliLab, url: str) -> None:
    """Something that the operator at `url` has to be told."""
    store = open_store(Lab(lab.path).database_url)
    store.commit(Message(Function.HANDLE_DOWNLOAD_PROGRESS_INFO, url, url, "X", b"{}", datetime.now(UTC)))
    store.close()


@pytest.mark.parametrize("kind", ["self-signed", "own CA"])
def test_an_operator_with_roots_of_its_own_is_told(lab: CliLab, pki: Pki, tmp_path: Path, kind: str) -> None:
    ca = foreign_operator()
    template = roles.tls_server(Role.DP_TLS, "2.999.77", ["localhost"])
    if kind == "own CA":
        credential = ca.issue(template, not_before=YESTERDAY, entropy=SystemEntropy())
        root = ca.certificate
    else:
        own = self_signed(template, "NIST", not_before=YESTERDAY, entropy=SystemEntropy())
        credential = Credential(own.certificate, own.require_key())
        root = own.certificate
    receiver = Receiver(pki, credential)
    (tmp_path / "root.pem").write_bytes(pem(root))
    lab("card", "create", "c1")
    profile = lab.json("profile", "build")
    with receiver.running() as url, lab.serving("--es2-port", "0", "--no-trace", "--no-api") as server:
        register(lab, tmp_path, "MNO", more=f'notification_url = "{url}"')
        operator = Operator(pki, port_of(server, "es2+"))
        iccid = profile["iccid"].ljust(20, "F")
        assert operator.call(pki.mno(), "MNO", iccid=iccid) == "Executed-Success"
        confirmed = operator.call(pki.mno(), "MNO", "confirmOrder", iccid=iccid, matchingId="TOLD", releaseFlag=True)
        assert confirmed == "Executed-Success"
        lab.lpa("profile", "download", f"1${server.address}$TOLD", "--yes")
        until(lambda: lab.json("outbox", "list")[0]["error"])
        assert not receiver.received  # the lab's CIs don't know it
        assert "certificate verify failed" in lab.json("outbox", "list")[0]["error"]
        register(lab, tmp_path, "MNO", more=f'notification_url = "{url}"\nnotification_ca = "root.pem"')
        lab("outbox", "retry", "--all")
        until(lambda: len(receiver.received) >= 3)
        until(lambda: not lab.json("outbox", "list"))
    points = [one["notificationPointId"] for one in receiver.received]
    assert points == [1, 3, 4]


def test_an_operator_whose_server_is_revoked_is_told_nothing(lab: CliLab, pki: Pki, tmp_path: Path) -> None:
    receiver = Receiver(pki, pki.dp_tls())
    crls = Lab(lab.path).crls_path
    crls.mkdir()
    write_crl(crls / "nist.crl", pki, pki.dp_tls().certificate)
    with receiver.running() as url:
        register(lab, tmp_path, "MNO", more=f'notification_url = "{url}"')
        queue(lab, url)
        with lab.serving("--no-trace", "--no-api"):
            until(lambda: "certificate is revoked" in lab.json("outbox", "list")[0]["error"])
    assert not receiver.received


@pytest.mark.parametrize("path", ["", HANDLE_NOTIFICATION_PATH])
def test_an_operator_that_is_pinned_is_trusted_under_nothing_else(
    lab: CliLab, pki: Pki, tmp_path: Path, path: str
) -> None:
    """Its receiver shows a certificate of the lab's own CI, but another root is pinned: nothing is told."""
    receiver = Receiver(pki, pki.dp_tls())
    (tmp_path / "root.pem").write_bytes(pem(foreign_operator().certificate))
    with receiver.running() as url:
        register(lab, tmp_path, "MNO", more=f'notification_url = "{url}{path}"\nnotification_ca = "root.pem"')
        queue(lab, url)
        with lab.serving("--no-trace", "--no-api"):
            until(lambda: "certificate verify failed" in lab.json("outbox", "list")[0]["error"])
    assert not receiver.received


def test_a_listener_with_a_certificate_of_its_own(lab: CliLab, pki: Pki) -> None:
    """Variant C under the lab's CI: TLS carries the certificates in between."""
    from certs.variants import Variant

    made = Variant(pki, "C").tls_server(Role.DP_TLS, "2.999.10", ["localhost"])
    (lab.path / "tls.pem").write_bytes(made.chain_pem)
    (lab.path / "tls-key.pem").write_bytes(made.key_pem)
    add_settings(lab, '\n[[listener]]\nport = 0\ncertificate = "tls.pem"\nkey = "tls-key.pem"\n')
    lab("card", "create", "c1")
    order = lab.order()
    with lab.serving("--no-trace", "--no-api") as server:
        port = server.ready["listeners"][1]["port"]
        shown = ssl.get_server_certificate(("localhost", port))
        assert ssl.PEM_cert_to_DER_cert(shown) == made.certificate
        lab.lpa("profile", "download", f"1$localhost:{port}${order['matching_id']}", "--yes")


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ('certificate = "tls.pem"', "belong together"),
        ('certificate = "none.pem"\nkey = "none.pem"', "none.pem"),
        ('certificate = "lab.toml"\nkey = "lab.toml"', "is no certificate"),
        ('smds = "third"', "third"),
        ('interface = "es11"\nsmds = "alternative"', "has no address"),
    ],
)
def test_a_wrong_listener_is_named(lab: CliLab, lines: str, said: str) -> None:
    add_settings(lab, f"\n[[listener]]\nport = 0\n{lines}\n")
    assert said in lab("serve", "--port", "0", "--no-api", expect=2).stderr


def test_an_event_cascades_to_the_root_and_back(lab: CliLab, pki: Pki, tmp_path: Path) -> None:
    """ES2+ names the alternative SM-DS; the eUICC starts at the root, and finds the profile by way of both."""
    settings = Lab(lab.path).settings_path
    text = settings.read_text()
    assert "# [smds.alternative]\n" in text
    text = text.replace("# [smds.alternative]", "[smds.alternative]").replace(
        '# address = "testalt', 'address = "testalt'
    )
    settings.write_text(text)
    for interface in ("es11", "es12"):
        add_settings(lab, f'\n[[listener]]\ninterface = "{interface}"\nport = 0\nsmds = "alternative"\n')
    register(lab, tmp_path, "MNO")
    lab("card", "create", "c1")
    eid, profile = lab.lpa("info").json["eid"], lab.json("profile", "build")
    iccid = profile["iccid"].ljust(20, "F")

    def events(url: str) -> list[tuple[str, str]]:
        store = open_events(url)
        try:
            return [(event.event_id, event.rsp_server_address) for event in store.events(eid)]
        finally:
            store.close()

    here = Lab(lab.path)
    with lab.serving("--es2-port", "0", "--smds-port", "0", "--es12-port", "0", "--no-api") as server:
        assert {one["address"].partition(":")[0] for one in server.ready["listeners"]} == {
            "localhost",
            ROOT,
            ALTERNATIVE,
        }
        operator = Operator(pki, port_of(server, "es2+"))
        assert operator.call(pki.mno(), "MNO", iccid=iccid, eid=eid) == "Executed-Success"
        order = {"iccid": iccid, "smdsAddress": ALTERNATIVE, "releaseFlag": True, "matchingId": "EVENT-1"}
        assert operator.call(pki.mno(), "MNO", "confirmOrder", **order) == "Executed-Success"
        ((root_event, root_address),) = events(here.database_url)
        assert root_address == ALTERNATIVE
        assert events(f"sqlite:///{here.alternative_smds_path}") == [("EVENT-1", server.address)]
        assert root_event != "EVENT-1"
        found = lab.lpa("discovery", "--yes").json
        assert [one["iccid"] for one in found] == [profile["iccid"]]
        until(lambda: not events(here.database_url) and not events(f"sqlite:///{here.alternative_smds_path}"))


def test_revoked_by_the_lab_itself(lab: CliLab, pki: Pki) -> None:
    """The CRL of the command line: refused by the server, and loaded into a card, which then refuses the server."""
    lab("card", "create", "c1")
    order = lab.order()
    dp_auth = Lab(lab.path).path / "dp-auth.pem"
    dp_auth.write_bytes(pem(pki.dp_auth().certificate))
    written = lab.json("certs", "revoke", str(dp_auth))["crls"]
    assert [Path(path).name for path in written] == ["NIST.crl", "BRP.crl"]
    loaded = lab.lpa("load-crl").json
    assert sorted(Path(one["file"]).name for one in loaded) == ["BRP.crl", "NIST.crl"]
    assert all(one["missing_parts"] == [] for one in loaded)
    with lab.serving("--no-trace", "--no-api"):
        answer = lab("lpa", "--card", "c1", "profile", "download", order["activation_code"], "--yes", expect=1)
        assert "invalidCertificate" in answer.stderr
        eum = Lab(lab.path).path / "eum.der"
        eum.write_bytes(pki.eum().certificate)
        lab.json("certs", "revoke", str(eum))
        lab("card", "create", "c2")
        until(lambda: "8.1.2/6.1" in download_refused(lab, "c2", "1$localhost$NOBODY"))
    crl = x509.load_der_x509_crl((Lab(lab.path).crls_path / "NIST.crl").read_bytes())
    assert len(crl) == 2
    assert crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number == 2


def download_refused(lab: CliLab, card: str, code: str) -> str:
    return lab("lpa", "--card", card, "profile", "download", code, "--yes", expect=1).stderr


@pytest.mark.parametrize(
    ("files", "said"), [(["none.der"], "none.der"), (["lab.toml"], "no certificate"), (["ci.der"], "not issued by")]
)
def test_what_cannot_be_revoked_is_named(lab: CliLab, files: list[str], said: str) -> None:
    stranger = foreign_operator()
    (lab.path / "ci.der").write_bytes(stranger.certificate)
    assert said in lab("certs", "revoke", *(str(lab.path / name) for name in files), expect=2).stderr


def test_the_labs_clock_judges_orders_and_tls_goes_by_the_machines(lab: CliLab) -> None:
    lab("card", "create", "c1")
    orders = [lab.order("--expires", "30d") for _ in range(2)]
    with lab.serving("--no-trace", "--no-api"):
        lab.lpa("profile", "download", orders[0]["activation_code"], "--yes")
    add_settings(lab, '\n[clock]\noffset = "31d"\n')
    with lab.serving("--no-trace", "--no-api"):
        answer = lab("lpa", "--card", "c1", "profile", "download", orders[1]["activation_code"], "--yes", expect=1)
        assert "8.8.5/4.10" in answer.stderr


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[clock]\noffset = "soon"', "clock.offset"),
        ("[crl]\nrequired = 1", "required"),
        ('[smdp]\ncolour = "red"', "colour"),
        ('[smdp]\nkey_mode = "none"', "ppk, session"),
        ("[smdp]\nrebinding = 0", "rebinding"),
        ("[smdp]\ndownload_limit = 0", "download_limit"),
    ],
)
def test_a_wrong_setting_is_named(lab: CliLab, text: str, said: str) -> None:
    add_settings(lab, f"\n{text}\n")
    assert said in (answer := lab("serve", "--port", "0", "--no-api", expect=2)).stderr + answer.stdout


def test_the_smdp_as_the_lab_wants_it(lab: CliLab, pki: Pki, tmp_path: Path) -> None:
    """Session keys, no re-binding, a limit for orders of ES2+."""
    add_settings(lab, '\n[smdp]\nkey_mode = "session"\nrebinding = false\ndownload_limit = 7\n')
    register(lab, tmp_path, "MNO")
    profile, order = lab.json("profile", "build"), lab.order()
    with lab.serving("--es2-port", "0", "--no-trace", "--no-api") as server:
        device = ForeignLpa(euicc_of(lab.path, eid_of(1), ("NIST",)), server.port, lab.path / "pki")
        bpp = device.fetch(device.authenticate(order["matching_id"]))
        assert tags(only(bpp, "BF36")) == ["BF23", "A0", "A1", "A3"]
        device.euicc.keep_key = False
        with pytest.raises(Refused, match=r"^8\.2/3\.7$"):
            device.fetch(device.authenticate(order["matching_id"]))
        operator = Operator(pki, port_of(server, "es2+"))
        assert operator.call(pki.mno(), "MNO", iccid=profile["iccid"].ljust(20, "F")) == "Executed-Success"
    (ordered,) = [one for one in lab.json("order", "list") if one["state"] == "Allocated"]
    assert ordered["download_limit"] == 7
