"""`python -m lab.migrations "what changed"`: write the migration from the newest one to the tables of the code."""

import sys
import tempfile

from alembic import command
from sqlalchemy import create_engine

from lab.migrations.command import config, newest, upgrade


def main(message: str) -> None:
    """Compare the newest revision with the tables, on SQLite."""
    head = newest()
    with tempfile.TemporaryDirectory() as directory:
        url = f"sqlite:///{directory}/empty.db"
        if head:
            upgrade(url, head)
        engine = create_engine(url)
        with engine.connect() as connection:
            command.revision(config(connection), message, autogenerate=True, rev_id=f"{int(head or 0) + 1:04d}")
        engine.dispose()


if __name__ == "__main__":
    main(sys.argv[1])
