"""Upgrading a database."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, inspect

from lab.migrations import HEAD
from lab.migrations.state import VERSIONS, without_migrations

_LOCK = 0x72737070  # of PostgreSQL: one migrates at a time


def config(connection: Connection | None = None) -> Config:
    """Alembic's configuration; there is no alembic.ini."""
    made = Config()
    made.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    made.attributes["connection"] = connection
    return made


def upgrade(url: str, revision: str = HEAD) -> None:
    """Bring the database to this revision, all or nothing; LabError if it has tables that no migration made."""
    with _migrating(url) as connection:
        tables = inspect(connection).get_table_names()
        if tables and VERSIONS not in tables:
            raise without_migrations()
        command.upgrade(config(connection), revision)


def newest() -> str | None:
    """The revision that no other one follows."""
    return ScriptDirectory.from_config(config()).get_current_head()


@contextmanager
def _migrating(url: str) -> Iterator[Connection]:
    """One transaction, one at a time."""
    engine = create_engine(url)
    sqlite = engine.dialect.name == "sqlite"
    if sqlite:
        engine = engine.execution_options(isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE" if sqlite else f"SELECT pg_advisory_xact_lock({_LOCK})")
            try:
                yield connection
            except BaseException:
                connection.exec_driver_sql("ROLLBACK")
                raise
            if sqlite:
                connection.exec_driver_sql("COMMIT")
            else:
                connection.commit()
    finally:
        engine.dispose()
