"""The lab's master key: what is secret lies encrypted on disk, bound to its place, under a key that can be replaced.

A sealed value is MAGIC, key id (4 octets), nonce (12), AES-256-GCM ciphertext with tag (16). The additional data are
the header and the value's place ("packages.upp 8900..."), so that a sealed value can't be moved to another row.
"""

import base64
import binascii
import os
import re
import stat
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from lab.errors import LabError

ENVIRONMENT: Final = "RSPLAB_MASTER_KEY"
KEY_OCTETS: Final = 32
MAGIC: Final = b"\xd1rsplab\x01"
_ID_OCTETS, _NONCE_OCTETS = 4, 12
_HEADER_OCTETS = len(MAGIC) + _ID_OCTETS


class SecretError(LabError):
    """A sealed value can't be opened: wrong key, wrong place, or damaged."""


class Keyring:
    """The master keys: the first one seals, all of them open."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        if not keys or any(len(key) != KEY_OCTETS for key in keys):
            raise SecretError(f"a master key has {KEY_OCTETS} octets", "make one with: rsplab secrets rotate")
        self.keys = tuple(keys)
        self._ciphers = {key_id(key): AESGCM(key) for key in keys}
        self._header = MAGIC + key_id(keys[0])

    def seal(self, secret: bytes, place: str) -> bytes:
        """The secret, encrypted for this place."""
        nonce = os.urandom(_NONCE_OCTETS)
        cipher = self._ciphers[self._header[len(MAGIC) :]]
        return self._header + nonce + cipher.encrypt(nonce, secret, self._header + place.encode())

    def open(self, sealed: bytes, place: str) -> bytes:
        """What was sealed for this place; SecretError if it was not, or not under one of these keys."""
        header, nonce = sealed[:_HEADER_OCTETS], sealed[_HEADER_OCTETS : _HEADER_OCTETS + _NONCE_OCTETS]
        cipher = self._ciphers.get(header[len(MAGIC) :])
        if not is_sealed(sealed) or cipher is None:
            raise SecretError(
                f"{place} is not sealed under a master key that is here",
                f"restore the master key (the file master.key, or {ENVIRONMENT})",
            )
        try:
            return cipher.decrypt(nonce, sealed[_HEADER_OCTETS + _NONCE_OCTETS :], header + place.encode())
        except (InvalidTag, ValueError):
            raise SecretError(f"{place} was changed after it was sealed", "restore it from a backup") from None

    def is_current(self, sealed: bytes) -> bool:
        """Whether it is sealed under the first key."""
        return sealed[:_HEADER_OCTETS] == self._header


def is_sealed(value: bytes) -> bool:
    """Whether this looks like a sealed value."""
    return value[: len(MAGIC)] == MAGIC


def key_id(key: bytes) -> bytes:
    """Names a key without telling anything about it."""
    return sha256(b"rsplab master key id" + key).digest()[:_ID_OCTETS]


def new_key() -> bytes:
    """A fresh master key."""
    return os.urandom(KEY_OCTETS)


def read_keys(text: str, where: str) -> list[bytes]:
    """Keys in base64, separated by blanks, commas or new lines; lines that begin with # are comments."""
    lines = (line for line in text.splitlines() if not line.lstrip().startswith("#"))
    try:
        return [base64.b64decode(word, validate=True) for word in re.split(r"[\s,]+", "\n".join(lines)) if word]
    except (binascii.Error, ValueError):
        raise SecretError(f"{where}: not base64", f"give {KEY_OCTETS} octets in base64") from None


def load_keyring(path: Path) -> Keyring:
    """The keys of RSPLAB_MASTER_KEY, else of the file; LabError if there is none, or if others may read it."""
    if text := os.environ.get(ENVIRONMENT):
        return Keyring(read_keys(text, ENVIRONMENT))
    try:
        if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise SecretError(f"{path} can be read by others", f"run: chmod 600 {path}")
        return Keyring(read_keys(path.read_text("ascii"), str(path)))
    except FileNotFoundError:
        raise SecretError(
            f"the master key {path} is missing",
            f"restore it, or give it in {ENVIRONMENT}: nothing opens without it; a lab that never had one has to "
            "be made anew: rsplab init --force",
        ) from None


def make_keyring(path: Path) -> None:
    """A first master key for a new lab, unless RSPLAB_MASTER_KEY has one."""
    if not os.environ.get(ENVIRONMENT):
        write_keys(path, [new_key()])


def refuse_environment() -> None:
    """LabError if the keys come from the environment, where nothing can be written."""
    if os.environ.get(ENVIRONMENT):
        raise SecretError(
            f"the master key comes from {ENVIRONMENT}",
            f"put a new key first in {ENVIRONMENT}, run rsplab secrets reseal, then take the old one out",
        )


def write_keys(path: Path, keys: Sequence[bytes]) -> None:
    """Replace the file, all at once, readable by its owner only."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.unlink(missing_ok=True)
    _write_new(temporary, keys)
    temporary.replace(path)


def _write_new(path: Path, keys: Sequence[bytes]) -> None:
    text = "# Master keys of this lab: the first one encrypts, the others still decrypt.\n"
    text += "".join(base64.b64encode(key).decode() + "\n" for key in keys)
    with open(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="ascii") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
