"""Profile elements: each function returns the content of one element behind its header.

Spec: TCA eUICC Profile Package: Interoperable Format 2.3; component numbers are those of the PEDefinitions module.
"""

from smdp.profiles import access_rules, contents, files
from smdp.profiles.parameters import ProfileParameters
from smdp.profiles.services import isim_services, usim_services
from smdp.profiles.values import Algorithm
from wire.ids import encode_oid
from wire.tlv import tlv

USIM_FID = b"\x7f\xd0"
ISIM_FID = b"\x7f\xb0"
PINS_OF_MF = b"\x01\x0a"
PINS_OF_ADF = b"\x01\x81\x0a"
UST_OCTETS = 17
IST_OCTETS = 14
NAS_SECURITY_CONTEXT_OCTETS = 57
AUTHENTICATION_KEYS_OCTETS = 110
PIN_ENABLED_FIXED = 3
PIN_DISABLED = 6
TEN_TRIES = 0xAA
ALGORITHM = {Algorithm.MILENAGE: (1, 1), Algorithm.TUAK: (2, 1), Algorithm.XOR: (3, 2)}
UMPC = bytes.fromhex("3C3C000000")


def template_oid(number: int) -> bytes:
    """Content octets of the template's object identifier 2.23.143.1.2.`number`."""
    return encode_oid(f"2.23.143.1.2.{number}")


def _template(number: int, components: dict[int, bytes]) -> bytes:
    body = (tlv(0xA0 + at if at < 31 else 0xBF00 + at, content) for at, content in sorted(components.items()))
    return tlv(0x81, template_oid(number)) + b"".join(body)


def _pin_value(digits: str) -> bytes:
    return digits.encode("ascii").ljust(8, b"\xff")


def mf(parameters: ProfileParameters) -> bytes:
    """MF with EF.PL, EF.ICCID, EF.DIR, EF.ARR and EF.UMPC."""
    applications = [contents.dir_record(parameters.usim_aid, "USIM")]
    if parameters.isim:
        applications.append(contents.dir_record(parameters.isim_aid, "ISIM"))
    return _template(
        1,
        {
            2: files.directory(PINS_OF_MF),
            3: files.TEMPLATE_DEFAULT,
            4: files.filled(parameters.iccid.ef),
            5: files.linear(applications, 33),
            6: files.linear(access_rules.RECORDS),
            7: files.filled(UMPC),
        },
    )


def puk_codes(parameters: ProfileParameters) -> bytes:
    """PUK1 and PUK2, ten tries each (the default)."""
    return tlv(
        0xA1,
        tlv(0x30, tlv(0x80, b"\x01"), tlv(0x81, _pin_value(parameters.puk1))),
        tlv(0x30, tlv(0x80, b"\x00\x81"), tlv(0x81, _pin_value(parameters.puk2))),
    )


def pin_codes(parameters: ProfileParameters) -> bytes:
    """The PINs of the MF: PIN1 and ADM1."""
    attributes = b"" if parameters.pin1_enabled else tlv(0x83, bytes((PIN_DISABLED,)))
    pin1 = tlv(0x80, b"\x01") + tlv(0x81, _pin_value(parameters.pin1)) + tlv(0x82, b"\x01") + attributes
    adm1 = (
        tlv(0x80, b"\x0a")
        + tlv(0x81, _pin_value(parameters.adm1))
        + tlv(0x83, bytes((PIN_ENABLED_FIXED,)))
        + tlv(0x84, bytes((0, TEN_TRIES)))
    )
    return tlv(0xA1, tlv(0xA0, tlv(0x30, pin1), tlv(0x30, adm1)))


def local_pin_codes(parameters: ProfileParameters) -> bytes:
    """The PIN of an application: PIN2."""
    pin2 = (
        tlv(0x80, b"\x00\x81")
        + tlv(0x81, _pin_value(parameters.pin2))
        + tlv(0x82, b"\x00\x81")
        + tlv(0x83, bytes((PIN_ENABLED_FIXED,)))
    )
    return tlv(0xA1, tlv(0xA0, tlv(0x30, pin2)))


def telecom(_parameters: ProfileParameters) -> bytes:
    """DF.TELECOM with its access rules."""
    return _template(3, {2: files.directory(PINS_OF_MF), 3: files.linear(access_rules.RECORDS)})


def usim(parameters: ProfileParameters) -> bytes:
    """ADF.USIM with the files every USIM has."""
    smsp = {11: files.filled(contents.smsp_record(parameters.smsc))} if parameters.smsc else {}
    access_data = b"\x00\x00\x00" + bytes((len(parameters.mnc),))
    return _template(
        4,
        {
            2: files.application(USIM_FID, parameters.usim_aid, PINS_OF_ADF),
            3: files.filled(contents.imsi_octets(parameters.imsi)),
            4: files.linear(access_rules.RECORDS),
            8: files.transparent(contents.service_table(usim_services(parameters), UST_OCTETS)),
            13: files.filled(contents.spn_octets(parameters.spn)),
            14: files.filled(b"\x00"),
            18: files.filled(parameters.access_class),
            21: files.filled(access_data),
            22: files.linear([contents.ecc_record(number) for number in parameters.emergency_numbers]),
            **smsp,
        },
    )


