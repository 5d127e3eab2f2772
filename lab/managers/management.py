"""Everything together: a lab under management."""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lab.agent import own_names
from lab.clock import SystemEntropy
from lab.database import ready_url
from lab.desk import Desk
from lab.directory import Lab
from lab.managers.cards import Cards
from lab.managers.devices import DeviceManager
from lab.managers.hooks import Hook, guarded, installed_hooks
from lab.managers.keys import KeyManager
from lab.managers.operations import Operations
from lab.managers.orders import OrderDesk
from lab.managers.profiles import ProfileManager
from lab.managers.settings import ApiSettings, api_settings
from lab.sealing import Texts, Tolerant
from lab.store import Ledger, open_ledger
from lab.trace import NoTrace, Recorder
from lab.webhooks import WebhookStore
from lab.webhooks.targets import TargetPolicy
from smdp.core.procedure import Ports
from smdp.store import open_store


@dataclass(frozen=True, slots=True)
class Management:
    """The managers of one lab, and the ledger that they share."""

    lab: Lab
    settings: ApiSettings
    ledger: Ledger
    profiles: ProfileManager
    devices: DeviceManager
    operations: Operations
    keys: KeyManager
    webhooks: WebhookStore


@contextlib.contextmanager
def open_management(
    lab: Lab, trace: Recorder | None = None, settings: ApiSettings | None = None, hooks: Sequence[Hook] = ()
) -> Iterator[Management]:
    """The management of a lab while the block runs; it begins with what a crash has left.

    hooks: called with every change, besides those that installed packages name.
    """
    trace, settings = trace or NoTrace(), settings or api_settings(lab)
    with contextlib.ExitStack() as stack:
        url = ready_url(lab)
        ledger = open_ledger(url, lab.clock)
        stack.callback(ledger.close)
        ledger.listeners += [*installed_hooks(), *(guarded(repr(hook), hook) for hook in hooks)]
        store = open_store(url, Tolerant(lab.keyring))
        stack.callback(store.close)

        def ports() -> Ports:
            from lab.pki import load_pki
            from lab.server import smdp_plus

            return smdp_plus(lab, load_pki(lab), store, NoTrace()).ports

        orders = OrderDesk(
            Desk(store, lab.clock, SystemEntropy(), ports),
            lambda: lab.public_address(),
            lambda: own_names(lab),
            lab.clock,
            settings,
        )
        cards = Cards(lab, trace, settings.card_wait_s)
        operations = Operations(ledger, cards, orders, trace, settings, Texts(lab.keyring))
        stack.callback(operations.close)
        devices = DeviceManager(lab, ledger, cards, orders, settings)
        profiles = ProfileManager(ledger, orders, devices, operations, settings)
        operations.recover()
        policy = TargetPolicy.from_table(str(lab.settings_path), lab.settings.webhooks)
        webhooks = WebhookStore(ledger, lab.keyring, policy)
        yield Management(lab, settings, ledger, profiles, devices, operations, KeyManager(ledger), webhooks)
