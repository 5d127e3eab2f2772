"""Build a profile package (UPP) from parameters.

Spec: TCA eUICC Profile Package: Interoperable Format 2.3
"""

from collections.abc import Callable

from smdp.profiles import elements
from smdp.profiles.parameters import ProfileParameters
from smdp.profiles.services import header_services
from wire.tlv import tlv

VERSION = (2, 3)
_Content = Callable[[ProfileParameters], bytes]


def build_package(parameters: ProfileParameters) -> bytes:
    """A complete package: MF, codes, DF.TELECOM, USIM with its key, what was asked for beside it, and the MNO-SD.

    Returns the concatenation of DER ProfileElements; the same parameters give the same octets.
    """
    plan = _plan(parameters)
    package = _header(parameters, [template for _, template, _ in plan if template])
    for identification, (tag, _, content) in enumerate(plan, 1):
        package += tlv(tag, _element_header(identification), content(parameters))
    return package + tlv(0xAA, _element_header(len(plan) + 1))


def _plan(parameters: ProfileParameters) -> list[tuple[int, int, _Content]]:
    """(element tag, template number or 0, content) in the order of installation."""
    plan: list[tuple[int, int, _Content]] = [
        (0xB0, 1, elements.mf),
        (0xA3, 0, elements.puk_codes),
        (0xA2, 0, elements.pin_codes),
        (0xB2, 3, elements.telecom),
        (0xB3, 4, elements.usim),
        (0xB4, 5, elements.opt_usim),
        (0xA2, 0, elements.local_pin_codes),
        (0xA4, 0, elements.aka_parameter),
        (0xB8, 7, elements.gsm_access),
    ]
    if parameters.df_5gs or parameters.suci:
        plan.append((0xBC, 13, elements.df_5gs))
    if parameters.suci and parameters.suci.in_usim:
        plan.append((0xBD, 14, elements.df_saip))
    if parameters.isim:
        plan.append((0xB5, 8, elements.isim))
        plan.append((0xA2, 0, elements.local_pin_codes))
        plan.append((0xA4, 0, elements.aka_parameter))
    plan.append((0xA6, 0, elements.security_domain))
    return plan


def _element_header(identification: int) -> bytes:
    return tlv(0xA0, tlv(0x80), tlv(0x81, bytes((identification,))))


def _header(parameters: ProfileParameters, templates: list[int]) -> bytes:
    return tlv(
        0xA0,
        tlv(0x80, bytes((VERSION[0],))),
        tlv(0x81, bytes((VERSION[1],))),
        tlv(0x82, parameters.profile_type.encode()),
        tlv(0x83, parameters.iccid.header),
        tlv(0xA5, *(tlv(service) for service in header_services(parameters))),
        tlv(0xA6, *(tlv(0x06, elements.template_oid(number)) for number in templates)),
    )
