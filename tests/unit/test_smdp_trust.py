"""The server's judgement of eUICC chains: every named defect, every variant, revocation."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_der_x509_crl

from certs import roles
from certs.authority import Credential
from certs.crl import Revoked, issue_crl
from certs.pki import Pki
from certs.roles import Role
from certs.variants import VARIANTS, Variant, v3_policy
from certs.zoo import DEFECTS, SOUND, zoo
from smdp.core.trust import ChainRefused, Euicc, Fault, TrustStore
from smdp.store.crl_files import CrlFiles
from tests.support.entropy import SeededEntropy
from tests.support.smdp_world import START, shared_pki

EUICC_FAULTS = dict.fromkeys(DEFECTS[Role.EUICC], Fault.EUICC_INVALID) | {
    "expired": Fault.EUICC_EXPIRED,
    "not_yet_valid": Fault.EUICC_EXPIRED,
    "path_length": Fault.EUM_INVALID,  # two EUMs are no chain of any variant
    "revoked": None,  # individual eUICC certificates are on no CRL of the CI
}
EUM_FAULTS = dict.fromkeys(DEFECTS[Role.EUM], Fault.EUM_INVALID) | {
    "expired": Fault.EUM_EXPIRED,
    "not_yet_valid": Fault.EUM_EXPIRED,
    "revoked": None,  # not on a CRL yet
    "wrong_root": Fault.CI_UNKNOWN,  # its authority key identifier names a CI that nobody knows
    "eid_out_of_range": Fault.EUICC_INVALID,
    "wrong_organisation": Fault.EUICC_INVALID,
    "missing_name_constraints": Fault.EUICC_INVALID,
    "variant_mixup": Fault.EUICC_INVALID,  # a v2 eUICC under a v3 EUM
    "missing_registered_id": None,  # nobody compares an EUM's OID
}


@pytest.fixture
def pki() -> Pki:
    return shared_pki()


@pytest.fixture
def store(pki: Pki) -> TrustStore:
    return TrustStore([ci.certificate for ci in pki.cis])


def verify(store: TrustStore, credential: Credential, ci_pkid: bytes) -> Euicc:
    eum, *others = credential.chain
    return store.verify(credential.certificate, eum, tuple(others), ci_pkid, START)


def fault(store: TrustStore, credential: Credential, ci_pkid: bytes) -> Fault | None:
    try:
        verify(store, credential, ci_pkid)
    except ChainRefused as refused:
        return refused.fault
    return None


@pytest.mark.parametrize("curve", ["NIST", "BRP"])
@pytest.mark.parametrize("defect", [SOUND, *DEFECTS[Role.EUICC]])
def test_defects_of_the_euicc_certificate(pki: Pki, store: TrustStore, defect: str, curve: str) -> None:
    credential = zoo(pki, Role.EUICC, defect, now=START, curve=curve)
    assert fault(store, credential, pki.ci(curve).ski) is EUICC_FAULTS.get(defect)


@pytest.mark.parametrize("curve", ["NIST", "BRP"])
@pytest.mark.parametrize("defect", [SOUND, *DEFECTS[Role.EUM]])
def test_defects_of_the_eum_certificate(pki: Pki, store: TrustStore, defect: str, curve: str) -> None:
    credential = zoo(pki, Role.EUM, defect, now=START, curve=curve)
    assert fault(store, credential, pki.ci(curve).ski) is EUM_FAULTS.get(defect)


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_variant_of_a_sound_chain(pki: Pki, store: TrustStore, variant: str) -> None:
    credential = Variant(pki, variant).euicc(roles.EID)
    assert verify(store, credential, pki.ci("NIST").ski).eid == roles.EID


@pytest.mark.parametrize("variant", ["A", "B", "C"])
def test_a_missing_intermediate_leads_nowhere(pki: Pki, store: TrustStore, variant: str) -> None:
    credential = Variant(pki, variant).euicc(roles.EID)
    shortened = replace(credential, chain=credential.chain[:1])
    assert fault(store, shortened, pki.ci("NIST").ski) is Fault.CI_UNKNOWN


def test_intermediates_may_come_in_any_order(pki: Pki, store: TrustStore) -> None:
    credential = Variant(pki, "C").euicc(roles.EID)
    eum, *others = credential.chain
    assert store.verify(credential.certificate, eum, tuple(reversed(others)), pki.ci("NIST").ski, START)


def test_ein_range_of_a_v3_eum(pki: Pki, store: TrustStore) -> None:
    narrow = Variant(pki, "Ov3", eins=("8904903299",))
    inside = "8904903299" + "0" * 20
    eid = inside + f"{98 - int(inside + '00') % 97:02d}"
    assert verify(store, narrow.euicc(eid), pki.ci("NIST").ski).eid == eid
    template = roles.euicc(roles.EID).with_extension(v3_policy(Role.EUICC))
    outside = narrow.eum.issue(template, not_before=START, entropy=SeededEntropy())
    assert fault(store, outside, pki.ci("NIST").ski) is Fault.EUICC_INVALID


def test_the_chain_must_lead_to_the_selected_ci(pki: Pki, store: TrustStore) -> None:
    assert fault(store, pki.euicc("NIST"), pki.ci("BRP").ski) is Fault.CI_UNKNOWN


def test_an_untrusted_ci_is_unknown(pki: Pki) -> None:
    brainpool_only = TrustStore([pki.ci("BRP").certificate])
    assert fault(brainpool_only, pki.euicc("NIST"), pki.ci("NIST").ski) is Fault.CI_UNKNOWN


def test_wrong_check_digits_make_no_eid(pki: Pki, store: TrustStore) -> None:
    credential = pki.issue_euicc(roles.EID[:-1] + "6", any_eid=True)
    assert fault(store, credential, pki.ci("NIST").ski) is Fault.EUICC_INVALID


def test_garbage_is_an_invalid_certificate(pki: Pki, store: TrustStore) -> None:
    good = pki.euicc("NIST")
    assert fault(store, replace(good, certificate=b"\x30\x00"), pki.ci("NIST").ski) is Fault.EUICC_INVALID
    assert fault(store, replace(good, chain=(b"\x30\x00",)), pki.ci("NIST").ski) is Fault.EUM_INVALID


def test_a_euicc_known_under_its_eum_is_not_accepted_under_another(pki: Pki, store: TrustStore) -> None:
    good, ci = pki.euicc("NIST"), pki.ci("NIST").ski
    verify(store, good, ci)
    other = zoo(pki, Role.EUM, SOUND, now=START, curve="NIST")
    verify(store, other, ci)
    assert other.chain != good.chain
    assert fault(store, replace(good, chain=other.chain), ci) is Fault.EUICC_INVALID


def test_a_euicc_that_was_verified_once_still_expires(pki: Pki, store: TrustStore) -> None:
    soon = replace(roles.euicc(roles.EID), days=1)
    credential, ci = pki.eum("NIST").issue(soon, not_before=START, entropy=SeededEntropy()), pki.ci("NIST").ski
    verify(store, credential, ci)
    with pytest.raises(ChainRefused) as refused:
        store.verify(credential.certificate, credential.chain[0], (), ci, START + timedelta(days=2))
    assert refused.value.fault is Fault.EUICC_EXPIRED


def test_what_was_verified_once_still_expires(pki: Pki, store: TrustStore) -> None:
    credential = pki.euicc("NIST")
    verify(store, credential, pki.ci("NIST").ski)
    eum_end = pki.eum("NIST").fields.not_after
    with pytest.raises(ChainRefused) as refused:
        store.verify(
            credential.certificate, credential.chain[0], (), pki.ci("NIST").ski, eum_end + timedelta(seconds=1)
        )
    assert refused.value.fault is Fault.EUM_EXPIRED


def crl(pki: Pki, *revoked: bytes, days: int = 30, curve: str = "NIST") -> bytes:
    entries = [Revoked.of(one, START) for one in revoked]
    return issue_crl(pki.ci(curve), entries, number=1, this_update=START, next_update=START + timedelta(days=days))


def test_a_revoked_eum_is_invalid_from_the_crl_on(pki: Pki, store: TrustStore) -> None:
    credential, ci_pkid = pki.euicc("NIST"), pki.ci("NIST").ski
    verify(store, credential, ci_pkid)
    store.replace_crls([crl(pki, pki.eum("NIST").certificate)])
    assert fault(store, credential, ci_pkid) is Fault.EUM_INVALID
    store.replace_crls([crl(pki)])
    assert fault(store, credential, ci_pkid) is None


def test_a_revocation_outlives_its_crl(pki: Pki, store: TrustStore) -> None:
    store.replace_crls([crl(pki, pki.eum("NIST").certificate, days=-1)])
    assert fault(store, pki.euicc("NIST"), pki.ci("NIST").ski) is Fault.EUM_INVALID


def test_where_a_crl_is_required_it_must_be_current(pki: Pki) -> None:
    roots = [ci.certificate for ci in pki.cis]
    credential, ci_pkid = pki.euicc("NIST"), pki.ci("NIST").ski
    assert fault(TrustStore(roots, crl_required=True), credential, ci_pkid) is Fault.EUM_INVALID
    assert fault(TrustStore(roots, [crl(pki, days=-1)], crl_required=True), credential, ci_pkid) is Fault.EUM_INVALID
    assert fault(TrustStore(roots, [crl(pki)], crl_required=True), credential, ci_pkid) is None


def test_crls_in_a_directory(pki: Pki, store: TrustStore, tmp_path: Path) -> None:
    credential, ci_pkid = pki.euicc("NIST"), pki.ci("NIST").ski
    files = CrlFiles(tmp_path, store)
    assert not files.refresh()
    (tmp_path / "nonsense.crl").write_bytes(b"nonsense")
    (tmp_path / "nist.crl").write_bytes(crl(pki, pki.eum("NIST").certificate))
    assert files.refresh()
    assert not files.refresh()
    assert fault(store, credential, ci_pkid) is Fault.EUM_INVALID
    (tmp_path / "nist.crl").unlink()
    assert files.refresh()
    assert fault(store, credential, ci_pkid) is None
    pem = load_der_x509_crl(crl(pki, pki.eum("NIST").certificate)).public_bytes(Encoding.PEM)
    (tmp_path / "one.pem").write_bytes(pem)
    assert CrlFiles(tmp_path / "one.pem", store).refresh()
    assert fault(store, credential, ci_pkid) is Fault.EUM_INVALID


def test_a_crl_that_the_ci_did_not_sign_is_not_taken(pki: Pki, store: TrustStore) -> None:
    damaged = bytearray(crl(pki, pki.eum("NIST").certificate))
    damaged[-1] ^= 1
    with pytest.raises(ValueError, match="not signed"):
        store.replace_crls([bytes(damaged)])
    assert fault(store, pki.euicc("NIST"), pki.ci("NIST").ski) is None
