"""Executing PE-PINCodes, PE-PUKCodes and PE-AKAParameter.

Spec: SAIP sections on PIN, PUK and authentication parameters
"""

from euicc_sim.profile import image
from euicc_sim.profile.aka import SEQ_ENTRIES, AkaParameters, AlgorithmId
from euicc_sim.profile.algorithms import DEFAULT_CONSTANTS, DEFAULT_ROTATIONS
from euicc_sim.profile.image import Pin, Puk
from euicc_sim.profile.staging import AKA_OCTETS, PIN_OCTETS, PUK_OCTETS, SHARED_AKA_OCTETS, Staging
from euicc_sim.profile.status import PeStatus
from euicc_sim.profile.structure import (
    Element,
    ElementError,
    bad_format,
    bad_values,
    integer,
    needed,
    octets,
    optional_integer,
    optional_octets,
)
from euicc_sim.profile.templates import Base
from wire.tlv import Tlv

GLOBAL_REFERENCES = frozenset((*range(0x01, 0x09), *range(0x0A, 0x0F), *range(0x8A, 0x8F)))
LOCAL_REFERENCES = frozenset(range(0x81, 0x89))
_PUK_REFERENCES = frozenset((*range(0x01, 0x09), *range(0x81, 0x89)))
_MAX_SEQUENCE = 0x07FFFFFFFFFF
_DEFAULT_DELTA = bytes.fromhex("000010000000")
_MAX_PIN_CODES, _MAX_PUK_CODES = 26, 16


def pin_codes(staging: Staging, element: Element, choice: Tlv | None) -> None:
    """PE-PINCodes: PINs of the directory that was created last, or those of another directory."""
    context = staging.pin_context
    if context is None:
        raise bad_values("there is no directory to hold PINs")
    codes = needed(choice, "pinCodes").children
    if len(codes) != 1 or codes[0].tag not in (0xA0, 0x81):
        raise bad_format("pinCodes is neither pinconfig nor filePath")
    if codes[0].tag == 0x81:
        _share_pins(staging, context, octets(codes[0], "filePath", 0, 8))
        return
    configurations = codes[0].children
    if not 1 <= len(configurations) <= _MAX_PIN_CODES:
        raise bad_format(f"{len(configurations)} PINs")
    for configuration in configurations:
        _pin(staging, element, context, configuration)


def _share_pins(staging: Staging, context: int, path: bytes) -> None:
    target = staging.find(path) if len(path) % 2 == 0 else None
    if target is None or not target.is_directory or target.number == context:
        raise bad_values(f"filePath {path.hex().upper()} leads to no directory with PINs")
    staging.files[context].pin_context = target.number if target.pin_context is None else target.pin_context


def _tries(value: int) -> tuple[int, int]:
    maximum, left = value >> 4, value & 0x0F
    if not maximum or left > maximum:
        raise bad_values(f"maxNumOfAttemps-retryNumLeft {value:02X}")
    return maximum, left


def _pin(staging: Staging, element: Element, context: int, configuration: Tlv) -> None:
    reference, value, unblocking, attributes, tries = element.slots(configuration, 0x80, 0x81, 0x82, 0x83, 0x84)
    key_reference = integer(reference, "keyReference", 0xFF)
    if key_reference not in (GLOBAL_REFERENCES if context == image.ROOT else LOCAL_REFERENCES):
        raise bad_values(f"PIN {key_reference:02X} does not belong here")
    if (context, key_reference) in staging.pins:
        raise bad_values(f"PIN {key_reference:02X} exists already")
    bits = optional_integer(attributes, "pinAttributes", 0x07, 0xFF)
    maximum, left = _tries(optional_integer(tries, "maxNumOfAttemps-retryNumLeft", 0x33, 0xFF))
    staging.take(PIN_OCTETS)
    staging.pins[context, key_reference] = Pin(
        value=octets(value, "pinValue", 8),
        enabled=bool(bits & 0x01),
        attributes=bits,
        maximum=maximum,
        left=left,
        unblocking=optional_integer(unblocking, "unblockingPINReference", 0, 0xFF),
    )


def puk_codes(staging: Staging, element: Element, codes: Tlv | None) -> None:
    """PE-PUKCodes: once, for the whole profile."""
    if staging.puks:
        raise bad_values("unblocking PINs exist already")
    if not staging.has_mf:
        raise bad_values("there is no MF yet")
    configurations = needed(codes, "pukCodes").children
    if not 1 <= len(configurations) <= _MAX_PUK_CODES:
        raise bad_format(f"{len(configurations)} unblocking PINs")
    for configuration in configurations:
        reference, value, tries = element.slots(configuration, 0x80, 0x81, 0x82)
        key_reference = integer(reference, "keyReference", 0xFF)
        if key_reference not in _PUK_REFERENCES or key_reference in staging.puks:
            raise bad_values(f"unblocking PIN {key_reference:02X}")
        maximum, left = _tries(optional_integer(tries, "maxNumOfAttemps-retryNumLeft", 0xAA, 0xFF))
        staging.take(PUK_OCTETS)
        staging.puks[key_reference] = Puk(octets(value, "pukValue", 8), maximum, left)


