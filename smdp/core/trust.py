"""The server's own judgement of eUICC certificate chains.

Spec: SGP.22 v2.5 section 4.5.2 (profiles and verification), SGP.22 v3 certificate variants O, Ov3, A, B, C.
Each certificate is verified by itself: X.509 path validators reject these PKIs (a name constraint that is an EID
prefix, validity ending in the year 7496).
"""

from collections.abc import Iterable
from datetime import datetime
from enum import Enum
from typing import TypeVar

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec

from smdp.core import certificates, tls_peers
from smdp.core.certificates import SHA256_ECDSA, Certificate, Role
from smdp.core.crl import Crl

T = TypeVar("T")


class Fault(Enum):
    """Which of the server's status codes a chain earns."""

    CI_UNKNOWN = "8.11.1/3.9"
    EUM_INVALID = "8.1.2/6.1"
    EUM_EXPIRED = "8.1.2/6.3"
    EUICC_INVALID = "8.1.3/6.1"
    EUICC_EXPIRED = "8.1.3/6.3"


class ChainRefused(Exception):
    """The chain isn't trusted: which status code, and why in words."""

    def __init__(self, fault: Fault, why: str) -> None:
        super().__init__(why)
        self.fault = fault


class Euicc:
    """An eUICC whose chain was verified."""

    __slots__ = ("certificate", "eid", "public_key")

    def __init__(self, certificate: Certificate) -> None:
        self.certificate = certificate
        self.eid = certificate.serial_number
        self.public_key = certificate.public_key


class TrustStore:
    """CI certificates by their SubjectKeyIdentifier, with what has been revoked under them.

    crl_required: refuse an EUM whose CI has no current CRL here.
    """

    def __init__(
        self, ci_certificates: Iterable[bytes], crls: Iterable[bytes] = (), crl_required: bool = False
    ) -> None:
        roots = [certificates.load(der) for der in ci_certificates]
        self._roots = {root.subject_key_id: root for root in roots}
        self._crl_required = crl_required
        self._intermediates: dict[tuple[bytes, ...], tuple[Certificate, ...]] = {}
        self._leaves: dict[tuple[bytes, ...], Certificate] = {}
        self._crls: dict[bytes, Crl] = {}
        self.replace_crls(crls)

    @property
    def ci_pkids(self) -> tuple[bytes, ...]:
        """SubjectKeyIdentifiers of the trusted CIs, in the order given."""
        return tuple(self._roots)

    def read_crl(self, der: bytes) -> Crl:
        """A CRL of one of the trusted CIs; ValueError if it isn't one."""
        crl = Crl(der)
        root = self._roots.get(crl.issuer_key_id)
        if root is None or not crl.signed_by(root.public_key):
            raise ValueError("the CRL is not signed by a trusted CI")
        return crl

    def replace_crls(self, crls: Iterable[bytes]) -> None:
        """Use these CRLs from now on; ValueError if one isn't signed by a trusted CI."""
        loaded: dict[bytes, Crl] = {}
        for der in crls:
            crl = self.read_crl(der)
            known = loaded.get(crl.issuer_key_id)
            loaded[crl.issuer_key_id] = crl if known is None else known.merged(crl)
        self._crls = loaded

    def issued(self, certificate: bytes) -> bool:
        """True if one of the CIs has issued this certificate of a TLS peer itself."""
        return any(tls_peers.is_issuer_of(root.der, certificate) for root in self._roots.values())

    def revoked(self, certificate: bytes) -> bool:
        """True if the CI that issued this certificate of a TLS peer has revoked it, as far as the CRLs tell."""
        serial, issuer_key_id = tls_peers.serial_and_issuer(certificate)
        crl = self._crls.get(issuer_key_id)
        return crl is not None and crl.revokes(serial)

    def verify(self, euicc: bytes, eum: bytes, others: tuple[bytes, ...], ci_pkid: bytes, now: datetime) -> Euicc:
        """Judge CERT.EUICC, CERT.EUM (or nextCertInChain) and further certificates up to the selected CI.

        Raises ChainRefused for the first fault, in the order CI, EUM invalid, EUM expired, eUICC invalid, expired.
        """
        path = (ci_pkid, eum, *others)
        chain = self._chain(path)
        for certificate in chain:
            self._check_revocation(certificate, now)
        for certificate in chain:
            if not certificate.valid_at(now):
                raise ChainRefused(Fault.EUM_EXPIRED, f"{certificate.name} is outside its validity")
        leaf = self._leaf(euicc, path, chain)
        if not leaf.valid_at(now):
            raise ChainRefused(Fault.EUICC_EXPIRED, "CERT.EUICC is outside its validity")
        return Euicc(leaf)

    def _chain(self, path: tuple[bytes, ...]) -> tuple[Certificate, ...]:
        """The certificates between eUICC and CI, the eUICC's issuer first; everything but time is checked.

        What these exact octets proved once isn't computed again.
        """
        chain = self._intermediates.get(path)
        if chain is None:
            ci_pkid, eum, *others = path
            chain = self._build(eum, tuple(others), ci_pkid)
            _keep(self._intermediates, path, chain)
        return chain

    def _leaf(self, euicc: bytes, path: tuple[bytes, ...], chain: tuple[Certificate, ...]) -> Certificate:
        """The eUICC's certificate, likewise: an eUICC comes several times, with each session and each notification."""
        key = (euicc, *path)
        leaf = self._leaves.get(key)
        if leaf is None:
            leaf = _load(euicc, Fault.EUICC_INVALID, "CERT.EUICC")
            _check_issued(leaf, chain[0], Fault.EUICC_INVALID)
            _check_euicc(leaf, chain)
            _keep(self._leaves, key, leaf)
        return leaf

    def _build(self, eum: bytes, others: tuple[bytes, ...], ci_pkid: bytes) -> tuple[Certificate, ...]:
        chain = [_load(eum, Fault.EUM_INVALID, "CERT.EUM")]
        pool = {c.subject_key_id: c for c in (_load(der, Fault.EUM_INVALID, "certificate in chain") for der in others)}
        while (issuer := pool.pop(chain[-1].authority_key_id, None)) is not None:
            chain.append(issuer)
        if chain[-1].authority_key_id != ci_pkid or ci_pkid not in self._roots:
            raise ChainRefused(Fault.CI_UNKNOWN, f"{chain[-1].name} doesn't lead to the selected CI")
        _check_roles(chain)
        for depth, (certificate, issuer) in enumerate(zip(chain, [*chain[1:], self._roots[ci_pkid]], strict=True)):
            _check_issued(certificate, issuer, Fault.EUM_INVALID)
            if not certificate.is_ca or not certificate.signs_certificates:
                raise ChainRefused(Fault.EUM_INVALID, f"{certificate.name} may not sign certificates")
            if certificate.path_length is not None and certificate.path_length < depth:
                raise ChainRefused(Fault.EUM_INVALID, f"{certificate.name} has too short a path length")
        return tuple(chain)

    def _check_revocation(self, certificate: Certificate, now: datetime) -> None:
        crl = self._crls.get(certificate.authority_key_id)
        if crl is not None and crl.revokes(certificate.serial):
            raise ChainRefused(Fault.EUM_INVALID, f"{certificate.name} is revoked")
        current = crl is not None and crl.current_at(now)
        if self._crl_required and certificate.authority_key_id in self._roots and not current:
            raise ChainRefused(Fault.EUM_INVALID, f"no current CRL covers {certificate.name}")


