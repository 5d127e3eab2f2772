"""Mutual authentication, PrepareDownload, CancelSession: every refusal, and what survives (card.md 4.1, 4.3, 4.8)."""

import hashlib
from datetime import UTC, datetime
from itertools import product

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from certs import roles
from certs.roles import Role
from certs.zoo import DEFECTS, SOUND, zoo
from euicc_sim.core.options import CardOptions
from euicc_sim.core.session import TRANSITIONS, Session, SessionEvent, SessionState
from tests.support.card_bench import EID, Bench, Order, card_settings, chain, mini_server, pki
from tests.support.mini_server import check, sign
from tests.support.tlv_by_hand import dig, split, t, whole
from wire.es10 import AuthenticateErrorCode as A
from wire.es10 import DownloadErrorCode as D

TID = bytes.fromhex("00112233445566778899AABBCCDDEEFF")
STRANGER = ec.generate_private_key(ec.SECP256R1())


def authentication_error(response: bytes) -> A:
    error = dig(response, "BF38", "A1")
    assert dig(error, "80") == TID
    return A(dig(error, "02")[0])


def preparation_error(response: bytes) -> D:
    error = dig(response, "BF21", "A1")
    return D(dig(error, "02")[0])


@pytest.fixture
def bench() -> Bench:
    return Bench()


# -- the table -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("state", "event"), list(product(SessionState, SessionEvent)))
def test_every_state_and_event(state: SessionState, event: SessionEvent) -> None:
    session = Session()
    session.state = state
    expected = {
        SessionEvent.GET_EUICC_CHALLENGE: {*SessionState},
        SessionEvent.END: {*SessionState},
        SessionEvent.AUTHENTICATE_SERVER: {SessionState.CHALLENGED},
        SessionEvent.PREPARE_DOWNLOAD: {SessionState.AUTHENTICATED, SessionState.PREPARED},
        SessionEvent.INITIALISE_SECURE_CHANNEL: {SessionState.PREPARED},
        SessionEvent.PROFILE_INSTALLATION_RESULT: {SessionState.LOADING},
        SessionEvent.CANCEL_SESSION: {SessionState.AUTHENTICATED, SessionState.PREPARED, SessionState.LOADING},
    }[event]
    assert session.allows(event) == (state in expected)
    if state not in expected:
        with pytest.raises(KeyError):
            session.move(event)
        assert session.state is state
    else:
        session.move(event)
        assert session.state is TRANSITIONS[state, event]


# -- AuthenticateServer ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("curve", ["NIST", "BRP"])
def test_authentication(bench: Bench, curve: str) -> None:
    server = mini_server(curve)
    info2 = bench.es10("BF2200")
    signed1 = server.check_authentication(bench.authenticate(server, curve))
    assert [tag for tag, _, _ in split(dig(signed1, "30"))] == ["80", "83", "84", "BF22", "A0"]
    assert whole(dig(signed1, "30"), "BF22") == info2
    assert server.euicc_certificate == pki().euicc(curve).certificate
    assert bench.trace.verdicts("serverSignature1") == [True]


def test_device_info_is_echoed_octet_for_octet(bench: Bench) -> None:
    capabilities = t("A1", bytes.fromhex("85030F0000 8F0101 AE03800101"))
    device_info = t("A1", bytes.fromhex("800435290611"), capabilities, bytes.fromhex("9F2103AABBCC"))
    server = mini_server(ctx_params1=t("A0", t("80", b"X"), device_info, bytes.fromhex("9F2200")))
    signed1 = server.check_authentication(bench.authenticate(server))
    assert signed1.endswith(server.ctx_params1)


def test_both_curves_may_be_mixed(bench: Bench) -> None:
    server = mini_server("NIST")
    response = bench.authenticate(server, "BRP")
    server.check_authentication(response)
    assert server.euicc_certificate == pki().euicc("BRP").certificate


def test_no_challenge_no_session(bench: Bench) -> None:
    server = mini_server()
    assert authentication_error(bench.es10(server.authenticate_server(bytes(16), pki().ci().ski))) is A.noSessionContext


def test_a_challenge_is_used_once(bench: Bench) -> None:
    server = mini_server()
    challenge = dig(bench.es10("BF2E00"), "BF2E", "80")
    request = server.authenticate_server(challenge, pki().ci().ski)
    server.check_authentication(bench.es10(request))
    assert authentication_error(bench.es10(request)) is A.noSessionContext
    server.check_preparation(bench.es10(server.prepare_download()))


