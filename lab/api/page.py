"""The description of the API as a page: no script, nothing from elsewhere."""

import json
from html import escape
from typing import Any

_STYLE = """
:root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 25%, transparent); }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 72rem; padding: 1rem; }
summary { cursor: pointer; padding: .4rem 0; overflow-wrap: anywhere; }
details { border-top: 1px solid var(--line); }
details details { margin-left: 1rem; }
code, pre { font: 14px/1.4 ui-monospace, monospace; }
pre { overflow-x: auto; padding: .6rem; border: 1px solid var(--line); border-radius: 6px; }
b { display: inline-block; min-width: 4.5rem; }
table { border-collapse: collapse; } td, th { border: 1px solid var(--line); padding: .2rem .6rem; text-align: left; }
"""


def page(document: dict[str, Any]) -> str:
    """HTML."""
    info = document["info"]
    tags: dict[str, list[str]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            tags.setdefault(operation["tags"][0], []).append(_operation(method, path, operation))
    sections = "".join(f"<h2>{escape(tag)}</h2>{''.join(parts)}" for tag, parts in tags.items())
    schemas = "".join(
        f'<details id="{escape(name)}"><summary><code>{escape(name)}</code></summary>{_json(schema)}</details>'
        for name, schema in document["components"]["schemas"].items()
    )
    security = escape(document["components"]["securitySchemes"]["key"]["description"])
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(info["title"])}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{_STYLE}</style></head><body>'
        f"<h1>{escape(info['title'])}</h1><p>{escape(info['summary'])}. "
        f'<a href="/openapi.json">openapi.json</a></p>'
        f"<p><code>Authorization: Bearer rsplab_…</code>. {security}</p>{sections}"
        f"<h2>Bodies</h2>{schemas}</body></html>"
    )


def _operation(method: str, path: str, operation: dict[str, Any]) -> str:
    rows = "".join(
        f"<tr><td><code>{escape(item['name'])}</code></td><td>{item['in']}</td>"
        f"<td><code>{escape(json.dumps(item['schema']))}</code></td></tr>"
        for item in operation["parameters"]
    )
    body = operation.get("requestBody")
    content = _body("Body", body["content"]["application/json"]["schema"]) if body else ""
    answers = "".join(_answer(status, answer) for status, answer in operation["responses"].items())
    return (
        f"<details><summary><b>{method.upper()}</b> <code>{escape(path)}</code> {escape(operation['summary'])}"
        f"</summary><p>{escape(operation['description'])}</p><table>{rows}</table>{content}{answers}</details>"
    )


def _answer(status: str, answer: dict[str, Any]) -> str:
    parts = []
    for kind, content in answer.get("content", {}).items():
        parts.append(_body(kind, content["schema"]))
        parts += [_json(example["value"]) for example in content.get("examples", {}).values()]
    return f"<details><summary><b>{status}</b> {escape(answer['description'])}</summary>{''.join(parts)}</details>"


def _body(title: str, schema: dict[str, Any]) -> str:
    name = schema.get("$ref", "").rpartition("/")[2]
    link = f'<a href="#{escape(name)}"><code>{escape(name)}</code></a>' if name else _json(schema)
    return f"<p>{escape(title)}: {link}</p>"


def _json(value: object) -> str:
    return f"<pre>{escape(json.dumps(value, indent=2, ensure_ascii=False))}</pre>"
