"""The eUICC under test at APDU level: the ISD-R on a logical channel, every ES10 function, downloads from the kit."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from lpa.card.link import CardLink
from scenarios.kit.package import Package
from scenarios.kit.profile import Profile
from scenarios.kit.read import children, dig, find, integer, text, whole
from scenarios.kit.server import ServerKit
from scenarios.model import CheckFailed
from wire.apdu import AID_ISD_R, Command, Response, close_channel, get_response, open_channel, select_aid, store_data
from wire.errors import DecodeError
from wire.es10 import CancelSessionReason, NotificationEvent, ResetOptions
from wire.ids import Aid, Eid, Iccid
from wire.sw import is_success
from wire.tlv import Tlv, parse_all, tlv

MORE: Final = 0x61


class Pending(NamedTuple):
    """NotificationMetadata."""

    number: int
    event: NotificationEvent
    address: str
    iccid: str | None


class Euicc:
    """The eUICC under test.

    Functions answer what the card answered: result codes as numbers, structures as `Tlv`. A status word that isn't
    success fails the scenario, except from `apdu` and `send`, which return what came.
    """

    def __init__(self, link: CardLink, isd_r: bytes = AID_ISD_R) -> None:
        self.link = link
        self.channel = 0
        self.block_octets = 255
        self._isd_r = isd_r
        self._eid = ""

    # power and channels

    def power_on(self) -> bytes:
        """Reset, open a logical channel, select the ISD-R on it; the ATR."""
        atr = self.link.reset()
        self.open()
        return atr

    def open(self) -> None:
        """Open a logical channel and select the ISD-R there."""
        answer = self.apdu(open_channel().encode())
        if answer.sw != 0x9000 or len(answer.data) != 1:
            raise CheckFailed(f"MANAGE CHANNEL open answers {answer.encode().hex().upper()}")
        self.channel = answer.data[0]
        self.select()

    def select(self) -> Tlv | None:
        """SELECT the ISD-R on the open channel; its FCI, None where it answers none."""
        answer = self.fetch(select_aid(self.channel, self._isd_r))
        if not is_success(answer.sw):
            raise CheckFailed(f"SELECT of the ISD-R answers {answer.sw:04X}")
        return whole(answer.data, 0x6F, "FCI") if answer.data else None

    def close(self) -> None:
        """Close the logical channel."""
        self.apdu(close_channel(self.channel).encode())
        self.channel = 0

    # APDUs

    def apdu(self, command: bytes | str) -> Response:
        """One command as it is; its response, whatever it is."""
        raw = self.link.transmit(bytes.fromhex(command) if isinstance(command, str) else command)
        try:
            return Response.parse(raw)
        except DecodeError:
            raise CheckFailed(f"the card answers {raw.hex().upper() or 'nothing'}, which has no status word") from None

    def fetch(self, command: Command) -> Response:
        """One command with all of its answer (GET RESPONSE after 61xx)."""
        answer = self.apdu(command.encode())
        data = answer.data
        while answer.sw1 == MORE:
            answer = self.apdu(get_response(command.channel, answer.sw2).encode())
            if answer.sw1 == MORE and not answer.data:
                raise CheckFailed("the card announces more data but sends none")
            data += answer.data
        return Response(data, answer.sw)

    def send(self, payload: bytes | str) -> Response:
        """An ES10 command or BPP segment as STORE DATA blocks; ends at the first data or error."""
        octets = bytes.fromhex(payload) if isinstance(payload, str) else payload
        answer = Response(b"", 0x9000)
        for command in store_data(self.channel, octets, self.block_octets):
            answer = self.fetch(command)
            if answer.data or not is_success(answer.sw):
                break
        return answer

    def es10(self, payload: bytes | str) -> Tlv:
        """An ES10 command that must be answered with success and a response of the same tag."""
        octets = bytes.fromhex(payload) if isinstance(payload, str) else payload
        answer = self.send(octets)
        tag = parse_all(octets)[0].tag
        if not is_success(answer.sw):
            raise CheckFailed(f"{tag:X} is answered with status word {answer.sw:04X}")
        return whole(answer.data, tag, f"the answer to {tag:X}")

    def _result(self, payload: bytes) -> int:
        return integer(dig(self.es10(payload), 0x80))

    # ES10a

    def configured_addresses(self) -> tuple[str | None, str]:
        """GetEuiccConfiguredAddresses: default SM-DP+ (None if not set) and root SM-DS."""
        answer = self.es10(tlv(0xBF3C))
        default = find(answer, 0x80)
        return (text(default) if default and default.value else None), text(dig(answer, 0x81))

    def set_default_dp_address(self, address: str) -> int:
        """SetDefaultDpAddress; "" removes it."""
        return self._result(tlv(0xBF3F, tlv(0x80, address.encode())))

    # ES10b

    def info1(self) -> Tlv:
        """GetEUICCInfo1."""
        return self.es10(tlv(0xBF20))

    def info2(self) -> Tlv:
        """GetEUICCInfo2."""
        return self.es10(tlv(0xBF22))

    @property
    def free_octets(self) -> int:
        """Free memory, as EUICCInfo2 tells it."""
        return int.from_bytes(dig(whole(dig(self.info2(), 0x84).raw, 0x84), 0x82).value)

    def challenge(self) -> bytes:
        """GetEUICCChallenge: opens a session, ends any other."""
        return dig(self.es10(tlv(0xBF2E)), 0x80).value

    def authenticate(self, server: ServerKit, matching_id: str | None = "TOKEN") -> Tlv:
        """GetEUICCChallenge and AuthenticateServer; the response, whatever it says."""
        return self.es10(server.authenticate_server(self.challenge(), matching_id))

    def authentication_error(self, server: ServerKit) -> int | None:
        """The authenticateErrorCode with which the card refuses this server; None if it accepts it."""
        return error_of(self.authenticate(server))

    def prepare(self, server: ServerKit, **options: Any) -> Tlv:
        """PrepareDownload with these options of `ServerKit.prepare_download`, after a checked AuthenticateServer; the
        response, whatever it says.
        """
        return self.es10(server.prepare_download(**options))

    def load(self, package: Package | Sequence[bytes]) -> Tlv:
        """LoadBoundProfilePackage, segment by segment; the ProfileInstallationResult (BF37)."""
        segments = package.segments() if isinstance(package, Package) else package
        for number, segment in enumerate(segments):
            answer = self.send(segment)
            if answer.data:
                return whole(answer.data, 0xBF37, "ProfileInstallationResult")
            if not is_success(answer.sw):
                raise CheckFailed(f"BPP segment {number} ({segment[:2].hex().upper()}) is answered {answer.sw:04X}")
        raise CheckFailed("no ProfileInstallationResult after the last segment")

    def reach(self, step: str, server: ServerKit) -> Tlv:
        """A session up to "authenticated" or "prepared", each answer verified as the server would; the last one."""
        answer = self.authenticate(server)
        server.check_authentication(answer.raw)
        if step == "prepared":
            answer = self.prepare(server)
            server.check_preparation(answer.raw)
        return answer

    def install(self, server: ServerKit, profile: Profile) -> Tlv:
        """A whole download; the verified finalResult (A0 success, A1 error)."""
        self.reach("prepared", server)
        result = self.load(server.bind(profile))
        return server.check_installation_result(result.raw)

    def cancel_session(self, transaction_id: bytes, reason: CancelSessionReason) -> Tlv:
        """CancelSession."""
        return self.es10(tlv(0xBF41, tlv(0x80, transaction_id), tlv(0x81, bytes((reason,)))))

    def notifications(self, events: NotificationEvent | None = None) -> list[Pending]:
        """ListNotification."""
        wanted = b"" if events is None else tlv(0x81, events.to_bits())
        return [_pending(one) for one in children(dig(self.es10(tlv(0xBF28, wanted)), 0xA0))]

    def retrieve_notifications(self, number: int | None = None, events: NotificationEvent | None = None) -> list[Tlv]:
        """RetrieveNotificationsList: by number, by events, or all."""
        criteria = b""
        if number is not None:
            criteria = tlv(0xA0, tlv(0x80, number.to_bytes(number.bit_length() // 8 + 1)))
        elif events is not None:
            criteria = tlv(0xA0, tlv(0x81, events.to_bits()))
        return list(children(dig(self.es10(tlv(0xBF2B, criteria)), 0xA0)))

    def remove_notification(self, number: int) -> int:
        """RemoveNotificationFromList."""
        return self._result(tlv(0xBF30, tlv(0x80, number.to_bytes(number.bit_length() // 8 + 1))))

    def load_crl(self, crl: bytes) -> Tlv:
        """LoadCRL."""
        return self.es10(tlv(0xBF35, tlv(0xA0, crl)))

    def rules(self) -> tuple[Tlv, ...]:
        """GetRAT."""
        return children(dig(self.es10(tlv(0xBF43)), 0xA0))

    # ES10c

    @property
    def eid(self) -> str:
        """GetEID."""
        if not self._eid:
            self._eid = str(Eid(dig(self.es10("BF3E035C015A"), 0x5A).value.hex()))
        return self._eid

    def profile_list(self, criteria: bytes = b"", tags: bytes = b"") -> tuple[Tlv, ...]:
        """GetProfilesInfo; criteria: a TLV inside A0; tags: the tag list's content. The ProfileInfos (E3)."""
        wanted = tlv(0xA0, criteria) if criteria else b""
        listed = tlv(0x5C, tags) if tags else b""
        return children(dig(self.es10(tlv(0xBF2D, wanted, listed)), 0xA0))

    @property
    def states(self) -> dict[str, str]:
        """ICCID -> "enabled" or "disabled", of all profiles."""
        names = {0: "disabled", 1: "enabled"}
        return {
            str(Iccid.from_ef(dig(one, 0x5A).value)): names.get(integer(dig(one, 0x9F70)), "?")
            for one in self.profile_list(tags=bytes.fromhex("5A9F70"))
        }

    def enable(self, profile: Profile | Aid | Iccid, refresh: bool = False) -> int:
        """EnableProfile."""
        return self._result(tlv(0xBF31, tlv(0xA0, _identifier(profile)), _flag(refresh)))

    def disable(self, profile: Profile | Aid | Iccid, refresh: bool = False) -> int:
        """DisableProfile."""
        return self._result(tlv(0xBF32, tlv(0xA0, _identifier(profile)), _flag(refresh)))

    def delete(self, profile: Profile | Aid | Iccid) -> int:
        """DeleteProfile."""
        return self._result(tlv(0xBF33, _identifier(profile)))

    def memory_reset(self, options: ResetOptions) -> int:
        """eUICCMemoryReset."""
        return self._result(tlv(0xBF34, tlv(0x82, options.to_bits())))

    def set_nickname(self, profile: Profile | Iccid, nickname: str) -> int:
        """SetNickname; "" removes it."""
        return self._result(tlv(0xBF29, _identifier(profile), tlv(0x90, nickname.encode())))


def error_of(response: Tlv) -> int | None:
    """The error code of an AuthenticateServer or PrepareDownload response; None if it is the good alternative."""
    error = find(response, 0xA1)
    return None if error is None else integer(dig(error, 0x02))


def installation_error(final_result: Tlv) -> tuple[int, int] | None:
    """(bppCommandId, errorReason) of a finalResult; None for success."""
    if final_result.tag == 0xA0:
        return None
    return integer(dig(final_result, 0x80)), integer(dig(final_result, 0x81))


def _identifier(profile: Profile | Aid | Iccid) -> bytes:
    if isinstance(profile, Profile):
        return profile.identifier
    return tlv(0x5A, profile.ef) if isinstance(profile, Iccid) else tlv(0x4F, profile)


def _flag(value: bool) -> bytes:
    return tlv(0x81, b"\xff" if value else b"\x00")


def _pending(metadata: Tlv) -> Pending:
    iccid = find(metadata, 0x5A)
    return Pending(
        integer(dig(metadata, 0x80)),
        NotificationEvent.from_bits(dig(metadata, 0x81).value),
        text(dig(metadata, 0x0C)),
        str(Iccid.from_ef(iccid.value)) if iccid else None,
    )
