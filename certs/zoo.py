"""The zoo: certificates that are sound but for one named defect, for every role.

    zoo(pki, Role.DP_AUTH, "wrong_policy", now=clock.now()) -> Credential

Shapes: for EUM the credential is that of a *sound eUICC under the broken EUM* (`chain[0]`), as a card would carry it.
For CI it is the CI's own key certified anew, so that the PKI's chains lead to the broken root. "revoked" is sound in
itself: put it on a CRL (`crl.Revoked.of`); for EUM that is `chain[0]`. Every role has "sound", the sanity case.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec

from certs import keys, roles, variants, x509
from certs.authority import Authority, Credential, authority, self_signed
from certs.errors import PkiError
from certs.keys import PrivateKey
from certs.pki import Pki
from certs.roles import Role
from certs.x509 import Extension, Template
from wire.ids import Eid

SOUND: Final = "sound"
_SHORT: Final = timedelta(days=30)
_OTHER_OID: Final = "2.999.99"
_OTHER_HOST: Final = "wrong-host.example.com"
_OTHER_ORGANISATION: Final = "Another EUM"
_UNKNOWN_EXTENSION: Final = Extension("2.999.99.1", True, b"\x05\x00")


@dataclass(frozen=True)
class Draft:
    """A certificate about to be issued; a defect changes one thing about it."""

    pki: Pki
    role: Role
    issuer: Authority
    template: Template
    now: datetime
    not_before: datetime
    hosts: Sequence[str]
    oid: str
    eid: str
    key: PrivateKey | None = None

    def with_extension(self, extension: Extension) -> "Draft":
        return replace(self, template=self.template.with_extension(extension))

    def without(self, extension_oid: str) -> "Draft":
        return replace(self, template=self.template.without(extension_oid))

    def issue(self) -> Credential:
        entropy = self.pki.entropy
        return self.issuer.issue(self.template, not_before=self.not_before, entropy=entropy, key=self.key)


Defect = Callable[[Draft], Draft]


def _sound(draft: Draft) -> Draft:
    """nothing is wrong with it"""
    return draft


def _expired(draft: Draft) -> Draft:
    """notAfter lies a month in the past"""
    template = replace(draft.template, days=_SHORT.days)
    return replace(draft, template=template, not_before=draft.now - 2 * _SHORT)


def _not_yet_valid(draft: Draft) -> Draft:
    """notBefore lies a month in the future"""
    return replace(draft, not_before=draft.now + _SHORT)


def _wrong_root(draft: Draft) -> Draft:
    """issued by an authority of the same name with another key"""
    pki, curve = draft.pki, draft.issuer.curve
    root = replace(roles.ci(), subject=pki.ci(curve).fields.subject)
    stranger = self_signed(root, curve, not_before=pki.not_before, entropy=pki.entropy)
    if draft.role is not Role.EUICC:
        return replace(draft, issuer=stranger)
    eum = replace(roles.eum(), subject=draft.issuer.fields.subject)
    impostor = stranger.issue(eum, not_before=pki.not_before, entropy=pki.entropy)
    return replace(draft, issuer=authority(impostor))


def _wrong_policy(draft: Draft) -> Draft:
    """the policy OID of another role"""
    return draft.with_extension(_policy(draft, roles.POLICY_OIDS[_SIBLING[draft.role]]))


def _missing_policy(draft: Draft) -> Draft:
    """no certificatePolicies"""
    return draft.without(x509.POLICIES)


def _missing_key_usage(draft: Draft) -> Draft:
    """no keyUsage"""
    return draft.without(x509.KEY_USAGE)


def _wrong_key_usage(draft: Draft) -> Draft:
    """a CA without keyCertSign; any other without digitalSignature"""
    usage = "digitalSignature" if draft.role in (Role.CI, Role.EUM) else "contentCommitment"
    return draft.with_extension(x509.key_usage(usage))


def _wrong_curve(draft: Draft) -> Draft:
    """the key is on the other curve than the issuer's; for TLS on P-384, which SGP.22 has not"""
    if draft.role in _TLS:
        secret = int.from_bytes(draft.pki.entropy.octets(40), "big") + 1
        return replace(draft, key=ec.derive_private_key(secret, ec.SECP384R1()))
    other = "BRP" if draft.issuer.curve == "NIST" else "NIST"
    return replace(draft, key=keys.new_key(other, draft.pki.entropy))


def _bad_signature(draft: Draft) -> Draft:
    """names the right issuer and its key, but another key signed it"""
    key = keys.new_key(draft.issuer.curve, draft.pki.entropy)
    return replace(draft, issuer=replace(draft.issuer, key=key))


