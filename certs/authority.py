"""Who issues and what is issued: certificates with their private keys."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from hashlib import sha256
from ssl import DER_cert_to_PEM_cert
from typing import Final

from certs import keys, x509
from certs.errors import PkiError
from certs.keys import PrivateKey
from certs.x509 import Template
from wire.ports import Entropy

SERIAL_OCTETS: Final = 8


@dataclass(frozen=True)
class _Certified:
    """What has a certificate (DER)."""

    certificate: bytes

    @cached_property
    def fields(self) -> x509.Fields:
        return x509.read(self.certificate)

    @property
    def ski(self) -> bytes:
        """SubjectKeyIdentifier; of a CI this is the CI PKId."""
        return self.fields.ski

    @property
    def fingerprint(self) -> bytes:
        """SHA-256 of the certificate."""
        return sha256(self.certificate).digest()

    @property
    def certificate_pem(self) -> bytes:
        return pem(self.certificate)


@dataclass(frozen=True)
class Credential(_Certified):
    """A certificate, its private key, and the certificates between it and the root.

    certificate: DER. chain: DER, nearest issuer first, without the root; empty where the root itself issued.
    """

    key: PrivateKey = field(repr=False)
    chain: tuple[bytes, ...] = ()

    @property
    def curve(self) -> str:
        """ "NIST" or "BRP"."""
        return keys.curve_of(self.key)

    @property
    def chain_pem(self) -> bytes:
        """The certificate and its chain, as TLS servers want them."""
        return b"".join(pem(one) for one in (self.certificate, *self.chain))

    @property
    def key_pem(self) -> bytes:
        """PKCS #8, not encrypted."""
        return keys.private_pem(self.key)


@dataclass(frozen=True)
class Authority(_Certified):
    """A CI, EUM or subCA: its certificate and, where the PKI has it, its private key.

    chain: as in Credential: the certificates between this one and the root.
    """

    key: PrivateKey | None = field(repr=False)
    chain: tuple[bytes, ...] = ()

    @cached_property
    def curve(self) -> str:
        """ "NIST" or "BRP"."""
        return keys.curve_of_info(self.fields.spki)

    @property
    def is_root(self) -> bool:
        return self.fields.subject == self.fields.issuer

    @property
    def names(self) -> Mapping[str, str]:
        """The subject's attributes: C, O, OU, CN."""
        return dict(x509.name_attributes(self.fields.subject))

    @property
    def permitted(self) -> tuple[tuple[str, str], ...]:
        """The (O, EID prefix) pairs of an EUM's name constraints; empty where it has none."""
        constraints = self.fields.extension(x509.NAME_CONSTRAINTS)
        return x509.organisation_prefixes(constraints) if constraints else ()

    def require_key(self) -> PrivateKey:
        """The private key; PkiError where this PKI came without it."""
        if self.key is None:
            subject = ", ".join(f"{kind}={text}" for kind, text in self.names.items())
            raise PkiError(
                f"this PKI lacks the private key of {subject} ({self.curve}): nothing can be issued under it"
            )
        return self.key

    def issue(
        self,
        template: Template,
        *,
        not_before: datetime,
        entropy: Entropy,
        key: PrivateKey | None = None,
    ) -> Credential:
        """Certify a new key on this authority's curve, or the key given."""
        signing_key = self.require_key()
        subject_key = key or keys.new_key(self.curve, entropy)
        tbs = x509.to_be_signed(
            template,
            serial=new_serial(entropy),
            issuer=self.fields.subject,
            issuer_ski=self.ski,
            not_before=not_before,
            not_after=not_before + timedelta(days=template.days),
            spki=keys.public_key_info(subject_key),
        )
        above = () if self.is_root else (self.certificate, *self.chain)
        return Credential(x509.signed(tbs, signing_key), subject_key, above)


def self_signed(template: Template, curve: str, *, not_before: datetime, entropy: Entropy) -> Authority:
    """A root of trust with a new key."""
    key = keys.new_key(curve, entropy)
    spki = keys.public_key_info(key)
    tbs = x509.to_be_signed(
        template,
        serial=new_serial(entropy),
        issuer=template.subject,
        issuer_ski=keys.key_identifier(spki),
        not_before=not_before,
        not_after=not_before + timedelta(days=template.days),
        spki=spki,
    )
    return Authority(x509.signed(tbs, key), key)


def authority(credential: Credential) -> Authority:
    """The same certificate and key in the role of an issuer."""
    return Authority(credential.certificate, credential.key, credential.chain)


def new_serial(entropy: Entropy) -> int:
    """A positive serial number of eight octets (SGP.22 allows up to 20, RFC 5280 wants it unpredictable)."""
    return int.from_bytes(entropy.octets(SERIAL_OCTETS), "big") >> 1 | 1


def pem(certificate: bytes) -> bytes:
    return DER_cert_to_PEM_cert(certificate).encode()
