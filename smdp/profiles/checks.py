"""Validation of profile parameters: each check names the field, what is wrong and what to do."""

from typing import TYPE_CHECKING

from smdp.profiles.contents import spn_octets
from smdp.profiles.errors import ParameterError
from smdp.profiles.icon import icon_type
from smdp.profiles.values import Algorithm

if TYPE_CHECKING:
    from smdp.profiles.parameters import ProfileParameters

CONSTANT_REMEDY = {
    Algorithm.MILENAGE: "give opc or op, 16 octets",
    Algorithm.TUAK: "give topc or top, 32 octets",
    Algorithm.XOR: "leave it out",
}
_CONSTANTS = ("opc", "op", "topc", "top")
_CONSTANTS_OF = {Algorithm.MILENAGE: ("opc", "op"), Algorithm.TUAK: ("topc", "top"), Algorithm.XOR: ()}


def check(parameters: "ProfileParameters") -> None:
    """Raise ParameterError for the first unusable parameter."""
    _check_identity(parameters)
    _check_keys(parameters)
    _check_codes(parameters)
    _check_files(parameters)
    _check_metadata(parameters)


def _digits(field: str, value: str, shortest: int, longest: int) -> None:
    if not (value.isascii() and value.isdigit()):
        raise ParameterError(field, f"{value!r} is not all decimal digits", "write digits only")
    if not shortest <= len(value) <= longest:
        wanted = f"{shortest}" if shortest == longest else f"{shortest} to {longest}"
        raise ParameterError(field, f"{len(value)} digits", f"give {wanted} digits")


def _octets(field: str, value: bytes, *allowed: int) -> None:
    if len(value) not in allowed:
        wanted = " or ".join(str(count) for count in allowed)
        raise ParameterError(field, f"{len(value)} octets", f"give {wanted} octets")


def _utf8(field: str, value: str, longest: int) -> None:
    length = len(value.encode())
    if length > longest:
        raise ParameterError(field, f"{length} octets in UTF-8", f"shorten it to {longest} octets")


def _check_identity(parameters: "ProfileParameters") -> None:
    _digits("imsi", parameters.imsi, 6, 15)
    if parameters.mnc_length not in (None, 2, 3):
        raise ParameterError("mnc_length", f"{parameters.mnc_length}", "an MNC has 2 or 3 digits")
    for plmn in parameters.hplmns:
        _digits("hplmns", plmn, 5, 6)


def _check_keys(parameters: "ProfileParameters") -> None:
    algorithm = parameters.algorithm
    _octets("k", parameters.k, *((16, 32) if algorithm is Algorithm.TUAK else (16,)))
    given = [name for name in _CONSTANTS if getattr(parameters, name) is not None]
    remedy = CONSTANT_REMEDY[algorithm]
    for name in given:
        if name not in _CONSTANTS_OF[algorithm]:
            raise ParameterError(name, f"{algorithm} has no such value", remedy)
        _octets(name, getattr(parameters, name), 32 if algorithm is Algorithm.TUAK else 16)
    if len(given) > 1:
        raise ParameterError(given[1], f"given beside {given[0]}", "give only one of the two")
    if not given and algorithm is not Algorithm.XOR:
        raise ParameterError(_CONSTANTS_OF[algorithm][0], "missing", remedy)
    if not 1 <= parameters.keccak_iterations <= 255:
        raise ParameterError("keccak_iterations", f"{parameters.keccak_iterations}", "give 1 to 255")
    for key in parameters.ota_keys or ():
        _octets("ota_keys", key, 16, 24, 32)


def _check_codes(parameters: "ProfileParameters") -> None:
    for name in ("pin1", "pin2"):
        _digits(name, getattr(parameters, name), 4, 8)
    for name in ("puk1", "puk2"):
        _digits(name, getattr(parameters, name), 8, 8)
    _digits("adm1", parameters.adm1, 4, 8)


def _check_files(parameters: "ProfileParameters") -> None:
    spn_octets(parameters.spn)
    for name in ("gid1", "gid2"):
        value = getattr(parameters, name)
        if value is not None and not 1 <= len(value) <= 8:
            raise ParameterError(name, f"{len(value)} octets", "give 1 to 8 octets")
    if parameters.acc is not None:
        _octets("acc", parameters.acc, 2)
    for name in ("msisdn", "smsc"):
        value = getattr(parameters, name)
        if value is not None:
            _digits(name, value.removeprefix("+"), 1, 20)
    if not parameters.emergency_numbers:
        raise ParameterError("emergency_numbers", "none given", 'give at least one, for example "112"')
    for number in parameters.emergency_numbers:
        _digits("emergency_numbers", number, 1, 6)
    for name in ("usim_aid", "isim_aid"):
        if not 5 <= len(getattr(parameters, name)) <= 16:
            raise ParameterError(name, f"{len(getattr(parameters, name))} octets", "give 5 to 16 octets")
    for name, text in (("impi", parameters.impi), *(("impus", impu) for impu in parameters.impus)):
        if text is not None and not 1 <= len(text.encode()) <= 127:
            raise ParameterError(name, f"{len(text.encode())} octets", "give 1 to 127 octets")
    if not parameters.isim and (parameters.impi or parameters.impus):
        raise ParameterError("impi" if parameters.impi else "impus", "given without an ISIM", "set isim = true")


def _check_metadata(parameters: "ProfileParameters") -> None:
    if not 1 <= len(parameters.profile_type) <= 100:
        raise ParameterError("profile_type", f"{len(parameters.profile_type)} characters", "give 1 to 100 characters")
    if parameters.service_provider_name is not None:
        _utf8("service_provider_name", parameters.service_provider_name, 32)
    if parameters.profile_name is not None:
        _utf8("profile_name", parameters.profile_name, 64)
    if parameters.icon is not None:
        icon_type(parameters.icon)
