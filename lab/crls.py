"""The lab's certificate revocation lists: made by its own CIs, and read from files."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from cryptography import x509 as reader
from cryptography.hazmat.primitives.serialization import Encoding

from certs import x509
from certs.crl import Revoked, issue_crl
from certs.errors import PkiError
from certs.pki import Pki
from lab.directory import Lab
from lab.errors import LabError
from wire.errors import DecodeError


def revoke(lab: Lab, pki: Pki, certificates: Sequence[Path], days: int) -> list[Path]:
    """Let each CI issue a CRL that lists its own among these certificates, beside what its CRL here lists already."""
    now = lab.clock.now()
    listed: dict[str, list[Revoked]] = {curve: [] for curve in pki.curves}
    for path in certificates:
        der = _read_certificate(path)
        curves = [curve for curve in pki.curves if pki.ci(curve).ski == x509.read(der).aki]
        if not curves:
            raise LabError(f"{path} was not issued by a CI of this lab", "rsplab certs show lists what is")
        listed[curves[0]].append(Revoked.of(der, now))
    lab.crls_path.mkdir(exist_ok=True)
    written = []
    for curve, revoked in listed.items():
        path = lab.crls_path / f"{curve}.crl"
        known, number = _known(path)
        new = [one for one in revoked if one.serial not in {old.serial for old in known}]
        try:
            crl = issue_crl(
                pki.ci(curve),
                [*known, *new],
                number=number + 1,
                this_update=now,
                next_update=now + timedelta(days=days),
            )
        except PkiError as error:
            raise LabError(f"the {curve} CI: {error}", "only a CI whose private key is here can revoke") from None
        path.write_bytes(crl)
        written.append(path)
    return written


def read_crl(path: Path) -> bytes:
    """A CRL in DER, from DER or PEM; LabError if the file holds none."""
    try:
        content = path.read_bytes()
        if content.startswith(b"-----BEGIN"):
            return reader.load_pem_x509_crl(content).public_bytes(Encoding.DER)
        reader.load_der_x509_crl(content)
    except OSError as error:
        raise LabError(f"{path}: {error.strerror}", "name a file with a CRL") from None
    except ValueError as error:
        raise LabError(f"{path} is no CRL: {error}", "give it in DER or PEM") from None
    return content


def _known(path: Path) -> tuple[list[Revoked], int]:
    """What the CRL in this file lists, and its number."""
    if not path.is_file():
        return [], 0
    crl = reader.load_der_x509_crl(read_crl(path))
    entries = [Revoked(entry.serial_number, entry.revocation_date_utc) for entry in crl]
    return entries, crl.extensions.get_extension_for_class(reader.CRLNumber).value.crl_number


def _read_certificate(path: Path) -> bytes:
    try:
        content = path.read_bytes()
        if content.startswith(b"-----BEGIN"):
            content = reader.load_pem_x509_certificate(content).public_bytes(Encoding.DER)
        x509.read(content)
    except OSError as error:
        raise LabError(f"{path}: {error.strerror}", "name a file with a certificate") from None
    except (DecodeError, ValueError) as error:
        raise LabError(f"{path} is no certificate: {error}", "give it in DER or PEM") from None
    return content
