"""A card on the bench: made, powered and driven APDU by APDU; a download in one call."""

from datetime import UTC, datetime
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from certs.pki import Pki
from euicc_sim.core.card import Card, provision
from euicc_sim.core.options import CardOptions
from euicc_sim.core.settings import CardSettings, EuiccChain
from euicc_sim.io.nvm_memory import MemoryNvm
from smdp.profiles import NotificationRecipient, ProfileParameters, build_package, metadata
from tests.support.entropy import SeededEntropy
from tests.support.mini_server import MiniServer, Package, check
from tests.support.tlv_by_hand import dig, split, t
from wire.es10 import BppCommandId, ErrorReason, NotificationEvent, PprIds, ProfileClass
from wire.ids import Eid, Iccid

EID = "89049032123451234512345678901235"
EID_OCTETS = bytes.fromhex(EID)
ISD_R = bytes.fromhex("A0000005591010FFFFFFFF8900000100")
SERVER = "smdp.example.com"
EVERYTHING = NotificationEvent(15)


class TraceLog:
    """A trace that keeps everything."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []

    def record(self, kind: str, session: str, **fields: object) -> None:
        self.events.append({"kind": kind, "session": session, **fields})

    def verdicts(self, what: str) -> list[bool]:
        return [event["ok"] for event in self.events if event["kind"] == "verdict" and event["what"] == what]


@cache
def pki() -> Pki:
    """One PKI for all card tests."""
    return Pki.generate([SERVER], not_before=datetime(2025, 1, 1, tzinfo=UTC), entropy=SeededEntropy(7))


def chain(of: Pki, curve: str, signs: bool = True) -> EuiccChain:
    """The card's chain under a CI of the PKI."""
    ci = of.ci(curve)
    if not signs:
        return EuiccChain(ci.certificate, ci.ski)
    euicc = of.euicc(curve)
    key = euicc.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return EuiccChain(ci.certificate, ci.ski, of.eum(curve).certificate, euicc.certificate, key)


def card_settings(**changes: Any) -> CardSettings:
    """A card of the PKI with both CIs, NIST first."""
    values: dict[str, Any] = {"chains": tuple(chain(pki(), curve) for curve in ("NIST", "BRP"))}
    return CardSettings(**{"eid": Eid(EID), **values, **changes})


class Bench:
    """A powered card with the ISD-R selected on channel 1."""

    def __init__(self, settings: CardSettings | None = None, nvm: Any = None, seed: int = 1) -> None:
        self.nvm = nvm if nvm is not None else MemoryNvm()
        if not list(self.nvm.keys()):
            provision(self.nvm, settings or card_settings())
        self.trace = TraceLog()
        self.card = Card(self.nvm, SeededEntropy(seed), self.trace)
        self.channel = 1
        self.block = 255
        self.power_on()

    @classmethod
    def bare(cls, options: CardOptions) -> "Bench":
        """Power only, nothing selected."""
        bench = cls.__new__(cls)
        bench.nvm = MemoryNvm()
        provision(bench.nvm, card_settings(options=options))
        bench.trace = TraceLog()
        bench.card = Card(bench.nvm, SeededEntropy(1), bench.trace)
        bench.channel, bench.block = 1, 255
        bench.card.reset()
        return bench

    def power_on(self) -> bytes:
        """Reset, open channel 1, select the ISD-R there."""
        atr = self.card.reset()
        assert self.apdu("0070000001") == bytes.fromhex("019000")
        assert self.apdu("01A4040010" + ISD_R.hex())[-2:-1] in (b"\x61", b"\x90")
        return atr

    def apdu(self, command: str | bytes) -> bytes:
        """One command as it is."""
        return self.card.transmit(bytes.fromhex(command) if isinstance(command, str) else command)

    def chain(self, payload: bytes) -> list[bytes]:
        """The STORE DATA blocks of an ES10 command."""
        cla = 0x80 | self.channel
        blocks = [payload[at : at + self.block] for at in range(0, len(payload), self.block)]
        last = len(blocks) - 1
        return [
            bytes([cla, 0xE2, 0x91 if place == last else 0x11, place, len(block)]) + block
            for place, block in enumerate(blocks)
        ]

    def send(self, payload: bytes | str) -> tuple[bytes, int]:
        """An ES10 command: (response data, last status word); follows 61xx."""
        response = b"\x90\x00"
        for command in self.chain(bytes.fromhex(payload) if isinstance(payload, str) else payload):
            response = self.card.transmit(command)
            if response[:-2] or response[-2] not in (0x90, 0x91, 0x61):
                break
        data = response[:-2]
        while response[-2] == 0x61:
            response = self.card.transmit(bytes([0x80 | self.channel, 0xC0, 0, 0, response[-1]]))
            data += response[:-2]
        return data, int.from_bytes(response[-2:])

    def es10(self, payload: bytes | str) -> bytes:
        """An ES10 command that must be answered 9000 or 91xx."""
        data, sw = self.send(payload)
        assert sw == 0x9000 or sw >> 8 == 0x91, f"{sw:04X}"
        return data

    def result(self, payload: bytes | str) -> int:
        """The result of a function that answers one (80)."""
        answer = self.es10(payload)
        return dig(dig(answer, answer[:2].hex().upper()), "80")[0]

    # -- downloads -----------------------------------------------------------------------------------------------

    def authenticate(self, server: MiniServer, curve: str = "NIST", **lies: Any) -> bytes:
        """GetEUICCChallenge and AuthenticateServer."""
        challenge = dig(self.es10("BF2E00"), "BF2E", "80")
        return self.es10(server.authenticate_server(challenge, pki().ci(curve).ski, **lies))

    def prepare(self, server: MiniServer, curve: str = "NIST", **how: Any) -> None:
        """Up to a checked PrepareDownload."""
        server.check_authentication(self.authenticate(server, curve))
        server.check_preparation(self.es10(server.prepare_download(**how)))

    def load(self, package: Package | list[bytes]) -> bytes:
        """Send the segments; the first data that comes back (BF37)."""
        for segment in package.segments() if isinstance(package, Package) else package:
            data = self.es10(segment)
            if data:
                return data
        return b""

    def download(self, profile: "Order | None" = None, curve: str = "NIST", **how: Any) -> bytes:
        """A whole download; returns BF37."""
        profile = profile or Order()
        server = mini_server(curve)
        self.prepare(server, curve)
        return self.load(server.bind(EID_OCTETS, profile.metadata, profile.package, **how))

    # -- questions -----------------------------------------------------------------------------------------------

    def states(self) -> dict[str, int]:
        """ICCID -> state."""
        listed = split(dig(self.es10("BF2D055C035A9F70"), "BF2D", "A0"))
        return {str(Iccid.from_ef(dig(item, "5A"))): dig(item, "9F70")[0] for _, item, _ in listed}

    def notifications(self) -> list[tuple[int, str]]:
        """(number, event) of the pending notifications."""
        events = {"0780": "install", "0640": "enable", "0520": "disable", "0410": "delete"}
        listed = split(dig(self.es10("BF2800"), "BF28", "A0"))
        return [(int.from_bytes(dig(item, "80")), events[dig(item, "81").hex()]) for _, item, _ in listed]

    def free_octets(self) -> int:
        """Free memory as EUICCInfo2 tells it."""
        return int.from_bytes(dig(self.es10("BF2200"), "BF22", "84", "82"))


