"""RSP sessions: the list, the time line of one, and the same as a file to hand on."""

import base64
from hashlib import sha256
from pathlib import Path
from typing import Any

from lab.console.masking import mask
from lab.console.timeline import marks, timeline
from lab.console.visit import Download, Page, PageRoute, Refusal, Reply, Visit

LIMIT = 100
_STYLE = Path(__file__).parent.parent / "static" / "console.css"


def index(visit: Visit) -> Reply:
    """The newest first."""
    found = visit.context.traces.sessions()
    return Page("sessions.html", {"title": "Sessions", "sessions": found[:LIMIT], "total": len(found)})


def show(visit: Visit) -> Reply:
    """One session as a sequence diagram."""
    return Page("session.html", _values(visit, "reveal" in visit.query))


def export(visit: Visit) -> Reply:
    """The time line as one HTML file that needs nothing else; redacted unless asked otherwise."""
    from lab.console.rendering import Renderer

    values = _values(visit, "reveal" in visit.query)
    style = _STYLE.read_text("utf-8")
    digest = base64.b64encode(sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'"
    text = Renderer({}).render("export.html", values, style=style, policy=policy)
    return Download(f"rsp-session-{values['summary'].session[:16]}.html", text, policy)


def _values(visit: Visit, reveal: bool) -> dict[str, Any]:
    if reveal and not visit.may("secrets:read"):
        raise Refusal(403, "Showing identities needs the scope secrets:read.", "Sign in with a key of role admin.")
    session = visit.parameters["session"].upper()
    summary = visit.context.traces.summary(session)
    if summary is None:
        raise Refusal(404, f"No trace tells of a session {session}.", "See the list of sessions.")
    events = visit.context.traces.events(session)
    rows = timeline(events if reveal else mask(events))
    return {
        "title": f"Session {session[:8]}",
        "summary": summary,
        "rows": rows,
        "marks": marks(rows),
        "judgements": [(row.lane, one) for row in rows for one in row.judgements],
        "revealed": reveal,
        "may_reveal": visit.may("secrets:read"),
    }


ROUTES = (
    PageRoute("GET", "/sessions", "operations:read", index),
    PageRoute("GET", "/sessions/{session:[0-9A-Fa-f]+}", "operations:read", show),
    PageRoute("GET", "/sessions/{session:[0-9A-Fa-f]+}/export", "operations:read", export),
)
