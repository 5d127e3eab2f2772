"""Every status code of ES9+: the request that provokes it, the code it gets, and what it leaves of the order."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from certs.roles import Role
from certs.zoo import zoo
from smdp.core.records import Requirements
from smdp.core.states import State
from smdp.core.trust import TrustStore
from tests.support.mini_euicc import MiniEuicc, public_point
from tests.support.smdp_world import ADDRESS, EID2, START, World
from wire.codes import ES9P, GENERIC, ROWS, FunctionRefused, StatusCode
from wire.tlv import tlv

WRONG_SIGNATURE = b"\x01" * 64
Provoke = Callable[[World], object]


@dataclass(frozen=True)
class Case:
    """One way to a status code; `order` and `after` change the order before, and say how it stands afterwards."""

    name: str
    code: StatusCode
    provoke: Provoke
    order: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)


def initiate(euicc: Callable[[World], MiniEuicc], address: str = ADDRESS) -> Provoke:
    return lambda world: world.server.initiate_authentication(euicc(world).initiate(address))


LIES = {"tid", "challenge", "address", "signature", "matching_id"}


def authenticate(**lies: Any) -> Provoke:
    euicc_fields = {name: lies.pop(name) for name in list(lies) if name not in LIES}
    matching_id = lies.pop("matching_id", "TOKEN")

    def provoke(world: World) -> object:
        euicc = world.euicc(**euicc_fields)
        return world.server.authenticate_client(euicc.authenticate(world.initiate(euicc), matching_id, **lies))

    return provoke


def with_chain(role: Role, defect: str) -> Provoke:
    def provoke(world: World) -> object:
        euicc = world.euicc()
        broken = zoo(world.pki, role, defect, now=START)
        euicc.certificate, euicc.eum_certificate, euicc.key = broken.certificate, broken.chain[0], broken.key
        return world.authenticate(euicc)

    return provoke


def unknown_ci(world: World) -> object:
    """The eUICC answers with a chain of another CI than the one it was asked for."""
    euicc = world.euicc()
    other = world.pki.euicc("BRP")
    euicc.certificate, euicc.eum_certificate, euicc.key = other.certificate, other.chain[0], other.key
    return world.authenticate(euicc)


def unknown_transaction(world: World) -> object:
    euicc = world.euicc()
    request = euicc.authenticate(world.initiate(euicc), "TOKEN")
    return world.server.authenticate_client(replace_tid(request))


def replace_tid(request: Any) -> Any:
    return request.model_copy(update={"transactionId": bytes(16)})


def twice(world: World) -> object:
    euicc = world.euicc()
    request = euicc.authenticate(world.initiate(euicc), "TOKEN")
    world.server.authenticate_client(request)
    return world.server.authenticate_client(request)


def after_a_failure(world: World) -> object:
    euicc = world.euicc()
    offered = world.initiate(euicc)
    with pytest.raises(FunctionRefused):
        world.server.authenticate_client(euicc.authenticate(offered, "WRONG"))
    return world.server.authenticate_client(euicc.authenticate(offered, "TOKEN"))


def too_late(world: World) -> object:
    euicc = world.euicc()
    request = euicc.authenticate(world.initiate(euicc), "TOKEN")
    world.clock.advance(hours=2)
    return world.server.authenticate_client(request)


def refused_server(world: World) -> object:
    euicc = world.euicc()
    return world.server.authenticate_client(euicc.refuse_server(world.initiate(euicc)))


def prepare(code: str | None = None, **lies: Any) -> Provoke:
    def provoke(world: World) -> object:
        euicc = world.euicc()
        offered = world.authenticate(euicc)
        return world.server.get_bound_profile_package(euicc.prepare(offered, code, **lies))

    return provoke


def prepare_unknown(world: World) -> object:
    euicc = world.euicc()
    return world.server.get_bound_profile_package(replace_tid(euicc.prepare(world.authenticate(euicc))))


def prepare_too_early(world: World) -> object:
    euicc = world.euicc()
    request = euicc.prepare(world.authenticate(euicc))
    offered = world.initiate(euicc)
    return world.server.get_bound_profile_package(request.model_copy(update={"transactionId": offered.transactionId}))


def another_package_in_one_session(world: World) -> object:
    euicc = world.euicc()
    offered = world.authenticate(euicc)
    world.server.get_bound_profile_package(euicc.prepare(offered))
    euicc.otsk = None
    changed = euicc.prepare(offered, otpk=public_point(world.pki.dp_pb("NIST").key))
    return world.server.get_bound_profile_package(changed)


def refused_download(world: World) -> object:
    euicc = world.euicc()
    return world.server.get_bound_profile_package(euicc.refuse_download(world.authenticate(euicc)))


def expired_meanwhile(world: World) -> object:
    euicc = world.euicc()
    request = euicc.prepare(world.authenticate(euicc))
    world.clock.advance(minutes=30)
    return world.server.get_bound_profile_package(request)


def taken_by_another(world: World) -> object:
    slow, fast = world.euicc(), world.euicc(EID2)
    request = slow.prepare(world.authenticate(slow))
    world.bind(fast)
    return world.server.get_bound_profile_package(request)


def rebinding(world: World) -> object:
    world.change(rebinding=False)
    euicc = world.euicc(keep_otsk=False)
    world.bind(euicc)
    return world.bind(euicc)


def cancel(**lies: Any) -> Provoke:
    def provoke(world: World) -> object:
        euicc = world.euicc()
        world.authenticate(euicc)
        return world.server.cancel_session(euicc.cancel(0, **lies))

    return provoke


def cancel_too_early(world: World) -> object:
    euicc = world.euicc()
    world.authenticate(euicc)
    request = euicc.cancel(0)
    offered = world.initiate(euicc)
    return world.server.cancel_session(request.model_copy(update={"transactionId": offered.transactionId}))


def cancel_twice(world: World) -> object:
    euicc = world.euicc()
    world.authenticate(euicc)
    world.server.cancel_session(euicc.cancel(1))
    return world.server.cancel_session(euicc.cancel(1))


INIT, AUTH = ES9P.INITIATE_AUTHENTICATION, ES9P.AUTHENTICATE_CLIENT
GET, CANCEL = ES9P.GET_BOUND_PROFILE_PACKAGE, ES9P.CANCEL_SESSION
STRANGER = [b"\x99" * 20]
COUNTED = {"download_attempts": 1}
BOUND_TO_EID2 = {"eid": EID2, "state": State.DOWNLOADED, "download_attempts": 2}
LATE = {"expires_at": START - timedelta(seconds=1)}
SOON = {"expires_at": START + timedelta(minutes=5)}
TWO_FAILURES = {"confirmation_failures": 2}

CASES = [
    Case("another server's address", INIT.INVALID_DP_ADDRESS, initiate(World.euicc, "other.example.com")),
    Case("a prefix of the address", INIT.INVALID_DP_ADDRESS, initiate(World.euicc, "smdp.example")),
    Case("SVN 2.0", INIT.SVN_NOT_SUPPORTED, initiate(lambda w: w.euicc(svn=b"\x02\x00\x05"))),
    Case("SVN 2.8", INIT.SVN_NOT_SUPPORTED, initiate(lambda w: w.euicc(svn=b"\x02\x08\x00"))),
    Case("SVN 3.0", INIT.SVN_NOT_SUPPORTED, initiate(lambda w: w.euicc(svn=b"\x03\x00\x00"))),
    Case("a signing CI nobody knows", INIT.CI_PK_NOT_SUPPORTED, initiate(lambda w: w.euicc(signing=STRANGER))),
    Case("no signing CI", INIT.CI_PK_NOT_SUPPORTED, initiate(lambda w: w.euicc(signing=[]))),
    Case("a verification CI nobody knows", INIT.NO_CERTIFICATE_FOR_CI, initiate(lambda w: w.euicc(verification=[]))),
    Case("transactionId of no session", AUTH.UNKNOWN_TRANSACTION_ID, unknown_transaction),
    Case("a second authenticateClient", AUTH.UNKNOWN_TRANSACTION_ID, twice, after=COUNTED),
    Case("authenticateClient after a failed one", AUTH.UNKNOWN_TRANSACTION_ID, after_a_failure),
    Case("a session too old", AUTH.UNKNOWN_TRANSACTION_ID, too_late),
    Case("another transactionId signed", AUTH.UNKNOWN_TRANSACTION_ID, authenticate(tid=b"\x05" * 16)),
    Case("the eUICC refused the server", AUTH.EUICC_SIGNATURE_INVALID, refused_server),
    Case("a chain of another CI", AUTH.CI_PK_UNKNOWN, unknown_ci),
    Case("EUM certificate with a bad signature", AUTH.EUM_CERTIFICATE_INVALID, with_chain(Role.EUM, "bad_signature")),
    Case("EUM certificate expired", AUTH.EUM_CERTIFICATE_EXPIRED, with_chain(Role.EUM, "expired")),
    Case("eUICC certificate out of range", AUTH.EUICC_CERTIFICATE_INVALID, with_chain(Role.EUICC, "eid_out_of_range")),
    Case("eUICC certificate expired", AUTH.EUICC_CERTIFICATE_EXPIRED, with_chain(Role.EUICC, "expired")),
    Case("euiccSignature1 wrong", AUTH.EUICC_SIGNATURE_INVALID, authenticate(signature=WRONG_SIGNATURE)),
    Case("serverChallenge of another session", AUTH.EUICC_SIGNATURE_INVALID, authenticate(challenge=bytes(16))),
    Case("serverAddress of another server", AUTH.EUICC_SIGNATURE_INVALID, authenticate(address=b"other.example.com")),
    Case("Matching ID unknown", AUTH.MATCHING_ID_REFUSED, authenticate(matching_id="NOBODY")),
    Case("no default order for the EID", AUTH.MATCHING_ID_REFUSED, authenticate(matching_id=None)),
    Case("an empty Matching ID means default", AUTH.MATCHING_ID_REFUSED, authenticate(matching_id="")),
    Case("Matching ID used", AUTH.MATCHING_ID_REFUSED, authenticate(), order={"state": State.INSTALLED}),
    Case("Matching ID of a failed order", AUTH.MATCHING_ID_REFUSED, authenticate(), order={"state": State.ERROR}),
    Case("Matching ID not confirmed", AUTH.MATCHING_ID_REFUSED, authenticate(), order={"state": State.ALLOCATED}),
    Case("order of another eUICC", AUTH.EID_MISMATCH, authenticate(), order={"eid": EID2}),
    Case("EID before state", AUTH.EID_MISMATCH, authenticate(), order={"eid": EID2, "state": State.CONFIRMED}),
    Case("not released", AUTH.PROFILE_NOT_RELEASED, authenticate(), order={"state": State.CONFIRMED}),
    Case("expired", AUTH.DOWNLOAD_ORDER_EXPIRED, authenticate(), order=LATE, after={"state": State.ERROR}),
    Case(
        "attempts used up",
        AUTH.DOWNLOAD_ATTEMPTS_EXCEEDED,
        authenticate(),
        order={"download_attempts": 3, "download_limit": 3},
        after={"state": State.ERROR},
    ),
    Case(
        "older package version", AUTH.NO_ELIGIBLE_PROFILE, authenticate(profile_version=b"\x02\x02\x00"), after=COUNTED
    ),
    Case("other major version", AUTH.NO_ELIGIBLE_PROFILE, authenticate(profile_version=b"\x03\x03\x00"), after=COUNTED),
    Case("a service is missing", AUTH.NO_ELIGIBLE_PROFILE, authenticate(uicc_capability="0520"), after=COUNTED),
    Case("PPR1 forbidden", AUTH.NO_ELIGIBLE_PROFILE, authenticate(forbidden_rules="0640"), after=COUNTED),
    Case("no room", AUTH.INSUFFICIENT_MEMORY, authenticate(free_memory=9_999), after=COUNTED),
    Case("transactionId of no session", GET.UNKNOWN_TRANSACTION_ID, prepare_unknown, after=COUNTED),
    Case("before authenticateClient", GET.UNKNOWN_TRANSACTION_ID, prepare_too_early, after=COUNTED),
    Case("another transactionId signed", GET.UNKNOWN_TRANSACTION_ID, prepare(tid=b"\x05" * 16), after=COUNTED),
    Case(
        "another one-time key in one session",
        GET.UNKNOWN_TRANSACTION_ID,
        another_package_in_one_session,
        after=COUNTED | {"state": State.DOWNLOADED},
    ),
    Case("the eUICC refused the download", GET.EUICC_SIGNATURE_INVALID, refused_download, after=COUNTED),
    Case("euiccSignature2 wrong", GET.EUICC_SIGNATURE_INVALID, prepare(signature=WRONG_SIGNATURE), after=COUNTED),
    Case("a point off the curve", GET.EUICC_SIGNATURE_INVALID, prepare(otpk=b"\x04" + b"\x01" * 64), after=COUNTED),
    Case("a compressed point", GET.EUICC_SIGNATURE_INVALID, prepare(otpk=b"\x02" + b"\x01" * 32), after=COUNTED),
    Case("no code", GET.CONFIRMATION_CODE_MISSING, prepare(), order={"code": "1234"}, after=COUNTED),
    Case(
        "wrong code",
        GET.CONFIRMATION_CODE_REFUSED,
        prepare("4321"),
        order={"code": "1234"},
        after=COUNTED | {"confirmation_failures": 1},
    ),
    Case(
        "the last wrong code",
        GET.CONFIRMATION_CODE_RETRIES_EXCEEDED,
        prepare("4321"),
        order={"code": "1234"} | TWO_FAILURES,
        after=COUNTED | {"confirmation_failures": 3, "state": State.ERROR},
    ),
    Case(
        "the right code, too late",
        GET.CONFIRMATION_CODE_RETRIES_EXCEEDED,
        prepare("1234"),
        order={"code": "1234", "confirmation_failures": 3},
        after=COUNTED,
    ),
    Case("expired meanwhile", GET.DOWNLOAD_ORDER_EXPIRED, expired_meanwhile, SOON, COUNTED | {"state": State.ERROR}),
    Case("another eUICC was faster", GET.BPP_REBINDING_REFUSED, taken_by_another, after=BOUND_TO_EID2),
    Case(
        "no second binding",
        GET.BPP_REBINDING_REFUSED,
        rebinding,
        after={"state": State.DOWNLOADED, "download_attempts": 2},
    ),
    Case("before authenticateClient", CANCEL.UNKNOWN_TRANSACTION_ID, cancel_too_early, after=COUNTED),
    Case("cancelled twice", CANCEL.UNKNOWN_TRANSACTION_ID, cancel_twice),
    Case("another transactionId signed", CANCEL.UNKNOWN_TRANSACTION_ID, cancel(tid=b"\x05" * 16), after=COUNTED),
    Case("signature wrong", CANCEL.EUICC_SIGNATURE_INVALID, cancel(signature=WRONG_SIGNATURE), after=COUNTED),
    Case("another server's OID", CANCEL.SMDP_OID_MISMATCH, cancel(oid=b"\x88\x37\x63"), after=COUNTED),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.code.function} {case.name}")
def test_code(tmp_path: Path, case: Case) -> None:
    world = World(tmp_path)
    needs = Requirements((2, 3, 0), frozenset({"usimSupport", "akaMilenage"}), 10_000)
    world.profile("89001012345678901234", tlv(0x99, b"\x06\x40"), requirements=needs)
    before = world.order(**case.order)
    profiles = world.store.profiles()
    with pytest.raises(FunctionRefused) as refused:
        case.provoke(world)
    assert refused.value.status_code == case.code
    now = world.now()
    bound = {"bound_in": now.bound_in, "eid": now.eid} if case.after.get("state") is State.DOWNLOADED else {}
    assert now._replace(version=0) == before._replace(**(bound | case.after), version=0)
    assert world.store.profiles() == profiles


def test_every_row_is_reached() -> None:
    rows = {row for row in ROWS if row.function.startswith("ES9+")}
    assert rows == {case.code for case in CASES}


def test_a_restricted_listener_offers_its_ci_only(tmp_path: Path) -> None:
    world = World(tmp_path)
    both = [world.pki.ci("NIST").ski, world.pki.ci("BRP").ski]
    euicc = world.euicc(verification=both, signing=both)
    assert world.initiate(euicc).euiccCiPKIdToBeUsed[2:] == both[0]
    world.change(offered_cis=(both[1],))
    offered = world.initiate(euicc)
    assert offered.euiccCiPKIdToBeUsed[2:] == both[1]
    assert offered.serverCertificate == world.pki.dp_auth("BRP").certificate
    with pytest.raises(FunctionRefused) as refused:
        world.initiate(world.euicc())
    assert refused.value.status_code == INIT.CI_PK_NOT_SUPPORTED


def test_the_ci_is_the_first_of_the_euiccs_list_that_is_trusted(tmp_path: Path) -> None:
    world = World(tmp_path)
    nist, brainpool = world.pki.ci("NIST").ski, world.pki.ci("BRP").ski
    euicc = world.euicc(signing=[*STRANGER, brainpool, nist], verification=[nist, brainpool])
    offered = world.initiate(euicc)
    assert offered.euiccCiPKIdToBeUsed[2:] == brainpool
    assert offered.serverCertificate == world.pki.dp_auth("BRP").certificate  # the same CI both ways, where it can be
    mixed = world.initiate(world.euicc(signing=[brainpool], verification=[nist]))
    assert mixed.euiccCiPKIdToBeUsed[2:] == brainpool
    assert mixed.serverCertificate == world.pki.dp_auth("NIST").certificate


def test_mixed_chains_download(tmp_path: Path) -> None:
    """The server's chain on NIST, the eUICC's on Brainpool: one-time keys follow CERT.DPpb."""
    world = World(tmp_path)
    world.profile()
    world.order()
    euicc = world.euicc(curve="BRP", verification=[world.pki.ci("NIST").ski])
    world.download(euicc)
    assert world.now().state is State.INSTALLED


@pytest.mark.parametrize("address", ["SMDP.Example.COM", "smdp.example.com:8443"])
def test_the_clients_spelling_of_the_address_is_signed(tmp_path: Path, address: str) -> None:
    world = World(tmp_path)
    world.profile()
    world.order()
    euicc = world.euicc()
    offered = world.server.initiate_authentication(euicc.initiate(address))
    assert tlv(0x83, address.encode()) in offered.serverSigned1
    world.server.authenticate_client(euicc.authenticate(offered, "TOKEN"))


def test_a_revoked_eum_is_refused(tmp_path: Path) -> None:
    from certs.crl import Revoked, issue_crl

    world = World(tmp_path)
    entry = Revoked.of(world.pki.eum("NIST").certificate, START)
    crl = issue_crl(world.pki.ci("NIST"), [entry], number=1, this_update=START, next_update=START + timedelta(days=1))
    world.trust = TrustStore([ci.certificate for ci in world.pki.cis], [crl])
    world.start()
    with pytest.raises(FunctionRefused) as refused:
        authenticate()(world)
    assert refused.value.status_code == AUTH.EUM_CERTIFICATE_INVALID


@pytest.mark.parametrize("octets", [b"", b"\xbf\x38\x00", b"\xbf\x38\x02\xa0\x00", b"\xff" * 40])
def test_malformed_der_changes_nothing_and_leaves_the_session_open(tmp_path: Path, octets: bytes) -> None:
    world = World(tmp_path)
    world.profile()
    world.order()
    euicc = world.euicc()
    good = euicc.authenticate(world.initiate(euicc), "TOKEN")
    with pytest.raises(FunctionRefused) as refused:
        world.server.authenticate_client(good.model_copy(update={"authenticateServerResponse": octets}))
    assert refused.value.status_code == GENERIC.MALFORMED_ELEMENT
    world.server.authenticate_client(good)
