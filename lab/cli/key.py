"""`rsplab key`: keys of the management API."""

import contextlib
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lab.cli.output import Json, console, messages, print_json, print_table
from lab.cli.state import state

if TYPE_CHECKING:
    from lab.managers.keys import IssuedKey, KeyManager
    from lab.store.records import ApiKey

app = typer.Typer(
    add_completion=False, help="Make, list, rotate and revoke keys of the management API.", no_args_is_help=True
)

COLUMNS = {"key_id": "Key", "name": "Name", "role": "Role", "state": "State", "expires_at": "Expires"}
KeyId = Annotated[str, typer.Argument(metavar="KEY", help="The key's id, as in rsplab key list.")]


@app.command()
def create(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Who will use it.")],
    role: Annotated[str, typer.Option("--role", help="viewer, tester, operator or admin.")] = "operator",
    days: Annotated[int | None, typer.Option("--days", min=1, help="How long it is good (default: for ever).")] = None,
    as_json: Json = False,
) -> None:
    """Make a key: it is shown once and can't be shown again."""
    from datetime import timedelta

    with _keys() as keys:
        _print(keys.create(name, role, timedelta(days=days) if days else None), as_json)


@app.command("list")
def list_keys(as_json: Json = False) -> None:
    """List the keys, without their secrets."""
    with _keys() as keys:
        views = [_view(key) for key in keys.all()]
    if as_json:
        print_json(views)
    else:
        print_table("Keys", views, COLUMNS)


@app.command()
def rotate(
    key: KeyId,
    overlap_s: Annotated[int, typer.Option("--overlap", metavar="SECONDS", min=0, help="The old key's rest.")] = 3600,
    as_json: Json = False,
) -> None:
    """Make a new key in place of one, which stays good for a while."""
    from datetime import timedelta

    with _keys() as keys:
        _print(keys.rotate(key, timedelta(seconds=overlap_s)), as_json)


@app.command()
def revoke(key: KeyId, as_json: Json = False) -> None:
    """Make a key useless at once."""
    with _keys() as keys:
        view = _view(keys.revoke(key))
    if as_json:
        print_json(view)
    else:
        messages().print(f"key {key} is revoked")


@contextlib.contextmanager
def _keys() -> "Iterator[KeyManager]":
    from lab.database import ready_url
    from lab.errors import LabError
    from lab.managers.errors import ManagementError
    from lab.managers.keys import KeyManager
    from lab.store import open_ledger

    lab = state.lab()
    ledger = open_ledger(ready_url(lab), lab.clock)
    try:
        yield KeyManager(ledger)
    except ManagementError as error:
        raise LabError(error.message, "see rsplab key list") from None
    finally:
        ledger.close()


def _print(issued: "IssuedKey", as_json: bool) -> None:
    if as_json:
        print_json(_view(issued.key) | {"key": issued.token})
        return
    console().print(issued.token, soft_wrap=True)
    messages().print("Keep it: it can't be shown again. Use it as  Authorization: Bearer KEY")


def _view(key: "ApiKey") -> dict[str, Any]:
    now = state.lab().clock.now()
    expired = key.expires_at is not None and key.expires_at <= now
    return {
        "key_id": key.key_id,
        "name": key.name,
        "role": key.role,
        "state": "revoked" if key.revoked_at else "expired" if expired else "good",
        "created_at": _time(key.created_at),
        "expires_at": _time(key.expires_at),
        "revoked_at": _time(key.revoked_at),
        "replaces": key.replaces or None,
    }


def _time(at: datetime | None) -> str | None:
    return at.isoformat(timespec="seconds").replace("+00:00", "Z") if at else None
