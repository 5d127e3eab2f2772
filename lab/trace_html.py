"""A trace as one self-contained HTML page: every event on a line, every PDU decoded behind it."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from lab.trace_view import decoded_lines, headline

_STYLE = """
body { font: 13px/1.5 ui-monospace, "DejaVu Sans Mono", monospace; max-width: 1240px; margin: 16px auto;
  color: #1f2328; }
h1 { font: 600 20px system-ui, sans-serif; } p.event { margin: 0; padding: 2px 6px; overflow-wrap: anywhere; }
.command, .request { color: #0550ae; } .response { color: #57606a; } .good { color: #1a7f37; } .bad { color: #cf222e; }
details { padding: 0 6px; } summary { cursor: pointer; overflow-wrap: anywhere; }
pre { background: #f6f8fa; padding: 8px; margin: 4px 0; white-space: pre-wrap; overflow-wrap: anywhere; }
@media (prefers-color-scheme: dark) and (not print) {
  body { background: #0d1117; color: #e6edf3; } pre { background: #161b22; }
  .command, .request { color: #79c0ff; } .response { color: #8b949e; }
  .good { color: #3fb950; } .bad { color: #ff7b72; }
}
"""


def to_html(events: Sequence[Mapping[str, Any]], title: str, with_octets: bool = True) -> str:
    """The page; nothing is loaded from anywhere. with_octets: of APDUs; an identity may lie in two of them."""
    lines = "\n".join(_event(dict(event), with_octets) for event in events)
    name = escape(title)
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{name}</title><style>{_STYLE}</style>'
        f"</head>\n<body><h1>{name}</h1>\n{lines}\n</body></html>\n"
    )


def _event(event: dict[str, Any], with_octets: bool) -> str:
    style = str(event.get("direction", "")) if "ok" not in event else "good" if event["ok"] else "bad"
    text = escape(headline(event))
    decoded = "\n".join(decoded_lines(event, with_octets))
    if not decoded:
        return f'<p class="event {style}">{text}</p>'
    return f'<details><summary class="{style}">{text}</summary><pre>{escape(decoded)}</pre></details>'
