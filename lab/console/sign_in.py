"""Who is looking: a signed cookie that names an API key, checked again at every request; CSRF tokens bound to it."""

import hmac
import os
import time
from dataclasses import dataclass
from hashlib import sha256

from aiohttp import web

from lab.api.auth import is_loopback
from lab.console.context import ConsoleContext
from lab.managers.keys import ROLES, is_good
from lab.store.records import ApiKey

COOKIE = "rsplab_console"
LIFETIME_S = 12 * 3600
ANONYMOUS = "anonymous"


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody with a session; name: as the audit log has it; role: "" for those who may do nothing yet."""

    session: str
    name: str = ""
    role: str = ""
    label: str = ""

    @property
    def scopes(self) -> frozenset[str]:
        """What the role allows."""
        return ROLES.get(self.role, frozenset())


def new_session() -> str:
    """The name of a new session."""
    return os.urandom(16).hex()


def write_cookie(response: web.StreamResponse, request: web.Request, value: str) -> None:
    """Set the session cookie, which scripts can't read and other sites can't send."""
    response.set_cookie(
        COOKIE, value, max_age=LIFETIME_S, httponly=True, samesite="Strict", secure=request.secure, path="/"
    )


def cookie_value(context: ConsoleContext, session: str, key_id: str) -> str:
    """SESSION.KEY ID.EXPIRY.MAC; key_id "-" for a session without a key."""
    text = f"{session}.{key_id or '-'}.{int(time.time()) + LIFETIME_S}"
    return f"{text}.{_mac(context, 'cookie', text)}"


def caller(context: ConsoleContext, request: web.Request) -> Caller:
    """Who asks: the holder of the cookie's key if that is still good, else nobody or, where allowed, anonymous."""
    session, key_id = _read(context, request.cookies.get(COOKIE, ""))
    if key_id:
        with context.management.ledger.reading() as reading:
            key = reading.get(ApiKey, key_id)
        if key is not None and is_good(key, context.lab.clock.now()):
            return Caller(session, f"key:{key.key_id}", key.role, key.name)
    role = context.management.settings.anonymous
    if role and is_local(request):
        return Caller(session, ANONYMOUS, role, ANONYMOUS)
    return Caller(session)


def csrf_token(context: ConsoleContext, session: str) -> str:
    """What a form has to carry to be believed."""
    return _mac(context, "csrf", session)


def is_ours(context: ConsoleContext, request: web.Request, session: str, token: str) -> bool:
    """True if a form was made by this console for this session and comes from its own pages."""
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    return (
        bool(session)
        and site in ("same-origin", "none")
        and hmac.compare_digest(token.encode(), csrf_token(context, session).encode())
    )


def is_local(request: web.Request) -> bool:
    """True if peer and Host are loopback: a name that was rebound to 127.0.0.1 doesn't count."""
    return is_loopback(request.remote or "") and is_loopback(request.url.host or "")


def _read(context: ConsoleContext, value: str) -> tuple[str, str]:
    parts = value.split(".")
    if len(parts) != 4:
        return "", ""
    session, key_id, expiry, mac = parts
    genuine = hmac.compare_digest(mac.encode(), _mac(context, "cookie", f"{session}.{key_id}.{expiry}").encode())
    if not genuine or int(expiry) < time.time():
        return "", ""
    return session, "" if key_id == "-" else key_id


def _mac(context: ConsoleContext, purpose: str, text: str) -> str:
    return hmac.new(context.cookie_key, f"{purpose} {text}".encode(), sha256).hexdigest()
