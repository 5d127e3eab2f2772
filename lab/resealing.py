"""A new master key: everything that lies sealed is sealed again under it, then the old one is forgotten."""

import base64
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import MetaData, Text, create_engine, select, update

from lab.directory import Lab
from lab.errors import LabError
from lab.migrations.state import require
from lab.sealing import KeyFiles, SealedNvm, Tolerant
from lab.secrets import Keyring, is_sealed, new_key, write_keys
from lab.store.schema import CONFIRMATION_CODE
from lab.store.schema import metadata as management
from smdp.store.schema import metadata as servers


@dataclass(frozen=True, slots=True)
class Column:
    """Where the database keeps something sealed: its row's key names the place."""

    metadata: MetaData
    table: str
    key: str
    name: str
    place: str


COLUMNS = (
    Column(servers, "packages", "iccid", "upp", "packages.upp"),
    Column(servers, "packages", "iccid", "replace_session_keys", "packages.keys"),
    Column(management, "webhook_subscriptions", "webhook_id", "secret", "webhook_subscriptions.secret"),
    Column(management, "webhook_subscriptions", "webhook_id", "previous_secret", "webhook_subscriptions.secret"),
    Column(management, "esim_operations", "operation_id", "confirmation_code", CONFIRMATION_CODE),
)


def rotate(lab: Lab) -> dict[str, int]:
    """Make a new master key, seal everything under it, forget the old one; how much there was of what.

    A crash in between leaves both keys in the file: run it again. LabError while a server runs on the lab.
    """
    if lab.running_server() is not None:
        raise LabError("the lab's server runs and knows only the old key", "stop it, rotate, and start it again")
    keyring = Keyring([new_key(), *lab.keyring.keys])
    write_keys(lab.master_key_path, keyring.keys)
    counts = reseal(lab, keyring)
    write_keys(lab.master_key_path, keyring.keys[:1])
    return counts


def reseal(lab: Lab, keyring: Keyring) -> dict[str, int]:
    """Seal everything under the first key that isn't yet; how much there was of what."""
    return {
        "key_files": sum(_key_files(lab, keyring)),
        "cards": sum(_cards(lab, keyring)),
        "database": sum(_database(lab.database_url, keyring)),
    }


def _key_files(lab: Lab, keyring: Keyring) -> Iterator[int]:
    files = KeyFiles(keyring)
    for path in sorted(lab.pki_path.glob("*/SK_*.pem")):
        place = f"{path.parent.name}/{path.name}"
        temporary = path.with_suffix(".new")
        temporary.touch(0o600)
        temporary.write_bytes(files.seal(files.open(path.read_bytes(), place), place))
        temporary.replace(path)
        yield 1


def _cards(lab: Lab, keyring: Keyring) -> Iterator[int]:
    for path in (*lab.cards_path.glob("*.card"), *(lab.path / "snapshots").glob("*/*.card")):
        with SealedNvm(path, keyring) as nvm:
            nvm.commit({key: nvm.get(key) for key in nvm.keys("")})
        yield 1


def _database(url: str, keyring: Keyring) -> Iterator[int]:
    require(url)
    vault = Tolerant(keyring)
    engine = create_engine(url)
    with engine.begin() as connection:
        for column in COLUMNS:
            table = column.metadata.tables[column.table]
            key, secret = table.c[column.key], table.c[column.name]
            as_text = isinstance(secret.type, Text)
            for row_key, stored in connection.execute(select(key, secret).where(secret.is_not(None))).all():
                old = base64.b64decode(stored) if as_text else bytes(stored)
                if not old or (is_sealed(old) and keyring.is_current(old)):
                    continue
                place = f"{column.place} {row_key}"
                new = vault.seal(vault.open(old, place), place)
                values = {column.name: base64.b64encode(new).decode() if as_text else new}
                connection.execute(update(table).where(key == row_key).values(values))
                yield 1
    engine.dispose()
