"""The ISD-R: STORE DATA chains become ES10 commands and bound-profile-package segments, dispatched by their tag.

Spec: SGP.22 v2.5 section 5.7.2; GlobalPlatform Card Specification section 11.11 (STORE DATA)
"""

from collections.abc import Callable

from euicc_sim.core import chip_info, es10a, es10b, es10c
from euicc_sim.core.bpp import BOUND_PROFILE_PACKAGE
from euicc_sim.core.download import CANCEL_SESSION, PREPARE_DOWNLOAD, cancel_session, prepare_download
from euicc_sim.core.euicc import Euicc
from euicc_sim.core.installation import Installation
from euicc_sim.core.mutual_authentication import AUTHENTICATE_SERVER, authenticate_server
from euicc_sim.core.refusal import Refused
from euicc_sim.core.session import SessionState
from euicc_sim.core.switching import ProfileSwitching
from wire.apdu import STORE_DATA_LAST, STORE_DATA_MORE, Command, Response
from wire.errors import DecodeError
from wire.sw import SW
from wire.tlv import Tlv, parse, read_header, tag_octets, tlv

Function = Callable[[Euicc, Tlv], bytes]
MAX_COMMAND_OCTETS = 65280
_FUNCTIONS: dict[int, Function] = {
    es10a.ADDRESSES: es10a.get_euicc_configured_addresses,
    es10a.SET_DEFAULT_DP_ADDRESS: es10a.set_default_dp_address,
    chip_info.EUICC_INFO1: lambda euicc, request: chip_info.euicc_info1(euicc),
    chip_info.EUICC_INFO2: lambda euicc, request: chip_info.euicc_info2(euicc),
    chip_info.RAT: lambda euicc, request: chip_info.rules_authorisation_table(euicc),
    es10b.GET_EUICC_CHALLENGE: es10b.get_euicc_challenge,
    AUTHENTICATE_SERVER: authenticate_server,
    PREPARE_DOWNLOAD: prepare_download,
    CANCEL_SESSION: cancel_session,
    es10b.LIST_NOTIFICATION: es10b.list_notification,
    es10b.RETRIEVE_NOTIFICATIONS: es10b.retrieve_notifications_list,
    es10b.NOTIFICATION_SENT: es10b.remove_notification_from_list,
    es10b.LOAD_CRL: es10b.load_crl,
    es10b.LPAE_ACTIVATION: es10b.lpae_activation,
    es10c.PROFILES_INFO: es10c.get_profiles_info,
    es10c.GET_EID: es10c.get_eid,
    es10c.SET_NICKNAME: es10c.set_nickname,
}


class BlockBuffer:
    """The STORE DATA chain of one logical channel."""

    def __init__(self) -> None:
        self._octets = bytearray()
        self._next_block = 0

    def drop(self) -> None:
        """Forget the chain."""
        self._octets.clear()
        self._next_block = 0

    def take(self, command: Command) -> bytes | None:
        """Add a block; the whole command once the last block is here. Refused (and forgotten) if out of sequence."""
        if command.p2 == 0:
            self.drop()
        if command.p1 not in (STORE_DATA_MORE, STORE_DATA_LAST) or command.p2 != self._next_block:
            self.drop()
            raise Refused(SW.INCORRECT_P1P2)
        self._octets += command.data
        self._next_block += 1
        if len(self._octets) > MAX_COMMAND_OCTETS:
            self.drop()
            raise Refused(SW.WRONG_LENGTH)
        if command.p1 == STORE_DATA_MORE:
            return None
        complete = bytes(self._octets)
        self.drop()
        return complete


class IsdR:
    """The application behind the ISD-R's AID."""

    def __init__(self, euicc: Euicc, switching: ProfileSwitching) -> None:
        self._euicc = euicc
        self._installation: Installation | None = None
        profiles = es10c.ProfileFunctions(switching)
        self._functions = _FUNCTIONS | {
            es10c.ENABLE: profiles.enable_profile,
            es10c.DISABLE: profiles.disable_profile,
            es10c.DELETE: profiles.delete_profile,
            es10c.MEMORY_RESET: profiles.euicc_memory_reset,
        }

    def fci(self) -> bytes:
        """File control information: AID, GlobalPlatform data, and the ISD-R's own template.

        Spec: SGP.22 v2.5 section 5.7.1 (ISDRProprietaryApplicationTemplate)
        """
        options = self._euicc.settings.options
        if not options.isd_r_fci:
            return b""
        template = tlv(0xE0, tlv(0x82, self._euicc.settings.svn))
        proprietary = tlv(0xA5, bytes.fromhex("9F6501FF"))
        return tlv(0x6F, tlv(0x84, options.isd_r_aid), proprietary, template)

    def store_data(self, blocks: BlockBuffer, command: Command) -> Response:
        """One STORE DATA block on a channel where the ISD-R is selected."""
        try:
            if not command.data or len(command.data) > self._euicc.settings.options.block_octets:
                blocks.drop()
                raise Refused(SW.WRONG_LENGTH)
            complete = blocks.take(command)
            return Response(b"" if complete is None else self._execute(complete), SW.OK)
        except Refused as refused:
            return Response(b"", refused.sw)
        except DecodeError:
            return Response(b"", SW.INCORRECT_DATA)

    def _execute(self, octets: bytes) -> bytes:
        if self._is_loading and not self._is_command(octets):
            return self._load(octets)
        if octets.startswith(tag_octets(BOUND_PROFILE_PACKAGE)):
            self._installation = Installation(self._euicc)
            return self._load(octets)
        tag = read_header(octets)[0]
        function = self._functions.get(tag)
        if function is None:
            raise Refused(SW.REFERENCED_DATA_NOT_FOUND)
        request = parse(octets)
        if tag == es10b.GET_EUICC_CHALLENGE and self._is_loading and self._installation:
            self._installation.interrupt()
        return function(self._euicc, request)

    @property
    def _is_loading(self) -> bool:
        return self._euicc.session.state is SessionState.LOADING

    def _is_command(self, octets: bytes) -> bool:
        """Whether octets that arrive during a load are a command and not the package's next segment."""
        try:
            return parse(octets).tag in self._functions
        except DecodeError:
            return False

    def _load(self, segment: bytes) -> bytes:
        if self._installation is None:
            raise Refused(SW.CONDITIONS_NOT_SATISFIED)
        result = self._installation.feed(segment)
        if result:
            self._installation = None
        return result

    def reset(self) -> None:
        """Power is gone: a profile that was being loaded is, too."""
        self._installation = None
