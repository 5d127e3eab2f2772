"""A complete download against the server's core, on both curves and in both key modes."""

from dataclasses import replace
from pathlib import Path

import pytest

from smdp.core.records import SessionState
from smdp.core.settings import KeyMode
from smdp.core.states import State
from smdp.store import open_store
from tests.support.smdp_world import EID, ICCID, UPP, World, metadata
from tests.support.tlv_by_hand import split
from wire.tlv import tlv


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


@pytest.mark.parametrize("curve", ["NIST", "BRP"])
@pytest.mark.parametrize("key_mode", list(KeyMode))
def test_the_package_arrives_as_it_was(world: World, curve: str, key_mode: KeyMode) -> None:
    world.change(key_mode=key_mode)
    world.profile()
    world.order()
    opened = world.download(world.euicc(curve=curve))
    assert opened.upp == UPP
    assert opened.metadata == metadata()
    assert opened.configure_isdp == bytes.fromhex("BF2400")
    assert opened.profile_keys is (key_mode is KeyMode.PROFILE_PROTECTION_KEYS)
    order = world.now()
    assert (order.state, order.eid, order.download_attempts) == (State.INSTALLED, EID, 1)
    installation = world.store.installation(ICCID, EID)
    assert installation is not None
    assert installation.state == "Installed"


class Vault:
    """Keeps what it is given, and remembers what was asked for."""

    def __init__(self) -> None:
        self.opened: list[str] = []

    def seal(self, secret: bytes, _: str) -> bytes:
        return bytes(octet ^ 0xFF for octet in secret)

    def open(self, sealed: bytes, place: str) -> bytes:
        self.opened.append(place)
        return self.seal(sealed, place)


@pytest.mark.parametrize(("key_mode", "opened"), [("ppk", {"keys"}), ("session", {"upp", "keys"})])
def test_a_package_under_keys_of_its_own_is_bound_without_its_plaintext(
    tmp_path: Path, key_mode: str, opened: set[str]
) -> None:
    world, vault = World(tmp_path, key_mode=KeyMode(key_mode)), Vault()
    world.store = open_store(world.url, vault)
    world.server.ports = replace(world.server.ports, store=world.store)
    world.profile()
    world.order()
    assert world.download(world.euicc()).upp == UPP
    assert set(vault.opened) == {f"packages.{what} {ICCID}" for what in opened}


def test_segments_are_as_long_as_allowed(world: World) -> None:
    world.profile()
    world.order()
    sizes = [len(whole) for _, _, whole in split(world.download(world.euicc()).element_tlvs)]
    assert sizes == [1020] * 4 + [90]  # 4096 = 4 * 1007 + 68; 68 octets pad to 80


def test_long_metadata_is_split(world: World) -> None:
    icon = tlv(0x93, b"\x01") + tlv(0x94, bytes(1024))
    world.profile(ICCID, icon)
    world.order()
    euicc = world.euicc()
    delivered = world.bind(euicc)
    assert euicc.open(delivered).metadata == metadata(ICCID, icon)


def test_a_session_survives_a_restart_before_every_call(world: World) -> None:
    world.profile()
    world.order()
    euicc = world.euicc()
    world.restart()
    offered = world.initiate(euicc)
    world.restart()
    authenticated = world.server.authenticate_client(euicc.authenticate(offered, "TOKEN"))
    world.restart()
    delivered = world.server.get_bound_profile_package(euicc.prepare(authenticated))
    world.restart()
    assert euicc.open(delivered).upp == UPP
    world.server.handle_notification(euicc.result())
    world.restart()
    assert world.now().state is State.INSTALLED
    session = world.store.session(euicc.tid)
    assert session is not None
    assert session.state is SessionState.CLOSED


def test_a_session_is_the_same_on_every_run(tmp_path: Path) -> None:
    runs = []
    for run in ("a", "b"):
        (tmp_path / run).mkdir()
        world = World(tmp_path / run)
        world.profile()
        world.order()
        euicc = world.euicc()
        offered = world.initiate(euicc)
        authenticated = world.server.authenticate_client(euicc.authenticate(offered, "TOKEN"))
        delivered = world.server.get_bound_profile_package(euicc.prepare(authenticated))
        runs.append((offered.to_json(), authenticated.to_json(), delivered.to_json()))
    assert runs[0] == runs[1]
