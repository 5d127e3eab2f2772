"""Decoding and encoding of DER with the classes of `wire.rsp` and `wire.saip`.

`load` decodes strictly and eagerly and keeps the bytes; any input gives an object or a DecodeError, nothing else.
"""

from typing import Any, TypeVar

from asn1crypto import core, crl, x509

from wire.der_schema import check, lint_tlv
from wire.describe import describe
from wire.errors import DecodeError
from wire.tlv import parse

__all__ = ["describe", "dump", "lint", "load"]

Asn1T = TypeVar("Asn1T", bound=core.Asn1Value)


def lint(raw: bytes) -> None:
    """DER rules on one TLV and all TLVs inside it; DecodeError at the first that is broken.

    Tags and lengths have to be minimal and definite; universal BOOLEAN, INTEGER, BIT STRING, NULL, OBJECT IDENTIFIER
    and UTF8String have to be encoded as DER says. Context-tagged values are opaque here: `load` knows their types.
    Spec: ITU-T X.690 section 10, 11
    """
    tlv = parse(raw)
    lint_tlv(tlv, f"{tlv.tag:X}")


def load(spec: type[Asn1T], raw: bytes | memoryview, *, strict: bool = True) -> Asn1T:
    """Decode exactly one value of `spec`, visiting every element; the object's `raw` is the received octets.

    strict=False tolerates values that only break DER's value rules (BOOLEAN 01, non-minimal integers, trailing
    zero bits), as real cards and LPAs send them; structure, sizes and tags are checked all the same.
    Raises DecodeError, and nothing else.
    """
    raw = bytes(raw)
    check(parse(raw), spec, strict)
    try:
        value: Asn1T = spec.load(raw, strict=True)
        _visit(value)
    except (ValueError, TypeError) as error:
        raise DecodeError("", 0, f"{spec.__name__}: {error}") from error
    value.raw = raw
    return value


def dump(value: core.Asn1Value) -> bytes:
    """The DER octets: those received where the value was loaded, newly encoded where it was built or changed."""
    octets: bytes = value.dump()
    return octets


def _visit(value: Any) -> None:
    if isinstance(value, (x509.Certificate, crl.CertificateList)):
        return  # visited by the check, in its own words
    if isinstance(value, core.Choice):
        _visit(value.chosen)
    elif isinstance(value, (core.Sequence, core.SequenceOf)):
        for index in range(len(value)):
            _visit(value[index])
    elif not isinstance(value, core.Void):
        _ = value.native
