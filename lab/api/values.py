"""The values that bodies, paths and queries are made of, each with its rule and its schema."""

import base64
import binascii
import re
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

from lab.managers.errors import Code, ManagementError
from lab.managers.profiles import check_eid, check_iccid, parse_code

_PRINTABLE = r"^[^\x00-\x1f\x7f]*$"
_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)")
_YEARS = range(1990, 9000)
MNO_OCTETS, NAME_OCTETS = 32, 64


def _wrong(code: Code, reason: str) -> PydanticCustomError:
    return PydanticCustomError(code.value, "{reason}", {"reason": reason})


def _by(check: Callable[[str], object]) -> Callable[[str], str]:
    """A validator out of a check of the managers."""

    def validate(text: str) -> str:
        try:
            check(text)
        except ManagementError as error:
            raise _wrong(error.code, (error.details or {}).get("reason", error.message)) from None
        return text

    return validate


def _at_most(octets: int) -> Callable[[str], str]:
    def validate(text: str) -> str:
        if len(text.encode()) > octets:
            raise _wrong(Code.INVALID_REQUEST, f"longer than {octets} octets in UTF-8")
        return text

    return validate


def _icon(text: str) -> str:
    try:
        base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise _wrong(Code.INVALID_REQUEST, "no base64") from None
    return text


def _time(value: object) -> object:
    """Strict, as RFC 3339 has it; anything but text is left to be refused."""
    if not isinstance(value, str):
        return value
    try:
        at = datetime.fromisoformat(value) if _TIME.fullmatch(value) else None
    except ValueError:
        at = None
    if at is None or at.year not in _YEARS:
        raise _wrong(Code.INVALID_REQUEST, "no usable date and time as in RFC 3339, such as 2031-05-01T12:00:00Z")
    return at


def _whole(value: object) -> object:
    """To JSON, 3.0 is an integer, too."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _short(octets: int) -> list[Any]:
    return [StringConstraints(min_length=1, max_length=octets, pattern=_PRINTABLE), AfterValidator(_at_most(octets))]


EidText = Annotated[
    str,
    AfterValidator(_by(check_eid)),
    WithJsonSchema(
        {
            "type": "string",
            "format": "eid",
            "minLength": 32,
            "maxLength": 32,
            "description": "32 digits, the last two being check digits",
            "examples": ["89049032123451234512345678901235"],
        }
    ),
]
IccidText = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9]{18,20}$"),
    AfterValidator(_by(check_iccid)),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": "^[0-9]{18,20}$",
            "description": "18 to 20 digits",
            "examples": ["8999001234567890123"],
        }
    ),
]
CodeText = Annotated[
    str,
    StringConstraints(max_length=260),
    AfterValidator(_by(parse_code)),
    WithJsonSchema(
        {
            "type": "string",
            "format": "activation-code",
            "maxLength": 260,
            "description": "SGP.22 section 4.1",
            "examples": ["LPA:1$localhost:8443$04386-AGYFT-A74Y8-3F815"],
        }
    ),
]
Mno = Annotated[
    str,
    *_short(MNO_OCTETS),
    WithJsonSchema(
        {
            "type": "string",
            "format": "octets-32",
            "minLength": 1,
            "maxLength": MNO_OCTETS,
            "description": "The service provider's name: at most 32 octets in UTF-8, no control characters",
            "examples": ["Example Mobile"],
        }
    ),
]
Name = Annotated[
    str,
    *_short(NAME_OCTETS),
    WithJsonSchema(
        {
            "type": "string",
            "format": "octets-64",
            "minLength": 1,
            "maxLength": NAME_OCTETS,
            "description": "At most 64 octets in UTF-8, no control characters",
            "examples": ["Business plan"],
        }
    ),
]
Icon = Annotated[
    str,
    AfterValidator(_icon),
    WithJsonSchema(
        {
            "type": "string",
            "format": "icon",
            "contentEncoding": "base64",
            "description": "PNG or JPEG of 64x64 pixels, at most 1024 octets, in base64",
        }
    ),
]
WebhookUrl = Annotated[
    str,
    StringConstraints(max_length=2048),
    WithJsonSchema(
        {
            "type": "string",
            "format": "webhook-url",
            "maxLength": 2048,
            "description": "https, and a public address unless lab.toml allows others",
            "examples": ["https://example.com/esim"],
        }
    ),
]
WebhookSecret = Annotated[
    str,
    StringConstraints(max_length=400, pattern=r"^[!-~]*$"),
    WithJsonSchema(
        {
            "type": "string",
            "format": "webhook-secret",
            "maxLength": 400,
            "description": "whsec_ and base64, or any other text; 16 to 256 octets",
        }
    ),
]
Text64 = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=_PRINTABLE)]
Text256 = Annotated[str, StringConstraints(max_length=256, pattern=_PRINTABLE)]
ConfirmationCode = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[!-~]*$")]
Reader = Annotated[str, StringConstraints(max_length=128, pattern=r"^pcsc:[ -~]+$")]
Token = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[0-9A-Za-z_-]+$")]
FutureTime = Annotated[AwareDatetime, BeforeValidator(_time)]
WHOLE = BeforeValidator(_whole)
Limit = Annotated[str, StringConstraints(pattern=r"^([1-9]|[1-9][0-9]|1[0-9][0-9]|200)$"), AfterValidator(int)]
