"""Where cards come from: a new card in an empty memory, and profiles that are on it before it is sold."""

from euicc_sim.core.admission import add_profile, check_metadata, check_package, interpret
from euicc_sim.core.ecc import SoftwareSigner
from euicc_sim.core.metadata import parse_metadata
from euicc_sim.core.ports import Nvm
from euicc_sim.core.settings import CardSettings
from euicc_sim.core.store import DEFAULT_DP_ADDRESS, SETTINGS, Changes, Store
from euicc_sim.core.trust import load_anchors
from euicc_sim.profile.capabilities import Capabilities
from euicc_sim.profile.interpreter import Interpreter


def provision(nvm: Nvm, settings: CardSettings) -> None:
    """Make a new card of an empty memory; ValueError if it isn't empty or a chain is unusable."""
    if next(iter(nvm.keys()), None) is not None:
        raise ValueError("the memory is not empty")
    if not any(chain.signs for chain in settings.chains):
        raise ValueError("the card can sign under no CI")
    load_anchors(settings.chains)
    for chain in settings.chains:
        if chain.signs:
            SoftwareSigner.from_pkcs8(chain.private_key)
    changes: Changes = {SETTINGS: settings.encode()}
    if settings.default_dp_address:
        changes[DEFAULT_DP_ADDRESS] = settings.default_dp_address.encode()
    nvm.commit(changes)


def load_settings(nvm: Nvm) -> CardSettings:
    """The settings of the card in `nvm`; ValueError if there is none."""
    raw = nvm.get(SETTINGS)
    if raw is None:
        raise ValueError("the memory holds no card")
    return CardSettings.decode(raw)


def preload(nvm: Nvm, metadata: bytes, package: bytes) -> None:
    """Put a profile (StoreMetadataRequest and unprotected package) onto the card without a download, disabled.

    A preloaded test profile outlives eUICCMemoryReset. No notification tells of it.
    Raises InstallationFailed, DecodeError.
    """
    store = Store(nvm, load_settings(nvm).in_effect())
    checked = parse_metadata(metadata)
    check_metadata(store, checked)
    interpreter = Interpreter(Capabilities(services=store.settings.services), store.free_octets - len(metadata))
    interpret(lambda: interpreter.feed(package))
    installed = interpret(interpreter.finish)
    check_package(checked, installed)
    ci_pkid = next(chain.ci_pkid for chain in store.settings.chains if chain.signs)
    changes: Changes = {}
    add_profile(changes, store.free_index(), checked, installed, package, ci_pkid=ci_pkid, field_loaded=False)
    nvm.commit(changes)
