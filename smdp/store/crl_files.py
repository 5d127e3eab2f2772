"""CRLs in files: read when they appear or change.

Spec: SGP.22 v2.5 section 4.6 (revocation).
"""

import logging
from collections.abc import Iterator
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from smdp.core.trust import TrustStore

_log = logging.getLogger("rsplab.smdp")


class CrlFiles:
    """A file with a CRL, or a directory of `*.crl` and `*.pem` (DER or PEM), and the trust store that goes by them."""

    def __init__(self, path: Path, trust: TrustStore) -> None:
        self._path, self._trust = path, trust
        self._seen: dict[Path, tuple[int, int]] = {}

    def refresh(self) -> bool:
        """Bring the trust store up to date if a file has come, gone or changed; True if so.

        A file that is no CRL of a trusted CI is left out, and said so.
        """
        now = {path: _fingerprint(path) for path in self._files()}
        if now == self._seen:
            return False
        self._seen = now
        self._trust.replace_crls(list(self._readable(now)))
        return True

    def _files(self) -> list[Path]:
        if self._path.is_file():
            return [self._path]
        return sorted(path for path in self._path.glob("*") if path.suffix in (".crl", ".pem") and path.is_file())

    def _readable(self, paths: dict[Path, tuple[int, int]]) -> Iterator[bytes]:
        for path in paths:
            try:
                der = _der(path.read_bytes())
                self._trust.read_crl(der)
            except (OSError, ValueError) as error:
                _log.warning("%s is not used: %s", path, error)
            else:
                yield der


def _fingerprint(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_mtime_ns, status.st_size


def _der(content: bytes) -> bytes:
    if content.startswith(b"-----BEGIN"):
        return x509.load_pem_x509_crl(content).public_bytes(Encoding.DER)
    return content
