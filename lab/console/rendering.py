"""jinja2 with autoescape, and how the console writes times, identities and octets."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from lab.console.masking import masked

_WORDS = re.compile(r"(?<=[.])|(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


class Renderer:
    """Fills templates in; `tags` are the hashes of the static files."""

    def __init__(self, tags: Mapping[str, str]) -> None:
        environment = Environment(
            loader=PackageLoader("lab.console"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.filters |= {
            "when": when,
            "groups": groups,
            "breakable": breakable,
            "octets": octets,
            "masked": masked,
            "qr": qr,
        }
        environment.globals |= {"static": lambda name: f"/static/{name}?v={tags[name]}"}
        self._environment = environment

    def render(self, template: str, values: Mapping[str, Any], **more: Any) -> str:
        """The text of a page."""
        return self._environment.get_template(template).render(**{**values, **more})


def when(at: datetime | str | None) -> Markup:
    """A time for people, exact for machines."""
    if not at:
        return Markup("–")
    value = datetime.fromisoformat(at) if isinstance(at, str) else at
    value = value.astimezone(UTC)
    exact = value.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return Markup('<time datetime="{}" title="{}">{}</time>').format(exact, exact, f"{value:%Y-%m-%d %H:%M:%S}")


def groups(digits: str | None) -> Markup:
    """Digits that a narrow page may break after every fourth."""
    text = digits or "–"
    pieces = [text[at : at + 4] for at in range(0, len(text), 4)]
    return Markup('<span class="digits">{}</span>').format(Markup("<wbr>").join(pieces))


def breakable(name: str) -> Markup:
    """A camelCase or dotted name that a narrow page may break between its words."""
    return Markup("<wbr>").join(_WORDS.split(name))


def octets(number: int | None) -> str:
    """A size with its unit."""
    if number is None:
        return "–"
    if number < 10_000:
        return f"{number} octets"
    return f"{number / 1024:.0f} KiB ({number} octets)"


def qr(text: str) -> Markup:
    """The QR code as SVG, dark on light with its quiet zone whatever the theme."""
    import segno

    code = segno.make(text, error="m", micro=False)
    drawn = code.svg_inline(scale=4, border=4, dark="#000", light="#fff", omitsize=True, svgclass="qr", lineclass=None)
    return Markup(drawn)  # nosec B704
