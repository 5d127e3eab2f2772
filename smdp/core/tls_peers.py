"""What is judged of a TLS peer's certificate besides what TLS itself judges.

Spec: SGP.22 v2.5 sections 2.6.5 (TLS), 4.5.2.2 (TLS certificates), 4.6 (revocation)
"""

from cryptography import x509
from cryptography.exceptions import InvalidSignature


def is_issuer_of(issuer: bytes, certificate: bytes) -> bool:
    """True if `issuer` is the certificate of a CA and has signed `certificate`; both DER."""
    ca, peer = _read(issuer), _read(certificate)
    if ca is None or peer is None:
        return False
    try:
        if not ca.extensions.get_extension_for_class(x509.BasicConstraints).value.ca:
            return False
        peer.verify_directly_issued_by(ca)
    except (x509.ExtensionNotFound, InvalidSignature, ValueError, TypeError):
        return False
    return True


def serial_and_issuer(certificate: bytes) -> tuple[int, bytes]:
    """Serial number and authorityKeyIdentifier, by which a CRL is looked up; (0, b"") if there are none."""
    peer = _read(certificate)
    if peer is None:
        return 0, b""
    try:
        authority = peer.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
    except (x509.ExtensionNotFound, ValueError):
        return 0, b""
    return peer.serial_number, authority.key_identifier or b""


def _read(der: bytes) -> x509.Certificate | None:
    try:
        return x509.load_der_x509_certificate(der)
    except ValueError:
        return None
