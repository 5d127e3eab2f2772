"""The lab's database, opened for the operator's desk."""

import contextlib
from collections.abc import Iterator

from lab.clock import SystemEntropy
from lab.desk import Desk
from lab.directory import Lab
from lab.migrations.state import require
from lab.sealing import Tolerant
from lab.trace import NoTrace
from smdp.core.procedure import Ports
from smdp.store import open_store


def ready_url(lab: Lab) -> str:
    """The URL of the lab's database, which has the schema of this version; LabError if it hasn't."""
    url = lab.database_url
    require(url)
    return url


@contextlib.contextmanager
def open_desk(lab: Lab) -> Iterator[Desk]:
    """The desk of a lab; its database is made on first use."""
    store = open_store(ready_url(lab), Tolerant(lab.keyring))

    def ports() -> Ports:
        from lab.pki import load_pki
        from lab.server import smdp_plus

        return smdp_plus(lab, load_pki(lab), store, NoTrace()).ports

    try:
        yield Desk(store, lab.clock, SystemEntropy(), ports)
    finally:
        store.close()
