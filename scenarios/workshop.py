"""The kits of one scenario: eUICCs and servers that may lie, put where the systems under test find them."""

import copy
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from certs import zoo as certs_zoo
from certs.authority import Credential
from certs.pki import Pki
from certs.roles import Role as CertificateRole
from certs.zoo import SOUND
from scenarios.faults.http import FaultyHandler
from scenarios.faults.model import Certificate, Fault
from scenarios.faults.signing import FaultySigner, KitSigner
from scenarios.faults.wire import Wire
from scenarios.grounds import EID, KIT_HOST, KIT_SMDS_HOST, Grounds
from scenarios.https import HttpsServer
from scenarios.judge import Judge
from scenarios.kit import ecc
from scenarios.kit.euicc import EuiccKit
from scenarios.kit.front import Front
from scenarios.kit.profile import Profile, new_profile
from scenarios.kit.server import Identity, ServerKit
from scenarios.model import Role, Scenario
from scenarios.network import Handler, Network
from scenarios.parties.server import TracedHandler
from scenarios.ports import SeededEntropy, StageClock
from scenarios.recorder import Recorder
from wire.ports import Signer


class Workshop(Judge):
    """Makes the kits; whatever they need is made from the seed of the scenario."""

    def __init__(self, grounds: Grounds, scenario: Scenario, recorder: Recorder, clock: StageClock) -> None:
        super().__init__(recorder)
        self.grounds = grounds
        self.scenario = scenario
        self.ics = grounds.ics
        self.pki = grounds.pki
        self.clock = clock
        self.seed = f"{grounds.seed}/{scenario.id}"
        self.entropy = SeededEntropy(self.seed, "kit")
        self.network = Network()
        self._stack = ExitStack()
        self._fronts: list[Front] = []
        self._numbers = {"euicc": 0, "server": 0, "lpa": 0}

    def close(self) -> None:
        """Give everything back."""
        self._stack.close()

    def advance(self, **parts: float) -> None:
        """Time travel for every simulated party: `advance(hours=2)`. Needs `clock`."""
        self.clock.advance(**parts)
        self.step(f"the clock goes on to {self.clock.now().isoformat()}")

    # kits

    def euicc(self, *faults: Fault, curve: str = "NIST", eid: str = EID, **fields: Any) -> EuiccKit:
        """An eUICC for servers under test; faults of its signatures, messages, certificates; fields of `EuiccKit`."""
        self.note_faults("the eUICC kit", faults)
        credential = self.grounds.euicc_credential(eid, curve)
        for fault in faults:
            if isinstance(fault, Certificate):
                credential = self.zoo(fault.role, fault.defect, curve=curve, eid=eid)
        self._numbers["euicc"] += 1
        entropy = SeededEntropy(self.seed, "euicc-kit", str(self._numbers["euicc"]))
        pkid = self.pki.ci(curve).ski
        values: dict[str, Any] = {
            "verification": tuple(ci.ski for ci in self.pki.cis),
            "signing": (pkid,),
            "trust": tuple(ci.certificate for ci in self.pki.cis),
        }
        return EuiccKit(
            eid=eid,
            certificate=credential.certificate,
            chain=credential.chain,
            curve=credential.key.curve,
            signer=self._signer(credential, faults, entropy),
            entropy=entropy,
            wire=Wire(faults),
            **{**values, **fields},
        )

    def server(
        self, *faults: Fault, curve: str = "NIST", address: str = KIT_HOST, smds: bool = False, **fields: Any
    ) -> ServerKit:
        """An SM-DP+ (or smds=True: an SM-DS) for eUICCs under test; faults of its signatures, messages, packages and
        certificates; fields of `ServerKit`.
        """
        self.note_faults("the server kit", faults)
        pki = self.pki
        auth, pb = (pki.ds_auth(curve) if smds else pki.dp_auth(curve)), pki.dp_pb(curve)
        for fault in faults:
            if isinstance(fault, Certificate):
                credential = self.zoo(fault.role, fault.defect, curve=curve)
                if CertificateRole(fault.role) is CertificateRole.DP_PB:
                    pb = credential
                else:
                    auth = credential
        self._numbers["server"] += 1
        entropy = SeededEntropy(self.seed, "server-kit", str(self._numbers["server"]))
        return ServerKit(
            address=address,
            auth=Identity(auth, self._signer(auth, faults, entropy)),
            pb=Identity(pb, self._signer(pb, faults, entropy)),
            ci_certificate=pki.ci(curve).certificate,
            ci_pkid=pki.ci(curve).ski,
            entropy=entropy,
            faults=faults,
            wire=Wire(faults),
            **fields,
        )

    def profile(self, address: str = KIT_HOST, **options: Any) -> Profile:
        """A profile to download, with identities from the seed; options as of `kit.profile.new_profile`."""
        return new_profile(self.entropy, address, **options)

    def zoo(self, role: str, defect: str, **options: Any) -> Credential:
        """A certificate of this role (DPauth, DPpb, DSauth, eUICC, EUM, DPtls, ...) with a named defect."""
        now = self.clock.now()
        return certs_zoo.zoo(self._seeded_pki, CertificateRole(role), defect, now=now, **options)

    @cached_property
    def _seeded_pki(self) -> Pki:
        """The PKI, issuing with entropy of this scenario alone, so that the order of scenarios changes nothing."""
        pki = copy.copy(self.pki)
        pki.entropy = SeededEntropy(self.seed, "zoo")
        return pki

    def _signer(self, credential: Credential, faults: Sequence[Fault], entropy: SeededEntropy) -> Signer:
        signer = KitSigner(credential.key)
        return FaultySigner(signer, faults, lambda: KitSigner(ecc.ephemeral(credential.key.curve, entropy)))

    # servers for LPAs under test

    def front(
        self,
        *faults: Fault,
        profile: Profile | None = None,
        code: str | None = None,
        curve: str = "NIST",
        address: str = "",
        behind: HttpsServer | None = None,
        **fields: Any,
    ) -> Front:
        """The server kit as an ES9+ server for LPAs under test, at its address in the network or behind a TLS server of
        its own; HTTP faults too.
        """
        where = address or (self.kit_address if behind is None else self._address_of(behind))
        kit = self.server(*faults, curve=curve, address=where, **fields)
        front = Front(kit, profile or self.profile(address=where), code)
        self._fronts.append(front)
        self._serve(where, front, faults, behind)
        return front

    def smds_front(
        self,
        *faults: Fault,
        events: Sequence[tuple[str, str]] = (),
        address: str = KIT_SMDS_HOST,
        behind: HttpsServer | None = None,
        **fields: Any,
    ) -> Front:
        """The server kit as an SM-DS for LPAs under test, which has these events (EventID, address) for every EID."""
        kit = self.server(*faults, address=address, smds=True, **fields)
        front = Front(kit, self.profile(), is_smds=True, events=events)
        self._serve(address, front, faults, behind)
        return front

    @cached_property
    def kit_address(self) -> str:
        """Where the LPA under test finds the server kit."""
        if self.ics.is_foreign(Role.LPA):
            from scenarios.listen import kit_address

            return kit_address(self.grounds)
        return KIT_HOST

    def _serve(self, address: str, handler: Handler, faults: Sequence[Fault], behind: HttpsServer | None) -> None:
        wrapped = FaultyHandler(handler, faults)
        if behind is not None:
            behind.add("", wrapped)
            return
        self.network.add(address, wrapped)
        if self.ics.is_foreign(Role.LPA):
            self._listening().add(address, TracedHandler(wrapped, self._recorder.role("kit")))

    def tls_server(self, defect: str = SOUND, *, role: str = "DPtls", host: str = "", **options: Any) -> HttpsServer:
        """A live HTTPS server with a certificate of the zoo, where the LPA under test finds it, for `front(behind=)`.
        Needs `sockets`.

        host: in the certificate, instead of its own name. options: of `scenarios.https.HttpsServer` (version, ciphers,
        client_roots, chain). Certificates and time are of today.
        """
        host = host or self.lpa_host
        now = datetime.now(UTC)
        if self.grounds.pki_start > now:
            self.not_applicable("TLS goes by this machine's clock, by which the run's PKI isn't valid yet")
        self.step(f"a TLS server for {host} with a {role} certificate: {defect}, {certs_zoo.describe(defect)}")
        credential = certs_zoo.zoo(self._seeded_pki, CertificateRole(role), defect, now=now, hosts=(host,))
        bind = self.ics.settings.get("IUT_LPA_BIND", "127.0.0.1")
        server = HttpsServer(credential, bind=bind, **options)
        self._stack.callback(server.close)
        return server

    @property
    def lpa_host(self) -> str:
        """The name under which the LPA under test reaches this machine."""
        return self.ics.settings.get("IUT_LPA_ADDRESS", KIT_HOST) if self.ics.is_foreign(Role.LPA) else KIT_HOST

    def _address_of(self, server: HttpsServer) -> str:
        """With its port for foreign LPAs; our own is led to it, and the trace stays the same from run to run."""
        return f"{self.lpa_host}:{server.port}" if self.ics.is_foreign(Role.LPA) else self.lpa_host

    def _listening(self) -> HttpsServer:
        from scenarios.listen import listener

        return listener(self.grounds)
