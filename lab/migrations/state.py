"""Where a database stands, without Alembic, which takes its time to load."""

from sqlalchemy import create_engine, inspect, text

from lab.errors import LabError
from lab.migrations import HEAD

VERSIONS = "alembic_version"


def current(url: str) -> str | None:
    """The revision the database stands at, "" if it is empty, None if its tables were made without migrations."""
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            if inspect(connection).has_table(VERSIONS):
                return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar() or "")
            return None if inspect(connection).get_table_names() else ""
    finally:
        engine.dispose()


def require(url: str, make: bool = False) -> None:
    """LabError unless the database is as this version of rsplab needs it; an empty SQLite file becomes so.

    make: any empty database does.
    """
    revision = current(url)
    if revision == HEAD:
        return
    if revision == "" and (make or url.startswith("sqlite:")):
        from lab.migrations.command import upgrade

        upgrade(url)
    elif revision is None:
        raise without_migrations()
    elif revision > HEAD:
        raise LabError(f"the database is of a later rsplab (revision {revision})", "use that version, or a newer one")
    else:
        raise LabError(f"the database stands at revision {revision or 'none'}, not {HEAD}", "run: rsplab db upgrade")


def without_migrations() -> LabError:
    """The database was made by something else."""
    return LabError(
        "the database has tables that no migration made",
        "use an empty database; for a lab from before the migrations: rsplab init --force",
    )
