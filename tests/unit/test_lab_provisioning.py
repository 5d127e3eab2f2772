"""`rsplab provision`: exactly the state that the file says, every time, and nothing when the file is wrong."""

import functools
import struct
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from certs.pki import Pki
from lab.clock import FixedClock, SystemEntropy
from lab.errors import LabError
from lab.provisioning import Provisioned, Target, provision
from lab.provisioning_orders import parse_expiry
from lab.trace import NoTrace
from smdp.core.credentials import DpCredentials, KeySigner
from smdp.core.inventory import hash_confirmation_code
from smdp.core.procedure import Ports
from smdp.core.records import Order, Requirements
from smdp.core.server import SmDpPlus
from smdp.core.settings import SmDpSettings
from smdp.core.states import State
from smdp.core.trust import TrustStore
from smdp.store import SqlStore, open_store
from smdp.store.events import open_events
from smdp.store.outbox import SqlOutbox

NOW = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)
EID = "89049032123451234512345678901235"
DOCS = Path(__file__).resolve().parents[2] / "docs" / "provisioning.md"
ICCIDS = [f"89990010000000{number:05d}" for number in (17, 25, 33)]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    store = open_store(f"sqlite:///{tmp_path / 'smdp.db'}")
    yield store
    store.close()


def profile(iccid: str, extra: str = "") -> str:
    return (
        f'[[profile]]\niccid = "{iccid}"\nimsi = "001010000000001"\nk = "{"00" * 16}"\nopc = "{"11" * 16}"\n{extra}\n'
    )


def load(tmp_path: Path, store: SqlStore, text: str) -> Provisioned:
    file = tmp_path / "file.toml"
    file.write_text(text)
    events = open_events(f"sqlite:///{tmp_path / 'smdp.db'}")
    try:
        return provision(
            file, Target(store, events, SqlOutbox(store), FixedClock(NOW), "localhost:8443", lambda: ports(store))
        )
    finally:
        events.close()


@functools.cache
def pki() -> Pki:
    return Pki.generate(["localhost"], not_before=NOW, curves=["NIST"])


def ports(store: SqlStore) -> Ports:
    """Of an SM-DP+ that has this store."""
    auth, pb = pki().dp_auth(), pki().dp_pb()
    pair = DpCredentials(auth.certificate, KeySigner(auth.key), pb.certificate, KeySigner(pb.key), pki().ci().ski)
    settings = SmDpSettings(("localhost:8443",), root_smds_addresses=("testrootsmds.example.com",))
    trust = TrustStore([pki().ci().certificate])
    return SmDpPlus(settings, [pair], trust, store, FixedClock(NOW), SystemEntropy(), NoTrace()).ports


def order_of(store: SqlStore, iccid: str) -> Order:
    order = next(order for order in store.orders() if order.iccid == iccid)
    assert order is not None
    return order


def test_profiles_and_orders_become_what_the_file_says(tmp_path: Path, store: SqlStore) -> None:
    text = profile(ICCIDS[0], 'profile_name = "Gold"\nprofile_type = "gold"\npolicy_rules = ["ppr1"]')
    text += (
        f'[[order]]\nprofile_type = "gold"\nmatching_id = "GOLD-1"\neid = "{EID}"\nconfirmation_code = "4711"\n'
        "confirmation_failures = 2\nconfirmation_limit = 5\ndownload_attempts = 1\ndownload_limit = 4\n"
        'reusable = true\nexpires = "7d"\nstate = "Confirmed"\n'
    )
    load(tmp_path, store, text)
    order = order_of(store, ICCIDS[0])
    assert (order.matching_id, order.eid, order.state, order.reusable) == ("GOLD-1", EID, State.CONFIRMED, True)
    assert order.confirmation_code_hash == hash_confirmation_code("4711")
    assert (order.confirmation_failures, order.confirmation_limit) == (2, 5)
    assert (order.download_attempts, order.download_limit) == (1, 4)
    assert order.expires_at == NOW + timedelta(days=7)
    stored = store.profile(ICCIDS[0])
    assert stored is not None
    assert bytes.fromhex("9204") + b"Gold" in stored.metadata
    assert bytes.fromhex("99020640") in stored.metadata


