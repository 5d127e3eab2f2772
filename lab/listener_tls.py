"""A listener's own TLS certificate, from files: for names, variants and issuers that the lab's PKI doesn't have."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from lab.errors import LabError


@dataclass(frozen=True, slots=True)
class OwnTls:
    """What a TLS context is made of: certificates up to the CI, which may be left out, and the private key; PEM."""

    chain_pem: bytes
    key_pem: bytes


def own_tls(certificate: Path, key: Path) -> OwnTls:
    """Read both files; LabError names the one that is wrong."""
    chain = _read(certificate, "certificate", x509.load_pem_x509_certificates)
    return OwnTls(chain, _read(key, "private key", lambda pem: load_pem_private_key(pem, None)))


def _read(path: Path, what: str, load: Callable[[bytes], object]) -> bytes:
    try:
        pem = path.read_bytes()
        load(pem)
    except OSError as error:
        raise LabError(f"{path}: {error.strerror}", f"name a file with the listener's {what} in PEM") from None
    except (ValueError, TypeError) as error:
        raise LabError(f"{path} is no {what}: {error}", "give it in PEM, a private key without passphrase") from None
    return pem