def _keep(known: dict[tuple[bytes, ...], T], key: tuple[bytes, ...], proved: T) -> None:
    if len(known) >= certificates.CACHED_CERTIFICATES:
        known.clear()
    known[key] = proved


_INTERMEDIATE_ROLES = (
    (Role.EUM,),
    (Role.EUM_V3,),
    (Role.EUM_SUBCA, Role.EUM_V3),
    (Role.EUM_V3, Role.CI_SUBCA),
    (Role.EUM_SUBCA, Role.EUM_V3, Role.CI_SUBCA),
)


def _check_roles(chain: list[Certificate]) -> None:
    roles = tuple(certificate.role for certificate in chain)
    if roles not in _INTERMEDIATE_ROLES:
        raise ChainRefused(Fault.EUM_INVALID, f"{chain[0].name} has the wrong role in its certificate policies")


def _load(der: bytes, fault: Fault, what: str) -> Certificate:
    try:
        return certificates.load(der)
    except ValueError as error:
        raise ChainRefused(fault, f"{what}: {error}") from error


def _check_issued(certificate: Certificate, issuer: Certificate, fault: Fault) -> None:
    if certificate.authority_key_id != issuer.subject_key_id or certificate.issuer != issuer.subject:
        raise ChainRefused(fault, f"{certificate.name} wasn't issued by {issuer.name}")
    if certificate.public_key.curve.name != issuer.public_key.curve.name:
        raise ChainRefused(fault, f"{certificate.name} is on another curve than its CI")
    try:
        issuer.public_key.verify(certificate.signature, certificate.tbs, SHA256_ECDSA)
    except InvalidSignature:
        raise ChainRefused(fault, f"the signature of {certificate.name} is wrong") from None


def _check_euicc(leaf: Certificate, chain: tuple[Certificate, ...]) -> None:
    expected = Role.EUICC if chain[0].role is Role.EUM else Role.EUICC_V3
    if leaf.role is not expected:
        raise ChainRefused(Fault.EUICC_INVALID, "CERT.EUICC has the wrong role in its certificate policies")
    if not leaf.signs_data or leaf.is_ca:
        raise ChainRefused(Fault.EUICC_INVALID, "CERT.EUICC has the wrong key usage")
    eid = leaf.serial_number
    if len(eid) != 32 or not (eid.isascii() and eid.isdecimal()) or int(eid) % 97 != 1:
        raise ChainRefused(Fault.EUICC_INVALID, "the serialNumber of CERT.EUICC is no EID")
    if not any(certificate.permits(leaf.organization, eid) for certificate in chain):
        raise ChainRefused(Fault.EUICC_INVALID, "EID or organisation is outside what CERT.EUM may issue")


def public_key(certificate: bytes) -> ec.EllipticCurvePublicKey:
    """The key of a certificate that was verified before."""
    return certificates.load(certificate).public_key