def mini_server(curve: str = "NIST", **changes: Any) -> MiniServer:
    """The PKI's SM-DP+."""
    return MiniServer(pki().dp_auth(curve), pki().dp_pb(curve), **changes)


class Order:
    """A profile to download: its package and metadata."""

    def __init__(
        self,
        number: int = 1,
        *,
        profile_class: ProfileClass = ProfileClass.operational,
        pprs: PprIds | None = None,
        notifications: tuple[NotificationRecipient, ...] = (),
        **parameters: Any,
    ) -> None:
        self.iccid = parameters.pop("iccid", None) or Iccid.with_check_digit(f"89001012345678{number:05d}")
        values = {"imsi": "001010123456789", "k": bytes(range(16)), "opc": bytes(range(16, 32)), **parameters}
        self.parameters = ProfileParameters(iccid=self.iccid, **values)
        self.package = build_package(self.parameters)
        self.metadata = metadata(
            self.parameters, SERVER, profile_class=profile_class, policy_rules=pprs, notifications=notifications
        )

    @property
    def tag(self) -> bytes:
        """5A."""
        return t("5A", self.iccid.ef)

    def enable(self, refresh: bool = False) -> bytes:
        return t("BF31", t("A0", self.tag), t("81", b"\xff" if refresh else b"\x00"))

    def disable(self, refresh: bool = False) -> bytes:
        return t("BF32", t("A0", self.tag), t("81", b"\xff" if refresh else b"\x00"))

    def delete(self) -> bytes:
        return t("BF33", self.tag)


def prepared(bench: Bench, curve: str = "NIST") -> MiniServer:
    """A server whose PrepareDownload the card has answered."""
    server = mini_server(curve)
    bench.prepare(server, curve)
    return server


def bound(bench: Bench, order: Order, **how: Any) -> Package:
    """The order, bound for the card by a prepared server; `how`: options of `MiniServer.bind`."""
    return prepared(bench).bind(EID_OCTETS, order.metadata, order.package, **how)


def failure(bench: Bench, result: bytes) -> tuple[BppCommandId, ErrorReason]:
    """What an errorResult says, its signature checked, and that nothing is left of the profile."""
    assert result, "the package was taken"
    data, signature = split(dig(result, "BF37"))
    certificate = bench.card.settings.chains[0].euicc_certificate
    check(certificate, signature[1], data[2])
    error = dig(data[1], "A2", "A1")
    assert not list(bench.nvm.keys("profile/")), "nothing is left behind"
    assert dig(bench.es10("BF2B00"), "BF2B", "A0") == result, "the result waits in the list"
    return BppCommandId(dig(error, "80")[0]), ErrorReason(dig(error, "81")[0])
