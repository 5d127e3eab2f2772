"""A browser's worth of HTTP without a browser: cookies, forms with their CSRF token, redirects."""

import html
import http.cookiejar
import re
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass


@dataclass(frozen=True)
class Answer:
    """Where it ended, and what stands there."""

    status: int
    url: str
    text: str
    headers: dict[str, str]

    @property
    def csrf(self) -> str:
        """The token of the page's forms."""
        match = re.search(r'name="csrf" value="([0-9a-f]+)"', self.text)
        assert match, f"no form in {self.url}"
        return match[1]

    def value(self, name: str) -> str:
        """What a field of a form holds."""
        tag = next(tag for tag in re.findall(r"<input[^>]*>", self.text) if f' name="{name}"' in tag)
        match = re.search(r'value="([^"]*)"', tag)
        assert match, tag
        return html.unescape(match[1])


class ConsoleClient:
    """One visitor of the console at `url`."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.cookies = http.cookiejar.CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))

    def get(self, path: str, **headers: str) -> Answer:
        """A page."""
        return self._open(urllib.request.Request(self.url + path, headers=headers))

    def post(self, path: str, fields: dict[str, str], page: str | None = None, **headers: str) -> Answer:
        """Send a form, with the token of `page` unless the fields bring one."""
        if "csrf" not in fields:
            fields = {**fields, "csrf": self.get(page or path).csrf}
        body = urllib.parse.urlencode(fields).encode()
        return self._open(urllib.request.Request(self.url + path, body, headers))

    def sign_in(self, key: str) -> Answer:
        """With an API key."""
        return self.post("/login", {"key": key, "next": "/"})

    def _open(self, request: urllib.request.Request) -> Answer:
        try:
            answer = self._opener.open(request, timeout=30)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            headers = {name.lower(): value for name, value in answer.headers.items()}
            return Answer(answer.status, answer.url, answer.read().decode(), headers)
