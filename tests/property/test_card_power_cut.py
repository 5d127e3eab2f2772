"""Power is cut before and after every durable write: of a download, of ES10 functions, of the enabled profile's files.

After power-up the card is in the state before or the state after, never between, and its notifications tell the truth.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from euicc_sim.io.nvm_memory import MemoryNvm
from euicc_sim.profile.algorithms import Milenage, xor
from tests.support.card_bench import EID, Bench, Order, mini_server, pki
from tests.unit.test_card_crl import load, revoke
from wire.es10 import ProfileClass

A, B = Order(1), Order(2)
PIN1 = "30303030FFFFFFFF"
TEST = Order(3, profile_class=ProfileClass.test, k=bytes(range(16)), opc=bytes(16))


class PowerCut(Exception):
    """The light goes out."""


class FailingNvm(MemoryNvm):
    """Dies at the commit with a given number, before or after it."""

    def __init__(self, content: Mapping[str, bytes], dies_at: int | None = None, after: bool = False) -> None:
        super().__init__(content)
        self.dies_at, self.after, self.commits = dies_at, after, 0

    def commit(self, changes: Mapping[str, bytes | None]) -> None:
        number, self.commits = self.commits, self.commits + 1
        if number == self.dies_at and not self.after:
            raise PowerCut
        super().commit(changes)
        if number == self.dies_at:
            raise PowerCut


@dataclass
class Story:
    """What the card has before, and what is done to it."""

    before: Callable[[Bench], Any]
    action: Callable[[Bench], Any]


def download(bench: Bench) -> None:
    server = mini_server()
    bench.prepare(server)
    bench.load(server.bind(bytes.fromhex(EID), A.metadata, A.package))


def failing_download(bench: Bench) -> None:
    server = mini_server()
    bench.prepare(server)
    bench.load(server.bind(bytes.fromhex(EID), A.metadata, B.package))


def two_profiles(bench: Bench) -> None:
    bench.download(A)
    bench.download(B)


def a_enabled(bench: Bench) -> None:
    two_profiles(bench)
    bench.result(A.enable())


def with_test_profile_enabled(bench: Bench) -> None:
    a_enabled(bench)
    bench.download(TEST)
    bench.result(TEST.enable())


def with_refresh(order: Order) -> Callable[[Bench], None]:
    def enable(bench: Bench) -> None:
        bench.send(order.enable(refresh=True))
        bench.power_on()

    return enable


def usim(bench: Bench) -> None:
    assert bench.apdu("00A4040C07A0000000871002") == b"\x90\x00"


def does(*commands: str) -> Callable[[Bench], None]:
    """UICC commands on the basic channel with the USIM selected."""

    def action(bench: Bench) -> None:
        usim(bench)
        for command in commands:
            answer = bench.apdu(command)
            assert answer[-2] in (0x90, 0x61), f"{command} -> {answer.hex()}"

    return action


def autn() -> str:
    """AUTN for RAND 11..11 and SQN 32 with A's keys."""
    rand, sqn, amf = b"\x11" * 16, (32).to_bytes(6, "big"), b"\x80\x00"
    functions = Milenage(bytes(range(16)), bytes(range(16, 32)))
    ak = functions.f2345(rand)[3]
    return (xor(sqn, ak) + amf + functions.f1(rand, sqn, amf)).hex()


def load_crl(bench: Bench) -> None:
    assert load(bench, revoke(pki().dp_pb().certificate)) == "A000"


STORIES = {
    "download": Story(lambda bench: None, download),
    "second download": Story(a_enabled, lambda bench: bench.download(TEST)),
    "download that fails": Story(lambda bench: None, failing_download),
    "enable": Story(two_profiles, lambda bench: bench.result(A.enable())),
    "switch": Story(a_enabled, lambda bench: bench.result(B.enable())),
    "enable with refresh": Story(two_profiles, with_refresh(A)),
    "switch with refresh": Story(a_enabled, with_refresh(B)),
    "disable": Story(a_enabled, lambda bench: bench.result(A.disable())),
    "end of a test profile": Story(with_test_profile_enabled, lambda bench: bench.result(TEST.disable())),
    "delete": Story(a_enabled, lambda bench: bench.result(B.delete())),
    "memory reset": Story(a_enabled, lambda bench: bench.result("BF3404820205E0")),
    "memory reset of test profiles": Story(with_test_profile_enabled, lambda bench: bench.result("BF340482020640")),
    "nickname": Story(two_profiles, lambda bench: bench.result(b"\xbf\x29\x12" + A.tag + b"\x90\x04Work")),
    "removal of a notification": Story(two_profiles, lambda bench: bench.result("BF3003800101")),
    "revocation list": Story(two_profiles, load_crl),
    "newer revocation list": Story(
        lambda bench: load(bench, revoke()), lambda bench: load(bench, revoke(pki().dp_pb().certificate, number=2))
    ),
    "UPDATE BINARY": Story(a_enabled, does("00D68D0003AABBCC")),
    "UPDATE RECORD": Story(a_enabled, does("00A4000C026F3C", "00DC0104B0" + 176 * "01")),
    "AUTHENTICATE": Story(a_enabled, does("008800812210" + 16 * "11" + "10" + autn())),
    "default address": Story(two_profiles, lambda bench: bench.result("BF3F058003612E62")),
}