def test_a_new_challenge_ends_the_old_session(bench: Bench) -> None:
    server = mini_server()
    bench.prepare(server)
    bench.es10("BF2E00")
    assert preparation_error(bench.es10(server.prepare_download())) is D.noSessionContext


@pytest.mark.parametrize("how", ["reset", "enable"])
def test_what_ends_a_session(bench: Bench, how: str) -> None:
    order = Order()
    bench.download(order)
    server = mini_server()
    bench.prepare(server)
    if how == "reset":
        bench.power_on()
    else:
        assert bench.result(order.enable()) == 0
    assert preparation_error(bench.es10(server.prepare_download())) is D.noSessionContext


def test_what_does_not_end_a_session(bench: Bench) -> None:
    server = mini_server()
    server.check_authentication(bench.authenticate(server))
    for request in ("BF2D00", "BF2800", "BF2B00", "BF3003800109", "BF3C00", "BF2200", "BF4300", "BF3E035C015A"):
        bench.es10(request)
    bench.send("BF3B00")
    bench.send("BF38FF")
    bench.apdu("0070800100")
    bench.apdu("0070000001")
    bench.apdu("01A4040C10A0000005591010FFFFFFFF8900000100")
    server.check_preparation(bench.es10(server.prepare_download()))


def test_a_channel_may_be_what_the_session_hangs_on() -> None:
    bench = Bench(card_settings(options=CardOptions(session_ends_with_channel=True)))
    server = mini_server()
    server.check_authentication(bench.authenticate(server))
    bench.apdu("0070800100")
    bench.apdu("0070000001")
    bench.apdu("01A4040C10A0000005591010FFFFFFFF8900000100")
    assert preparation_error(bench.es10(server.prepare_download())) is D.noSessionContext


def _certificate(role: Role, oid: str = roles.SMDP_OID) -> tuple[bytes, ec.EllipticCurvePrivateKey]:
    credential = (
        pki().ci().issue(roles.signing_server(role, oid, "X"), not_before=pki().not_before, entropy=pki().entropy)
    )
    return credential.certificate, credential.key


def test_refusals_of_the_server_certificate(bench: Bench) -> None:
    server = mini_server()
    eum, tls = pki().eum().certificate, pki().dp_tls()
    other = type(pki()).generate(["x"], not_before=pki().not_before, curves=["NIST"])
    damaged = bytearray(server.auth.certificate)
    damaged[-5] ^= 1
    cases = {
        "another CI": (other.dp_auth().certificate, A.ciPKUnknown),
        "damaged": (bytes(damaged), A.invalidCertificate),
        "DPpb": (server.pb.certificate, A.invalidCertificate),
        "EUM": (eum, A.invalidCertificate),
        "TLS": (tls.certificate, A.invalidCertificate),
        "euicc": (pki().euicc().certificate, A.ciPKUnknown),
        "no certificate": (t("30", t("02", b"\x01")), A.invalidCertificate),
    }
    for name, (certificate, expected) in cases.items():
        assert authentication_error(bench.authenticate(server, certificate=certificate)) is expected, name
    server.check_authentication(bench.authenticate(server))


NOW = datetime(2026, 1, 1, tzinfo=UTC)
NO_CLOCK = {"expired", "not_yet_valid", "revoked"}
DP_AUTH_CODES = {
    "wrong_root": A.ciPKUnknown,
    "variant_mixup": A.ciPKUnknown,
    "missing_registered_id": A.invalidOid,
    "wrong_curve": A.unsupportedCurve,
}
DP_PB_CODES = {"wrong_curve": D.unsupportedCurve}


@pytest.mark.parametrize("curve", ["NIST", "BRP"])
@pytest.mark.parametrize("defect", [SOUND, *DEFECTS[Role.DP_AUTH]])
def test_the_zoo_of_dp_auth_certificates(bench: Bench, defect: str, curve: str) -> None:
    """A card has no clock, revocation needs a CRL, and another OID alone is no defect: these pass."""
    server = mini_server(curve)
    credential = zoo(pki(), Role.DP_AUTH, defect, now=NOW, curve=curve)
    response = bench.authenticate(server, curve, certificate=credential.certificate, key=credential.key)
    if defect in NO_CLOCK | {SOUND, "wrong_oid"}:
        server.check_authentication(response)
    else:
        assert authentication_error(response) is DP_AUTH_CODES.get(defect, A.invalidCertificate)
        assert False in bench.trace.verdicts("serverCertificate")