def _revoked(draft: Draft) -> Draft:
    """sound in itself; its place is on a CRL"""
    return draft


def _unknown_critical_extension(draft: Draft) -> Draft:
    """a critical extension that nobody knows"""
    return draft.with_extension(_UNKNOWN_EXTENSION)


def _variant_mixup(draft: Draft) -> Draft:
    """a v3 policy OID in a chain of which no variant allows it"""
    if draft.role is Role.EUICC:
        return draft.with_extension(variants.v3_policy(Role.EUICC))
    if draft.role is Role.EUM:
        return replace(draft, template=variants.v3_eum())
    stranger = (
        (variants.DP_SUBCA_OID, "TEST SM-DP+ SubCA")
        if draft.role in (Role.DS_AUTH, Role.DS_TLS)
        else (variants.DS_SUBCA_OID, "TEST SM-DS SubCA")
    )
    template = variants.sub_ca(*stranger, roles.SERVER_ORGANISATION, path_length=0)
    sub_ca = draft.issuer.issue(template, not_before=draft.not_before, entropy=draft.pki.entropy)
    return replace(draft.with_extension(variants.v3_policy(draft.role)), issuer=authority(sub_ca))


def _missing_registered_id(draft: Draft) -> Draft:
    """no registeredID in the subjectAltName"""
    if draft.role in _TLS:
        return draft.with_extension(x509.alternative_names(draft.hosts))
    return draft.without(x509.SAN)


def _wrong_oid(draft: Draft) -> Draft:
    """the registeredID of another server: DPauth, DPpb and TLS certificate no longer agree"""
    hosts = draft.hosts if draft.role in _TLS else ()
    return draft.with_extension(x509.alternative_names(hosts, _OTHER_OID))


def _wrong_host(draft: Draft) -> Draft:
    """the certificate of another host"""
    return replace(draft, template=roles.tls_server(draft.role, draft.oid, (_OTHER_HOST,)))


def _wrong_extended_key_usage(draft: Draft) -> Draft:
    """a server with clientAuth only, a client with serverAuth only"""
    purpose = roles.SERVER_AUTH if draft.role is Role.MNO else roles.CLIENT_AUTH
    return draft.with_extension(x509.extended_key_usage(purpose))


def _missing_extended_key_usage(draft: Draft) -> Draft:
    """no extendedKeyUsage"""
    return draft.without(x509.EXTENDED_KEY_USAGE)


def _eid_out_of_range(draft: Draft) -> Draft:
    """eUICC: an EID outside the EUM's range. EUM: a range that does not hold the eUICC's EID"""
    prefix = str(int(draft.eid[:8]) % 99_999_999 + 1).zfill(8)
    if draft.role is Role.EUM:
        return draft.with_extension(x509.name_constraints(roles.EUM_ORGANISATION, (prefix,)))
    return replace(draft, template=_euicc(draft.issuer, Eid.with_check_digits(prefix + draft.eid[8:30])))


def _wrong_organisation(draft: Draft) -> Draft:
    """eUICC: another O than the EUM's. EUM: its name constraints permit another O"""
    if draft.role is Role.EUM:
        return draft.with_extension(x509.name_constraints(_OTHER_ORGANISATION, (roles.EID_PREFIX,)))
    return replace(draft, template=roles.euicc(draft.eid, _OTHER_ORGANISATION))


def _missing_name_constraints(draft: Draft) -> Draft:
    """an EUM without name constraints"""
    return draft.without(x509.NAME_CONSTRAINTS)


def _not_a_ca(draft: Draft) -> Draft:
    """no basicConstraints"""
    return draft.without(x509.BASIC_CONSTRAINTS)


def _path_length(draft: Draft) -> Draft:
    """a second EUM stands between the eUICC and its EUM, whose path length 0 forbids that"""
    template = replace(roles.eum(), subject=x509.name(("C", "ES"), ("O", roles.EUM_ORGANISATION), ("CN", "EUM Test 2")))
    second = draft.issuer.issue(template, not_before=draft.not_before, entropy=draft.pki.entropy)
    return replace(draft, issuer=authority(second))