def aka_parameter(staging: Staging, element: Element, components: list[Tlv | None]) -> None:
    """PE-AKAParameter: for the USIM or ISIM that was created last."""
    configuration, options, delta, age_limit, initial = components
    application = staging.current_naa(Base.NAA)
    naa = next(kind for kind, number in reversed(staging.naas) if number == application.number)
    if naa not in (Base.USIM, Base.ISIM, None) or application.number in staging.aka:
        raise bad_values("no application waits for authentication parameters")
    choice = needed(configuration, "algoConfiguration").children
    if len(choice) != 1 or choice[0].tag not in (0xA0, 0xA1):
        raise bad_format("algoConfiguration is neither mappingParameter nor algoParameter")
    if choice[0].tag == 0xA0:
        parameters = _mapping(staging, element, choice[0])
        staging.take(SHARED_AKA_OCTETS)
        staging.aka[application.number] = (parameters, b"")
        return
    sqn_options = optional_octets(options, "sqnOptions", b"\x02", 1)[0]
    sqn_delta = optional_octets(delta, "sqnDelta", _DEFAULT_DELTA, 6)
    sqn_age_limit = optional_octets(age_limit, "sqnAgeLimit", _DEFAULT_DELTA, 6)
    parameters = _algorithm(element, choice[0], sqn_options, sqn_delta, sqn_age_limit)
    staging.take(AKA_OCTETS)
    staging.aka[application.number] = (parameters, _sequence_numbers(initial))


def _mapping(staging: Staging, element: Element, tlv: Tlv) -> AkaParameters:
    options, source = element.slots(tlv, 0x80, 0x81)
    octets(options, "mappingOptions", 1)
    number = staging.applications.get(octets(source, "mappingSource", 5, 16))
    if number is None or number not in staging.aka:
        raise bad_values("mappingSource has no authentication parameters")
    shared = staging.aka[number][0].shared_with
    return AkaParameters(shared_with=number if shared is None else shared)


def _algorithm(element: Element, tlv: Tlv, sqn_options: int, sqn_delta: bytes, sqn_age_limit: bytes) -> AkaParameters:
    identifier, options, key, opc, rotations, constants, counter, keccak = element.slots(tlv, *range(0x80, 0x88))
    number = integer(identifier, "algorithmID", 0xFF)
    if number not in tuple(AlgorithmId):
        raise ElementError(PeStatus.FEATURE_NOT_SUPPORTED, f"algorithmID {number}")
    parameters = AkaParameters(
        algorithm=AlgorithmId(number),
        options=octets(options, "algorithmOptions", 1)[0],
        key=octets(key, "key", 0, 32),
        opc=octets(opc, "opc", 0, 32),
        rotations=optional_octets(rotations, "rotationConstants", DEFAULT_ROTATIONS, 5),
        constants=optional_octets(constants, "xoringConstants", DEFAULT_CONSTANTS, 80),
        counter_maximum=optional_octets(counter, "authCounterMax", b"", 3),
        iterations=optional_integer(keccak, "numberOfKeccak", 1, 0xFF),
        sqn_options=sqn_options,
        sqn_delta=int.from_bytes(sqn_delta, "big"),
        sqn_age_limit=int.from_bytes(sqn_age_limit, "big"),
    )
    _check_algorithm(element, parameters)
    return parameters


def _check_algorithm(element: Element, parameters: AkaParameters) -> None:
    key_octets, opc_octets = len(parameters.key), len(parameters.opc)
    if parameters.algorithm is AlgorithmId.MILENAGE:
        service, fits = "milenage", key_octets == 16 and opc_octets == 16
    elif parameters.algorithm is AlgorithmId.TUAK:
        service = "tuak256" if key_octets == 32 else "tuak128"
        fits = key_octets in (16, 32) and opc_octets == 32 and parameters.iterations > 0
    else:
        service, fits = "usim-test-algorithm", key_octets == 16
    if not fits:
        raise bad_values(f"a key of {key_octets} and an OPc of {opc_octets} octets")
    if service not in element.services:
        raise ElementError(PeStatus.FEATURE_NOT_SUPPORTED, service)
    if parameters.res_octets is None:
        raise ElementError(PeStatus.FEATURE_NOT_SUPPORTED, f"algorithmOptions {parameters.options:02X}")


def _sequence_numbers(initial: Tlv | None) -> bytes:
    if initial is None:
        return bytes(6 * SEQ_ENTRIES)
    entries = initial.children
    if len(entries) != SEQ_ENTRIES or any(entry.tag != 0x04 or len(entry.value) != 6 for entry in entries):
        raise bad_format("sqnInit does not have 32 values of 6 octets")
    if any(int.from_bytes(entry.value, "big") > _MAX_SEQUENCE for entry in entries):
        raise bad_values("sqnInit has more than 43 bits")
    return b"".join(entry.value for entry in entries)
