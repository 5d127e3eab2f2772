"""Random APDUs at a card: only documented status words, never an exception, and the invariants hold.

At most one profile is enabled, notification numbers only grow, the memory account is exact, and the files are those of
the enabled profile.
"""

from functools import cache
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from euicc_sim.core.store import SEQUENCE
from euicc_sim.io.nvm_memory import MemoryNvm
from tests.support.card_bench import EID, ISD_R, Bench, Order, mini_server, pki
from tests.support.tlv_by_hand import dig, t
from wire.es10 import PprIds, ProfileClass
from wire.sw import SW

ORDERS = [
    Order(1),
    Order(2),
    Order(3, profile_class=ProfileClass.test, k=bytes(range(16)), opc=bytes(16)),
    Order(4, pprs=PprIds.ppr1),
    Order(5, pprs=PprIds.ppr2),
    Order(6, profile_class=ProfileClass.provisioning),
]
DOCUMENTED = {int(sw) for sw in SW}
COMMANDS = [bytes.fromhex(text) for text in (
    "BF3C00", "BF2E00", "BF2000", "BF2200", "BF4300", "BF2D00", "BF2800", "BF2B00", "BF3E035C015A", "BF3F058003612E62",
    "BF3404820205E0", "BF34040282 0640".replace(" ", ""), "BF3003800101", "BF4204 80020780".replace(" ", ""), "BF3500",
    "BF3601BF", "BF2D055C035A9F70", "BF2B06A00481020780",
)]  # fmt: skip
HEADERS = [bytes.fromhex(text) for text in (
    "00700000", "00708001", "00708002", "01700000", "00A40004", "01A40400", "01A4040C", "00C00000", "81C00000",
    "80AA0000", "80100000", "80120000", "80140000", "80C20000", "80F20000", "00B00000", "00B20104", "00D60000",
    "00200001", "00880081", "80780001", "81E29100", "81E21100", "81E29101", "01E29100", "84E29100", "FFFFFFFF",
)]  # fmt: skip


UICC_COMMANDS = [bytes.fromhex(text.replace(" ", "")) for text in (
    "00A4040C 07 A0000000871002", "00A40400 07 A0000000871002 00", "00A40404 05 A000000559", "00A4004C 02 3F00",
    "00A4000C 02 3F00", "00A40004 02 2FE2", "00A4000C 02 2F00", "00A4000C 02 6F07", "00A40804 04 7FFF6F3C",
    "00A4000C 02 6FAD", "00A4000C 02 7FFF", "00A4080C 02 2F06", "80F20000 00", "80F20001 00", "80F2000C",
    "00B00000 00", "00B00000 0A", "00B08700 09", "00B07FFF 01", "00D68D00 03 112233", "00D60000 02 FFFF",
    "00B20104 00", "00B20104 05", "00B20002 00", "00B20003 00", "00DC0104 04 01020304", "00A20104 02 FFFF 00",
    "8032 0000 03 000001 00", "00200001", "00200001 08 30303030FFFFFFFF", "00200001 08 31313131FFFFFFFF",
    "00280001 08 30303030FFFFFFFF", "00260001 08 30303030FFFFFFFF", "00240001 10 30303030FFFFFFFF 30303030FFFFFFFF",
    "002C0001", "0020000A 08 3132333435363738", "00040000", "00440000", "00840000 08", "80780001 00", "80CB8000 01 5C",
    "80DB8000 03 800101", "00E00000 02 6200", "00E40000 02 6F07", "80D40000 02 6200", "80760000",
    "00880080 11 10" + 16 * "11", "00880081 22 10" + 16 * "11" + "10" + 16 * "22",
)]  # fmt: skip
TOOLKIT_COMMANDS = [bytes.fromhex(text.replace(" ", "")) for text in (
    "80100000 01 FF", "80100000 04 FFFFFFFF", "80100000 22" + 34 * "FF", "80100000 22" + 33 * "FF" + "DF",
    "80120000 00", "80120000 0B", "80120000 0C", "80140000 0C 810301 0109 02028281 030100",
    "80140000 0C 810301 0104 02028281 030120", "80140000 02 8103", "80C20000 04 D6021901", "80C20000 03 D60219",
    "80C20000 05 E4030102 03", "80F20000 00",
)]  # fmt: skip


