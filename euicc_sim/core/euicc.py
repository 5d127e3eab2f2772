"""What all functions of the ISD-R work on: memory, chains and keys, session, toolkit, trace."""

from collections.abc import Callable
from dataclasses import replace

from euicc_sim.core.crl import revoked_serials
from euicc_sim.core.factory import load_settings
from euicc_sim.core.notifications import NotificationList
from euicc_sim.core.options import CardOptions
from euicc_sim.core.ports import Nvm
from euicc_sim.core.session import Session
from euicc_sim.core.settings import EuiccChain
from euicc_sim.core.store import Changes, Store
from euicc_sim.core.trust import CertificateRefused, Role, ServerCertificate, judge_server_certificate, load_anchors
from euicc_sim.profile.capabilities import Capabilities
from euicc_sim.profile.cat import Cat
from wire.ports import Entropy, Signer, Trace

SignerFor = Callable[[EuiccChain], Signer]


class Transaction:
    """Changes that become durable together, and what the trace says of them once they are."""

    def __init__(self, store: Store, trace: Trace, session: str) -> None:
        self.changes: Changes = {}
        self._store = store
        self._trace = trace
        self._session = session
        self._states: list[dict[str, object]] = []

    def state(self, entity: str, id: str, before: str, after: str, event: str) -> None:
        """Note a change of state for the trace."""
        self._states.append({"entity": entity, "id": id, "before": before, "after": after, "event": event})

    def commit(self) -> None:
        """Write everything at once."""
        if self.changes:
            self._store.nvm.commit(self.changes)
        for fields in self._states:
            self._trace.record("state", self._session, **fields)


class Euicc:
    """The eUICC behind the ISD-R."""

    def __init__(
        self, nvm: Nvm, entropy: Entropy, trace: Trace, signer_for: SignerFor, options: CardOptions | None
    ) -> None:
        settings = load_settings(nvm)
        self.settings = (replace(settings, options=options) if options else settings).in_effect()
        self.store = Store(nvm, self.settings)
        self.entropy = entropy
        self.trace = trace
        self.anchors = load_anchors(self.settings.chains)
        self.signing_chains = {chain.ci_pkid: chain for chain in self.settings.chains if chain.signs}
        self._signers = {pkid: signer_for(chain) for pkid, chain in self.signing_chains.items()}
        self.capabilities = Capabilities(services=self.settings.services)
        self.notifications = NotificationList(self.store, self)
        self.session = Session()
        self.cat = Cat()

    def chain(self, ci_pkid: bytes) -> EuiccChain:
        """The card's chain under that CI, or its first one where it has none there."""
        return self.signing_chains.get(ci_pkid) or next(iter(self.signing_chains.values()))

    def signer(self, ci_pkid: bytes) -> Signer:
        """The signer of `chain(ci_pkid)`."""
        return self._signers[self.chain(ci_pkid).ci_pkid]

    def transaction(self) -> Transaction:
        """A new set of changes."""
        return Transaction(self.store, self.trace, self.session.id)

    def verdict(self, check: str, what: str, ok: bool, reason: str = "", session: str | None = None) -> bool:
        """Tell the trace what was judged; returns `ok`."""
        fields = {"check": check, "what": what, "ok": ok, **({"reason": reason} if not ok else {})}
        self.trace.record("verdict", self.session.id if session is None else session, **fields)
        return ok

    def judge(self, what: str, der: bytes, roles: tuple[Role, ...], session: str) -> ServerCertificate:
        """A server certificate's judgement with its verdict in the trace; CertificateRefused."""
        revoked = {pkid: revoked_serials(self.store, pkid) for pkid in self.anchors}
        try:
            certificate = judge_server_certificate(der, self.anchors, revoked, roles)
        except CertificateRefused as refused:
            self.verdict("chain", what, False, refused.reason, session)
            raise
        self.verdict("chain", what, True, session=session)
        return certificate
