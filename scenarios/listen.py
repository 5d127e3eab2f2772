"""Where a foreign LPA finds us: one HTTPS server for all scenarios of the run."""

from datetime import UTC, datetime, timedelta

from scenarios.grounds import KIT_HOST, Grounds
from scenarios.https import HttpsServer
from scenarios.model import Inconclusive

_listeners: list[HttpsServer] = []


def kit_address(grounds: Grounds) -> str:
    """The address of the kit for a foreign LPA: host:port as the ICS has them."""
    host = grounds.ics.settings.get("IUT_LPA_ADDRESS", KIT_HOST)
    port = listener(grounds).port
    return host if port == 443 else f"{host}:{port}"


def listener(grounds: Grounds) -> HttpsServer:
    """The server, started when it is first needed; it lives as long as the run. Inconclusive where it can't start."""
    if not _listeners:
        settings = grounds.ics.settings
        host = settings.get("IUT_LPA_ADDRESS", KIT_HOST)
        credential = grounds.pki.issue_tls([host], not_before=datetime.now(UTC) - timedelta(days=1))
        bind, port = settings.get("IUT_LPA_BIND", "127.0.0.1"), int(settings.get("IUT_LPA_PORT", "0"))
        try:
            _listeners.append(HttpsServer(credential, bind=bind, port=port))
        except OSError as error:
            told = f"can't listen on {bind} port {port}: {error.strerror or error}"
            raise Inconclusive(f"{told}; IUT_LPA_BIND and IUT_LPA_PORT of the ICS say where") from None
    return _listeners[0]
