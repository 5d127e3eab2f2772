"""What the agent needs from certificates, sliced from their DER: OID and role of a server, extensions, public key.

Whether the certificate is genuine is the card's judgement (AuthenticateServer), not the agent's.
Spec: SGP.22 v2.5 section 4.5.2.1
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

from wire.ids import decode_oid
from wire.tlv import Tlv, parse

SUBJECT_ALT_NAME = "2.5.29.17"
CERTIFICATE_POLICIES = "2.5.29.32"
ROLE_DS_AUTH = frozenset({"2.23.146.1.2.1.7", "2.23.146.1.2.1.0.0.2.1"})


@dataclass(frozen=True, slots=True)
class ServerCertificate:
    """`oid`: the registeredID of subjectAltName, "" where there is none; `policies`: the policy OIDs."""

    oid: str
    policies: frozenset[str]

    @classmethod
    def read(cls, der: bytes) -> Self:
        """From a certificate; ValueError if it is none."""
        oid, policies = "", frozenset[str]()
        for identifier, value in extensions(parse(der, 0x30)):
            if identifier == SUBJECT_ALT_NAME:
                registered = parse(value, 0x30).find(0x88)
                oid = decode_oid(registered.value) if registered else ""
            elif identifier == CERTIFICATE_POLICIES:
                policies = frozenset(decode_oid(item.at(0, 0x06).value) for item in parse(value, 0x30).children)
        return cls(oid, policies)

    @property
    def is_smds(self) -> bool:
        """True for CERT.DSauth."""
        return bool(self.policies & ROLE_DS_AUTH)


def public_key_info(certificate: bytes) -> bytes:
    """SubjectPublicKeyInfo of a certificate, as it stands in its DER."""
    to_be_signed = parse(certificate, 0x30).at(0, 0x30).children
    return to_be_signed[6 if to_be_signed[0].tag == 0xA0 else 5].raw


def extensions(certificate: Tlv) -> Iterator[tuple[str, bytes]]:
    """Each extension's OID and content."""
    holder = certificate.at(0, 0x30).find(0xA3)
    for extension in holder.child(0x30).children if holder else ():
        yield decode_oid(extension.at(0, 0x06).value), extension.child(0x04).value