@cache
def cost(order: Order) -> int:
    """The memory that a profile takes, alone on a card."""
    bench = Bench()
    before = bench.free_octets()
    bench.download(order)
    return before - bench.free_octets()


def is_documented(sw: int) -> bool:
    return sw in DOCUMENTED or sw >> 8 in (0x61, 0x6C, 0x91) or sw & 0xFFF0 == 0x63C0


class CardMachine(RuleBasedStateMachine):
    """A card that is treated badly."""

    @initialize(installed=st.lists(st.sampled_from(ORDERS), max_size=3, unique=True))
    def make(self, installed: list[Order]) -> None:
        self.nvm = MemoryNvm()
        self.bench = Bench(nvm=self.nvm)
        self.server = mini_server()
        self.segments: list[bytes] = []
        self.order = ORDERS[0]
        self.last_number = 0
        self.capacity = self.bench.free_octets()
        for order in installed:
            self.bench.download(order)

    def send(self, command: bytes) -> bytes:
        response = self.bench.card.transmit(command)
        assert is_documented(int.from_bytes(response[-2:])), f"{command.hex()} -> {response.hex()}"
        return response

    def tell(self, payload: bytes) -> bytes:
        """An ES10 command whatever state channel 1 is in."""
        for block in self.bench.chain(payload):
            response = self.send(block)
            if response[0] not in (0x90, 0x91) or len(response) > 2:
                break
        data = response[:-2]
        while response[-2] == 0x61:
            response = self.send(bytes([0x81, 0xC0, 0, 0, response[-1]]))
            data += response[:-2]
        return data

    # -- noise -------------------------------------------------------------------------------------------------------

    @rule(octets=st.binary(max_size=40))
    def any_octets(self, octets: bytes) -> None:
        self.send(octets)

    @rule(header=st.sampled_from(HEADERS), body=st.binary(max_size=24), le=st.sampled_from([b"", b"\x00", b"\x01"]))
    def known_header(self, header: bytes, body: bytes, le: bytes) -> None:
        self.send(header + (bytes([len(body)]) + body if body else b"") + le)

    @rule(commands=st.lists(st.sampled_from(UICC_COMMANDS), min_size=1, max_size=6), channel=st.sampled_from([0, 1, 2]))
    def files(self, commands: list[bytes], channel: int) -> None:
        for command in commands:
            response = self.send(bytes((command[0] | channel,)) + command[1:])
            if response[-2] == 0x61:
                self.send(bytes((channel, 0xC0, 0, 0, response[-1])))

    @rule(commands=st.lists(st.sampled_from(TOOLKIT_COMMANDS), min_size=1, max_size=3))
    def toolkit(self, commands: list[bytes]) -> None:
        for command in commands:
            self.send(command)

    @rule(payload=st.sampled_from(COMMANDS), block=st.sampled_from([1, 3, 255]))
    def es10(self, payload: bytes, block: int) -> None:
        self.bench.block = block
        self.tell(payload)
        self.bench.block = 255

    @rule(
        payload=st.sampled_from(COMMANDS + [order.enable() for order in ORDERS]),
        place=st.integers(0, 30),
        value=st.integers(1, 255),
    )
    def damaged_es10(self, payload: bytes, place: int, value: int) -> None:
        changed = bytearray(payload)
        changed[place % len(changed)] ^= value
        self.tell(bytes(changed))

    @rule(hard=st.booleans())
    def power_cycle(self, hard: bool) -> None:
        if hard:
            self.bench = Bench(nvm=self.nvm)
        else:
            self.bench.power_on()
        self.segments = []

    @rule()
    def select_again(self) -> None:
        if self.send(bytes.fromhex("01A4040C10") + ISD_R) == b"\x90\x00":
            return
        self.send(bytes.fromhex("0070000001"))
        self.send(bytes.fromhex("01A4040C10") + ISD_R)

    # -- profiles ----------------------------------------------------------------------------------------------------

    @rule(
        order=st.sampled_from(ORDERS),
        refresh=st.booleans(),
        what=st.sampled_from(["enable", "enable", "disable", "delete"]),
    )
    def change(self, order: Order, refresh: bool, what: str) -> None:
        self.select_again()
        self.tell(order.delete() if what == "delete" else getattr(order, what)(refresh))

    @rule(place=st.integers(0, 5), refresh=st.booleans())
    def enable_installed(self, place: int, refresh: bool) -> None:
        self.select_again()
        installed = [order for order in ORDERS if str(order.iccid) in Bench(nvm=self.nvm.copy()).states()]
        if installed:
            self.tell(installed[place % len(installed)].enable(refresh))

    @rule(result=st.sampled_from(["00", "20", "30"]))
    def terminal(self, result: str) -> None:
        fetched = self.send(bytes.fromhex("801200000B"))
        if len(fetched) == 13:
            details = fetched[2:7].hex()
            self.send(bytes.fromhex(f"801400000C{details}020282818301{result}"))

    @rule(order=st.sampled_from(ORDERS))
    def start_download(self, order: Order) -> None:
        self.select_again()
        challenge = self.tell(bytes.fromhex("BF2E00"))
        if not challenge.startswith(b"\xbf\x2e"):
            return
        request = self.server.authenticate_server(dig(challenge, "BF2E", "80"), pki().ci().ski)
        self.server.check_authentication(self.tell(request))
        self.server.check_preparation(self.tell(self.server.prepare_download()))
        package = self.server.bind(bytes.fromhex(EID), order.metadata, order.package)
        self.order, self.segments = order, package.segments()

    @precondition(lambda self: self.segments)
    @rule()
    def load_all(self) -> None:
        self.load(len(self.segments), False)

    @precondition(lambda self: self.segments)
    @rule(count=st.integers(1, 10), damage=st.booleans())
    def load(self, count: int, damage: bool) -> None:
        for _ in range(min(count, len(self.segments))):
            segment = self.segments.pop(0)
            if damage and count < 3:
                segment = segment[:-1] + bytes([segment[-1] ^ 1])
            if self.tell(segment):
                self.segments = []
                break

    @rule()
    def cancel(self) -> None:
        self.tell(t("BF41", t("80", self.server.transaction_id), t("81", b"\x00")))

    # -- invariants, seen through a second card on the same memory ---------------------------------------------------

    @invariant()
    def holds(self) -> None:
        if not hasattr(self, "nvm"):
            return
        memory: Any = self.nvm.copy()
        numbers = [int(key.split("/")[1]) for key in memory.keys("notification/")]
        last = int.from_bytes(memory.get(SEQUENCE) or b"\x00", "big")
        assert numbers == sorted(set(numbers))
        assert last >= max(numbers, default=0)
        assert last >= self.last_number
        self.last_number = last
        observer = Bench(nvm=memory)
        states = observer.states()
        assert sum(states.values()) <= 1
        installed = [order for order in ORDERS if str(order.iccid) in states]
        assert observer.free_octets() == self.capacity - sum(map(cost, installed)), "the account is exact"
        for order in installed:
            assert observer.card.profile_package(order.iccid) == order.package
        shown = observer.apdu("00A4000C022FE2") == b"\x90\x00" and observer.apdu("00B000000A")[:-2]
        assert shown == next((order.iccid.ef for order in installed if states[str(order.iccid)]), False)
        observer.es10("BF3404820206C0")
        provisioning = str(ORDERS[5].iccid) in observer.states()
        if provisioning:
            assert observer.result(ORDERS[5].disable()) in (0, 2)
            assert observer.result(ORDERS[5].delete()) == 0
        assert observer.states() == {}
        assert observer.free_octets() == self.capacity, "every octet comes back"


TestCardMachine = CardMachine.TestCase
TestCardMachine.settings = settings(
    max_examples=60,
    stateful_step_count=40,
    derandomize=True,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
