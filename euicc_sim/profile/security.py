"""PIN commands, AUTHENTICATE, GET CHALLENGE and GET IDENTITY.

Spec: ETSI TS 102 221 sections 11.1.9 to 11.1.13 and 11.1.18; 3GPP TS 31.102 sections 7.1 and 7.5; TS 31.103 section 7.1
"""

from euicc_sim.profile import image
from euicc_sim.profile.aka import Agreed, AkaParameters, SequenceNumbers, SynchronisationFailure, authenticate
from euicc_sim.profile.algorithms import gsm_context
from euicc_sim.profile.identity import imsi_text, mnc_digits
from euicc_sim.profile.image import FileEntry
from euicc_sim.profile.session import Channel, Profile, Refused, expected, require_no_data, require_p1p2
from euicc_sim.profile.staging import naa_of
from euicc_sim.profile.suci import suci
from euicc_sim.profile.templates import Base
from wire.apdu import Command, Response
from wire.sw import SW
from wire.tlv import tlv

_GSM_CONTEXT, _3G_CONTEXT = 0x80, 0x81
_OTHER_CONTEXTS = (0x82, 0x84, 0x85, 0x86)
_SUCCESS, _SYNCHRONISATION_FAILURE = b"\xdb", b"\xdc"
_SERVICE_GSM_ACCESS, _SERVICE_GSM_SECURITY = 27, 38
_SERVICE_IDENTITY_PRIVACY, _SERVICE_SUCI_BY_USIM = 124, 125
_SUCI, _SUCI_NSWO = 0x01, 0x02
_FID_IMSI, _FID_UST, _FID_AD = 0x6F07, 0x6F38, 0x6FAD
_FID_DF_5GS, _FID_ROUTING_INDICATOR = 0x5FC0, 0x4F0A
_FID_DF_SAIP, _FID_CALCULATION_INFO = 0x5FD0, 0x4F01
_DEFAULT_APPLICATION_PIN = 0x01
_MAX_CHALLENGE_OCTETS = 256


def _reference(command: Command) -> int:
    if command.p1:
        raise Refused(SW.INCORRECT_P1P2)
    return command.p2


def verify_pin(profile: Profile, channel: Channel, command: Command) -> Response:
    """VERIFY PIN."""
    return Response(b"", profile.pins.verify(channel.directory, _reference(command), command.data))


def change_pin(profile: Profile, channel: Channel, command: Command) -> Response:
    """CHANGE PIN."""
    return Response(b"", profile.pins.change(channel.directory, _reference(command), command.data))


def disable_pin(profile: Profile, channel: Channel, command: Command) -> Response:
    """DISABLE PIN, without replacement by the universal PIN."""
    return Response(b"", profile.pins.switch(channel.directory, _reference(command), command.data, enable=False))


def enable_pin(profile: Profile, channel: Channel, command: Command) -> Response:
    """ENABLE PIN."""
    return Response(b"", profile.pins.switch(channel.directory, _reference(command), command.data, enable=True))


def unblock_pin(profile: Profile, channel: Channel, command: Command) -> Response:
    """UNBLOCK PIN."""
    return Response(b"", profile.pins.unblock(channel.directory, _reference(command), command.data))


def get_challenge(profile: Profile, channel: Channel, command: Command) -> Response:
    """GET CHALLENGE."""
    require_p1p2(command)
    require_no_data(command)
    return Response(profile.entropy.octets(min(command.le or 8, _MAX_CHALLENGE_OCTETS)), SW.OK)


def _application(profile: Profile, channel: Channel) -> FileEntry:
    """The application whose session the channel has; Refused if there is none or its PIN is not verified."""
    if channel.application is None:
        raise Refused(SW.CONDITIONS_NOT_SATISFIED)
    return profile.files.files[channel.application]


def _require_application_pin(profile: Profile, application: FileEntry) -> None:
    references = [reference for reference in application.pin_references if 1 <= reference <= 8]
    reference = references[0] if references else _DEFAULT_APPLICATION_PIN
    found = profile.pins.find(application.number, reference)
    if found is not None and not profile.pins.is_satisfied(application.number, reference):
        raise Refused(SW.SECURITY_STATUS_NOT_SATISFIED)


def _has_service(profile: Profile, application: FileEntry, service: int) -> bool:
    """Whether a service is available in the USIM service table."""
    table = _read(profile, application.number, _FID_UST)
    octet, bit = divmod(service - 1, 8)
    return octet < len(table) and bool(table[octet] >> bit & 1)


def _read(profile: Profile, directory: int, *fids: int) -> bytes:
    """The content of an EF at a path; b"" if it is not there."""
    entry = profile.files.path(directory, fids)
    return b"" if entry is None or entry.is_directory else profile.files.content(entry)


