"""eUICCs of every certificate variant, on each curve, at the SM-DP+ and at the SM-DS; and what revocation does."""

from datetime import timedelta
from pathlib import Path

import pytest

from certs.crl import Revoked, issue_crl
from certs.variants import VARIANTS, Variant
from smdp.core.es2 import Es2
from smdp.core.records import Operator
from smdp.core.states import State
from tests.support.mini_euicc import MiniEuicc
from tests.support.smdp_world import EID, START, World
from tests.support.smds_world import SmdsWorld
from tests.support.tlv_by_hand import dig, t
from wire.codes import GENERIC, FunctionRefused
from wire.json_es9 import HandleNotificationRequest


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path)
    world.profile()
    world.order()
    return world


def euicc_of(world: World, variant: str, curve: str) -> MiniEuicc:
    credential = Variant(world.pki, variant, curve).euicc(EID)
    pkids = [world.pki.ci(curve).ski]
    card = MiniEuicc(EID, credential.certificate, credential.chain[0], credential.key, pkids, pkids)
    card.others = list(credential.chain[1:])
    return card


@pytest.mark.parametrize("curve", ["NIST", "BRP"])
@pytest.mark.parametrize("variant", VARIANTS)
def test_a_download_and_a_notification(world: World, variant: str, curve: str) -> None:
    card = euicc_of(world, variant, curve)
    assert len(card.others) == {"O": 0, "Ov3": 0, "A": 1, "B": 1, "C": 2}[variant]
    world.download(card)
    assert world.now().state is State.INSTALLED
    world.server.handle_notification(enabled(card))
    installation = world.store.installation(world.now().iccid, EID)
    assert installation is not None
    assert installation.state == "Enabled"
    assert not world.trace.of("security")


def enabled(card: MiniEuicc) -> HandleNotificationRequest:
    """OtherSignedNotification with the certificates in between ([1])."""
    signed = dig(card.notification("0640", dig(card.metadata, "BF25", "5A")).pendingNotification, "30")
    others = t("A1", *card.others) if card.others else b""
    return HandleNotificationRequest(pendingNotification=t("30", signed, others))


@pytest.mark.parametrize("variant", VARIANTS)
def test_at_the_smds(tmp_path: Path, world: World, variant: str) -> None:
    smds = SmdsWorld(tmp_path)
    smds.register("EVENT")
    assert smds.poll(euicc_of(world, variant, "NIST")) == [("EVENT", "smdp.example.com")]


@pytest.mark.parametrize("variant", ["A", "B", "C"])
def test_what_stands_between_may_be_missing_in_no_variant(world: World, variant: str) -> None:
    card = euicc_of(world, variant, "NIST")
    card.others = card.others[:-1]
    with pytest.raises(FunctionRefused) as refused:
        world.authenticate(card)
    assert refused.value.status_code.pair == "8.11.1/3.9"


@pytest.mark.parametrize("variant", ["O", "Ov3", "A"])
def test_the_ci_revokes_the_eum_of_any_variant(world: World, variant: str) -> None:
    card = euicc_of(world, variant, "NIST")
    eum = [card.eum_certificate, *card.others][-1]
    world.trust.replace_crls([crl(world, eum)])
    with pytest.raises(FunctionRefused) as refused:
        world.authenticate(card)
    assert refused.value.status_code.pair == "8.1.2/6.1"
    world.trust.replace_crls([])
    world.download(card)


def crl(world: World, *revoked: bytes) -> bytes:
    entries = [Revoked.of(certificate, START) for certificate in revoked]
    return issue_crl(world.pki.ci(), entries, number=1, this_update=START, next_update=START + timedelta(days=1))


@pytest.mark.parametrize("variant", ["B", "C"])
def test_the_ci_revokes_a_ci_subca(world: World, variant: str) -> None:
    card = euicc_of(world, variant, "NIST")
    world.trust.replace_crls([crl(world, card.others[-1])])
    with pytest.raises(FunctionRefused) as refused:
        world.authenticate(card)
    assert refused.value.status_code.pair == "8.1.2/6.1"


def test_revoked_operators(tmp_path: Path, world: World) -> None:
    """TLS lets them in; no function does."""
    smds, es2 = SmdsWorld(tmp_path), Es2(world.server.ports)
    world.store.commit(Operator("MNO"))
    mno, dp_tls = world.pki.mno().certificate, world.pki.dp_tls().certificate
    assert es2.caller("MNO", mno).identifier == "MNO"
    for trust in (world.trust, smds.trust):
        assert not trust.revoked(mno)
        trust.replace_crls([crl(world, mno, dp_tls)])
        assert trust.revoked(mno)
        assert trust.revoked(dp_tls)
        assert not trust.revoked(world.pki.ds_tls().certificate)
        assert not trust.revoked(world.pki.mno("BRP").certificate)
        assert not trust.revoked(b"no certificate")
    with pytest.raises(FunctionRefused) as refused:
        es2.caller("MNO", mno)
    assert refused.value.status_code is GENERIC.UNKNOWN_CALLER
