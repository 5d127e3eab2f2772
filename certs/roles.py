"""What a certificate of each role holds: policy OIDs and certificate profiles of variant O.

Spec: SGP.22 v2.5 section 4.5.2; subjects and validity periods are those of the SGP.26 test certificates
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from certs.x509 import (
    AUTHORITY_KEY_IDENTIFIER,
    SUBJECT_KEY_IDENTIFIER,
    Extension,
    Template,
    alternative_names,
    basic_constraints,
    crl_distribution_points,
    extended_key_usage,
    key_usage,
    name,
    name_constraints,
    policy,
)
from wire.ids import Eid


class Role(StrEnum):
    """The roles of SGP.26, by the directory that holds their files."""

    CI = "CertificateIssuer"
    EUM = "EUM"
    EUICC = "eUICC"
    DP_AUTH = "DPauth"
    DP_PB = "DPpb"
    DP_TLS = "DPtls"
    DS_AUTH = "DSauth"
    DS_TLS = "DStls"
    MNO = "MNO"


_RSP_ROLE: Final = "2.23.146.1.2.1"
POLICY_OIDS: Final = {
    Role.CI: f"{_RSP_ROLE}.0",
    Role.EUICC: f"{_RSP_ROLE}.1",
    Role.EUM: f"{_RSP_ROLE}.2",
    Role.DP_TLS: f"{_RSP_ROLE}.3",
    Role.DP_AUTH: f"{_RSP_ROLE}.4",
    Role.DP_PB: f"{_RSP_ROLE}.5",
    Role.DS_TLS: f"{_RSP_ROLE}.6",
    Role.DS_AUTH: f"{_RSP_ROLE}.7",
}
SERVER_AUTH: Final = "1.3.6.1.5.5.7.3.1"
CLIENT_AUTH: Final = "1.3.6.1.5.5.7.3.2"

CI_OID: Final = "2.999.1"
EUM_OID: Final = "2.999.5"
SMDP_OID: Final = "2.999.10"
SMDS_OID: Final = "2.999.15"
CI_NAME: Final = name(("CN", "Test CI"), ("OU", "TESTCERT"), ("O", "RSPTEST"), ("C", "IT"))
EUM_ORGANISATION: Final = "RSP Test EUM"
EUM_NAME: Final = name(("C", "ES"), ("O", EUM_ORGANISATION), ("CN", "EUM Test"))
SERVER_ORGANISATION: Final = "ACME"
EID_PREFIX: Final = "89049032"
EID: Final = "89049032123451234512345678901235"
CRL_A: Final = "http://ci.test.example.com/CRL-A.crl"
CRL_B: Final = "http://ci.test.example.com/CRL-B.crl"

CI_DAYS: Final = 12783
EUM_DAYS: Final = 12410
EUICC_DAYS: Final = 2_000_000
SERVER_DAYS: Final = 3650
TLS_DAYS: Final = 398

_CRLS: Final = crl_distribution_points(CRL_A, CRL_B)
_COMMON_NAME_LIMIT: Final = 64


def ci() -> Template:
    """CERT.CI: the self-signed root."""
    extensions = (
        SUBJECT_KEY_IDENTIFIER,
        basic_constraints(),
        policy(POLICY_OIDS[Role.CI]),
        key_usage("keyCertSign", "cRLSign"),
        alternative_names(registered_id=CI_OID),
        _CRLS,
    )
    return Template(CI_NAME, CI_DAYS, extensions)


def eum(prefixes: Sequence[str] = (EID_PREFIX,)) -> Template:
    """CERT.EUM: CA for the eUICCs whose EID starts with one of the prefixes."""
    extensions = (
        AUTHORITY_KEY_IDENTIFIER,
        SUBJECT_KEY_IDENTIFIER,
        key_usage("keyCertSign"),
        policy(POLICY_OIDS[Role.EUM]),
        alternative_names(registered_id=EUM_OID),
        basic_constraints(path_length=0),
        crl_distribution_points(CRL_B),
        name_constraints(EUM_ORGANISATION, prefixes),
    )
    return Template(EUM_NAME, EUM_DAYS, extensions)


def euicc(eid: str, organisation: str = EUM_ORGANISATION, country: str = "ES") -> Template:
    """CERT.EUICC: the subject's O is the EUM's, its serialNumber the EID."""
    subject = name(("C", country), ("O", organisation), ("serialNumber", eid), ("CN", "Test eUICC"))
    extensions = (
        AUTHORITY_KEY_IDENTIFIER,
        SUBJECT_KEY_IDENTIFIER,
        key_usage("digitalSignature"),
        policy(POLICY_OIDS[Role.EUICC]),
    )
    return Template(subject, EUICC_DAYS, extensions)


def check_eid(eid: str, prefixes: Sequence[str]) -> None:
    """ValueError if the EID's check digits are wrong or it starts with none of the prefixes (if there are any)."""
    Eid(eid)
    if prefixes and not eid.startswith(tuple(prefixes)):
        raise ValueError(f"EID {eid} is outside the EUM's range, which is {', '.join(f'{one}...' for one in prefixes)}")


def signing_server(role: Role, oid: str, common_name: str) -> Template:
    """CERT.DPauth, CERT.DPpb or CERT.DSauth of the server with that OID."""
    extensions = (
        AUTHORITY_KEY_IDENTIFIER,
        SUBJECT_KEY_IDENTIFIER,
        alternative_names(registered_id=oid),
        key_usage("digitalSignature"),
        policy(POLICY_OIDS[role]),
        _CRLS,
    )
    return Template(name(("O", SERVER_ORGANISATION), ("CN", common_name)), SERVER_DAYS, extensions)


def tls_server(role: Role, oid: str, hosts: Sequence[str]) -> Template:
    """CERT.DPtls or CERT.DStls for these host names (the first is the common name, where it fits)."""
    if not hosts:
        raise ValueError("a TLS certificate needs at least one host name")
    common_name = [("CN", hosts[0])] if len(hosts[0]) <= _COMMON_NAME_LIMIT else []
    extensions = (
        key_usage("digitalSignature"),
        extended_key_usage(SERVER_AUTH, CLIENT_AUTH),
        policy(POLICY_OIDS[role], critical=False),
        SUBJECT_KEY_IDENTIFIER,
        AUTHORITY_KEY_IDENTIFIER,
        alternative_names(hosts, oid),
        _CRLS,
    )
    return Template(name(("O", SERVER_ORGANISATION), *common_name), TLS_DAYS, extensions)


def mno(operator: str) -> Template:
    """The TLS client certificate of an operator's back end on ES2+; SGP.22 leaves its profile open."""
    extensions: tuple[Extension, ...] = (
        AUTHORITY_KEY_IDENTIFIER,
        SUBJECT_KEY_IDENTIFIER,
        key_usage("digitalSignature"),
        extended_key_usage(CLIENT_AUTH),
    )
    return Template(name(("O", operator), ("CN", operator)), SERVER_DAYS, extensions)
