"""Certificate revocation lists signed by a CI, whole or in parts.

Spec: RFC 5280 section 5; SGP.22 v2.5 section 4.5.2.1 (expirationDate of an entry, partial CRLs for the eUICC).
Not verified against SGP.22: that its own extensions are not critical.
"""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple, Self

from certs import x509
from certs.authority import Authority
from certs.x509 import Extension, integer, time
from wire.tlv import tlv

CRL_NUMBER: Final = "2.5.29.20"
REASON_CODE: Final = "2.5.29.21"
EXPIRATION_DATE: Final = "2.23.146.1.2.0.1"
TOTAL_PARTIAL_CRL_NUMBER: Final = "2.23.146.1.2.0.2"
PARTIAL_CRL_NUMBER: Final = "2.23.146.1.2.0.3"
KEY_COMPROMISE: Final = 1


class Revoked(NamedTuple):
    """One entry: the certificate's serial number, when it was revoked, when it would have expired, why."""

    serial: int
    revoked_at: datetime
    expires_at: datetime | None = None
    reason: int | None = None

    @classmethod
    def of(cls, certificate: bytes, revoked_at: datetime, reason: int | None = KEY_COMPROMISE) -> Self:
        """The entry for a certificate."""
        fields = x509.read(certificate)
        return cls(fields.serial, revoked_at, fields.not_after, reason)

    @property
    def der(self) -> bytes:
        extensions = []
        if self.reason is not None:
            extensions.append(Extension(REASON_CODE, False, tlv(0x0A, bytes((self.reason,)))))
        if self.expires_at is not None:
            extensions.append(Extension(EXPIRATION_DATE, False, time(self.expires_at)))
        block = tlv(0x30, *(one.der for one in extensions)) if extensions else b""
        return tlv(0x30, integer(self.serial), time(self.revoked_at), block)


def issue_crl(
    ci: Authority,
    revoked: Sequence[Revoked],
    *,
    number: int,
    this_update: datetime,
    next_update: datetime,
    part: tuple[int, int] | None = None,
) -> bytes:
    """CertificateList, DER. `part` = (which part, of how many), counted from 1; None: not segmented."""
    extensions = [
        Extension(x509.AKI, False, tlv(0x30, tlv(0x80, ci.ski))),
        Extension(CRL_NUMBER, False, integer(number)),
    ]
    if part is not None:
        extensions.append(Extension(TOTAL_PARTIAL_CRL_NUMBER, False, integer(part[1])))
        extensions.append(Extension(PARTIAL_CRL_NUMBER, False, integer(part[0])))
    tbs = tlv(
        0x30,
        integer(1),
        x509.ECDSA_WITH_SHA256,
        ci.fields.subject,
        time(this_update),
        time(next_update),
        tlv(0x30, *(entry.der for entry in revoked)) if revoked else b"",
        tlv(0xA0, tlv(0x30, *(extension.der for extension in extensions))),
    )
    return x509.signed(tbs, ci.require_key())


def issue_segmented_crl(
    ci: Authority,
    revoked: Sequence[Revoked],
    *,
    number: int,
    this_update: datetime,
    next_update: datetime,
    entries_per_part: int,
) -> tuple[bytes, ...]:
    """The same list in parts small enough for an eUICC (SegmentedCrlList)."""
    slices = [revoked[start : start + entries_per_part] for start in range(0, len(revoked), entries_per_part)] or [()]
    return tuple(
        issue_crl(
            ci, entries, number=number, this_update=this_update, next_update=next_update, part=(index, len(slices))
        )
        for index, entries in enumerate(slices, 1)
    )


def write_crl(directory: Path, ci: Authority, crl: bytes) -> Path:
    """Write a CRL as CRL_CI_ECDSA_<curve>.crl (DER) into the directory; returns its path."""
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"CRL_CI_ECDSA_{ci.curve}.crl"
    path.write_bytes(crl)
    return path