def authenticate_command(profile: Profile, channel: Channel, command: Command) -> Response:
    """AUTHENTICATE in 3G and GSM context; other contexts are not on this card."""
    if command.p1 or command.p2 not in (_GSM_CONTEXT, _3G_CONTEXT, *_OTHER_CONTEXTS):
        raise Refused(SW.INCORRECT_P1P2)
    application = _application(profile, channel)
    stored = profile.store.get(image.aka_key(application.number))
    if stored is None:
        raise Refused(SW.CONDITIONS_NOT_SATISFIED)
    is_usim = naa_of(application.aid) is not Base.ISIM
    if command.p2 in _OTHER_CONTEXTS or (command.p2 == _GSM_CONTEXT and not is_usim):
        raise Refused(SW.SECURITY_CONTEXT_NOT_SUPPORTED)
    _require_application_pin(profile, application)
    number, parameters = application.number, AkaParameters.decode(stored)
    if parameters.shared_with is not None:
        number = parameters.shared_with
        parameters = AkaParameters.decode(profile.store.get(image.aka_key(number)) or b"")
    if command.p2 == _GSM_CONTEXT:
        if not _has_service(profile, application, _SERVICE_GSM_SECURITY):
            raise Refused(SW.SECURITY_CONTEXT_NOT_SUPPORTED)
        return _gsm(parameters, command.data)
    with_kc = is_usim and _has_service(profile, application, _SERVICE_GSM_ACCESS)
    return _3g(profile, number, parameters, command.data, with_kc)


def _gsm(parameters: AkaParameters, data: bytes) -> Response:
    (rand,) = _challenge(data, 1)
    res, ck, ik, _ = parameters.functions().f2345(rand)
    sres, kc = gsm_context(res, ck, ik)
    return Response(b"\x04" + sres + b"\x08" + kc, SW.OK)


def _3g(profile: Profile, number: int, parameters: AkaParameters, data: bytes, with_kc: bool) -> Response:
    rand, autn = _challenge(data, 2)
    numbers = SequenceNumbers.decode(profile.store.get(image.sqn_key(number)) or b"")
    verdict = authenticate(parameters, numbers, rand, autn)
    if verdict is None:
        raise Refused(SW.WRONG_MAC)
    if isinstance(verdict, SynchronisationFailure):
        return Response(_SYNCHRONISATION_FAILURE + bytes((len(verdict.auts),)) + verdict.auts, SW.OK)
    profile.store.put({image.sqn_key(number): verdict.sequence_numbers.encode()})
    return Response(_answer(verdict, with_kc), SW.OK)


def _answer(verdict: Agreed, with_kc: bool) -> bytes:
    parts = [verdict.res, verdict.ck, verdict.ik]
    if with_kc:
        parts.append(gsm_context(verdict.res, verdict.ck, verdict.ik)[1])
    return _SUCCESS + b"".join(bytes((len(part),)) + part for part in parts)


def _challenge(data: bytes, parts: int) -> list[bytes]:
    """`parts` values of 16 octets, each after its length."""
    if len(data) != 17 * parts:
        raise Refused(SW.WRONG_LENGTH)
    if any(data[17 * part] != 16 for part in range(parts)):
        raise Refused(SW.INCORRECT_DATA)
    return [data[17 * part + 1 : 17 * part + 17] for part in range(parts)]


def get_identity(profile: Profile, channel: Channel, command: Command) -> Response:
    """GET IDENTITY: the SUCI, computed on the card."""
    if command.p1 or command.p2 not in (_SUCI, _SUCI_NSWO):
        raise Refused(SW.INCORRECT_P1P2)
    if command.p2 == _SUCI_NSWO:
        raise Refused(SW.FUNCTION_NOT_SUPPORTED)
    require_no_data(command)
    usim = _application(profile, channel)
    services = (_SERVICE_IDENTITY_PRIVACY, _SERVICE_SUCI_BY_USIM)
    if naa_of(usim.aid) is not Base.USIM or not all(_has_service(profile, usim, service) for service in services):
        raise Refused(SW.CONDITIONS_NOT_SATISFIED)
    _require_application_pin(profile, usim)
    imsi = imsi_text(_read(profile, usim.number, _FID_IMSI))
    if imsi is None:
        raise Refused(SW.CONDITIONS_NOT_SATISFIED)
    identity = suci(
        imsi,
        mnc_digits(_read(profile, usim.number, _FID_AD)),
        _read(profile, usim.number, _FID_DF_5GS, _FID_ROUTING_INDICATOR),
        _read(profile, usim.number, _FID_DF_SAIP, _FID_CALCULATION_INFO),
        profile.entropy,
    )
    data = tlv(0xA1, identity)
    expected(command, len(data))
    return Response(data, SW.OK)
