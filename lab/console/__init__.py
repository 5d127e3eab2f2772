"""The console: the lab in a browser, on the API's listener. Server-rendered pages and plain ES modules, no build step.

    app.add_routes(console(ConsoleContext(management)))

It brings its own sign-in (an API key becomes a cookie), CSRF protection and security headers: the API's pipeline has
no part in it.

| module | what |
|---|---|
| `app.py` | `console(context)`: the routes, and what happens to every request |
| `visit.py` | `Visit`: one request with who asks; `Page`, `SeeOther`, `Download`: what pages answer |
| `sign_in.py` | the session cookie, CSRF tokens, who may be anonymous |
| `pages/` | one module a page; a page is a plain function `Visit -> Reply`, run in a thread |
| `live.py` | server-sent events of an operation |
| `trace_index.py` | which RSP sessions the trace files hold, read as they grow |
| `timeline.py` | the events of one session -> the rows of its sequence diagram |
| `masking.py` | EID, ICCID, IMSI and secrets hidden from a session, in text, hex and base64 |
| `templates/` `static/` | jinja2 (autoescaped), CSS, ES modules |
"""

from lab.console.app import console
from lab.console.context import ConsoleContext

__all__ = ["ConsoleContext", "console"]
