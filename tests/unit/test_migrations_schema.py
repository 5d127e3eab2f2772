"""Migrations make exactly the tables of the code, on both databases."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DatabaseError
from typer.testing import CliRunner

from lab.cli import app
from lab.directory import Lab, normal_url
from lab.errors import LabError
from lab.migrations import HEAD
from lab.migrations.command import newest, upgrade
from lab.migrations.state import current, require
from lab.migrations.tables import ALL
from tests.support.lab import new_lab
from tests.support.postgres import postgresql

_CATALOGUE = {
    "sqlite": ["SELECT type, name, tbl_name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'"],
    "postgresql": [
        "SELECT table_name, column_name, data_type, is_nullable, column_default, is_identity"
        " FROM information_schema.columns WHERE table_schema = 'public'",
        "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
        "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'public'::regnamespace",
        "SELECT rulename, definition FROM pg_rules WHERE schemaname = 'public'",
    ],
}


@pytest.fixture(scope="module")
def fresh_postgresql() -> Iterator[Callable[[], str]]:
    with postgresql() as fresh:
        yield fresh


@pytest.fixture(params=["sqlite", "postgresql"])
def fresh(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """Makes empty databases."""
    if request.param == "postgresql":
        made: Callable[[], str] = request.getfixturevalue("fresh_postgresql")
        return made
    numbers = iter(range(100))
    return lambda: f"sqlite:///{tmp_path / f'{next(numbers)}.db'}"


def catalogue(url: str) -> list[list[Any]]:
    """Everything the database knows of its schema, in words that don't depend on who wrote them."""
    engine = create_engine(url)
    with engine.connect() as connection:
        found = [
            sorted(tuple(_plain(value) for value in row) for row in connection.execute(text(statement)))
            for statement in _CATALOGUE[engine.dialect.name]
        ]
    engine.dispose()
    return [[row for row in rows if "alembic_version" not in str(row)] for rows in found]


def _plain(value: object) -> str:
    """White space and the order of a table's clauses are the writer's."""
    lines = [line.strip().rstrip(",") for line in str(value).splitlines()]
    return "\n".join([lines[0].rstrip(), *sorted(filter(None, lines[1:]))]) if lines else ""


def test_migrated_is_what_the_code_declares(fresh: Callable[[], str]) -> None:
    migrated, created = fresh(), fresh()
    upgrade(migrated)
    engine = create_engine(created)
    with engine.begin() as connection:
        for metadata in ALL:
            metadata.create_all(connection)
    engine.dispose()
    assert catalogue(migrated) == catalogue(created)
    assert len(catalogue(migrated)[0]) > 30


def test_head_is_the_newest_revision() -> None:
    assert newest() == HEAD


def test_where_a_database_stands(fresh: Callable[[], str]) -> None:
    url = fresh()
    assert current(url) == ""
    if url.startswith("postgresql"):
        with pytest.raises(LabError, match="none") as refused:
            require(url)
        assert "rsplab db upgrade" in refused.value.hint
    require(url, make=True)
    require(url)
    assert current(url) == HEAD
    upgrade(url)  # nothing left to do


def test_a_database_of_the_future_is_left_alone(fresh: Callable[[], str]) -> None:
    url = fresh()
    upgrade(url)
    _run(url, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(LabError, match="later rsplab"):
        require(url)


def test_tables_that_no_migration_made_are_left_alone(fresh: Callable[[], str]) -> None:
    url = fresh()
    _run(url, "CREATE TABLE profiles (iccid TEXT)")
    for call in (require, upgrade):
        with pytest.raises(LabError, match="no migration made"):
            call(url)
    assert current(url) is None


def test_several_upgrade_at_once(fresh: Callable[[], str]) -> None:
    url, errors = fresh(), []

    def run() -> None:
        try:
            upgrade(url)
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert current(url) == HEAD


def test_the_audit_log_of_a_migrated_database_only_grows(fresh: Callable[[], str]) -> None:
    url = fresh()
    upgrade(url)
    columns = "at, number, actor, source, request_id, action, resource, outcome, before_digest, after_digest"
    values = "1, 1, 'a', '', '', '', '', '', '', ''"
    _run(url, f"INSERT INTO api_audit ({columns}, previous_hash, hash) VALUES ({values}, '', '')")
    for statement in ("UPDATE api_audit SET actor = 'b'", "DELETE FROM api_audit"):
        if url.startswith("sqlite"):
            with pytest.raises(DatabaseError, match="append-only"):
                _run(url, statement)
        else:
            _run(url, statement)
    engine = create_engine(url)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT actor FROM api_audit")).scalars().all() == ["a"]
    engine.dispose()


def test_init_migrates(tmp_path: Path) -> None:
    lab = new_lab(tmp_path / "lab")
    assert lab("db", "current", "--json").json == {"current": HEAD, "needed": HEAD}
    assert current(Lab(lab.path).database_url) == HEAD


def test_the_command_line_upgrades_a_database_by_its_url(fresh: Callable[[], str]) -> None:
    url = fresh().replace("postgresql+psycopg://", "postgresql://")
    before = CliRunner().invoke(app, ["db", "current", "--database-url", url, "--json"])
    assert (before.exit_code, '"current": null' in before.stdout) == (5, True)
    assert CliRunner().invoke(app, ["db", "upgrade", "--database-url", url]).exit_code == 0
    assert CliRunner().invoke(app, ["db", "current", "--database-url", url]).exit_code == 0
    assert current(normal_url(url)) == HEAD


def _run(url: str, statement: str) -> None:
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            connection.execute(text(statement))
    finally:
        engine.dispose()
