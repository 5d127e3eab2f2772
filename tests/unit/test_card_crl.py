"""LoadCRL: what a list does to server certificates, parts, freshness, refusals (card.md 2.9)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from certs.crl import Revoked, issue_crl, issue_segmented_crl
from certs.pki import Pki
from tests.support.card_bench import Bench, card_settings, mini_server, pki
from tests.support.tlv_by_hand import dig, split, t
from wire.es10 import RspCapability

NOW = datetime(2026, 1, 1, tzinfo=UTC)
NEXT = NOW + timedelta(days=30)


def load(bench: Bench, crl: bytes) -> str:
    """The response's content; the A0 of the request stands in place of the list's own tag."""
    return dig(bench.es10(t("BF35", t("A0", dig(crl, "30")))), "BF35").hex().upper()


def revoke(*certificates: bytes, number: int = 1, ci: str = "NIST", **how: Any) -> bytes:
    revoked = [Revoked.of(certificate, NOW) for certificate in certificates]
    return issue_crl(pki().ci(ci), revoked, number=number, this_update=NOW, next_update=NEXT, **how)


def refused(bench: Bench) -> bool:
    response = bench.authenticate(mini_server())
    tags = [tag for tag, _, _ in split(dig(response, "BF38"))]
    if tags == ["A1"]:
        assert dig(response, "BF38", "A1", "02") == b"\x01"
    return tags == ["A1"]


def test_a_revoked_server_is_refused_for_good() -> None:
    bench = Bench()
    assert not refused(bench)
    free = bench.free_octets()
    assert load(bench, revoke(pki().dp_auth().certificate)) == "A000"
    assert refused(bench)
    assert bench.free_octets() < free, "the list takes memory"
    bench.power_on()
    assert refused(bench)
    assert load(bench, revoke(number=2)) == "A000"
    assert not refused(bench), "the newer list replaces the older one"


def test_a_revoked_dp_pb_is_refused() -> None:
    bench, server = Bench(), mini_server()
    load(bench, revoke(server.pb.certificate))
    server.check_authentication(bench.authenticate(server))
    assert dig(bench.es10(server.prepare_download()), "BF21", "A1", "02") == b"\x01"


def test_lists_are_kept_per_ci() -> None:
    bench = Bench()
    assert load(bench, revoke(pki().dp_auth().certificate, ci="BRP")) == "A000"
    assert not refused(bench), "a serial number means something under its own CI only"


def test_parts_are_told_and_count_at_once() -> None:
    bench = Bench()
    others = [pki().dp_pb().certificate, pki().dp_tls().certificate]
    revoked = [Revoked.of(certificate, NOW) for certificate in [pki().dp_auth().certificate, *others]]
    parts = issue_segmented_crl(pki().ci(), revoked, number=3, this_update=NOW, next_update=NEXT, entries_per_part=1)
    assert load(bench, parts[2]) == "A008A006020101020102"
    assert not refused(bench)
    assert load(bench, parts[0]) == "A005A003020102"
    assert refused(bench)
    assert load(bench, parts[1]) == "A000"
    assert load(bench, parts[1]) == "A000"


def test_an_older_list_is_refused() -> None:
    bench = Bench()
    load(bench, revoke(pki().dp_auth().certificate, number=5))
    assert load(bench, revoke(number=4)) == "810105"
    assert refused(bench)
    assert load(bench, revoke(pki().dp_auth().certificate, number=5)) == "A000", "the same again is no harm"


def test_refusals() -> None:
    bench = Bench()
    good = revoke(pki().dp_auth().certificate)
    damaged = bytearray(good)
    damaged[-1] ^= 1
    stranger = Pki.generate(["x"], not_before=pki().not_before, curves=["NIST"])
    foreign = issue_crl(stranger.ci(), [], number=1, this_update=NOW, next_update=NEXT)
    assert load(bench, bytes(damaged)) == "810101"
    assert load(bench, foreign) == "810104"
    assert load(bench, t("30", t("02", b"\x01"))) == "810102"
    assert load(bench, t("30", good)) == "810102", "the list's own tag inside A0"
    assert not refused(bench)


def _delta(number: int, base: int, *entries: x509.RevokedCertificate) -> bytes:
    ci = pki().ci()
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(x509.load_der_x509_certificate(ci.certificate).subject)
        .last_update(NOW)
        .next_update(NEXT)
        .add_extension(x509.AuthorityKeyIdentifier(ci.ski, None, None), False)
        .add_extension(x509.CRLNumber(number), False)
        .add_extension(x509.DeltaCRLIndicator(base), True)
    )
    for entry in entries:
        builder = builder.add_revoked_certificate(entry)
    return builder.sign(ci.require_key(), hashes.SHA256()).public_bytes(Encoding.DER)


def _entry(certificate: bytes, reason: x509.ReasonFlags | None = None) -> x509.RevokedCertificate:
    serial = x509.load_der_x509_certificate(certificate).serial_number
    builder = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(NOW)
    if reason:
        builder = builder.add_extension(x509.CRLReason(reason), False)
    return builder.build()


def test_deltas() -> None:
    bench = Bench()
    dp_auth = pki().dp_auth().certificate
    assert load(bench, _delta(2, 1, _entry(dp_auth))) == "810106"
    load(bench, revoke(number=1))
    assert load(bench, _delta(2, 1, _entry(dp_auth))) == "A000"
    assert refused(bench)
    assert load(bench, _delta(3, 2, _entry(dp_auth, x509.ReasonFlags.remove_from_crl))) == "A000"
    assert not refused(bench)
    assert load(bench, _delta(9, 8)) == "810106"


def test_a_full_card() -> None:
    bench = Bench(card_settings(nvm_octets=20))
    assert load(bench, revoke(pki().dp_auth().certificate)) == "810103"


def test_a_card_without_crl_support() -> None:
    bench = Bench(card_settings(rsp_capability=RspCapability.additionalProfile))
    assert bench.send(t("BF35", t("A0", b"")))[1] == 0x6A88


@pytest.mark.parametrize("curve", ["NIST", "BRP"])
def test_both_curves(curve: str) -> None:
    assert load(Bench(), revoke(number=1, ci=curve)) == "A000"
