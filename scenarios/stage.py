"""The stage of one scenario: the systems under test, the kits around them, and the words to judge with.

Everything a scenario may do is here, on `Stage`; docs/scenarios.md explains it with an example.
"""

import asyncio
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from lpa.card.link import CardLink
from lpa.http.blocking import BlockingHttpClient
from lpa.http.client import HttpClient
from lpa.http.trust import TlsTrust
from scenarios.faults.link import FaultyLink
from scenarios.faults.model import Fault
from scenarios.grounds import EID
from scenarios.https import HttpsServer
from scenarios.kit.euicc import EuiccKit
from scenarios.kit.session import Asn1Session, Es9Session
from scenarios.model import Role
from scenarios.parties.euicc import Euicc
from scenarios.parties.euicc_simulated import SimulatedEuicc
from scenarios.parties.links import TracedLink
from scenarios.parties.lpa import ForeignLpa, Lpa, settings_of
from scenarios.parties.observer import Observer
from scenarios.parties.smdp import Ordered, Smdp
from scenarios.parties.smdp_simulated import SimulatedSmdp
from scenarios.parties.smds import Es11Session, SimulatedSmds, Smds
from scenarios.workshop import Workshop


class Stage(Workshop):
    """What one scenario gets. Parties are made when they are first used; each scenario has its own."""

    # the systems under test

    @cached_property
    def smdp(self) -> Smdp:
        """The SM-DP+ under test."""
        if self.ics.is_foreign(Role.SMDP):
            from scenarios.parties.smdp_foreign import foreign_smdp

            backend, handler = foreign_smdp(self.grounds, self.seed, self._recorder.role)
            self.network.add(backend.address, handler)
            return Smdp(backend, self.given, self._calls, self._observed)
        simulated = SimulatedSmdp(self.grounds, self._directory, self._loop, self.clock, self.seed, self._recorder.role)
        self._stack.callback(simulated.close)
        self.network.add(simulated.address, simulated.handle)
        return Smdp(simulated, self.given, self._calls, self._observed)

    def _observed(self, order: Ordered) -> str:
        return Observer(self.smdp, lambda eid: self.session(eid=eid)).state(order)

    @cached_property
    def smds(self) -> Smds:
        """The SM-DS under test (an Alternative one where `root_smds` was asked for before)."""
        if self.ics.is_foreign(Role.SMDS):
            from scenarios.parties.smdp_foreign import foreign_smds

            backend, handler = foreign_smds(self.grounds, self._recorder.role)
            self.network.add(backend.address, handler)
            smds = Smds(backend, self.pki.dp_tls(), self._calls)
            self._stack.callback(smds.tidy)
            return smds
        return self._smds(self.__dict__.get("_root"))

    @cached_property
    def root_smds(self) -> Smds:
        """A Root SM-DS above `smds`; to be asked for before it. Needs `cascade`."""
        if self.ics.is_foreign(Role.SMDS):
            from scenarios.parties.smdp_foreign import foreign_root_smds

            return Smds(foreign_root_smds(self.grounds, self._recorder.role), self.pki.ds_tls(), self._calls)
        smds = self._smds(None, is_root=True)
        self.__dict__["_root"] = smds.backend
        return smds

    def _smds(self, root: SimulatedSmds | None, is_root: bool = False) -> Smds:
        loop = asyncio.new_event_loop() if is_root else self._loop
        if is_root:
            self._stack.callback(loop.close)
        simulated = SimulatedSmds(
            self.grounds, self._directory, loop, self.clock, self.seed, self._recorder.role, root, is_root
        )
        self._stack.callback(simulated.close)
        self.network.add(simulated.address, simulated.handle)
        return Smds(simulated, self.pki.dp_tls(), f"{self._calls}-{simulated.address}")

    @cached_property
    def card(self) -> Euicc:
        """The eUICC under test, emptied, powered, its ISD-R selected."""
        if self.ics.is_foreign(Role.EUICC):
            from scenarios.parties.euicc_foreign import ForeignEuicc

            with self.given("an empty eUICC"):
                foreign = ForeignEuicc(self.ics)
                self._stack.callback(foreign.link.release)
                foreign.empty()
            return self._powered(TracedLink(foreign.link, self._recorder.role("card")))
        return self._powered(TracedLink(self.simulated_card().link, self._recorder.role("card")))

    def new_card(self, **settings: Any) -> Euicc:
        """Another simulated eUICC, with these fields of `CardSettings` (`options=CardOptions(...)`, `eid`, `rules`,
        `nvm_octets`, ...). Needs `card_settings`.
        """
        simulated = self.simulated_card(**settings)
        isd_r = simulated.isd_r
        return self._powered(TracedLink(simulated.link, self._recorder.role("card")), isd_r)

    def simulated_card(self, **settings: Any) -> SimulatedEuicc:
        """A simulated eUICC without power, for links of one's own and for cuts of its memory. Needs `nvm`."""
        self._numbers["euicc"] += 1
        seed = f"{self.seed}/card{self._numbers['euicc']}"
        # What is linked to it records the APDUs.
        trace = self._recorder.role("card", frozenset({"apdu"}))
        return SimulatedEuicc(self.grounds, seed, trace, **settings)

    def _powered(self, link: CardLink, isd_r: bytes | None = None) -> Euicc:
        euicc = Euicc(link) if isd_r is None else Euicc(link, isd_r)
        with self.given("the ISD-R is selected"):
            euicc.power_on()
        return euicc

    def lpa(
        self,
        *faults: Fault,
        card: Euicc | SimulatedEuicc | None = None,
        http: HttpClient | None = None,
        **settings: Any,
    ) -> Lpa:
        """The LPA under test with a card (by default the one under test if there is one, else a new one).

        faults: on the link to the card (`PowerCut`, `StatusWord`, ...). settings: of `LpaSettings`.
        Every LPA of a scenario has the same card, unless another one is given.
        """
        self.note_faults("the link to the card", faults)
        if self.ics.is_foreign(Role.LPA):
            self._listening()
            title = f"{self.scenario.id}: {self.scenario.title}"
            return ForeignLpa(settings_of(settings), title, lambda: sum(front.installed for front in self._fronts))
        chosen = card or self.lpa_card
        link: CardLink = chosen.link
        if faults:
            link = FaultyLink(link, faults)
        return Lpa(link, http or self.network, settings_of(settings), self._recorder.role("lpa"))

    @cached_property
    def lpa_card(self) -> Euicc | SimulatedEuicc:
        """The card of the LPA under test: the eUICC under test where there is a foreign one, else a simulated one."""
        return self.card if self.ics.is_foreign(Role.EUICC) else self.simulated_card()

    @property
    def can_look(self) -> bool:
        """Whether the LPA's card can be looked at: one inside of a foreign LPA can't."""
        return not self.ics.is_foreign(Role.LPA) or self.ics.is_foreign(Role.EUICC)

    def holds(self, profiles: Mapping[str, str]) -> None:
        """The LPA's card must hold these profiles (ICCID to state), as far as it can be looked at."""
        if self.can_look:
            self.equal("the profiles", dict(profiles), self.look().states)

    def look(self) -> Euicc:
        """The card of the LPA, powered and with its ISD-R selected, to be looked at afterwards."""
        if not self.can_look:
            self.not_applicable("the card in the LPA under test can't be looked at: --sut euicc=... says where it is")
        chosen = self.lpa_card
        link = chosen.link if isinstance(chosen, Euicc) else TracedLink(chosen.link, self._recorder.role("card"))
        return self._powered(link)

    # sessions of the eUICC kit

    def session(self, *faults: Fault, curve: str = "NIST", eid: str = EID, **fields: Any) -> Es9Session:
        """An RSP session of a new eUICC kit (see `euicc`) with the SM-DP+ under test."""
        return Es9Session(self.euicc(*faults, curve=curve, eid=eid, **fields), self.smdp)

    def asn1_session(self, *faults: Fault, curve: str = "NIST", eid: str = EID, **fields: Any) -> Asn1Session:
        """The same over the ASN.1 binding. Needs `asn1`."""
        return Asn1Session(self.euicc(*faults, curve=curve, eid=eid, **fields), self.smdp)

    def session_of(self, euicc: EuiccKit) -> Es9Session:
        """Another RSP session of an eUICC kit."""
        return Es9Session(euicc, self.smdp)

    def smds_session(self, *faults: Fault, curve: str = "NIST", eid: str = EID, **fields: Any) -> Es11Session:
        """A session of a new eUICC kit (see `euicc`) with the SM-DS under test."""
        return Es11Session(self.euicc(*faults, curve=curve, eid=eid, **fields), self.smds)

    def tls_lpa(self, server: HttpsServer, *, crls: Sequence[bytes] = (), **settings: Any) -> Lpa:
        """The LPA under test, which meets `server` with a real handshake."""
        roots = [ci.certificate for ci in self.pki.cis]
        trust = TlsTrust(roots, crls=crls, resolve={self.lpa_host: f"127.0.0.1:{server.port}"})
        http = BlockingHttpClient(trust, answer_timeout_s=5.0)
        self._stack.callback(http.close)
        return self.lpa(http=http, **settings)

    # resources

    @property
    def _calls(self) -> str:
        """What functionCallIdentifiers begin with: foreign servers remember those of earlier runs."""
        run = f"{datetime.now(UTC):%Y%m%d%H%M%S}" if self.ics.foreign else self.grounds.seed
        return f"{run}-{self.scenario.id}"

    @cached_property
    def _directory(self) -> Path:
        return Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="rsplab-")))

    @cached_property
    def _loop(self) -> asyncio.AbstractEventLoop:
        loop = asyncio.new_event_loop()
        self._stack.callback(loop.close)
        return loop
