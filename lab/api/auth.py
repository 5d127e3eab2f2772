"""Who calls, and what he may do: a key in `Authorization: Bearer rsplab_...`, or the switch for loopback."""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from lab.api.errors import HttpRefusal
from lab.managers.errors import Code
from lab.managers.keys import ROLES, KeyManager

_SCHEME = "Bearer "


@dataclass(frozen=True, slots=True)
class Caller:
    """name: for the audit log and the rate limits."""

    name: str
    role: str

    @property
    def scopes(self) -> frozenset[str]:
        """What the role may do."""
        return ROLES[self.role]


def caller_of(headers: Mapping[str, str], source: str, keys: KeyManager, anonymous: str) -> Caller:
    """The caller; 401 if nobody can be recognised."""
    given = headers.get("Authorization")
    if given is not None:
        key = keys.holder(given.removeprefix(_SCHEME)) if given.startswith(_SCHEME) else None
        if key is None:
            raise _unknown("the key is unknown, expired or revoked")
        return Caller(f"key:{key.key_id}", key.role)
    if anonymous and is_loopback(source) and _from_here(headers):
        return Caller("anonymous", anonymous)
    raise _unknown("a key is needed")


def require(caller: Caller, scope: str) -> None:
    """403 without the scope."""
    if scope not in caller.scopes:
        raise HttpRefusal(
            403,
            Code.OPERATION_NOT_PERMITTED,
            f"role {caller.role} doesn't have the scope {scope}",
            {"scope": scope, "role": caller.role},
        )


def is_loopback(host: str) -> bool:
    """True for an address of this machine only, and for localhost."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _from_here(headers: Mapping[str, str]) -> bool:
    """Not a browser that a foreign page, or a foreign name for this machine, has led here."""
    names = [urlsplit(f"//{headers.get('Host', '')}").hostname or ""]
    if "Origin" in headers:
        names.append(urlsplit(headers["Origin"]).hostname or "")
    return all(is_loopback(name) for name in names)


def _unknown(reason: str) -> HttpRefusal:
    return HttpRefusal(
        401, Code.AUTHENTICATION_FAILED, reason, {"reason": reason}, {"WWW-Authenticate": 'Bearer realm="rsplab"'}
    )
