"""Profiles from the factory: there without a download or a notification, and a memory reset leaves test profiles."""

import pytest

from euicc_sim.core.admission import InstallationFailed
from euicc_sim.core.card import provision
from euicc_sim.core.factory import preload
from euicc_sim.core.options import CardOptions
from euicc_sim.io.nvm_memory import MemoryNvm
from tests.support.card_bench import Bench, Order, card_settings
from wire.errors import DecodeError
from wire.es10 import ErrorReason, ProfileClass

TEST = Order(3, profile_class=ProfileClass.test, k=bytes(range(16)), opc=bytes(16))
PROVISIONING = Order(6, profile_class=ProfileClass.provisioning)


@pytest.fixture
def nvm() -> MemoryNvm:
    memory = MemoryNvm()
    provision(memory, card_settings())
    return memory


def test_preloaded_profiles(nvm: MemoryNvm) -> None:
    for order in (TEST, PROVISIONING):
        preload(nvm, order.metadata, order.package)
    bench = Bench(nvm=nvm)
    assert bench.states() == {str(TEST.iccid): 0, str(PROVISIONING.iccid): 0}
    assert bench.notifications() == []
    assert bench.card.profile_package(TEST.iccid) == TEST.package
    assert bench.result(TEST.enable()) == 0
    assert bench.result("BF3404820205E0") == 1, "nothing of it was loaded in the field"
    assert bench.states() == {str(TEST.iccid): 1, str(PROVISIONING.iccid): 0}


def test_a_preloaded_profile_takes_what_a_download_takes(nvm: MemoryNvm) -> None:
    preload(nvm, TEST.metadata, TEST.package)
    downloaded = Bench()
    downloaded.download(TEST)
    assert Bench(nvm=nvm).free_octets() == downloaded.free_octets()


def test_what_the_factory_refuses(nvm: MemoryNvm) -> None:
    preload(nvm, TEST.metadata, TEST.package)
    before = nvm.copy()
    with pytest.raises(InstallationFailed) as caught:
        preload(nvm, TEST.metadata, TEST.package)
    assert caught.value.reason is ErrorReason.installFailedDueToIccidAlreadyExistsOnEuicc
    with pytest.raises(InstallationFailed) as caught:
        preload(nvm, PROVISIONING.metadata, Order(7).package)
    assert caught.value.reason is ErrorReason.installFailedDueToDataMismatch
    with pytest.raises(InstallationFailed) as caught:
        preload(nvm, PROVISIONING.metadata, PROVISIONING.package[:-4])
    assert caught.value.reason is ErrorReason.installFailedDueToPEProcessingError
    with pytest.raises(DecodeError):
        preload(nvm, b"\xbf\x25\x00", PROVISIONING.package)
    with pytest.raises(ValueError, match="no card"):
        preload(MemoryNvm(), TEST.metadata, TEST.package)
    assert {key: nvm.get(key) for key in nvm.keys("")} == {key: before.get(key) for key in before.keys("")}


def test_a_preloaded_profile_has_to_fit_into_what_the_options_leave() -> None:
    memory = MemoryNvm()
    provision(memory, card_settings(options=CardOptions(nvm_octets=4000)))
    with pytest.raises(InstallationFailed) as caught:
        preload(memory, TEST.metadata, TEST.package)
    assert caught.value.reason is ErrorReason.installFailedDueToInsufficientMemoryForProfile