def opt_usim(parameters: ProfileParameters) -> bytes:
    """Optional files of the USIM: languages, numbers, networks, group identifiers."""
    components = {
        2: files.TEMPLATE_DEFAULT,
        15: files.TEMPLATE_DEFAULT,
        16: files.TEMPLATE_DEFAULT,
        17: files.transparent(contents.plmn_with_technologies(parameters.home_plmns)),
        58: files.transparent(b"".join(contents.plmn_octets(plmn) for plmn in parameters.home_plmns)),
    }
    if parameters.gid1 is not None:
        components[5] = files.transparent(parameters.gid1)
    if parameters.gid2 is not None:
        components[6] = files.transparent(parameters.gid2)
    if parameters.msisdn is not None:
        components[7] = files.filled(contents.msisdn_record(parameters.msisdn))
    return _template(5, components)


def aka_parameter(parameters: ProfileParameters) -> bytes:
    """Algorithm, key and operator constant; sequence numbers start at zero, limits are the defaults."""
    algorithm, options = ALGORITHM[parameters.algorithm]
    iterations = parameters.keccak_iterations
    return tlv(
        0xA1,
        tlv(
            0xA1,
            tlv(0x80, bytes((algorithm,))),
            tlv(0x81, bytes((options,))),
            tlv(0x82, parameters.k),
            tlv(0x83, parameters.algorithm_constant),
            tlv(0x87, iterations.to_bytes(iterations.bit_length() // 8 + 1, "big")) if iterations != 1 else b"",
        ),
    )


def gsm_access(_parameters: ProfileParameters) -> bytes:
    """DF.GSM-ACCESS with EF.Kc and EF.KcGPRS."""
    return _template(7, {2: files.directory(PINS_OF_ADF), 3: files.TEMPLATE_DEFAULT, 4: files.TEMPLATE_DEFAULT})


def df_5gs(parameters: ProfileParameters) -> bytes:
    """DF.5GS: location, security contexts, access identities, and how the device conceals the subscription."""
    suci = parameters.suci
    context = files.linear([b""], NAS_SECURITY_CONTEXT_OCTETS)
    components = {
        2: files.directory(PINS_OF_ADF),
        3: files.TEMPLATE_DEFAULT,
        4: files.TEMPLATE_DEFAULT,
        5: context,
        6: context,
        7: files.filled(b"\xff" * AUTHENTICATION_KEYS_OCTETS),
        8: files.filled(bytes(4)),
        12: files.filled(contents.routing_indicator(suci.routing_indicator if suci else "0")),
    }
    if suci and not suci.in_usim:
        components[9] = files.transparent(contents.suci_calculation_info(suci))
    return _template(13, components)


def df_saip(parameters: ProfileParameters) -> bytes:
    """DF.SAIP: the keys with which the USIM itself calculates the SUCI."""
    assert parameters.suci is not None
    info = files.transparent(contents.suci_calculation_info(parameters.suci))
    return _template(14, {2: files.directory(PINS_OF_ADF), 3: info})


def isim(parameters: ProfileParameters) -> bytes:
    """ADF.ISIM; identities are derived from the IMSI unless given. Spec: TS 23.003 section 13."""
    domain = contents.ims_domain(parameters.mcc, parameters.mnc)
    impi = parameters.impi or f"{parameters.imsi}@{domain}"
    impus = parameters.impus or (f"sip:{impi}",)
    return _template(
        8,
        {
            2: files.application(ISIM_FID, parameters.isim_aid, PINS_OF_ADF),
            3: files.transparent(contents.uri_object(impi)),
            4: files.linear([contents.uri_object(impu) for impu in impus]),
            5: files.transparent(contents.uri_object(domain)),
            6: files.filled(contents.service_table(isim_services(parameters), IST_OCTETS)),
            7: files.TEMPLATE_DEFAULT,
            8: files.linear(access_rules.RECORDS),
        },
    )


def security_domain(parameters: ProfileParameters) -> bytes:
    """The MNO-SD: personalised with AES keys for SCP80 where the operator gives them, selectable otherwise."""
    keys = parameters.ota_keys
    instance = tlv(
        0xA1,
        tlv(0x4F, bytes.fromhex("A0000001515350")),
        tlv(0x4F, bytes.fromhex("A000000151535041")),
        tlv(0x4F, bytes.fromhex("A000000151000000")),
        tlv(0x82, bytes.fromhex("82DC00")),
        tlv(0x83, b"\x0f") if keys else b"",
        tlv(0xC9, bytes.fromhex("810280008201F08301F08701F0")),
    )
    if not keys:
        return instance
    return instance + tlv(0xA2, *(_ota_key(number, key) for number, key in enumerate(keys, 1)))


def _ota_key(identifier: int, key: bytes) -> bytes:
    usage = {1: 0x18, 2: 0x14, 3: 0x48}[identifier]
    return tlv(
        0x30,
        tlv(0x95, bytes((usage,))),
        tlv(0x82, bytes((identifier,))),
        tlv(0x83, b"\x01"),
        tlv(0x30, tlv(0x30, tlv(0x80, b"\x88"), tlv(0x86, key))),
    )