def test_loading_again_resets_exactly_that_state(tmp_path: Path, store: SqlStore) -> None:
    text = profile(ICCIDS[0]) + f'[[order]]\niccid = "{ICCIDS[0]}"\n'
    first = load(tmp_path, store, text)
    before = order_of(store, ICCIDS[0])
    store.commit(before._replace(state=State.INSTALLED, eid=EID, download_attempts=3, confirmation_failures=1))
    second = load(tmp_path, store, text)
    assert second.orders == first.orders
    assert len(store.orders()) == 1
    after = order_of(store, ICCIDS[0])
    assert (after.state, after.eid, after.download_attempts) == (State.RELEASED, None, 0)
    assert after.matching_id == before.matching_id


def test_what_the_file_does_not_mention_stays(tmp_path: Path, store: SqlStore) -> None:
    load(tmp_path, store, profile(ICCIDS[0]) + f'[[order]]\niccid = "{ICCIDS[0]}"\nmatching_id = "KEEP"\n')
    kept = order_of(store, ICCIDS[0])
    load(tmp_path, store, profile(ICCIDS[1]))
    assert order_of(store, ICCIDS[0]) == kept
    # An order may take a profile of the inventory, whose old order ends with that.
    load(tmp_path, store, f'[[order]]\niccid = "{ICCIDS[0]}"\nmatching_id = "NEW"\n')
    assert [order.matching_id for order in store.orders()] == ["NEW"]


def test_default_orders_have_no_matching_id(tmp_path: Path, store: SqlStore) -> None:
    load(tmp_path, store, profile(ICCIDS[0]) + f'[[order]]\niccid = "{ICCIDS[0]}"\ndefault = true\neid = "{EID}"\n')
    assert [order.iccid for order in store.default_orders(EID)] == [ICCIDS[0]]


def test_operators_and_events(tmp_path: Path, store: SqlStore) -> None:
    (tmp_path / "mno.pem").write_bytes(pki().mno().certificate_pem)
    (tmp_path / "mno.der").write_bytes(pki().mno().certificate)
    for name in ("mno.pem", "mno.der", "mno.der"):
        load(
            tmp_path,
            store,
            f'[[operator]]\nidentifier = "ACME"\ncertificate = "{name}"\nnotification_url = "https://mno.example"\n'
            f'[[event]]\neid = "{EID}"\nevent_id = "EVENT-1"\n',
        )
    operator = store.operator("ACME")
    assert operator is not None
    assert (operator.certificate, operator.notification_url) == (pki().mno().certificate, "https://mno.example")
    events = open_events(f"sqlite:///{tmp_path / 'smdp.db'}")
    assert [(event.event_id, event.rsp_server_address) for event in events.events(EID)] == [
        ("EVENT-1", "localhost:8443")
    ]
    events.close()


@pytest.mark.parametrize("state", list(State))
def test_every_state_can_be_provisioned(tmp_path: Path, store: SqlStore, state: State) -> None:
    load(tmp_path, store, profile(ICCIDS[0]) + f'[[order]]\niccid = "{ICCIDS[0]}"\nstate = "{state.lower()}"\n')
    assert order_of(store, ICCIDS[0]).state is state


def test_what_a_package_requires_may_be_said_otherwise(tmp_path: Path, store: SqlStore) -> None:
    said = 'requires = { package_version = "2.9.0", services = ["akaTuak256"], install_octets = 12345 }'
    load(tmp_path, store, profile(ICCIDS[0]) + profile(ICCIDS[1], said) + profile(ICCIDS[2], "requires = {}"))
    own, other, same = (store.profile(iccid) for iccid in ICCIDS)
    assert own is not None
    assert other is not None
    assert same is not None
    assert other.requirements == Requirements((2, 9, 0), frozenset({"akaTuak256"}), 12345)
    assert own.requirements == same.requirements != other.requirements
    assert own.requirements.install_octets > 1000


