"""The profile package interpreter: executes profile elements one by one as they arrive.

    interpreter = Interpreter(Capabilities(), free_octets)
    for chunk in plaintext_chunks:      # chunks need not align with elements
        interpreter.feed(chunk)         # InstallFailed at the element that fails
    installed = interpreter.finish()    # InstallFailed if the package is not complete

Nothing reaches the card's memory before `Installed.image` is committed by the caller, so a failure leaves nothing.
Spec: SAIP (eUICC Profile Package: Interoperable Format) 2.x and 3.x
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NoReturn

from euicc_sim.profile import applications, credentials, image
from euicc_sim.profile.capabilities import Capabilities
from euicc_sim.profile.fcp import Fcp, Writes
from euicc_sim.profile.files import complete_links, create_ef, create_from_template, manage_files
from euicc_sim.profile.header import ProfileHeader, check_template, read_header
from euicc_sim.profile.identity import iccid_text, imsi_text, operator
from euicc_sim.profile.staging import Staging
from euicc_sim.profile.status import ElementStatus, InstallFailed, PeStatus, euicc_response
from euicc_sim.profile.structure import (
    Element,
    ElementError,
    bad_format,
    bad_values,
    integer,
    needed,
    octets,
)
from euicc_sim.profile.templates import ELEMENT_TAGS, Base, template
from euicc_sim.profile.withdrawn import withdraw_services
from wire import tlv
from wire.errors import DecodeError
from wire.tlv import Tlv

__all__ = ["Capabilities", "ElementStatus", "InstallFailed", "Installed", "Interpreter", "PeStatus"]

_HEADER, _NON_STANDARD, _END = 0xA0, 0xA9, 0xAA
_PE_HEADER, _TEMPLATE_ID = 0xA0, 0x81
_OPT_USIM, _IOT = 0xB4, 0xBF20
_MAX_HEADER_OCTETS = 8
_MAX_WARNINGS = 32
"""More are not reported: the response has to fit into a notification."""
_FID_ICCID, _FID_IMSI, _FID_AD, _FID_GID1, _FID_GID2 = 0x2FE2, 0x6F07, 0x6FAD, 0x6F3E, 0x6F3F
_FCP_ICCID = Fcp(descriptor=0x41, fid=_FID_ICCID, size=10, arr=b"\x2f\x06\x0b")

_Handler = Callable[[Staging, Element, list[Tlv | None]], None]
_HANDLERS: Mapping[int, tuple[_Handler, tuple[int, ...]]] = {
    0xA1: (lambda staging, element, slots: manage_files(staging, element, needed(slots[0], "commands")), (0xA1,)),
    0xA2: (lambda staging, element, slots: credentials.pin_codes(staging, element, slots[0]), (0xA1,)),
    0xA3: (lambda staging, element, slots: credentials.puk_codes(staging, element, slots[0]), (0xA1,)),
    0xA4: (credentials.aka_parameter, (0xA1, 0x82, 0x83, 0x84, 0xA5)),
    0xA5: (applications.cdma_parameter, (0x81, 0x82, 0x83, 0x84, 0x85)),
    0xA6: (applications.security_domain, (0xA1, 0xA2, 0xA3, 0xA4, 0xA5)),
    0xA7: (applications.remote_file_management, (0x4F, 0x4F, 0xA0, 0x81, 0x04, 0x04, 0x30)),
    0xA8: (applications.application, (0xA1, 0xA2)),
}
"""Element tag -> who executes it, and the tags of its components after the header."""

_KNOWN = frozenset((_HEADER, _NON_STANDARD, _END, *_HANDLERS, *ELEMENT_TAGS))

_SKIPPABLE = frozenset(
    (
        PeStatus.PE_NOT_SUPPORTED,
        PeStatus.TEMPLATE_NOT_SUPPORTED,
        PeStatus.RUNTIME_NOT_SUPPORTED,
        PeStatus.FEATURE_NOT_SUPPORTED,
    )
)
"""What ends the installation only if the element is mandated."""

_OWNED = frozenset((0xA2, 0xA4, 0xA5))
"""Elements about the directory or application that was created last: PIN codes, AKA and CDMA parameters."""
_WITHOUT_DIRECTORY = frozenset((0xB4, 0xB6, 0xBA, 0xBF21))
"""Template elements that put files into an application created before."""

_NAA_SERVICES = {Base.USIM: "usim", Base.ISIM: "isim", Base.CSIM: "csim"}


@dataclass(frozen=True, slots=True)
class Installed:
    """A completely executed profile package.

    iccid: digits of EF.ICCID; imsi: digits of EF.IMSI; mcc_mnc: the 3 octets as in profileOwner (from EF.IMSI with the
    MNC length of EF.AD); gid1, gid2: contents of EF.GID1/2; octets: memory taken on the card; image: NVM entries
    (key -> value) that `Uicc` runs from; response: EUICCResponse (DER); warnings: the non-fatal statuses in it;
    has_test_keys: False when a network access application holds a key that is not a well-known test key
    (result testProfileInstallFailedDueToInvalidNaaKey for a profile of class test).
    """

    iccid: str | None
    imsi: str | None
    mcc_mnc: bytes | None
    gid1: bytes | None
    gid2: bytes | None
    octets: int
    image: Mapping[str, bytes]
    response: bytes
    warnings: tuple[ElementStatus, ...]
    has_test_keys: bool


class Interpreter:
    """Executes one profile package; use a new one for every installation."""

    def __init__(self, capabilities: Capabilities, free_octets: int) -> None:
        self._capabilities = capabilities
        self._staging = Staging(free_octets)
        self._buffer = bytearray()
        self._header: ProfileHeader | None = None
        self._ended = False
        self._failure: InstallFailed | None = None
        self._warnings: list[ElementStatus] = []
        self._skipped_naas: set[Base | None] = set()
        self._is_orphaned = False

    @property
    def octets(self) -> int:
        """Memory accounted so far."""
        return self._staging.octets

    def feed(self, chunk: bytes) -> None:
        """Take the next octets of the package and execute every element that is now complete; InstallFailed."""
        if self._failure is not None:
            raise self._failure
        self._buffer += chunk
        while self._buffer:
            size = self._complete_octets()
            if size is None:
                return
            raw = bytes(self._buffer[:size])
            del self._buffer[:size]
            self._execute(raw)

    def finish(self) -> Installed:
        """The result after the last octet; InstallFailed if the package did not end with PE-End."""
        if self._failure is not None:
            raise self._failure
        if self._buffer or not self._ended:
            self._fail(bad_format("the package does not end with PE-End"))
        staging = self._staging
        usim = next((number for kind, number in staging.naas if kind is Base.USIM), None)
        iccid = staging.content_of(image.ROOT, _FID_ICCID)
        imsi = gid1 = gid2 = mcc_mnc = None
        if usim is not None:
            imsi = imsi_text(staging.content_of(usim, _FID_IMSI) or b"")
            mcc_mnc = operator(imsi, staging.content_of(usim, _FID_AD) or b"") if imsi else None
            gid1, gid2 = staging.content_of(usim, _FID_GID1), staging.content_of(usim, _FID_GID2)
        return Installed(
            iccid=iccid_text(iccid) if iccid else None,
            imsi=imsi,
            mcc_mnc=mcc_mnc,
            gid1=gid1,
            gid2=gid2,
            octets=staging.octets,
            image=staging.image(),
            response=euicc_response([*self._warnings, ElementStatus(PeStatus.OK)]),
            warnings=tuple(self._warnings),
            has_test_keys=self._capabilities.are_test_keys(parameters for parameters, _ in staging.aka.values()),
        )

    def _warn(self, status: ElementStatus) -> None:
        if len(self._warnings) < _MAX_WARNINGS:
            self._warnings.append(status)

    def _complete_octets(self) -> int | None:
        """The length of the element at the start of the buffer; None while it is not there completely."""
        head = bytes(self._buffer[:_MAX_HEADER_OCTETS])
        try:
            _, start, length = tlv.read_header(head)
        except DecodeError as error:
            if len(head) < _MAX_HEADER_OCTETS:
                return None
            self._fail(bad_format(f"no profile element: {error.rule}"))
        return start + length if start + length <= len(self._buffer) else None

    def _execute(self, raw: bytes) -> None:
        element = Element(tlv.parse(raw), self._warn, self._capabilities.services)
        before = len(self._staging.files)
        try:
            self._dispatch(element)
        except ElementError as error:
            if element.mandated or error.status not in _SKIPPABLE or len(self._staging.files) != before:
                self._fail(error, element)
            element.warning(error.status, error.additional_information)
            self._skip(element.tlv.tag)
        except DecodeError as error:
            self._fail(bad_format(f"{error.path}: {error.rule}"), element)

    def _skip(self, tag: int) -> None:
        """Remember what a skipped element would have created: what belongs to that is skipped with it."""
        if tag in ELEMENT_TAGS and tag not in _WITHOUT_DIRECTORY:
            self._skipped_naas.add(ELEMENT_TAGS[tag])
            self._is_orphaned = True

    def _fail(self, error: ElementError, element: Element | None = None) -> NoReturn:
        identification = element.identification if element else None
        status = ElementStatus(error.status, identification, error.additional_information)
        response = euicc_response([*self._warnings, status], aborted=True, message=error.message)
        self._failure = InstallFailed(
            response,
            error.missing_octets,
            status=error.status,
            identification=identification,
            message=error.message,
        )
        raise self._failure from None

    def _dispatch(self, element: Element) -> None:
        tag = element.tlv.tag
        if self._ended:
            raise bad_format("an element follows PE-End")
        if tag == _HEADER:
            self._profile_header(element)
            return
        if tag not in _KNOWN and not _is_future_element(element.tlv):
            raise bad_format(f"{tag:X} is no profile element")
        self._pe_header(element)
        if self._header is None:
            raise bad_values("the package does not begin with ProfileHeader")
        if tag in ELEMENT_TAGS:
            self._template_element(element, self._header)
        elif tag in _OWNED and self._is_orphaned:
            raise ElementError(PeStatus.PE_NOT_SUPPORTED, "what the element belongs to was skipped")
        elif tag in _HANDLERS:
            handler, tags = _HANDLERS[tag]
            handler(self._staging, element, element.slots(element.tlv, _PE_HEADER, *tags)[1:])
        elif tag == _END:
            self._end(element)
        else:
            raise ElementError(PeStatus.PE_NOT_SUPPORTED, f"element {tag:X}")
        if element.new_directory is not None:
            self._staging.pin_context = element.new_directory
            self._is_orphaned = False

    def _profile_header(self, element: Element) -> None:
        element.mandated = True
        if self._header is not None:
            raise bad_values("a second ProfileHeader")
        self._header = read_header(element, self._capabilities)

    @staticmethod
    def _pe_header(element: Element) -> None:
        """PEHeader, the first component of every element but the first (elements of the future may have none)."""
        if element.tlv.tag not in _KNOWN and not element.tlv.children:
            return
        header = element.tlv.at(0, _PE_HEADER)
        mandated, identification = element.slots(header, 0x80, 0x81)
        element.identification = integer(identification, "identification", 0x7FFF)
        element.mandated = mandated is not None
        if mandated is not None and mandated.value:
            raise bad_format("mandated is not NULL")

    def _template_element(self, element: Element, header: ProfileHeader) -> None:
        staging, tag = self._staging, element.tlv.tag
        oid = check_template(self._capabilities, octets(element.tlv.find(_TEMPLATE_ID), "templateID", 1, 16))
        files = template(oid)
        if files.element_tag != tag:
            raise ElementError(PeStatus.TEMPLATE_NOT_SUPPORTED, f"template {oid} in element {tag:X}")
        self._check_naa(files.naa)
        if files.base in self._skipped_naas and files.base not in (kind for kind, _ in staging.naas):
            raise ElementError(PeStatus.PE_NOT_SUPPORTED, f"there is no {files.base.value} on this card")
        if tag == _IOT and not header.is_iot:
            raise bad_values("iot without iotOptions in the header")
        components = element.slots(element.tlv, _PE_HEADER, _TEMPLATE_ID, *files.tags)[2:]
        create_from_template(staging, element, files, components)
        if tag == _OPT_USIM:
            withdraw_services(staging, element, components)
        if tag == _IOT and staging.content_of(image.ROOT, _FID_ICCID) is None:
            create_ef(staging, _FCP_ICCID, image.ROOT, Writes([(0, _swapped(header.iccid))]))

    def _check_naa(self, naa: Base | None) -> None:
        """Whether the card has this kind of application, and may have one more."""
        if naa is None:
            return
        service = _NAA_SERVICES[naa]
        if any(kind is naa for kind, _ in self._staging.naas):
            service = f"multiple-{service}"
        if service not in self._capabilities.services:
            raise ElementError(PeStatus.FEATURE_NOT_SUPPORTED, service)

    def _end(self, element: Element) -> None:
        """PE-End: what can only be judged when everything is there."""
        element.slots(element.tlv, _PE_HEADER)
        staging = self._staging
        if not staging.has_mf:
            raise bad_values("the profile has no MF")
        complete_links(staging)
        for entry in staging.files:
            for reference in entry.pin_references:
                if reference in credentials.GLOBAL_REFERENCES and staging.pin_for(entry.number, reference) is None:
                    raise ElementError(PeStatus.PIN_CODE_MISSING, f"PIN {reference:02X}")
        for (_, reference), pin in staging.pins.items():
            if pin.unblocking and pin.unblocking not in staging.puks:
                raise ElementError(PeStatus.PIN_CODE_MISSING, f"unblocking PIN of PIN {reference:02X}")
        self._ended = True


def _is_future_element(element: Tlv) -> bool:
    """Whether the tag may be one that ProfileElement gets later: context-specific, constructed."""
    return element.raw[0] & 0xE0 == 0xA0


def _swapped(octets_in: bytes) -> bytes:
    return bytes(octet >> 4 | (octet & 0x0F) << 4 for octet in octets_in)
