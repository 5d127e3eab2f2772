"""A whole test PKI in the shape of SGP.26: what it holds, what it issues, and its directory.

pki = Pki.generate(["rsp.example.com"], not_before=clock.now())
pki.euicc("NIST").certificate            # what is there
pki.issue_euicc(eid, "BRP")              # what is issued on demand
pki.save(directory); Pki.load(directory, not_before=clock.now())
"""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple, Self

from certs import layout, roles, x509
from certs.authority import Authority, Credential, authority, self_signed
from certs.errors import PkiError
from certs.keys import CURVES, SystemEntropy
from certs.roles import Role
from wire.ports import Entropy, Vault

_TEST_SMDS: Final = "testrootsmds.example.com"
_SMDP_NAME: Final = "TEST SM-DP+"
_SMDS_NAME: Final = "TEST SM-DS"


class Slot(NamedTuple):
    """Where a credential of the PKI stands: role, curve, and which one of that role.

    label: "" for the first; "2", "4", ... for further SM-DP+; the operator's name for further MNO certificates.
    """

    role: Role
    curve: str
    label: str = ""


class Pki:
    """CIs, EUMs and the credentials under them; issues more where it has the issuer's key.

    not_before: from when on the certificates are valid that it issues, where a call says nothing else.
    entropy: source of keys and serial numbers; with a seeded one every certificate is reproducible.
    """

    def __init__(self, *, not_before: datetime, entropy: Entropy | None = None) -> None:
        self.not_before = not_before
        self.entropy = entropy or SystemEntropy()
        self._cis: dict[str, Authority] = {}
        self._eums: dict[str, Authority] = {}
        self._credentials: dict[Slot, Credential] = {}

    @classmethod
    def generate(
        cls,
        hosts: Sequence[str],
        *,
        not_before: datetime,
        curves: Sequence[str] = CURVES,
        oid: str = roles.SMDP_OID,
        ds_hosts: Sequence[str] = (_TEST_SMDS,),
        ds_oid: str = roles.SMDS_OID,
        eid: str = roles.EID,
        entropy: Entropy | None = None,
    ) -> Self:
        """A new PKI with everything that SGP.26 has, per curve, and an MNO client certificate.

        hosts, ds_hosts: host names of SM-DP+ and SM-DS, for their TLS certificates; oid, ds_oid: their registeredIDs.
        """
        pki = cls(not_before=not_before, entropy=entropy)
        for curve in curves:
            pki._cis[curve] = self_signed(roles.ci(), curve, not_before=not_before, entropy=pki.entropy)
        pki.complete(hosts, oid=oid, ds_hosts=ds_hosts, ds_oid=ds_oid, eid=eid)
        return pki

    def complete(
        self,
        hosts: Sequence[str],
        *,
        oid: str | None = None,
        ds_hosts: Sequence[str] = (_TEST_SMDS,),
        ds_oid: str | None = None,
        eid: str = roles.EID,
    ) -> None:
        """Issue, for every CI, what is missing; and always fresh TLS certificates, for these host names."""
        for curve, ci in self._cis.items():
            if curve not in self._eums:
                self._eums[curve] = authority(ci.issue(roles.eum(), not_before=self.not_before, entropy=self.entropy))
            if Slot(Role.EUICC, curve) not in self._credentials:
                self._credentials[Slot(Role.EUICC, curve)] = self.issue_euicc(eid, curve)
            if Slot(Role.DP_AUTH, curve) not in self._credentials or Slot(Role.DP_PB, curve) not in self._credentials:
                self._add_dp_pair(oid or roles.SMDP_OID, curve, "")
            self._credentials[Slot(Role.DP_TLS, curve)] = self.issue_tls(hosts, curve, oid=oid)
            if Slot(Role.DS_AUTH, curve) not in self._credentials:
                self._credentials[Slot(Role.DS_AUTH, curve)] = self.issue_ds_auth(ds_oid or roles.SMDS_OID, curve)
            if ds_hosts:
                self._credentials[Slot(Role.DS_TLS, curve)] = self.issue_ds_tls(ds_hosts, curve, oid=ds_oid)
            if Slot(Role.MNO, curve) not in self._credentials:
                self._credentials[Slot(Role.MNO, curve)] = self.issue_mno("MNO", curve)

    def add_smdp(self, number: int, hosts: Sequence[str], oid: str | None = None) -> None:
        """A further SM-DP+ (SGP.26 has 2, 4 and 8): DPauth, DPpb and DPtls on every curve, kept under its number."""
        server_oid = oid or f"2.999.1{number}"
        for curve in self._cis:
            self._add_dp_pair(server_oid, curve, str(number))
            self._credentials[Slot(Role.DP_TLS, curve, str(number))] = self.issue_tls(hosts, curve, oid=server_oid)

    def add_mno(self, operator: str, curve: str = "NIST") -> Credential:
        """A client certificate for one more operator, kept under its name."""
        layout.check_label(operator)
        credential = self.issue_mno(operator, curve)
        self._credentials[Slot(Role.MNO, curve, operator)] = credential
        return credential

    def _add_dp_pair(self, oid: str, curve: str, label: str) -> None:
        auth, pb = self.issue_dp_pair(oid, curve, _SMDP_NAME + label)
        self._credentials[Slot(Role.DP_AUTH, curve, label)] = auth
        self._credentials[Slot(Role.DP_PB, curve, label)] = pb

    # What is there

    @property
    def curves(self) -> tuple[str, ...]:
        """The curves that have a CI, "NIST" first."""
        return tuple(curve for curve in CURVES if curve in self._cis)

    @property
    def cis(self) -> tuple[Authority, ...]:
        """The CIs, NIST first; `ski` is the CI PKId, `key` is None where the PKI came without it."""
        return tuple(self._cis[curve] for curve in self.curves)

    def ci(self, curve: str = "NIST") -> Authority:
        if curve not in self._cis:
            raise PkiError(f"this PKI has no {curve} CI; it has {', '.join(self.curves) or 'none'}")
        return self._cis[curve]

    def eum(self, curve: str = "NIST") -> Authority:
        if curve not in self._eums:
            raise PkiError(f"this PKI has no {curve} EUM; it has {', '.join(self._eums) or 'none'}")
        return self._eums[curve]

    def euicc(self, curve: str = "NIST") -> Credential:
        return self._held(Slot(Role.EUICC, curve))

    def dp_auth(self, curve: str = "NIST", number: int = 1) -> Credential:
        return self._held(Slot(Role.DP_AUTH, curve, _label(number)))

    def dp_pb(self, curve: str = "NIST", number: int = 1) -> Credential:
        return self._held(Slot(Role.DP_PB, curve, _label(number)))

    def dp_tls(self, curve: str = "NIST", number: int = 1) -> Credential:
        return self._held(Slot(Role.DP_TLS, curve, _label(number)))

    def ds_auth(self, curve: str = "NIST") -> Credential:
        return self._held(Slot(Role.DS_AUTH, curve))

    def ds_tls(self, curve: str = "NIST") -> Credential:
        return self._held(Slot(Role.DS_TLS, curve))

    def mno(self, curve: str = "NIST", operator: str = "") -> Credential:
        return self._held(Slot(Role.MNO, curve, operator))

    def smdp_oid(self, curve: str = "NIST") -> str:
        """The registeredID that DPauth, DPpb and DPtls of our SM-DP+ share."""
        return self._oid(Slot(Role.DP_AUTH, curve), roles.SMDP_OID)

    def smds_oid(self, curve: str = "NIST") -> str:
        """The registeredID that DSauth and DStls of our SM-DS share."""
        return self._oid(Slot(Role.DS_AUTH, curve), roles.SMDS_OID)

    def _oid(self, slot: Slot, otherwise: str) -> str:
        held = self._credentials.get(slot)
        return held.fields.registered_id if held else otherwise

    def _held(self, slot: Slot) -> Credential:
        if slot not in self._credentials:
            what = " ".join(filter(None, (slot.role, slot.label, slot.curve)))
            raise PkiError(f"this PKI has no {what} certificate; complete(hosts) issues what is missing")
        return self._credentials[slot]

    @property
    def credentials(self) -> dict[Slot, Credential]:
        """Everything held besides CIs and EUMs."""
        return dict(self._credentials)

    # What is issued on demand; nothing below is kept

    def issue_euicc(
        self, eid: str, curve: str = "NIST", *, any_eid: bool = False, not_before: datetime | None = None
    ) -> Credential:
        """CERT.EUICC for this EID under the EUM of the curve.

        ValueError if the EID has wrong check digits or lies outside the EUM's range; any_eid: issue it nevertheless.
        """
        eum = self.eum(curve)
        if not any_eid:
            roles.check_eid(eid, [prefix for _, prefix in eum.permitted])
        template = roles.euicc(eid, eum.names.get("O", ""), eum.names.get("C", "ES"))
        return eum.issue(template, not_before=not_before or self.not_before, entropy=self.entropy)

    def issue_dp_pair(
        self, oid: str, curve: str = "NIST", name: str = _SMDP_NAME, *, not_before: datetime | None = None
    ) -> tuple[Credential, Credential]:
        """CERT.DPauth and CERT.DPpb of the SM-DP+ with this OID."""
        start = not_before or self.not_before
        auth, pb = (
            self.ci(curve).issue(roles.signing_server(role, oid, name), not_before=start, entropy=self.entropy)
            for role in (Role.DP_AUTH, Role.DP_PB)
        )
        return auth, pb

    def issue_tls(
        self,
        hosts: Sequence[str],
        curve: str = "NIST",
        *,
        oid: str | None = None,
        not_before: datetime | None = None,
    ) -> Credential:
        """CERT.DPtls for these host names (IP addresses are understood too); oid: by default that of our SM-DP+."""
        template = roles.tls_server(Role.DP_TLS, oid or self.smdp_oid(curve), hosts)
        return self.ci(curve).issue(template, not_before=not_before or self.not_before, entropy=self.entropy)

    def issue_ds_auth(
        self, oid: str = roles.SMDS_OID, curve: str = "NIST", *, not_before: datetime | None = None
    ) -> Credential:
        """CERT.DSauth of the SM-DS with this OID."""
        template = roles.signing_server(Role.DS_AUTH, oid, _SMDS_NAME)
        return self.ci(curve).issue(template, not_before=not_before or self.not_before, entropy=self.entropy)

    def issue_ds_tls(
        self,
        hosts: Sequence[str],
        curve: str = "NIST",
        *,
        oid: str | None = None,
        not_before: datetime | None = None,
    ) -> Credential:
        """CERT.DStls for these host names; oid: by default that of our SM-DS."""
        template = roles.tls_server(Role.DS_TLS, oid or self.smds_oid(curve), hosts)
        return self.ci(curve).issue(template, not_before=not_before or self.not_before, entropy=self.entropy)

    def issue_mno(self, operator: str, curve: str = "NIST", *, not_before: datetime | None = None) -> Credential:
        """A TLS client certificate for an operator's back end on ES2+."""
        template = roles.mno(operator)
        return self.ci(curve).issue(template, not_before=not_before or self.not_before, entropy=self.entropy)

    # Its directory

    def save(self, directory: Path, vault: Vault | None = None) -> None:
        """Write everything in SGP.26's layout and file names; private keys get mode 0600. vault: seals them as well."""
        for curve, issuer in self._cis.items():
            layout.write(directory, Role.CI, curve, "", issuer.certificate, issuer.key, vault)
        for curve, issuer in self._eums.items():
            layout.write(directory, Role.EUM, curve, "", issuer.certificate, issuer.key, vault)
        for slot, credential in self._credentials.items():
            layout.write(directory, slot.role, slot.curve, slot.label, credential.certificate, credential.key, vault)

    @classmethod
    def load(
        cls, directory: Path, *, not_before: datetime, entropy: Entropy | None = None, vault: Vault | None = None
    ) -> Self:
        """Read a directory in SGP.26's layout, the GSMA's own or one that `save` wrote (with this vault).

        CI and EUM may come without private key; PkiError for anything else that is missing or odd.
        """
        pki = cls(not_before=not_before, entropy=entropy)
        for entry in layout.read(directory, vault):
            if entry.role is Role.CI:
                pki._cis[entry.curve] = Authority(entry.certificate, entry.key)
                continue
            issuers, issuer = (pki._eums, Role.EUM) if entry.role is Role.EUICC else (pki._cis, Role.CI)
            if entry.curve not in issuers or issuers[entry.curve].ski != x509.read(entry.certificate).aki:
                raise PkiError(
                    f"{entry.path} was not issued by the {issuer.name} of this directory; replace or remove it"
                )
            if entry.role is Role.EUM:
                pki._eums[entry.curve] = Authority(entry.certificate, entry.key)
            elif entry.key is not None:
                chain = (pki._eums[entry.curve].certificate,) if entry.role is Role.EUICC else ()
                slot = Slot(entry.role, entry.curve, entry.label)
                pki._credentials[slot] = Credential(entry.certificate, entry.key, chain)
        return pki


def _label(number: int) -> str:
    return "" if number == 1 else str(number)
