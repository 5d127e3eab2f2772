"""A server that comes back on another port: profiles name it, and a package bound before is bound anew."""

from pathlib import Path

import pytest

from lab.readdressing import readdress
from smdp.core.states import State
from tests.support.smdp_world import World
from tests.support.tlv_by_hand import t
from wire.tlv import parse


def entry(address: str) -> bytes:
    return t("30", t("80", b"\x04\xf0"), t("81", address.encode()))


@pytest.mark.parametrize("result_first", [False, True])
def test_a_retry_after_the_port_changed(tmp_path: Path, result_first: bool) -> None:
    world = World(tmp_path)
    profile = world.profile("89001012345678901234", t("B6", entry("smdp.example.com:1"), entry("other.example.com")))
    world.order()
    euicc = world.euicc()
    euicc.open(world.bind(euicc))
    earlier = euicc.result()
    assert readdress(world.store, "smdp.example.com", "smdp.example.com:2") == 1
    assert readdress(world.store, "smdp.example.com", "smdp.example.com:2") == 0
    changed = world.store.profile(profile.iccid)
    assert changed is not None
    entries = parse(changed.metadata).child(0xB6).children
    assert [one.child(0x81).value for one in entries] == [b"smdp.example.com:2", b"other.example.com"]
    if result_first:
        world.server.handle_notification(earlier)
    else:
        opened = world.download(euicc)  # the device compares what it was shown with what it loads
        assert opened.metadata == changed.metadata
    assert world.now().state is State.INSTALLED
