"""Certificate chains of the variants O, Ov3, A, B and C, with v3 policy OIDs and permittedEins.

    variant   server                                     eUICC
    O         CI -> entity (v2 policy OIDs)              CI -> EUM -> eUICC (v2, nameConstraints)
    Ov3       CI -> entity                               CI -> EUM -> eUICC
    A         CI -> role subCA -> entity                 CI -> EUM -> EUM subCA -> eUICC
    B         CI -> CI subCA -> entity                   CI -> CI subCA -> EUM -> eUICC
    C         CI -> CI subCA -> role subCA -> entity     CI -> CI subCA -> EUM -> EUM subCA -> eUICC

Spec: SGP.22 v3.1 section 4.5.2, SGP.26 v3. Not verified against them: the eUICC column (read off the OID arcs), the
subjects and path lengths of the subCAs, that permittedEins is critical and stands in the EUM's subCA too.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import cached_property
from typing import Final

from certs import roles
from certs.authority import Authority, Credential, authority
from certs.errors import PkiError
from certs.pki import Pki
from certs.roles import Role
from certs.x509 import (
    AUTHORITY_KEY_IDENTIFIER,
    NAME_CONSTRAINTS,
    SUBJECT_KEY_IDENTIFIER,
    Extension,
    Template,
    basic_constraints,
    crl_distribution_points,
    key_usage,
    name,
    policy,
)
from wire.tlv import tlv

VARIANTS: Final = ("O", "Ov3", "A", "B", "C")
_WITH_CI_SUBCA: Final = {"B", "C"}
_WITH_ROLE_SUBCA: Final = {"A", "C"}

_ARC: Final = "2.23.146.1.2.1.0"
CI_SUBCA_OID: Final = f"{_ARC}.0"
EUM_SUBCA_OID: Final = f"{_ARC}.0.0.0"
DP_SUBCA_OID: Final = f"{_ARC}.0.1"
DS_SUBCA_OID: Final = f"{_ARC}.0.2"
V3_POLICY_OIDS: Final = {
    Role.CI: _ARC,
    Role.EUM: f"{_ARC}.0.0",
    Role.EUICC: f"{_ARC}.0.0.0.0",
    Role.DP_TLS: f"{_ARC}.0.1.0",
    Role.DP_AUTH: f"{_ARC}.0.1.1",
    Role.DP_PB: f"{_ARC}.0.1.2",
    Role.DS_TLS: f"{_ARC}.0.2.0",
    Role.DS_AUTH: f"{_ARC}.0.2.1",
}
PERMITTED_EINS: Final = "2.23.146.1.2.2.0"


def permitted_eins(eins: Sequence[str]) -> Extension:
    """permittedEins: SEQUENCE OF PrintableString, in v3 EUM certificates instead of nameConstraints."""
    return Extension(PERMITTED_EINS, True, tlv(0x30, *(tlv(0x13, ein.encode()) for ein in eins)))


def v3_policy(role: Role) -> Extension:
    """The role's v3 policy OID; not critical in TLS certificates, as in v2."""
    return policy(V3_POLICY_OIDS[role], critical=role not in (Role.DP_TLS, Role.DS_TLS))


def v3_eum(eins: Sequence[str] = (roles.EID_PREFIX,), *, path_length: int = 0) -> Template:
    """CERT.EUM of v3: v3 policy OID, permittedEins instead of nameConstraints."""
    template = roles.eum().without(NAME_CONSTRAINTS).with_extension(basic_constraints(path_length))
    return template.with_extension(v3_policy(Role.EUM)).with_extension(permitted_eins(eins))


def sub_ca(policy_oid: str, common_name: str, organisation: str, path_length: int) -> Template:
    """A subCA; its policy OID says of whom."""
    extensions = (
        AUTHORITY_KEY_IDENTIFIER,
        SUBJECT_KEY_IDENTIFIER,
        key_usage("keyCertSign", "cRLSign"),
        policy(policy_oid),
        basic_constraints(path_length),
        crl_distribution_points(roles.CRL_A, roles.CRL_B),
    )
    return Template(name(("O", organisation), ("CN", common_name)), roles.EUM_DAYS, extensions)


