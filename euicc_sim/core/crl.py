"""LoadCRL: certificate revocation lists of the CIs, in parts and as deltas, and who is on them.

Spec: SGP.22 v2.5 sections 4.6 and 5.7.12
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtensionOID

from euicc_sim.core.elements import integer
from euicc_sim.core.store import CRLS, Store
from euicc_sim.core.trust import UNREADABLE, signed_by
from wire.errors import DecodeError
from wire.es10 import LoadCRLResponseError
from wire.tlv import Tlv, parse, tlv

TOTAL_PARTIAL_CRL_NUMBER = "2.23.146.1.2.0.2"
PARTIAL_CRL_NUMBER = "2.23.146.1.2.0.3"
MAX_PARTS = 1000


class CrlRefused(Exception):
    """LoadCRL's error."""

    def __init__(self, error: LoadCRLResponseError, reason: str) -> None:
        super().__init__(reason)
        self.error = error
        self.reason = reason


@dataclass(frozen=True, slots=True)
class RevocationList:
    """What the card keeps of a CI's list: its CRLNumber, how many parts it has, serial numbers by part."""

    number: int
    total: int = 1
    parts: Mapping[int, frozenset[int]] = field(default_factory=dict)

    def encode(self) -> bytes:
        """As kept (JSON, serial numbers in hex)."""
        parts = {str(part): sorted(f"{serial:x}" for serial in serials) for part, serials in self.parts.items()}
        return json.dumps({"number": self.number, "total": self.total, "parts": parts}).encode()

    @classmethod
    def decode(cls, raw: bytes) -> "RevocationList":
        """From `encode`."""
        value = json.loads(raw)
        parts = {
            int(part): frozenset(int(serial, 16) for serial in serials) for part, serials in value["parts"].items()
        }
        return cls(value["number"], value["total"], parts)

    @property
    def missing_parts(self) -> list[int]:
        """The numbers of the parts that have not been loaded yet."""
        return [part for part in range(1, self.total + 1) if part not in self.parts]

    @property
    def serials(self) -> frozenset[int]:
        """All serial numbers on the list as far as it is loaded."""
        return frozenset().union(*self.parts.values())


def key_of(ci_pkid: bytes) -> str:
    """Where a CI's list is kept."""
    return CRLS + ci_pkid.hex()


def stored_list(store: Store, ci_pkid: bytes) -> RevocationList | None:
    """The CI's list, if one was loaded."""
    raw = store.nvm.get(key_of(ci_pkid))
    return None if raw is None else RevocationList.decode(raw)


def revoked_serials(store: Store, ci_pkid: bytes) -> frozenset[int]:
    """The serial numbers that the CI has revoked, as far as the card knows."""
    stored = stored_list(store, ci_pkid)
    return stored.serials if stored else frozenset()


def judge_crl(
    crl: Tlv, anchors: Mapping[bytes, ec.EllipticCurvePublicKey], store: Store
) -> tuple[bytes, RevocationList]:
    """(CI PKId, the list to keep) for the crl member of a LoadCRLRequest; CrlRefused.

    The member's tag A0 stands in place of the SEQUENCE tag of CertificateList (AUTOMATIC TAGS).
    """
    try:
        return _judge(x509.load_der_x509_crl(tlv(0x30, crl.value)), anchors, store)
    except (*UNREADABLE, DecodeError, TypeError) as error:
        raise CrlRefused(LoadCRLResponseError.invalidCRLFormat, f"not a well-formed CRL: {error}") from error


def _judge(
    crl: x509.CertificateRevocationList, anchors: Mapping[bytes, ec.EllipticCurvePublicKey], store: Store
) -> tuple[bytes, RevocationList]:
    extensions = {extension.oid.dotted_string: extension.value for extension in crl.extensions}
    authority = extensions.get(ExtensionOID.AUTHORITY_KEY_IDENTIFIER.dotted_string)
    ci_pkid = authority.key_identifier if isinstance(authority, x509.AuthorityKeyIdentifier) else None
    if ci_pkid is None or ci_pkid not in anchors:
        raise CrlRefused(LoadCRLResponseError.verificationKeyNotFound, "no CI that the card knows issued the list")
    if not signed_by(crl, crl.tbs_certlist_bytes, anchors[ci_pkid]):
        raise CrlRefused(LoadCRLResponseError.invalidSignature, "the CI's signature does not verify")
    crl_number = extensions.get(ExtensionOID.CRL_NUMBER.dotted_string)
    if not isinstance(crl_number, x509.CRLNumber):
        raise CrlRefused(LoadCRLResponseError.invalidCRLFormat, "the list has no CRLNumber")
    stored = stored_list(store, ci_pkid)
    if stored and crl_number.crl_number < stored.number:
        raise CrlRefused(LoadCRLResponseError.fresherCrlAlreadyLoaded, f"list {stored.number} is loaded")
    delta = extensions.get(ExtensionOID.DELTA_CRL_INDICATOR.dotted_string)
    if isinstance(delta, x509.DeltaCRLIndicator):
        return ci_pkid, _apply_delta(crl, crl_number.crl_number, delta.crl_number, stored)
    total, part = _partition(extensions)
    parts = dict(stored.parts) if stored and (stored.number, stored.total) == (crl_number.crl_number, total) else {}
    parts[part] = frozenset(entry.serial_number for entry in crl)
    return ci_pkid, RevocationList(crl_number.crl_number, total, parts)


def _apply_delta(
    crl: x509.CertificateRevocationList, crl_number: int, base_number: int, stored: RevocationList | None
) -> RevocationList:
    if stored is None or stored.number < base_number or stored.missing_parts:
        raise CrlRefused(LoadCRLResponseError.baseCrlMissing, f"the complete list {base_number} is not loaded")
    serials = set(stored.serials)
    for entry in crl:
        (serials.discard if _is_removal(entry) else serials.add)(entry.serial_number)
    return RevocationList(crl_number, 1, {1: frozenset(serials)})


def _is_removal(entry: x509.RevokedCertificate) -> bool:
    try:
        reason = entry.extensions.get_extension_for_class(x509.CRLReason).value.reason
    except x509.ExtensionNotFound:
        return False
    return reason is x509.ReasonFlags.remove_from_crl


def _partition(extensions: Mapping[str, x509.ExtensionType]) -> tuple[int, int]:
    """(number of parts, number of this part); a list that isn't divided is part 1 of 1."""
    total = _integer_extension(extensions, TOTAL_PARTIAL_CRL_NUMBER)
    part = _integer_extension(extensions, PARTIAL_CRL_NUMBER)
    if (total is None) != (part is None):
        raise ValueError("the numbers of a partial list come together")
    if total is None or part is None:
        return 1, 1
    if not 1 <= part <= total <= MAX_PARTS:
        raise ValueError(f"part {part} of {total}")
    return total, part


def _integer_extension(extensions: Mapping[str, x509.ExtensionType], oid: str) -> int | None:
    extension = extensions.get(oid)
    if not isinstance(extension, x509.UnrecognizedExtension):
        return None
    return integer(parse(extension.value, 0x02))
