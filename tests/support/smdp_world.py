"""A whole SM-DP+ for tests: PKI, store, clock, entropy, a profile, and eUICCs that may download it."""

import functools
import tempfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from certs.authority import Credential
from certs.pki import Pki
from lab.credentials import dp_credentials
from smdp.core.inventory import hash_confirmation_code, new_package, new_profile
from smdp.core.records import Order, Profile, Requirements
from smdp.core.server import SmDpPlus
from smdp.core.settings import SmDpSettings
from smdp.core.states import State
from smdp.core.trust import TrustStore
from smdp.store import open_store
from tests.support.entropy import SeededEntropy
from tests.support.mini_euicc import MiniEuicc, Opened
from tests.support.tlv_by_hand import t
from wire.ids import Iccid
from wire.json_es9 import (
    AuthenticateClientResponse,
    GetBoundProfilePackageResponse,
    InitiateAuthenticationResponse,
)

START = datetime(2021, 3, 1, 12, tzinfo=UTC)
ADDRESS = "smdp.example.com"
ICCID = "89001012345678901234"
EID = "89049032123451234512345678901235"
EID2 = "89049032000000000000000000000163"
UPP = bytes(range(256)) * 16  # opaque to a server: longer than four segments


class MovableClock:
    def __init__(self, at: datetime = START) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def advance(self, **parts: float) -> None:
        self.at += timedelta(**parts)


class ListTrace:
    """Remembers what was recorded."""

    def __init__(self) -> None:
        self.events: list[tuple[str, str, dict[str, Any]]] = []

    def record(self, kind: str, session: str, **fields: object) -> None:
        self.events.append((kind, session, dict(fields)))

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [fields for found, _, fields in self.events if found == kind]


@functools.cache
def shared_pki() -> Pki:
    """One PKI for all tests of a process."""
    return Pki.generate([ADDRESS], not_before=START - timedelta(days=1), entropy=SeededEntropy("pki"))


@functools.cache
def _empty_database() -> bytes:
    """A database file with its tables: making them anew for every test would take most of the time."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "smdp.db")
        open_store(f"sqlite:///{path}").close()
        return path.read_bytes()


@functools.cache
def _euicc_credential(eid: str, curve: str) -> Credential:
    return shared_pki().issue_euicc(eid, curve)


def metadata(iccid: str = ICCID, *more: bytes) -> bytes:
    return t("BF25", t("5A", Iccid(iccid).ef), t("91", b"Operator"), t("92", b"Profile"), *more)


class World:
    """A server with its surroundings."""

    def __init__(self, directory: Path, url: str | None = None, **settings: Any) -> None:
        if url is None:
            (directory / "smdp.db").write_bytes(_empty_database())
        self.url = url or f"sqlite:///{directory / 'smdp.db'}"
        self.clock, self.entropy, self.trace = MovableClock(), SeededEntropy(), ListTrace()
        self.pki = shared_pki()
        self.credentials = dp_credentials(self.pki)
        self.trust = TrustStore([ci.certificate for ci in self.pki.cis])
        self.settings = SmDpSettings(addresses=(ADDRESS,), **settings)
        self.start()

    def start(self) -> None:
        """A new server process, as far as a test can tell: nothing is kept but the database."""
        self.store = open_store(self.url)
        self.server = SmDpPlus(
            self.settings, self.credentials, self.trust, self.store, self.clock, self.entropy, self.trace
        )

    def restart(self) -> None:
        self.store.close()
        self.start()

    def change(self, **settings: Any) -> None:
        """The same server with other settings."""
        self.settings = replace(self.settings, **settings)
        self.start()

    def euicc(self, eid: str = EID, curve: str = "NIST", **fields: Any) -> MiniEuicc:
        credential = _euicc_credential(eid, curve)
        pkids = [self.pki.ci(curve).ski]
        given = {"verification": pkids, "signing": pkids} | fields
        return MiniEuicc(eid, credential.certificate, credential.chain[0], credential.key, **given)

    def profile(self, iccid: str = ICCID, *more: bytes, upp: bytes = UPP, **fields: Any) -> Profile:
        needs = fields.pop("requirements", Requirements())
        profile = replace(new_profile(metadata(iccid, *more), needs), **fields)
        self.store.commit(profile, new_package(iccid, upp, self.entropy))
        return profile

    def order(self, code: str | None = None, **fields: Any) -> Order:
        """A Released order for ICCID with Matching ID TOKEN, as changed by `fields`."""
        given: dict[str, Any] = {"iccid": ICCID, "state": State.RELEASED, "matching_id": "TOKEN"} | fields
        given["confirmation_code_hash"] = None if code is None else hash_confirmation_code(code)
        order = Order(order_id=given.pop("order_id", "1"), created_at=self.clock.now(), **given)
        self.store.commit(order)
        return self.now(order.order_id)

    def now(self, order_id: str = "1") -> Order:
        order = self.store.order(order_id)
        assert order is not None
        return order

    def initiate(self, euicc: MiniEuicc) -> InitiateAuthenticationResponse:
        return self.server.initiate_authentication(euicc.initiate(ADDRESS))

    def authenticate(self, euicc: MiniEuicc, matching_id: str | None = "TOKEN") -> AuthenticateClientResponse:
        return self.server.authenticate_client(euicc.authenticate(self.initiate(euicc), matching_id))

    def bind(
        self, euicc: MiniEuicc, matching_id: str | None = "TOKEN", code: str | None = None
    ) -> GetBoundProfilePackageResponse:
        return self.server.get_bound_profile_package(euicc.prepare(self.authenticate(euicc, matching_id), code))

    def download(self, euicc: MiniEuicc, matching_id: str | None = "TOKEN", code: str | None = None) -> Opened:
        """A whole session, ending with the installation result."""
        opened = euicc.open(self.bind(euicc, matching_id, code))
        self.server.handle_notification(euicc.result())
        return opened
