"""Whatever command comes: only documented status words, files keep their sizes, counters stay within their bounds."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from euicc_sim.profile.image import Pin, Puk
from tests.support.profile_bench import (
    ADM,
    AID_USIM,
    PIN1,
    PIN2,
    PUK1,
    UiccBench,
    create,
    managed,
    package,
    path,
    t,
)
from wire.apdu import Command
from wire.sw import SW

DOCUMENTED = {int(sw) for sw in SW} | {0x62F1, 0x63F1}
PACKAGE = package(
    extra=managed(
        path(""),
        create("6F01", "4121", size="20", arr="07"),
        create("6F02", "46210003", size="09", arr="07", proprietary=t("A5", t("C2", "00"))),
        create("6F03", "7921", arr="07", proprietary=t("A5", t("86", "40"))),
        create("6F05", "42210005", size="19", arr="07"),
        path("7FD0"),
        create("6F60", "4121", arr="02", link=t("C7", "6F01")),
    )
)
INSTRUCTIONS = [0x04, 0x20, 0x24, 0x26, 0x28, 0x2C, 0x32, 0x44, 0x78, 0x84, 0x88, 0xA2, 0xA4, 0xB0, 0xB2, 0xCB, 0xD4]
INSTRUCTIONS += [0xD6, 0xDB, 0xDC, 0xE0, 0xE4, 0xF2, 0x76]
octets = st.integers(0, 255)
values = [PIN1, PIN2, ADM, PUK1 + PIN1, PIN1 * 2, AID_USIM, "6F01", "6F02", "6F03", "6F05", "7FFF", "3F00"]
values += ["7FFF6F07", "8003AABBCC", "80", "5C", "10" + 32 * "00", "10" + 32 * "00" + "10" + 32 * "00"]
payloads = st.one_of(st.binary(max_size=40), st.sampled_from([bytes.fromhex(value) for value in values]))
lengths = st.one_of(st.none(), st.sampled_from([1, 3, 5, 10, 255, 256, 65536]))


class Card(RuleBasedStateMachine):
    @initialize(bare=st.booleans())
    def insert(self, bare: bool) -> None:
        self.bench = UiccBench(None) if bare else UiccBench.with_package(PACKAGE)
        self.sizes = {key: len(value) for key, value in self.bench.nvm.items() if key.startswith(("pin", "puk", "sqn"))}

    def send(self, channel: int, command: Command) -> None:
        response = self.bench.uicc.process(channel, command)
        assert response.sw in DOCUMENTED or response.sw & 0xFFF0 == 0x63C0 or response.sw >> 8 == 0x6C, (
            f"{response.sw:X}"
        )
        if response.sw >> 8 not in (0x90, 0x62):
            assert not response.data

    @rule(channel=st.integers(0, 2), cla=octets, ins=octets, p1=octets, p2=octets, data=payloads, le=lengths)
    def anything(self, channel: int, cla: int, ins: int, p1: int, p2: int, data: bytes, le: int | None) -> None:
        self.send(channel, Command(cla, ins, p1, p2, data, le))

    @rule(
        channel=st.integers(0, 2),
        cla=st.sampled_from([0x00, 0x80]),
        ins=st.sampled_from(INSTRUCTIONS),
        p1=st.sampled_from([0, 1, 2, 3, 4, 8, 9, 0x81, 0x82, 0x83]),
        p2=st.sampled_from([0, 1, 2, 3, 4, 5, 6, 0x0A, 0x0C, 0x14, 0x80, 0x81]),
        data=payloads,
        le=lengths,
    )
    def plausible(self, channel: int, cla: int, ins: int, p1: int, p2: int, data: bytes, le: int | None) -> None:
        self.send(channel, Command(cla, ins, p1, p2, data, le))

    @rule(fid=st.sampled_from(["6F01", "6F02", "6F03", "6F05", "2F06", "7FFF", "6F07"]))
    def select(self, fid: str) -> None:
        self.send(0, Command(0, 0xA4, 0, 4, bytes.fromhex(fid)))

    @rule(channel=st.integers(1, 2), origin=st.integers(0, 2))
    def open_and_close(self, channel: int, origin: int) -> None:
        self.bench.uicc.open_channel(channel, origin)
        self.bench.uicc.close_channel(channel)

    @rule()
    def reset(self) -> None:
        self.bench.uicc.reset()

    @rule()
    def power_cycle(self) -> None:
        self.bench.power_on()

    @invariant()
    def files_keep_their_sizes(self) -> None:
        for entry in self.bench.uicc.files.files:
            if entry.is_directory:
                continue
            content = self.bench.uicc.files.content(entry)
            assert len(content) == entry.size or (entry.kind.value == 0x39 and len(content) <= entry.capacity)

    @invariant()
    def secrets_keep_their_bounds(self) -> None:
        nvm = self.bench.nvm
        assert {key: len(value) for key, value in nvm.items() if key.startswith(("pin", "puk", "sqn"))} == self.sizes
        for key, value in nvm.items():
            if key.startswith("pin"):
                pin = Pin.decode(value)
                assert 0 <= pin.left <= pin.maximum
            elif key.startswith("puk"):
                puk = Puk.decode(value)
                assert 0 <= puk.left <= puk.maximum


TestCard = Card.TestCase
TestCard.settings = settings(derandomize=True, max_examples=150, stateful_step_count=40, deadline=None)
