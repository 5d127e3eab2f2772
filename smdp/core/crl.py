"""What a CI has revoked. Spec: SGP.22 v2.5 section 4.5.2.1.3 (CRL), 4.6."""

from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import SignatureAlgorithmOID

from smdp.core.certificates import SHA256_ECDSA


class Crl:
    """One CRL, or several parts of one: serial numbers and the time until which they are current."""

    def __init__(self, der: bytes) -> None:
        """Read one; ValueError if `der` isn't a CRL with an authorityKeyIdentifier."""
        crl = x509.load_der_x509_crl(der)
        try:
            authority = crl.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
        except x509.ExtensionNotFound as error:
            raise ValueError("the CRL names no issuer key") from error
        self.issuer_key_id = authority or b""
        self._crl = crl
        self._serials = frozenset(entry.serial_number for entry in crl)
        self._next_update = crl.next_update_utc

    def signed_by(self, key: ec.EllipticCurvePublicKey) -> bool:
        """True if `key` signed it, with ecdsa-with-SHA256."""
        if self._crl.signature_algorithm_oid != SignatureAlgorithmOID.ECDSA_WITH_SHA256:
            return False
        try:
            key.verify(self._crl.signature, self._crl.tbs_certlist_bytes, SHA256_ECDSA)
        except InvalidSignature:
            return False
        return True

    def merged(self, other: "Crl") -> "Crl":
        """Both together: segments of one CI's CRL, or its next issue."""
        both = Crl.__new__(Crl)
        both.issuer_key_id, both._crl = self.issuer_key_id, other._crl
        both._serials = self._serials | other._serials
        updates = [update for update in (self._next_update, other._next_update) if update is not None]
        both._next_update = max(updates) if updates else None
        return both

    def revokes(self, serial: int) -> bool:
        """True if this serial number is listed; a revocation outlives the CRL that announced it."""
        return serial in self._serials

    def current_at(self, now: datetime) -> bool:
        """True before nextUpdate."""
        return self._next_update is None or now < self._next_update