class Variant:
    """One variant of one curve under the PKI's CI; its subCAs are made once and shared by what it issues.

    `chain` of what it hands out is otherCertsInChain: from the nearest issuer up, without the root. For an eUICC it
    starts with the EUM (or EUM subCA).
    """

    def __init__(
        self, pki: Pki, variant: str, curve: str = "NIST", *, eins: Sequence[str] = (roles.EID_PREFIX,)
    ) -> None:
        if variant not in VARIANTS:
            raise PkiError(f"variant {variant!r} is unknown; there are {', '.join(VARIANTS)}")
        self.variant = variant
        self._pki = pki
        self._curve = curve
        self._eins = eins

    def _issue(self, issuer: Authority, template: Template, not_before: datetime | None = None) -> Credential:
        return issuer.issue(template, not_before=not_before or self._pki.not_before, entropy=self._pki.entropy)

    @cached_property
    def _top(self) -> Authority:
        ci = self._pki.ci(self._curve)
        if self.variant not in _WITH_CI_SUBCA:
            return ci
        path_length = 2 if self.variant == "C" else 1
        return authority(self._issue(ci, sub_ca(CI_SUBCA_OID, "Test CI SubCA", "RSPTEST", path_length)))

    def _server_issuer(self, subca_oid: str, common_name: str) -> Authority:
        if self.variant not in _WITH_ROLE_SUBCA:
            return self._top
        template = sub_ca(subca_oid, common_name, roles.SERVER_ORGANISATION, path_length=0)
        return authority(self._issue(self._top, template))

    @cached_property
    def _dp_issuer(self) -> Authority:
        return self._server_issuer(DP_SUBCA_OID, "TEST SM-DP+ SubCA")

    @cached_property
    def _ds_issuer(self) -> Authority:
        return self._server_issuer(DS_SUBCA_OID, "TEST SM-DS SubCA")

    @cached_property
    def eum(self) -> Authority:
        """The EUM."""
        if self.variant == "O":
            return self._pki.eum(self._curve)
        template = v3_eum(self._eins, path_length=1 if self.variant in _WITH_ROLE_SUBCA else 0)
        return authority(self._issue(self._top, template))

    @cached_property
    def _euicc_issuer(self) -> Authority:
        if self.variant not in _WITH_ROLE_SUBCA:
            return self.eum
        template = sub_ca(EUM_SUBCA_OID, "EUM SubCA Test", roles.EUM_ORGANISATION, path_length=0)
        return authority(self._issue(self.eum, template.with_extension(permitted_eins(self._eins))))

    def euicc(self, eid: str, *, not_before: datetime | None = None) -> Credential:
        """CERT.EUICC for this EID, which must be in the EUM's range (ValueError)."""
        if self.variant == "O":
            return self._pki.issue_euicc(eid, self._curve, not_before=not_before)
        roles.check_eid(eid, self._eins)
        return self._issue(self._euicc_issuer, roles.euicc(eid).with_extension(v3_policy(Role.EUICC)), not_before)

    def signing_server(
        self, role: Role, oid: str, common_name: str = "TEST SM-DP+", *, not_before: datetime | None = None
    ) -> Credential:
        """CERT.DPauth, CERT.DPpb or CERT.DSauth."""
        return self._server(role, roles.signing_server(role, oid, common_name), not_before)

    def tls_server(
        self, role: Role, oid: str, hosts: Sequence[str], *, not_before: datetime | None = None
    ) -> Credential:
        """CERT.DPtls or CERT.DStls."""
        return self._server(role, roles.tls_server(role, oid, hosts), not_before)

    def _server(self, role: Role, template: Template, not_before: datetime | None) -> Credential:
        issuer = self._ds_issuer if role in (Role.DS_AUTH, Role.DS_TLS) else self._dp_issuer
        if self.variant != "O":
            template = template.with_extension(v3_policy(role))
        return self._issue(issuer, template, not_before)
