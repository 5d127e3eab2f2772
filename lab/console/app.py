"""The console's routes, and what happens to every request: who asks, CSRF, the page in a thread, security headers."""

import asyncio
import logging
import mimetypes
import uuid
from collections.abc import Awaitable, Callable
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote, unquote

from aiohttp import web

from lab.console import sign_in
from lab.console.context import ConsoleContext
from lab.console.live import live
from lab.console.pages import ROUTES
from lab.console.rendering import Renderer
from lab.console.sign_in import Caller
from lab.console.visit import Download, Page, PageRoute, Refusal, Reply, SeeOther, Visit, own_path
from lab.errors import ExitCode, LabError
from lab.managers.errors import ManagementError
from lpa.core.errors import LpaError
from lpa.explain import explain

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_NOTICE = "rsplab_notice"
_THEME = "rsplab_theme"
_THEMES = ("", "light", "dark")
_STATIC = Path(__file__).parent / "static"
_log = logging.getLogger(__name__)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def console(context: ConsoleContext) -> list[web.RouteDef]:
    """The console's routes, for the application of the API's listener."""
    pages = _Console(context)
    return [
        *(web.route(route.method, route.path, pages.handler(route)) for route in ROUTES),
        web.get("/operations/{operation}/live", pages.live),
        web.post("/theme", pages.theme),
        web.get("/static/{name}", pages.static),
    ]


class _Console:
    def __init__(self, context: ConsoleContext) -> None:
        self._context = context
        files = {path.name: path.read_bytes() for path in _STATIC.iterdir() if path.is_file()}
        self._files = files
        self._tags = {name: sha256(content).hexdigest()[:16] for name, content in files.items()}
        self._renderer = Renderer(self._tags)

    def handler(self, route: PageRoute) -> Handler:
        """The aiohttp handler of a page."""

        async def handle(request: web.Request) -> web.StreamResponse:
            caller = await asyncio.to_thread(sign_in.caller, self._context, request)
            fresh = not caller.session
            if fresh:
                caller = Caller(sign_in.new_session(), caller.name, caller.role)
            request_id = request.headers.get("X-Request-Id", "")[:128] or str(uuid.uuid4())
            try:
                reply = await self._reply(route, request, caller, request_id)
            except Refusal as refusal:
                reply = _trouble(refusal.status, refusal.message, refusal.hint)
            response = self._response(reply, request, caller)
            if fresh:
                value = sign_in.cookie_value(self._context, caller.session, "")
                sign_in.write_cookie(response, request, value)
            response.headers["X-Request-Id"] = request_id
            return response

        return handle

    async def live(self, request: web.Request) -> web.StreamResponse:
        """The progress of an operation as server-sent events."""
        caller = await asyncio.to_thread(sign_in.caller, self._context, request)
        if "operations:read" not in caller.scopes:
            raise web.HTTPForbidden
        return await live(self._context, request, request.match_info["operation"])

    async def theme(self, request: web.Request) -> web.StreamResponse:
        """Remember light, dark or the system's choice."""
        form = await request.post()
        wanted = str(form.get("theme", ""))
        response = self._response(
            SeeOther(own_path(str(form.get("back", "/")))), request, sign_in.caller(self._context, request)
        )
        if wanted in _THEMES:
            response.set_cookie(_THEME, wanted, max_age=365 * 86400, samesite="Strict", httponly=True, path="/")
        return response

    async def static(self, request: web.Request) -> web.StreamResponse:
        """CSS and ES modules; their URLs carry their hash."""
        name = request.match_info["name"]
        content = self._files.get(name)
        if content is None:
            raise web.HTTPNotFound
        kind = "text/javascript" if name.endswith(".js") else mimetypes.guess_type(name)[0]
        headers = {**_HEADERS, "ETag": f'"{self._tags[name]}"', "Cache-Control": "no-cache"}
        if request.headers.get("If-None-Match") == headers["ETag"]:
            return web.Response(status=304, headers=headers)
        charset = None if (kind or "").startswith("image/png") else "utf-8"
        return web.Response(body=content, content_type=kind, charset=charset, headers=headers)

    async def _reply(self, route: PageRoute, request: web.Request, caller: Caller, request_id: str) -> Reply:
        if route.scope and not caller.role:
            return SeeOther(f"/login?next={quote(request.path_qs, safe='')}")
        if route.scope and route.scope not in caller.scopes:
            raise Refusal(
                403, f"Your role, {caller.role}, doesn't have the scope {route.scope}.", "Sign in with another key."
            )
        form: dict[str, str] = {}
        if route.method == "POST":
            fields = await request.post()
            form = {name: value for name, value in fields.items() if isinstance(value, str)}
            form |= {f"{name}[]": "\n".join(map(str, fields.getall(name))) for name in fields}
            if not sign_in.is_ours(self._context, request, caller.session, form.get("csrf", "")):
                raise Refusal(
                    403, "This form wasn't made for your session.", "Go back, load the page anew and try again."
                )
        visit = Visit(
            context=self._context,
            caller=caller,
            path=request.path_qs,
            source=request.remote or "",
            request_id=request_id,
            parameters=dict(request.match_info),
            query=dict(request.query),
            form=form,
        )
        return await asyncio.to_thread(_answer, route, visit)

    def _response(self, reply: Reply, request: web.Request, caller: Caller) -> web.Response:
        match reply:
            case SeeOther(path, notice, signed_in_as):
                response = web.Response(status=303, headers={**_HEADERS, "Location": path})
                if notice:
                    response.set_cookie(_NOTICE, quote(notice), max_age=60, httponly=True, samesite="Strict", path="/")
                if signed_in_as is not None:
                    value = sign_in.cookie_value(self._context, sign_in.new_session(), signed_in_as)
                    sign_in.write_cookie(response, request, value)
                return response
            case Download(name, text, policy):
                disposition = f'attachment; filename="{name}"'
                headers = {**_HEADERS, "Content-Security-Policy": policy, "Content-Disposition": disposition}
                return web.Response(text=text, content_type="text/html", headers=headers)
            case Page(template, values, status):
                notice = unquote(request.cookies.get(_NOTICE, ""))
                theme = request.cookies.get(_THEME, "")
                text = self._renderer.render(
                    template,
                    values,
                    caller=caller,
                    path=request.path_qs,
                    csrf=sign_in.csrf_token(self._context, caller.session),
                    notice=notice,
                    theme=theme if theme in _THEMES else "",
                    links=self._context.links,
                )
                response = web.Response(text=text, status=status, content_type="text/html", headers=_HEADERS)
                if notice:
                    response.del_cookie(_NOTICE, path="/")
                return response


def _answer(route: PageRoute, visit: Visit) -> Reply:
    """The page, or what went wrong in words."""
    try:
        return route.function(visit)
    except Refusal:
        raise
    except ManagementError as error:
        status = 404 if error.missing else 409
        return _trouble(status, error.message, "", error.code.value, error.details)
    except LabError as error:
        return _trouble(409 if error.exit_code is not ExitCode.UNREACHABLE else 503, error.message, error.hint)
    except LpaError as error:
        found = explain(error)
        return _trouble(502, found.meaning, found.next_step or found.cause)
    except Exception:
        _log.exception("%s %s (%s)", route.method, visit.path, visit.request_id)
        return _trouble(500, "A defect of rsplab.", f"The log has it under request {visit.request_id}.")


def _trouble(
    status: int, message: str, hint: str = "", code: str = "", details: dict[str, object] | None = None
) -> Page:
    values = {"status": status, "message": message, "hint": hint, "code": code, "details": details or {}}
    return Page("trouble.html", values, status)
