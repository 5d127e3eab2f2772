"""The activation code: what the QR carries and the user types.

Grammar: [LPA:]1$<SM-DP+ host[:port]>$<matchingId>[$<SM-DP+ OID>[$<confirmation code flag>[$<CI PKID>]]][$]
Spec: SGP.22 v2.5 section 4.1
"""

import re
from dataclasses import dataclass
from typing import Self

from wire.ids import IdentifierError, MatchingId, encode_oid

_LABEL = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HOST = re.compile(rf"(?=.{{1,253}}$){_LABEL}(\.{_LABEL})*")
_CI_PKID = re.compile(r"([0-9A-Fa-f]{2})+")


class ActivationCodeError(ValueError):
    """The text is no activation code: the 0-based character `position` and the `rule` that is broken."""

    def __init__(self, position: int, rule: str) -> None:
        super().__init__(f"activation code, character {position + 1}: {rule}")
        self.position = position
        self.rule = rule


@dataclass(frozen=True, slots=True)
class ActivationCode:
    """A parsed activation code; `smdp_address` may carry a port, empty text means that a field was left out."""

    smdp_address: str
    matching_id: str = ""
    smdp_oid: str = ""
    confirmation_code_required: bool = False
    ci_pkid: str = ""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read an activation code strictly; ActivationCodeError says where it goes wrong.

        The prefix "LPA:" is taken in any case, one trailing "$" is tolerated, surrounding white space is not part of
        the code. The confirmation code flag is "1", "0" or empty.
        """
        start = len(text) - len(text.lstrip())
        body = text.strip()
        if body[:4].upper() == "LPA:":
            body, start = body[4:], start + 4
        if len(body) > 255:
            raise ActivationCodeError(start + 255, "longer than 255 characters")
        fields = body.split("$")
        positions = [start]
        for field in fields:
            positions.append(positions[-1] + len(field) + 1)
        if fields[0] != "1":
            raise ActivationCodeError(start, f'format "1" expected, found {fields[0]!r}')
        if len(fields) > 3 and fields[-1] == "":
            fields.pop()
        if len(fields) < 3:
            raise ActivationCodeError(len(text.rstrip()), "SM-DP+ address and MatchingID expected after the format")
        if len(fields) > 6:
            raise ActivationCodeError(positions[6], "more fields than the format has")
        fields += [""] * (6 - len(fields))
        _, address, matching_id, oid, flag, ci_pkid = fields
        _check_address(address, positions[1])
        _check_matching_id(matching_id, positions[2])
        if oid:
            _check_oid(oid, positions[3])
        if flag not in ("", "0", "1"):
            raise ActivationCodeError(positions[4], f'confirmation code flag is "1" or empty, found {flag!r}')
        if ci_pkid and not _CI_PKID.fullmatch(ci_pkid):
            raise ActivationCodeError(positions[5], "CI PKID is not hexadecimal")
        return cls(address, matching_id, oid, flag == "1", ci_pkid)

    def encode(self) -> str:
        """The text without prefix; optional fields only as far as they are used."""
        fields = ["1", self.smdp_address, self.matching_id]
        optional = [self.smdp_oid, "1" if self.confirmation_code_required else "", self.ci_pkid]
        while optional and not optional[-1]:
            optional.pop()
        return "$".join(fields + optional)

    @property
    def lpa_uri(self) -> str:
        """The text in the QR: "LPA:1$..."."""
        return "LPA:" + self.encode()

    @property
    def host(self) -> str:
        """The SM-DP+ host name without a port."""
        return self.smdp_address.partition(":")[0]


def _check_address(address: str, position: int) -> None:
    host, colon, port = address.partition(":")
    if not host:
        raise ActivationCodeError(position, "SM-DP+ address is empty")
    if not _HOST.fullmatch(host):
        wrong = re.search(r"[^A-Za-z0-9.-]", host)
        offset = wrong.start() if wrong else 0
        raise ActivationCodeError(position + offset, f"{host!r} is not a host name")
    if colon and not (re.fullmatch(r"[1-9][0-9]{0,4}", port, re.ASCII) and int(port) <= 65535):
        raise ActivationCodeError(position + len(host) + 1, f"{port!r} is not a port number")


def _check_matching_id(matching_id: str, position: int) -> None:
    try:
        MatchingId(matching_id)
    except IdentifierError as error:
        raise ActivationCodeError(position + error.where, f"MatchingID: {error.rule}") from None


def _check_oid(oid: str, position: int) -> None:
    try:
        encode_oid(oid)
    except IdentifierError as error:
        raise ActivationCodeError(position + error.where, f"SM-DP+ OID: {error.rule}") from None
