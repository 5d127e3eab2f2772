"""Each example of docs/provisioning.md, loaded as it stands: the download that finds it, and the ES2+ call."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lab.clock import FixedClock, SystemEntropy
from smdp.core.messages import Function
from smdp.core.server import SmDpPlus
from smdp.core.states import State
from smdp.store import SqlStore, open_store
from smdp.store.events import open_events
from smdp.store.outbox import SqlOutbox
from tests.support.mini_euicc import MiniEuicc
from tests.unit.test_lab_provisioning import DOCS, EID, NOW, load, order_of, pki, png_64x64, ports, profile
from wire.codes import FunctionRefused

OTHER_EID = "89049032000000000000000000000163"
TS48 = "8999001000000000116"
IN_EXAMPLES = {"8999001000000000017", "8999001000000000025"}
# Matching ID -> (code for the examples' own eUICC, code for another one); "" is installed
OUTCOMES: dict[str | None, tuple[str, str]] = {
    "RSPLAB-1": ("", ""),
    "GOLD-1": ("", ""),
    "AGAIN": ("", ""),
    "CODE": ("8.2.7/6.4", "8.2.7/6.4"),  # with a wrong code, which is the third
    "BOUND": ("", "8.1.1/3.8"),
    None: ("", "8.2.6/3.8"),
    "EVENT": ("", "8.1.1/3.8"),
    "LATER": ("8.2/1.2", "8.2/1.2"),
    "EXPIRED": ("8.8.5/4.10", "8.8.5/4.10"),
    "EXHAUSTED": ("8.8.5/6.4", "8.8.5/6.4"),
    "RESERVED": ("8.2.6/3.8", "8.2.6/3.8"),
    "DELIVERED": ("", "8.1.1/3.8"),
    "DONE": ("8.2.6/3.8", "8.2.6/3.8"),
    "FAILED": ("8.2.6/3.8", "8.2.6/3.8"),
}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    store = open_store(f"sqlite:///{tmp_path / 'smdp.db'}")
    yield store
    store.close()


@pytest.fixture
def examples(tmp_path: Path, store: SqlStore) -> Callable[[], object]:
    """Loads the examples as they stand; profiles that they take for granted are built, files too."""
    text = "\n".join(re.findall(r"```toml\n(.*?)```", DOCS.read_text(), re.DOTALL))
    load(tmp_path, store, profile(TS48))
    package = store.package(TS48)
    assert package is not None
    store.delete_profile(TS48)
    (tmp_path / "ts48").mkdir()
    (tmp_path / "ts48" / "TS48v5_SAIP2.3_NoBERTLV.der").write_bytes(package.upp)
    (tmp_path / "icon.png").write_bytes(png_64x64())
    (tmp_path / "mno.pem").write_bytes(pki().mno().certificate_pem)
    (tmp_path / "mno-ca.pem").write_bytes(pki().ci().certificate_pem * 2)
    missing = sorted(set(re.findall(r'iccid = "(\d+)"', text)) - IN_EXAMPLES)
    whole = text + "".join(profile(iccid) for iccid in missing)
    return lambda: load(tmp_path, store, whole)


def euicc(eid: str) -> MiniEuicc:
    credential, pkids = pki().issue_euicc(eid), [pki().ci().ski]
    card = MiniEuicc(eid, credential.certificate, credential.chain[0], credential.key, pkids, pkids)
    card.uicc_capability = "00FFFFFFFF"
    return card


def download(store: SqlStore, eid: str, matching_id: str | None, code: str = "wrong") -> str:
    """The status code that ends it, or nothing."""
    of = ports(store)
    server = SmDpPlus(
        of.settings, list(of.credentials.values()), of.trust, store, FixedClock(NOW), SystemEntropy(), of.trace
    )
    card = euicc(eid)
    try:
        offered = server.initiate_authentication(card.initiate("localhost:8443"))
        authenticated = server.authenticate_client(card.authenticate(offered, matching_id))
        card.open(server.get_bound_profile_package(card.prepare(authenticated, code)))
    except FunctionRefused as refused:
        return refused.status_code.pair
    server.handle_notification(card.result())
    return ""


def test_there_is_an_outcome_for_every_example() -> None:
    text = DOCS.read_text()
    named = set(re.findall(r'^matching_id = "(\S+)"', text, re.MULTILINE))
    assert named == set(filter(None, OUTCOMES))


@pytest.mark.parametrize("matching_id", OUTCOMES, ids=str)
def test_download(store: SqlStore, examples: Callable[[], object], matching_id: str | None) -> None:
    """Whoever comes, in both orders; loading the file again resets what came of it."""
    own, other = OUTCOMES[matching_id]
    for eid, code in ((EID, own), (OTHER_EID, other), (EID, own)):
        examples()
        before = list(store.orders())
        assert download(store, eid, matching_id) == code
        examples()
        assert list(store.orders()) == before


def test_what_a_single_download_leaves(store: SqlStore, examples: Callable[[], object]) -> None:
    examples()
    for _ in range(2):
        assert download(store, EID, "AGAIN") == ""
        assert download(store, OTHER_EID, "AGAIN") == ""
    assert download(store, EID, "CODE", "4711") == ""
    assert download(store, EID, "GOLD-1") == ""
    assert download(store, EID, "GOLD-1") == "8.2.6/3.8"
    assert order_of(store, "8999001000000000033").state is State.RELEASED


def test_the_event_and_the_operators(tmp_path: Path, store: SqlStore, examples: Callable[[], object]) -> None:
    examples()
    examples()
    waiting = [(one.function, one.subject) for one in SqlOutbox(store).messages()]
    assert waiting == [(Function.DELETE_EVENT, "EVENT"), (Function.REGISTER_EVENT, "EVENT")]
    events = open_events(f"sqlite:///{tmp_path / 'smdp.db'}")
    assert [(one.event_id, one.rsp_server_address) for one in events.events(EID)] == [("EVENT", "localhost:8443")]
    events.close()
    first, second = store.operators()
    assert (first.identifier, first.certificate, second.certificate) == ("2.999.1", pki().mno().certificate, b"")
    assert first.notification_roots.count(b"BEGIN CERTIFICATE") == 2


@pytest.mark.parametrize("state", [State.AVAILABLE, State.UNAVAILABLE])
def test_a_cancelled_order_leaves_its_profile_so(tmp_path: Path, store: SqlStore, state: State) -> None:
    iccid = "8999001000000000116"
    load(tmp_path, store, profile(iccid) + f'[[order]]\niccid = "{iccid}"\nstate = "{state.lower()}"\n')
    found = store.profile(iccid)
    assert found is not None
    assert found.state is state
    assert store.order_of_profile(iccid) is None