@pytest.mark.parametrize("defect", [SOUND, *DEFECTS[Role.DP_PB]])
def test_the_zoo_of_dp_pb_certificates(bench: Bench, defect: str) -> None:
    server = mini_server()
    server.check_authentication(bench.authenticate(server))
    credential = zoo(pki(), Role.DP_PB, defect, now=NOW)
    response = bench.es10(server.prepare_download(certificate=credential.certificate, key=credential.key))
    if defect in NO_CLOCK | {SOUND}:
        server.check_preparation(response)
    else:
        assert preparation_error(response) is DP_PB_CODES.get(defect, D.invalidCertificate)
        server.check_preparation(bench.es10(server.prepare_download()))


def test_an_sm_ds_is_a_server_too(bench: Bench) -> None:
    server = mini_server()
    ds_auth = pki().ds_auth()
    server.check_authentication(bench.authenticate(server, certificate=ds_auth.certificate, key=ds_auth.key))
    assert preparation_error(bench.es10(server.prepare_download())) is D.invalidCertificate, "another OID"


def test_refusals_of_the_signature(bench: Bench) -> None:
    server = mini_server()
    for signature in (bytes(64), b"\x01" * 63, b"", sign(STRANGER, b"x")):
        assert authentication_error(bench.authenticate(server, signature=signature or b"\x00")) is A.invalidSignature
    assert authentication_error(bench.authenticate(server, key=STRANGER)) is A.invalidSignature


def test_the_server_must_sign_this_challenge(bench: Bench) -> None:
    server = mini_server()
    bench.es10("BF2E00")
    request = server.authenticate_server(bytes(16), pki().ci().ski)
    assert authentication_error(bench.es10(request)) is A.euiccChallengeMismatch


def test_the_ci_to_be_used_must_be_one_the_card_signs_under() -> None:
    bench = Bench(card_settings(chains=(chain(pki(), "NIST", signs=False), chain(pki(), "BRP"))))
    server = mini_server()
    challenge = dig(bench.es10("BF2E00"), "BF2E", "80")
    for wanted in (pki().ci("NIST").ski, bytes(20), b""):
        assert authentication_error(bench.es10(server.authenticate_server(challenge, wanted))) is A.ciPKUnknown
    server.check_authentication(bench.es10(server.authenticate_server(challenge, pki().ci("BRP").ski)))


@pytest.mark.parametrize(
    "ctx_params1",
    [t("A0"), t("A0", t("A1")), t("A0", t("A1", t("80", bytes(3)), t("A1"))), t("A1", b""), t("A0", b"\x80")],
)
def test_malformed_context_is_6a80(bench: Bench, ctx_params1: bytes) -> None:
    server = mini_server()
    challenge = dig(bench.es10("BF2E00"), "BF2E", "80")
    request = server.authenticate_server(challenge, pki().ci().ski, ctx_params1=ctx_params1)
    assert bench.send(request) == (b"", 0x6A80)
    server.check_authentication(bench.es10(server.authenticate_server(challenge, pki().ci().ski)))


# -- PrepareDownload -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("curve", ["NIST", "BRP"])
def test_preparation(bench: Bench, curve: str) -> None:
    server = mini_server(curve)
    bench.prepare(server, curve)
    ec.EllipticCurvePublicKey.from_encoded_point(server.pb.key.curve, server.otpk_euicc)


def test_the_confirmation_code_hash_is_relayed_where_it_is_asked_for(bench: Bench) -> None:
    server = mini_server()
    server.check_authentication(bench.authenticate(server))
    hash_cc = hashlib.sha256(hashlib.sha256(b"1234").digest() + TID).digest()
    signed2 = server.check_preparation(bench.es10(server.prepare_download(cc_required=True, hash_cc=hash_cc)))
    assert dig(signed2, "30", "04") == hash_cc
    assert [tag for tag, _, _ in split(dig(signed2, "30"))] == ["80", "5F49", "04"]
    again = hashlib.sha256(b"other").digest()
    signed2 = server.check_preparation(bench.es10(server.prepare_download(cc_required=True, hash_cc=again)))
    assert dig(signed2, "30", "04") == again, "another try in the same session"
    signed2 = server.check_preparation(bench.es10(server.prepare_download(hash_cc=hash_cc)))
    assert [tag for tag, _, _ in split(dig(signed2, "30"))] == ["80", "5F49"]