_TLS: Final = (Role.DP_TLS, Role.DS_TLS)
_SIBLING: Final = {
    Role.CI: Role.EUM,
    Role.EUM: Role.EUICC,
    Role.EUICC: Role.EUM,
    Role.DP_AUTH: Role.DP_PB,
    Role.DP_PB: Role.DP_AUTH,
    Role.DP_TLS: Role.DP_AUTH,
    Role.DS_AUTH: Role.DP_AUTH,
    Role.DS_TLS: Role.DS_AUTH,
}
_VALIDITY: Final = (_expired, _not_yet_valid)
_POLICY: Final = (_wrong_policy, _missing_policy)
_USAGE: Final = (_missing_key_usage, _wrong_key_usage)
_CHAIN: Final = (_wrong_root, _bad_signature, _revoked)
_ANY: Final = (*_VALIDITY, *_CHAIN, *_POLICY, *_USAGE, _wrong_curve, _unknown_critical_extension, _variant_mixup)
_SERVER: Final = (*_ANY, _missing_registered_id, _wrong_oid)
_TLS_SERVER: Final = (*_SERVER, _wrong_host, _wrong_extended_key_usage, _missing_extended_key_usage)
_RANGE: Final = (_eid_out_of_range, _wrong_organisation)

_KEPT: Final[Mapping[Role, tuple[Defect, ...]]] = {
    Role.CI: (*_VALIDITY, _bad_signature, *_POLICY, *_USAGE, _unknown_critical_extension, _not_a_ca),
    Role.EUM: (*_ANY, *_RANGE, _missing_registered_id, _missing_name_constraints, _not_a_ca),
    Role.EUICC: (*_ANY, *_RANGE, _path_length),
    Role.DP_AUTH: _SERVER,
    Role.DP_PB: _SERVER,
    Role.DP_TLS: _TLS_SERVER,
    Role.DS_AUTH: _SERVER,
    Role.DS_TLS: _TLS_SERVER,
    Role.MNO: (
        *_VALIDITY,
        *_CHAIN,
        *_USAGE,
        _unknown_critical_extension,
        _wrong_extended_key_usage,
        _missing_extended_key_usage,
    ),
}


def _name(defect: Defect) -> str:
    return defect.__name__.removeprefix("_")


DEFECTS: Final[Mapping[Role, tuple[str, ...]]] = {
    role: tuple(_name(defect) for defect in defects) for role, defects in _KEPT.items()
}
_BY_NAME: Final = {_name(defect): defect for defects in _KEPT.values() for defect in (_sound, *defects)}


def describe(defect: str) -> str:
    """What is wrong with a certificate that has this defect."""
    return _BY_NAME[defect].__doc__ or ""


def zoo(
    pki: Pki,
    role: Role,
    defect: str,
    *,
    now: datetime,
    curve: str = "NIST",
    hosts: Sequence[str] = ("localhost",),
    oid: str = "",
    eid: str = roles.EID,
) -> Credential:
    """A certificate of the role with the defect, issued now, with its private key.

    oid: registeredID of the server, by default that of the PKI's own. PkiError if the role does not know the defect.
    """
    if defect != SOUND and defect not in DEFECTS[role]:
        raise PkiError(f"{role} has no defect {defect!r}; it has {', '.join(DEFECTS[role])}")
    issuer = pki.eum(curve) if role is Role.EUICC else pki.ci(curve)
    server_oid = oid or (pki.smds_oid(curve) if role in (Role.DS_AUTH, Role.DS_TLS) else pki.smdp_oid(curve))
    draft = Draft(
        pki,
        role,
        issuer,
        _template(role, issuer, server_oid, hosts, eid),
        now=now,
        not_before=now - timedelta(days=1),
        hosts=hosts,
        oid=server_oid,
        eid=eid,
        key=issuer.require_key() if role is Role.CI else None,
    )
    credential = _BY_NAME[defect](draft).issue()
    if role is Role.EUM:
        eum = authority(credential)
        return eum.issue(_euicc(eum, eid), not_before=draft.not_before, entropy=pki.entropy)
    if defect == "wrong_root" and role is Role.EUICC:
        return replace(credential, chain=(issuer.certificate, *issuer.chain))
    return credential


def _template(role: Role, issuer: Authority, oid: str, hosts: Sequence[str], eid: str) -> Template:
    match role:
        case Role.CI:
            return replace(roles.ci(), subject=issuer.fields.subject)
        case Role.EUM:
            return roles.eum()
        case Role.EUICC:
            return _euicc(issuer, eid)
        case Role.DP_TLS | Role.DS_TLS:
            return roles.tls_server(role, oid, hosts)
        case Role.MNO:
            return roles.mno("MNO")
        case _:
            return roles.signing_server(role, oid, "TEST SM-DS" if role is Role.DS_AUTH else "TEST SM-DP+")


def _euicc(eum: Authority, eid: str) -> Template:
    return roles.euicc(eid, eum.names.get("O", ""), eum.names.get("C", "ES"))


def _policy(draft: Draft, policy_oid: str) -> Extension:
    return x509.policy(policy_oid, critical=draft.role not in _TLS)
