"""What of a lab lies sealed under its master key: key files, the memory of cards, profile packages, webhooks' secrets.

What was written before it was to be sealed is still read, and sealed when it is written again.
"""

import base64
from collections.abc import Mapping
from pathlib import Path

from euicc_sim.io.nvm_file import FileNvm
from lab.secrets import Keyring, is_sealed

_BEGIN, _END = b"-----BEGIN RSPLAB SEALED KEY-----\n", b"-----END RSPLAB SEALED KEY-----\n"


class KeyFiles:
    """A `Vault` for files of private keys: sealed, in lines of base64."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def seal(self, secret: bytes, place: str) -> bytes:
        return _BEGIN + base64.encodebytes(self._keyring.seal(secret, place)) + _END

    def open(self, sealed: bytes, place: str) -> bytes:
        if not sealed.startswith(_BEGIN):
            return sealed
        return self._keyring.open(base64.b64decode(sealed.removeprefix(_BEGIN).removesuffix(_END)), place)


class Tolerant:
    """A `Vault` that also reads what was never sealed."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def seal(self, secret: bytes, place: str) -> bytes:
        return self._keyring.seal(secret, place)

    def open(self, sealed: bytes, place: str) -> bytes:
        return self._keyring.open(sealed, place) if is_sealed(sealed) else sealed


class Texts:
    """Short secrets in columns of text: base64 of what is sealed."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def seal(self, secret: str, place: str) -> str:
        """As the column keeps it; "" stays ""."""
        return base64.b64encode(self._keyring.seal(secret.encode(), place)).decode() if secret else ""

    def open(self, sealed: str, place: str) -> str:
        """The secret again; SecretError."""
        return self._keyring.open(base64.b64decode(sealed), place).decode() if sealed else ""


class SealedNvm(FileNvm):
    """The memory of a card whose values lie sealed; a value is bound to its key, so that the file may be renamed."""

    def __init__(self, path: Path, keyring: Keyring, *, create: bool = False) -> None:
        super().__init__(path, create=create)
        self._vault = Tolerant(keyring)

    def get(self, key: str) -> bytes | None:
        found = super().get(key)
        return None if found is None else self._vault.open(found, _place(key))

    def commit(self, changes: Mapping[str, bytes | None]) -> None:
        super().commit(
            {key: None if value is None else self._vault.seal(value, _place(key)) for key, value in changes.items()}
        )


def _place(key: str) -> str:
    return f"card {key}"