def test_a_package_file_is_kept_or_personalised(tmp_path: Path, store: SqlStore) -> None:
    load(tmp_path, store, profile(ICCIDS[0]))
    package = store.package(ICCIDS[0])
    assert package is not None
    (tmp_path / "p.der").write_bytes(package.upp)
    load(tmp_path, store, '[[profile]]\nupp = "p.der"\nprofile_name = "As it is"\n')
    kept = store.package(ICCIDS[0])
    assert kept is not None
    assert kept.upp == package.upp
    load(tmp_path, store, f'[[profile]]\nupp = "p.der"\niccid = "{ICCIDS[1]}"\nimsi = "001019999999999"\n')
    other = store.package(ICCIDS[1])
    assert other is not None
    assert len(other.upp) == len(package.upp)
    assert other.upp != package.upp


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x = 1", "unknown table 'x'"),
        ("[[operator]]", "identifier"),
        ("[[operator]]\nidentifier = 'A'\ncertificate = 'none.pem'", "none.pem"),
        ("[[operator]]\nidentifier = 'A'\ncertificate = 'file.toml'", "file.toml"),
        ("[[operator]]\nidentifier = 'A'\nnotification_url = 'http://a'", "https"),
        ("[[event]]\nevent_id = 'A'", "eid"),
        ("[[event]]\neid = '89049032123451234512345678901235'\nevent_id = 'a b'", "event_id"),
        ("[profile]", "one table"),
        ("[[profile", "file.toml"),
        ("[[profile]]\ncolour = 1", "profile.* 1: .*colour"),
        *(
            (profile(ICCIDS[0], f"requires = {requires}"), said)
            for requires, said in [
                ("{ colour = 1 }", "requires.colour"),
                ("{ package_version = '2' }", "requires.package_version"),
                ("{ services = ['flying'] }", "flying"),
                ("{ install_octets = '1' }", "install_octets"),
                ("2", "requires"),
            ]
        ),
        ("[[profile]]\nupp = 'none.der'", "none.der"),
        ("[[profile]]\nupp = 'file.toml'", "no profile package"),
        ("[[profile]]\nupp = 'file.toml'\ncolour = 1", "colour"),
        ("[[order]]\niccid = '8999001000000000017'", "order.* 1: .*no profile"),
        ("[[order]]\nmatching_id = 'A'", "neither iccid nor profile_type"),
        ("[[order]]\nprofile_type = 'gold'", "gold"),
        (profile(ICCIDS[0]) + profile(ICCIDS[0]), "twice"),
        (profile(ICCIDS[0]) + f"[[order]]\niccid = '{ICCIDS[0]}'\n" * 2, "two orders"),
        *(
            (profile(ICCIDS[0]) + f"[[order]]\niccid = '{ICCIDS[0]}'\n{line}\n", said)
            for line, said in [
                ("state = 'sold'", "sold"),
                ("eid = '123'", "32 digits"),
                ("matching_id = 'a b'", "0-9, A-Z, hyphen"),
                ("matching_id = ''", "empty"),
                ("expires = 'soon'", "soon"),
                ("expires = 2030-01-01", "wrong type|no time"),
                ("reusable = 1", "wrong type"),
                ("download_limit = true", "wrong type"),
                ("default = true", "eid"),
                ("colour = 'red'", "colour"),
            ]
        ),
        (
            profile(ICCIDS[0])
            + profile(ICCIDS[1])
            + "".join(f"[[order]]\niccid = '{iccid}'\nmatching_id = 'A'\n" for iccid in ICCIDS[:2]),
            "twice",
        ),
    ],
)
def test_a_wrong_file_changes_nothing_and_says_where(tmp_path: Path, store: SqlStore, text: str, said: str) -> None:
    with pytest.raises(LabError, match=said) as caught:
        load(tmp_path, store, text)
    assert caught.value.hint
    assert (list(store.profiles()), list(store.orders())) == ([], [])


def test_a_matching_id_in_use_elsewhere_is_refused(tmp_path: Path, store: SqlStore) -> None:
    load(tmp_path, store, profile(ICCIDS[0]) + f'[[order]]\niccid = "{ICCIDS[0]}"\nmatching_id = "A"\n')
    with pytest.raises(LabError, match="belongs to an order"):
        load(tmp_path, store, profile(ICCIDS[1]) + f'[[order]]\niccid = "{ICCIDS[1]}"\nmatching_id = "A"\n')


def test_times() -> None:
    assert parse_expiry("30m", NOW) == NOW + timedelta(minutes=30)
    assert parse_expiry("-1h", NOW) == NOW - timedelta(hours=1)
    assert parse_expiry("2031-05-01T12:00:00Z", NOW) == datetime(2031, 5, 1, 12, tzinfo=UTC)
    for text in ("", "2031-05-01T12:00:00", "1y", "h"):
        with pytest.raises(LabError):
            parse_expiry(text, NOW)


def png_64x64() -> bytes:
    """A black 64 x 64 PNG, one bit a pixel."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 64, 64, 1, 0, 0, 0, 0)
    pixels = zlib.compress(b"\x00" * 9 * 64)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
