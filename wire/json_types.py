"""Member types of the JSON binding: bytes inside, base64 or hex text on the wire.

Each accepts its wire text when JSON is read and its Python value when a body is built.
Spec: SGP.22 v2.5 section 6.5.2
"""

import binascii
from typing import Annotated, Any, Final

from pydantic import (
    BaseModel,
    ConfigDict,
    PlainSerializer,
    PlainValidator,
    StringConstraints,
    ValidationInfo,
    WithJsonSchema,
)
from pydantic_core import to_json

from wire.ids import Eid, Iccid, MatchingId, TransactionId


class Body(BaseModel):
    """A JSON message: members named as in the standard; unknown members of a peer are ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)

    def to_json(self) -> bytes:
        """The body as sent: absent optional members are left out, never null."""
        return to_json(self, exclude_none=True)


LENIENT: Final = {"white_space": True}
"""Validation context for what a server sends: white space in base64 isn't part of it (in a request it is refused)."""


def _octets(value: Any, info: ValidationInfo) -> bytes:
    if isinstance(value, bytes):
        return value
    if not isinstance(value, str):
        raise ValueError("base64 text expected")
    if info.context is LENIENT:
        value = "".join(value.split())
    try:
        return binascii.a2b_base64(value, strict_mode=True)
    except ValueError:  # also what isn't ASCII
        raise ValueError("not standard base64 with padding") from None


def _challenge(value: Any, info: ValidationInfo) -> bytes:
    octets = _octets(value, info)
    if len(octets) != 16:
        raise ValueError(f"16 octets expected, {len(octets)} found")
    return octets


def _transaction_id(value: Any) -> TransactionId:
    if isinstance(value, bytes):
        return TransactionId(value)
    if not isinstance(value, str) or value.split() != [value]:
        raise ValueError("hexadecimal text without white space expected")
    return TransactionId.from_hex(value)


def _text(value: Any) -> str:
    if not isinstance(value, str) or value != value.strip():
        raise ValueError("text without surrounding white space expected")
    return value


def _eid(value: Any) -> Eid:
    return Eid(_text(value))


def _iccid(value: Any) -> Iccid:
    return Iccid(_text(value))


def _matching_id(value: Any) -> MatchingId:
    return MatchingId(_text(value))


def _to_base64(octets: bytes) -> str:
    return binascii.b2a_base64(octets, newline=False).decode("ascii")


Text = Annotated[str, StringConstraints(pattern=r"^[^\x00]*$")]
"""Text that a peer chooses and that is kept; NUL has no place in it (nor in a text column of PostgreSQL)."""

_BASE64_SCHEMA = WithJsonSchema({"type": "string", "contentEncoding": "base64"})

Base64 = Annotated[bytes, PlainValidator(_octets), PlainSerializer(_to_base64, when_used="json"), _BASE64_SCHEMA]
"""A complete DER TLV, in standard base64 on the wire."""

Challenge = Annotated[bytes, PlainValidator(_challenge), PlainSerializer(_to_base64, when_used="json"), _BASE64_SCHEMA]
"""Exactly 16 raw octets: the one base64 member without a tag."""

TransactionIdHex = Annotated[
    TransactionId,
    PlainValidator(_transaction_id),
    PlainSerializer(str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": "^[0-9A-F]{2,32}$"}),
]
"""A transactionId: hex in either case is accepted, upper case is sent."""

EidText = Annotated[Eid, PlainValidator(_eid), WithJsonSchema({"type": "string", "pattern": "^[0-9]{32}$"})]
"""An EID with valid check digits."""

IccidText = Annotated[
    Iccid,
    PlainValidator(_iccid),
    PlainSerializer(lambda iccid: iccid.json, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": "^[0-9]{18,20}F{0,2}$"}),
]
"""An ICCID: 18 to 20 digits with or without F padding are accepted, 20 padded characters are sent."""

MatchingIdText = Annotated[
    MatchingId, PlainValidator(_matching_id), WithJsonSchema({"type": "string", "pattern": "^[0-9A-Z-]{0,255}$"})
]
"""A MatchingID; the empty one is meaningful."""
