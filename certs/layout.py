"""SGP.26's directories and file names: reading what is there, writing what we hold.

CertificateIssuer/CERT_CI_ECDSA_NIST.der   SK_CI_ECDSA_NIST.pem
EUM/CERT_EUM_ECDSA_NIST.der                SK_EUM_...   PK_EUM_...
eUICC/CERT_EUICC_ECDSA_NIST.der            SK_EUICC_... PK_EUICC_...
DPauth/CERT_S_SM_DPauth_ECDSA_NIST.der     DP2auth, ... for further SM-DP+; DPpb and DSauth alike
DPtls/CERT_S_SM_DP_VARO_TLS_NIST.der       SK_S_SM_DP_TLS_NIST.pem; CERT_S_SM_DP2_TLS.der is NIST; DStls alike
MNO/CERT_MNO_ECDSA_NIST.der                CERT_MNO_<operator>_ECDSA_NIST.der (ours: SGP.26 has no such role)
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from certs import keys, x509
from certs.authority import pem
from certs.errors import PkiError
from certs.keys import PrivateKey
from certs.roles import Role
from wire.errors import DecodeError
from wire.ports import Vault

_CURVE: Final = r"(?:_(?P<curve>NIST|BRP))?"
_CERTIFICATE_NAMES: Final = {
    Role.CI: r"CI_ECDSA",
    Role.EUM: r"EUM_ECDSA",
    Role.EUICC: r"EUICC_ECDSA",
    Role.DP_AUTH: r"S_SM_DP(?P<label>\d*)auth_ECDSA",
    Role.DP_PB: r"S_SM_DP(?P<label>\d*)pb_ECDSA",
    Role.DP_TLS: r"S_SM_DP(?P<label>\d*)(?:_VARO)?_TLS",
    Role.DS_AUTH: r"S_SM_DS(?P<label>\d*)auth_ECDSA",
    Role.DS_TLS: r"S_SM_DS(?P<label>\d*)(?:_VARO)?_TLS",
    Role.MNO: r"MNO(?:_(?P<label>[A-Za-z0-9.-]+))?_ECDSA",
}
_KEY_OPTIONAL: Final = {Role.CI, Role.EUM}
_LABEL: Final = re.compile(r"[A-Za-z0-9.-]+")


class Entry(NamedTuple):
    """One certificate of the directory with the private key that belongs to it."""

    path: Path
    role: Role
    curve: str
    label: str
    certificate: bytes
    key: PrivateKey | None


def read(directory: Path, vault: Vault | None = None) -> Iterator[Entry]:
    """Every certificate of variant O in the directory, roles in the order CI, EUM, eUICC, servers.

    vault: opens the files of private keys.

    Keys are found by public key, not by name: the editions of SGP.26 name them differently. Files of other names
    (variants A to C, PEM copies) are left alone.
    """
    issuers = directory / Role.CI
    if not issuers.is_dir():
        raise PkiError(f"{issuers} is missing: {directory} does not hold a PKI in the layout of SGP.26")
    for role, pattern in _CERTIFICATE_NAMES.items():
        folder = directory / role
        found = False
        private_keys = _private_keys(folder, vault)
        for path in sorted(folder.glob("CERT_*.der")):
            match = re.fullmatch(f"CERT_{pattern}{_CURVE}", path.stem)
            if match is None:
                continue
            found = True
            yield _entry(role, path, match.groupdict(), private_keys)
        if not found and role is Role.CI:
            raise PkiError(f"{folder} holds no CERT_CI_ECDSA_NIST.der or CERT_CI_ECDSA_BRP.der: there is no root")


def _entry(role: Role, path: Path, words: dict[str, str | None], private_keys: dict[bytes, PrivateKey]) -> Entry:
    certificate = path.read_bytes()
    try:
        spki = x509.read(certificate).spki
        curve = keys.curve_of_info(spki)
    except (DecodeError, ValueError, PkiError) as error:
        raise PkiError(f"{path} is not a certificate on a curve of SGP.22: {error}") from None
    if words["curve"] not in (None, curve):
        raise PkiError(f"{path} says {words['curve']} in its name but its key is on {curve}; rename or replace it")
    key = private_keys.get(spki)
    if key is None and role not in _KEY_OPTIONAL:
        raise PkiError(f"{path}: no SK_*.pem beside it holds its private key; add it or remove the certificate")
    return Entry(path, role, curve, words.get("label") or "", certificate, key)


def _private_keys(folder: Path, vault: Vault | None) -> dict[bytes, PrivateKey]:
    found = {}
    for path in sorted(folder.glob("SK_*.pem")):
        content = path.read_bytes() if vault is None else vault.open(path.read_bytes(), _place(path))
        try:
            key = keys.read_private_pem(content)
        except PkiError as error:
            raise PkiError(f"{path}: {error}") from None
        found[keys.public_key_info(key)] = key
    return found


def check_label(label: str) -> None:
    """PkiError if a label cannot stand in a file name."""
    if not _LABEL.fullmatch(label):
        raise PkiError(f"{label!r} cannot stand in a file name: letters, digits, dot and hyphen only")


def write(
    directory: Path,
    role: Role,
    curve: str,
    label: str,
    certificate: bytes,
    key: PrivateKey | None,
    vault: Vault | None = None,
) -> None:
    """Write CERT_, SK_ and PK_ of one entry; the CI's certificate as PEM too, as SGP.26 has it.

    vault: seals the file of the private key.
    """
    folder = directory / role
    folder.mkdir(parents=True, exist_ok=True)
    certificate_name, key_name = _names(role, curve, label)
    (folder / f"CERT_{certificate_name}.der").write_bytes(certificate)
    if role is Role.CI:
        (folder / f"CERT_{certificate_name}.pem").write_bytes(pem(certificate))
    if key is None:
        return
    (folder / f"PK_{key_name}.pem").write_bytes(keys.public_pem(key))
    path = folder / f"SK_{key_name}.pem"
    content = keys.private_pem(key)
    _write_secret(path, content if vault is None else vault.seal(content, _place(path)))


def _place(path: Path) -> str:
    """What a key file holds, wherever the directory is."""
    return f"{path.parent.name}/{path.name}"


def _names(role: Role, curve: str, label: str) -> tuple[str, str]:
    match role:
        case Role.CI | Role.EUM | Role.EUICC:
            name = f"{role.name}_ECDSA_{curve}"
        case Role.DP_AUTH | Role.DP_PB | Role.DS_AUTH:
            name = f"S_SM_{role[:2]}{label}{role[2:]}_ECDSA_{curve}"
        case Role.DP_TLS | Role.DS_TLS:
            key_name = f"S_SM_{role[:2]}{label}_TLS_{curve}"
            if not label:
                return f"S_SM_{role[:2]}_VARO_TLS_{curve}", key_name
            return (f"S_SM_{role[:2]}{label}_TLS" if curve == "NIST" else key_name), key_name
        case Role.MNO:
            name = "_".join(filter(None, ("MNO", label, "ECDSA", curve)))
    return name, name


def _write_secret(path: Path, content: bytes) -> None:
    path.unlink(missing_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
