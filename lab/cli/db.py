"""`rsplab db`."""

from typing import Annotated

import typer

from lab.cli.output import Json, messages, print_json
from lab.cli.state import state

app = typer.Typer(add_completion=False, help="Upgrade the lab's database.", no_args_is_help=True)

Url = Annotated[
    str | None,
    typer.Option(
        "--database-url", envvar="RSPLAB_DATABASE_URL", metavar="URL", help="Instead of the one of the lab's settings."
    ),
]


@app.command()
def upgrade(database_url: Url = None, as_json: Json = False) -> None:
    """Bring the database to the schema of this version; an empty one gets its tables."""
    from lab.directory import normal_url
    from lab.migrations import HEAD, command
    from lab.migrations.state import current

    url = normal_url(database_url) if database_url else state.lab().database_url
    before = current(url)
    command.upgrade(url)
    if as_json:
        print_json({"before": before or None, "after": HEAD})
    else:
        messages().print(f"Database: {before or 'empty'} -> {HEAD}." if before != HEAD else f"Database: at {HEAD}.")


@app.command(name="current")
def show(database_url: Url = None, as_json: Json = False) -> None:
    """Say at which revision the database stands, and which one this version needs; exit code 5 if they differ."""
    from lab.directory import normal_url
    from lab.errors import ExitCode
    from lab.migrations import HEAD
    from lab.migrations.state import current

    url = normal_url(database_url) if database_url else state.lab().database_url
    revision = current(url)
    if as_json:
        print_json({"current": revision or None, "needed": HEAD})
    else:
        messages().print(f"Database: at {revision or 'no revision'}; needed: {HEAD}.")
    if revision != HEAD:
        raise typer.Exit(ExitCode.CHECK_FAILED)
