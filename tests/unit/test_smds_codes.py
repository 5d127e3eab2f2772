"""Every status code of ES11, ES12 and ES15: the request that provokes it, the code it gets, and what it leaves."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from certs.roles import Role
from certs.zoo import zoo
from smdp.core.events import Inaccessible
from tests.support.mini_euicc import MiniEuicc
from tests.support.smdp_world import EID2, START, World, shared_pki
from tests.support.smds_world import (
    DP_OID,
    OTHER_OID,
    FakeRoot,
    SmdsWorld,
    deletion,
    initiation,
    registration,
)
from wire.codes import ES11, ES12, ES15, GENERIC, ROWS, FunctionRefused, StatusCode

WRONG_SIGNATURE = b"\x01" * 64
STRANGER = b"\x42" * 20
Provoke = Callable[["Setting"], object]


class Setting:
    """An Alternative SM-DS with one event, its root, and eUICCs."""

    def __init__(self, directory: Path) -> None:
        self.root = FakeRoot()
        self.ds = SmdsWorld(directory, self.root)
        self.ds.register("E-1", forward=True)
        self._cards = World(directory)

    def euicc(self, **fields: Any) -> MiniEuicc:
        return self._cards.euicc(**fields)

    def refusing_root(self) -> "Setting":
        self.root.answer = FunctionRefused(GENERIC.UNKNOWN_CALLER)
        return self

    def silent_root(self) -> "Setting":
        self.root.answer = Inaccessible("no route")
        return self


@dataclass(frozen=True)
class Case:
    name: str
    code: StatusCode
    provoke: Provoke


def initiate(address: str = "smds.example.com", **fields: Any) -> Provoke:
    return lambda s: s.ds.smds.initiate_authentication(initiation(s.euicc(**fields), address))


def authenticate(event_id: str | None = "", **lies: Any) -> Provoke:
    def provoke(s: Setting) -> object:
        euicc = s.euicc()
        return s.ds.smds.authenticate_client(euicc.authenticate(s.ds.initiate(euicc), event_id, **lies))

    return provoke


def with_chain(role: Role, defect: str) -> Provoke:
    def provoke(s: Setting) -> object:
        euicc = s.euicc()
        broken = zoo(shared_pki(), role, defect, now=START)
        euicc.certificate, euicc.eum_certificate, euicc.key = broken.certificate, broken.chain[0], broken.key
        return s.ds.poll(euicc)

    return provoke


def unknown_ci(s: Setting) -> object:
    euicc, other = s.euicc(), shared_pki().euicc("BRP")
    euicc.certificate, euicc.eum_certificate, euicc.key = other.certificate, other.chain[0], other.key
    return s.ds.poll(euicc)


def unknown_transaction(s: Setting) -> object:
    euicc = s.euicc()
    request = euicc.authenticate(s.ds.initiate(euicc), "")
    return s.ds.smds.authenticate_client(request.model_copy(update={"transactionId": bytes(16)}))


def unknown_and_malformed(s: Setting) -> object:
    """The session is looked up before anything of the eUICC is read."""
    euicc = s.euicc()
    request = euicc.authenticate(s.ds.initiate(euicc), "")
    broken = {"transactionId": bytes(16), "authenticateServerResponse": b"\xbf\x38\x00"}
    return s.ds.smds.authenticate_client(request.model_copy(update=broken))


def twice(s: Setting) -> object:
    euicc = s.euicc()
    request = euicc.authenticate(s.ds.initiate(euicc), "")
    s.ds.smds.authenticate_client(request)
    return s.ds.smds.authenticate_client(request)


def after_a_failure(s: Setting) -> object:
    euicc = s.euicc()
    offered = s.ds.initiate(euicc)
    with pytest.raises(FunctionRefused):
        s.ds.smds.authenticate_client(euicc.authenticate(offered, "E-9"))
    return s.ds.smds.authenticate_client(euicc.authenticate(offered, ""))


def too_late(s: Setting) -> object:
    euicc = s.euicc()
    request = euicc.authenticate(s.ds.initiate(euicc), "")
    s.ds.clock.advance(hours=2)
    return s.ds.smds.authenticate_client(request)


def refused_server(s: Setting) -> object:
    euicc = s.euicc()
    return s.ds.smds.authenticate_client(euicc.refuse_server(s.ds.initiate(euicc)))


def garbage(s: Setting) -> object:
    euicc = s.euicc()
    request = euicc.authenticate(s.ds.initiate(euicc), "")
    return s.ds.smds.authenticate_client(request.model_copy(update={"authenticateServerResponse": b"\xbf\x38\x00"}))


_I, _A, _R, _D = ES11.INITIATE_AUTHENTICATION, ES11.AUTHENTICATE_CLIENT, ES12.REGISTER_EVENT, ES12.DELETE_EVENT
CASES = [
    Case("another address", _I.INVALID_DS_ADDRESS, initiate("smdp.example.com")),
    Case("SVN 2.0", _I.SVN_NOT_SUPPORTED, initiate(svn=b"\x02\x00\x00")),
    Case("SVN 3.0", _I.SVN_NOT_SUPPORTED, initiate(svn=b"\x03\x00\x00")),
    Case("no CI to sign under", _I.CI_PK_NOT_SUPPORTED, initiate(signing=[STRANGER])),
    Case("no CI to verify under", _I.NO_CERTIFICATE_FOR_CI, initiate(verification=[STRANGER])),
    Case("SVN of two octets", GENERIC.MALFORMED_ELEMENT, initiate(svn=b"\x02\x05")),
    Case("EUM certificate forged", _A.EUM_CERTIFICATE_INVALID, with_chain(Role.EUM, "bad_signature")),
    Case("EUM certificate expired", _A.EUM_CERTIFICATE_EXPIRED, with_chain(Role.EUM, "expired")),
    Case("eUICC certificate forged", _A.EUICC_CERTIFICATE_INVALID, with_chain(Role.EUICC, "bad_signature")),
    Case("eUICC certificate expired", _A.EUICC_CERTIFICATE_EXPIRED, with_chain(Role.EUICC, "expired")),
    Case("wrong signature", _A.EUICC_SIGNATURE_INVALID, authenticate(signature=WRONG_SIGNATURE)),
    Case("wrong challenge", _A.EUICC_SIGNATURE_INVALID, authenticate(challenge=bytes(16))),
    Case("wrong serverAddress", _A.EUICC_SIGNATURE_INVALID, authenticate(address=b"smdp.example.com")),
    Case("the eUICC refused", _A.EUICC_SIGNATURE_INVALID, refused_server),
    Case("wrong transactionId inside", _A.UNKNOWN_TRANSACTION_ID, authenticate(tid=bytes(16))),
    Case("unknown transactionId", _A.UNKNOWN_TRANSACTION_ID, unknown_transaction),
    Case("unknown transactionId, malformed response", _A.UNKNOWN_TRANSACTION_ID, unknown_and_malformed),
    Case("a second AuthenticateClient", _A.UNKNOWN_TRANSACTION_ID, twice),
    Case("AuthenticateClient after a refusal", _A.UNKNOWN_TRANSACTION_ID, after_a_failure),
    Case("after the session's lifetime", _A.UNKNOWN_TRANSACTION_ID, too_late),
    Case("a chain of another CI", _A.CI_PK_UNKNOWN, unknown_ci),
    Case("unknown EventID", _A.EVENT_ID_UNKNOWN, authenticate("E-9")),
    Case("another eUICC's EventID", _A.EVENT_ID_UNKNOWN, lambda s: s.ds.poll(s.euicc(eid=EID2), "E-1")),
    Case("no AuthenticateServerResponse", GENERIC.MALFORMED_ELEMENT, garbage),
    Case("registered already", _R.EVENT_ALREADY_REGISTERED, lambda s: s.ds.register("E-1", call="call-9")),
    Case(
        "registered by another server",
        _R.EVENT_ALREADY_REGISTERED,
        lambda s: s.ds.register("E-1", forward=True, caller=OTHER_OID),
    ),
    Case(
        "the same call with other contents",
        _R.EVENT_ALREADY_REGISTERED,
        lambda s: s.ds.register("E-1", "other.example.com", forward=True),
    ),
    Case("root silent", _R.SMDS_INACCESSIBLE, lambda s: s.silent_root().ds.register("E-2", forward=True)),
    Case("root refuses", _R.SMDS_ERROR, lambda s: s.refusing_root().ds.register("E-2", forward=True)),
    Case("no such event", _D.EVENT_UNKNOWN, lambda s: s.ds.delete("E-9")),
    Case("event of another eUICC", _D.EVENT_UNKNOWN, lambda s: s.ds.delete("E-1", eid=EID2)),
    Case("event of another server", _D.EVENT_UNKNOWN, lambda s: s.ds.delete("E-1", caller=OTHER_OID)),
    Case("root silent on deletion", _D.SMDS_INACCESSIBLE, lambda s: s.silent_root().ds.delete("E-1")),
    Case("root refuses deletion", _D.SMDS_ERROR, lambda s: s.refusing_root().ds.delete("E-1")),
    Case(
        "ES15, registered already",
        ES15.REGISTER_EVENT.EVENT_ALREADY_REGISTERED,
        lambda s: s.ds.smds.register_event_of_smds(registration("E-1", call="call-9"), DP_OID),
    ),
    Case(
        "ES15, no such event",
        ES15.DELETE_EVENT.EVENT_UNKNOWN,
        lambda s: s.ds.smds.delete_event_of_smds(deletion("E-9"), DP_OID),
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_status_code(tmp_path: Path, case: Case) -> None:
    setting = Setting(tmp_path)
    visible = setting.ds.poll(setting.euicc())
    at_root = dict(setting.root.events)
    with pytest.raises(FunctionRefused) as refused:
        case.provoke(setting)
    assert refused.value.status_code is case.code
    assert setting.ds.poll(setting.euicc()) == visible
    assert setting.root.events == at_root


def test_every_row_is_reached() -> None:
    rows = {row for row in ROWS if row.function.startswith(("ES11", "ES12", "ES15"))}
    assert rows == {case.code for case in CASES if case.code.function}
