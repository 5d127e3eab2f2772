"""The profile package of the benchmarks: a complete USIM, filled up to the size of a real one."""

from smdp.profiles import ProfileParameters, build_package
from wire.ids import Iccid
from wire.tlv import parse_all, tlv

PACKAGE_OCTETS = 12_000
_EF_OCTETS = 1_000
_FIRST_FID = 0x2F40


def iccid(number: int) -> Iccid:
    """The ICCID of the profile with this number."""
    return Iccid.with_check_digit(f"8900099{number:012d}")


def bench_package(octets: int = PACKAGE_OCTETS) -> bytes:
    """About `octets` octets: USIM, ISIM and DF.5GS, then transparent files under the MF for the rest."""
    parameters = ProfileParameters(
        iccid=iccid(0), imsi="001010123456789", k=bytes(range(16)), opc=bytes(range(16, 32)), isim=True, df_5gs=True
    )
    *elements, _ = parse_all(build_package(parameters))
    body = b"".join(element.raw for element in elements)
    identification = len(elements)
    fid = _FIRST_FID
    while len(body) < octets - _EF_OCTETS // 2:
        body += _file_element(identification, fid, min(_EF_OCTETS, octets - len(body)))
        identification += 1
        fid += 1
    return body + tlv(0xAA, tlv(0xA0, tlv(0x80), tlv(0x81, bytes((identification,)))))


def _file_element(identification: int, fid: int, octets: int) -> bytes:
    descriptor = tlv(
        0x62,
        tlv(0x82, b"\x41\x21"),
        tlv(0x83, fid.to_bytes(2, "big")),
        tlv(0x8B, b"\x2f\x06\x0a"),
        tlv(0x80, octets.to_bytes(2, "big")),
        tlv(0x88),
    )
    content = bytes(at % 251 for at in range(octets))
    commands = tlv(0x30, tlv(0x80), descriptor, tlv(0x81, content))
    return tlv(0xA1, tlv(0xA0, tlv(0x80), tlv(0x81, bytes((identification,)))), tlv(0xA1, commands))