def test_refusals_of_preparation(bench: Bench) -> None:
    server = mini_server()
    assert preparation_error(bench.es10(server.prepare_download())) is D.noSessionContext
    bench.es10("BF2E00")
    assert preparation_error(bench.es10(server.prepare_download())) is D.noSessionContext
    server.check_authentication(bench.authenticate(server))
    other_dp, key = _certificate(Role.DP_PB, "2.999.77")
    brainpool = pki().dp_pb("BRP")
    cases = [
        ({"transaction_id": bytes(16)}, D.invalidTransactionId),
        ({"certificate": server.auth.certificate}, D.invalidCertificate),
        ({"certificate": other_dp, "key": key}, D.invalidCertificate),
        ({"certificate": brainpool.certificate, "key": brainpool.key}, D.invalidCertificate),
        ({"certificate": t("30", b"")}, D.invalidCertificate),
        ({"signature": bytes(64)}, D.invalidSignature),
        ({"key": server.auth.key}, D.invalidSignature),
        ({"signature": bytes(10)}, D.invalidSignature),
    ]
    for lies, expected in cases:
        assert preparation_error(bench.es10(server.prepare_download(**lies))) is expected, expected
    server.check_preparation(bench.es10(server.prepare_download()))


def test_one_time_key_is_reused_when_the_server_names_it(bench: Bench) -> None:
    server = mini_server()
    bench.prepare(server)
    first = server.otpk_euicc
    server.check_preparation(bench.es10(server.prepare_download(otpk=first)))
    assert server.otpk_euicc == first
    bench.power_on()
    bench.prepare(server, otpk=first)
    assert server.otpk_euicc == first, "over a power cycle"
    bench.prepare(server, otpk=bytes(65))
    assert server.otpk_euicc != first, "not the stored one: a new one"
    bench.prepare(server)
    second = server.otpk_euicc
    bench.prepare(server, otpk=first)
    assert server.otpk_euicc not in (first, second), "only the last pair is kept"


def test_the_one_time_key_is_gone_after_an_installation(bench: Bench) -> None:
    server = mini_server()
    order = Order()
    bench.prepare(server)
    used = server.otpk_euicc
    bench.load(server.bind(bytes.fromhex(EID), order.metadata, order.package))
    assert not list(bench.nvm.keys("one-time-key/"))
    bench.prepare(server, otpk=used)
    assert server.otpk_euicc != used


# -- CancelSession ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reason", [0, 1, 2, 3, 4, 5, 127])
@pytest.mark.parametrize("prepared", [False, True])
def test_cancel_session(bench: Bench, reason: int, prepared: bool) -> None:
    server = mini_server()
    server.check_authentication(bench.authenticate(server))
    if prepared:
        server.check_preparation(bench.es10(server.prepare_download()))
    response = bench.es10(t("BF41", t("80", TID), t("81", bytes([reason]))))
    signed, signature = split(dig(response, "BF41", "A0"))
    check(server.euicc_certificate, signature[1], signed[2])
    assert signed[2] == t("30", t("80", TID), t("81", bytes.fromhex("88370A")), t("82", bytes([reason])))
    assert bench.es10(t("BF41", t("80", TID), t("81", b"\x00"))).hex() == "bf4103810105", "the session is over"


def test_cancel_session_refusals(bench: Bench) -> None:
    request = t("BF41", t("80", TID), t("81", b"\x00"))
    assert bench.es10(request).hex() == "bf4103810105"
    bench.es10("BF2E00")
    assert bench.es10(request).hex() == "bf4103810105"
    server = mini_server()
    server.check_authentication(bench.authenticate(server))
    assert bench.es10(t("BF41", t("80", TID[:15]), t("81", b"\x00"))).hex() == "bf4103810105"
    assert bench.send(t("BF41", t("80", TID)))[1] == 0x6A80
    assert bench.send(t("BF41", t("80", bytes(17)), t("81", b"\x00")))[1] == 0x6A80
    server.check_preparation(bench.es10(server.prepare_download()))