def picture(bench: Bench) -> tuple[Any, ...]:
    """Everything that a user can see of the card, and the files of its profiles."""
    return (
        bench.es10("BF2D125C105A4F9F70909192939495B6B7B899BF22"),
        bench.es10("BF2B00"),
        bench.es10("BF3C00"),
        bench.free_octets(),
        [bench.card.profile_package(iccid) for iccid in bench.states()],
        {key: value for key, value in content(bench.nvm).items() if "/image/" in key or key.startswith("crl/")},
    )


def awake(nvm: MemoryNvm) -> Bench:
    """A new card on what the memory kept."""
    return Bench(nvm=nvm.copy(), seed=99)


def content(nvm: MemoryNvm) -> dict[str, bytes]:
    return {key: nvm.get(key) or b"" for key in nvm.keys("")}


@pytest.mark.parametrize("name", STORIES)
def test_every_cut(name: str, record_property: Callable[[str, object], None]) -> None:
    story = STORIES[name]
    first = Bench()
    story.before(first)
    start = content(first.nvm)

    untouched = FailingNvm(start)
    whole = Bench(nvm=untouched, seed=5)
    story.action(whole)
    commits = untouched.commits
    assert commits, "nothing durable happened"
    before, after = picture(awake(MemoryNvm(start))), picture(awake(untouched))
    assert before != after

    seen = []
    for number in range(commits):
        for late in (False, True):
            nvm = FailingNvm(start, number, late)
            with pytest.raises(PowerCut):
                story.action(Bench(nvm=nvm, seed=5))
            found = picture(awake(nvm))
            assert found in (before, after), f"between, at commit {number}, {'after' if late else 'before'} it"
            seen.append(found == after)
    assert seen == sorted(seen), "a later cut never brings back less"
    assert seen[0] is False
    assert seen[-1] is True
    cuts = 2 * commits
    record_property("cut_points", cuts)
    print(f"{name}: {commits} durable writes, {cuts} cut points")


def test_a_retry_after_the_cut_succeeds() -> None:
    """The same order again, with the one-time key that survived."""
    nvm = FailingNvm({}, dies_at=None)
    bench = Bench(nvm=nvm)
    server = mini_server()
    bench.prepare(server)
    key = server.otpk_euicc
    package = server.bind(bytes.fromhex(EID), A.metadata, A.package)
    nvm.dies_at = nvm.commits
    with pytest.raises(PowerCut):
        bench.load(package)
    retry = Bench(nvm=nvm.copy())
    assert retry.states() == {}
    retry.prepare(server, otpk=key)
    assert server.otpk_euicc == key
    assert retry.load(package)
    assert retry.states() == {str(A.iccid): 0}


def tries(bench: Bench) -> int:
    """Tries left for PIN1, which must be enabled."""
    usim(bench)
    return bench.apdu("00200001")[-1] & 0x0F


def test_a_cut_never_gives_a_try_at_a_pin_back(record_property: Callable[[str, object], None]) -> None:
    """The counter is written before the comparison (card.md 7.5): a cut in between costs a try, and never wins one."""
    bench = Bench()
    a_enabled(bench)
    usim(bench)
    assert bench.apdu("0028000108" + PIN1) == b"\x90\x00"
    bench.apdu("0020000108" + 16 * "3")
    assert tries(bench) == 2
    start = content(bench.nvm)
    for presented, commits, after in ((PIN1, 2, 3), (16 * "3", 1, 1)):
        for number in range(commits):
            for late in (False, True):
                nvm = FailingNvm(start, number, late)
                cut = Bench(nvm=nvm, seed=5)
                usim(cut)
                with pytest.raises(PowerCut):
                    cut.apdu("0020000108" + presented)
                whole = number == commits - 1 and late
                nothing = number == 0 and not late
                assert tries(awake(nvm)) == (after if whole else 2 if nothing else 1)
    record_property("cut_points", 6)
    print("VERIFY PIN: 3 durable writes, 6 cut points")
