"""A card's memory as one SQLite file; a commit is a transaction, so that a power cut never tears it."""

import os
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

APPLICATION_ID = 0x65554943
"""Marks the file as a card ("eUIC") in the header of the database."""


class CardFileError(Exception):
    """The card's file can't be used: `reason` says why (missing, in use, not a card)."""

    def __init__(self, path: Path, reason: str, in_use: bool = False) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason
        self.in_use = in_use


class FileNvm:
    """An `Nvm` in a file that belongs to one process at a time.

    The file is opened exclusively: a second opener gets CardFileError at once. While it is open SQLite may keep a
    journal beside it; after `close()` the card is that one file again, to be copied or sent.
    """

    def __init__(self, path: Path, *, create: bool = False) -> None:
        self.path = Path(path)
        if create:
            self._create()
        elif not self.path.exists():
            raise CardFileError(self.path, "there is no such card")
        self._connection = self._open(create)

    def _create(self) -> None:
        """An empty file that only its owner reads: a card holds private keys."""
        try:
            os.close(os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        except FileExistsError:
            raise CardFileError(self.path, "already exists") from None
        except OSError as error:
            raise CardFileError(self.path, error.strerror or str(error)) from error

    def _open(self, create: bool) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, timeout=0, isolation_level=None, check_same_thread=False)
        try:
            connection.execute("PRAGMA locking_mode=EXCLUSIVE")
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute("BEGIN EXCLUSIVE")
            if create:
                connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
                connection.execute("CREATE TABLE nvm (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID")
            elif connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
                raise CardFileError(self.path, "not the file of a card")
            connection.execute("COMMIT")
        except sqlite3.DatabaseError as error:
            connection.close()
            locked = error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
            reason = "in use by another process" if locked else f"not the file of a card ({error})"
            raise CardFileError(self.path, reason, locked) from error
        except CardFileError:
            connection.close()
            raise
        return connection

    def get(self, key: str) -> bytes | None:
        """The value of `key`, None if there is none."""
        row = self._connection.execute("SELECT value FROM nvm WHERE key = ?", (key,)).fetchone()
        return None if row is None else bytes(row[0])

    def keys(self, prefix: str = "") -> list[str]:
        """The keys that begin with `prefix`, in ascending order."""
        rows = self._connection.execute(
            "SELECT key FROM nvm WHERE substr(key, 1, ?) = ? ORDER BY key", (len(prefix), prefix)
        )
        return [row[0] for row in rows]

    def commit(self, changes: Mapping[str, bytes | None]) -> None:
        """Write and remove all of `changes` in one durable transaction."""
        written = [(key, value) for key, value in changes.items() if value is not None]
        removed = [(key,) for key, value in changes.items() if value is None]
        connection = self._connection
        connection.execute("BEGIN IMMEDIATE")
        try:
            connection.executemany("INSERT OR REPLACE INTO nvm VALUES (?, ?)", written)
            connection.executemany("DELETE FROM nvm WHERE key = ?", removed)
            connection.execute("COMMIT")
        except BaseException:
            connection.execute("ROLLBACK")
            raise

    def close(self) -> None:
        """Fold the journal into the file and release it."""
        self._connection.execute("PRAGMA journal_mode=DELETE")
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()
