"""What the scenarios of a run share and none of them changes: seed, time, PKI, templates of server and card."""

import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509 import load_der_x509_certificate

from certs.authority import Credential
from certs.errors import PkiError
from certs.pki import Pki
from euicc_sim.core.card import provision
from euicc_sim.core.settings import CardSettings, EuiccChain
from euicc_sim.io.nvm_memory import MemoryNvm
from lab.directory import Lab
from lab.errors import LabError
from lab.pki import load_pki
from scenarios.ics import Ics
from scenarios.model import Role
from scenarios.ports import SeededEntropy
from scenarios.stock import Stock
from smdp.store import open_store
from wire.ids import Eid

SMDP_HOST: Final = "smdp.example.com"
OTHER_SMDP_HOST: Final = "other-smdp.example.com"
SMDS_HOST: Final = "smds.example.com"
ROOT_SMDS_HOST: Final = "root-smds.example.com"
KIT_HOST: Final = "kit.example.com"
KIT_SMDS_HOST: Final = "kit-smds.example.com"
HOSTS: Final = (SMDP_HOST, OTHER_SMDP_HOST, KIT_HOST, "localhost")
DS_HOSTS: Final = (SMDS_HOST, ROOT_SMDS_HOST, KIT_SMDS_HOST, "localhost")
EID: Final = "89049032123451234512345678901235"
OTHER_EID: Final = "89049032000000000000000000000163"
DEFAULT_CLOCK: Final = datetime(2026, 6, 1, 12, tzinfo=UTC)
_PKI_START: Final = datetime(2025, 1, 1, tzinfo=UTC)
_PKI_LIFE: Final = timedelta(days=3600)


@dataclass
class Grounds:
    """seed, clock: of the run; ics: what is known of the systems under test; pki_path: a PKI instead of a made one;
    reveal: classes of secrets that traces may show; stock: what simulated servers were asked to hold, where that is to
    be known (`preparing`)."""

    seed: str
    clock: datetime
    ics: Ics
    pki_path: Path | None = None
    reveal: frozenset[str] = frozenset()
    preparing: bool = False
    stock: Stock = field(default_factory=Stock, repr=False)
    _euiccs: dict[tuple[str, str], Credential] = field(default_factory=dict, repr=False)

    @cached_property
    def pki(self) -> Pki:
        """The test PKI; from the seed, unless one was given."""
        entropy = SeededEntropy(self.seed, "pki")
        if self.pki_path is not None:
            pki = _given_pki(self.pki_path, self.pki_start)
            _require_valid(pki, self.pki_path, self.clock)
            pki.entropy = entropy
            return pki
        return Pki.generate(HOSTS, not_before=self.pki_start, ds_hosts=DS_HOSTS, eid=EID, entropy=entropy)

    @property
    def pki_start(self) -> datetime:
        """From when on its certificates are valid: a fixed day, unless the run's clock lies far from it."""
        near = self.clock - timedelta(days=1) >= _PKI_START and self.clock < _PKI_START + _PKI_LIFE
        return _PKI_START if near else self.clock - timedelta(days=1)

    @cached_property
    def pki_fingerprint(self) -> str:
        """SHA-256 over the CI certificates, in hex."""
        return sha256(b"".join(ci.certificate for ci in self.pki.cis)).hexdigest().upper()

    def euicc_credential(self, eid: str, curve: str) -> Credential:
        """CERT.EUICC for this EID, the same one in every scenario."""
        key = (eid, curve)
        if key not in self._euiccs:
            self._euiccs[key] = self._issue(eid, curve)
        return self._euiccs[key]

    def _issue(self, eid: str, curve: str) -> Credential:
        seeded = self.pki.entropy
        self.pki.entropy = SeededEntropy(self.seed, "euicc", eid, curve)
        try:
            return self.pki.issue_euicc(eid, curve)
        finally:
            self.pki.entropy = seeded

    @cached_property
    def empty_database(self) -> bytes:
        """A database file with its tables: making them anew for every scenario would take most of the time."""
        with tempfile.TemporaryDirectory(prefix="rsplab-") as directory:
            path = Path(directory, "smdp.db")
            open_store(f"sqlite:///{path}").close()
            return path.read_bytes()

    def card_settings(self, eid: str = EID) -> CardSettings:
        """A card of the PKI with every CI, NIST first."""
        chains = tuple(self._chain(eid, curve) for curve in self.pki.curves)
        return CardSettings(eid=Eid(eid), chains=chains, root_ds_address=KIT_SMDS_HOST)

    def _chain(self, eid: str, curve: str) -> EuiccChain:
        ci, credential = self.pki.ci(curve), self.euicc_credential(eid, curve)
        key = credential.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        return EuiccChain(ci.certificate, ci.ski, credential.chain[0], credential.certificate, key)

    @cached_property
    def card_template(self) -> MemoryNvm:
        """The memory of a new card."""
        nvm = MemoryNvm()
        provision(nvm, self.card_settings())
        return nvm

    def profile_entropy(self, seed: str) -> SeededEntropy:
        """For the profiles of one scenario at the SM-DP+ under test."""
        again = self.preparing or self.ics.is_foreign(Role.SMDP)
        return self.stock.entropy(seed) if again else SeededEntropy(seed, "profiles")

    def prepare(self) -> None:
        """Make everything now that is made once, before processes are forked."""
        _ = self.pki, self.empty_database
        for curve in self.pki.curves:
            self.euicc_credential(EID, curve)
        _ = self.card_template


def _require_valid(pki: Pki, path: Path, clock: datetime) -> None:
    """LabError where a CI isn't valid at the run's time: every party would refuse every other one."""
    for ci in pki.cis:
        certificate = load_der_x509_certificate(ci.certificate)
        first, last = certificate.not_valid_before_utc, certificate.not_valid_after_utc
        if not first <= clock <= last:
            raise LabError(
                f"--pki {path}: not valid at {clock:%Y-%m-%d}, the run's time",
                f"choose one from {first:%Y-%m-%d} to {last:%Y-%m-%d} with --clock",
            )


def _given_pki(path: Path, not_before: datetime) -> Pki:
    """A directory in SGP.26's layout, or a lab's; LabError if it can't be read."""
    lab = Lab(path)
    if lab.settings_path.is_file():
        return load_pki(lab)
    try:
        return Pki.load(path, not_before=not_before)
    except PkiError as error:
        raise LabError(f"--pki {path}: {error}", "name a directory in SGP.26's layout, or a lab") from None
