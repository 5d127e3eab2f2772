"""The SM-DSs of a lab: its root, and the alternative one that forwards its events there."""

from contextlib import AbstractAsyncContextManager

from certs.authority import Credential
from certs.errors import PkiError
from certs.pki import Pki
from lab.clock import SystemEntropy
from lab.credentials import ds_credentials
from lab.directory import Lab
from lab.errors import LabError
from lab.listeners import Smds
from lab.smds_addresses import smds_address, smds_host
from lab.trace import Recorder
from smdp.core.events import EventServer
from smdp.core.smds import SmDs, SmDsSettings
from smdp.core.trust import TrustStore
from smdp.store.events import open_events
from smdp.web.peers import PeerClient
from smdp.web.tls import client_context

ALTERNATIVE_OID = "2.999.16"


def root_smds(lab: Lab, pki: Pki, trust: TrustStore, trace: Recorder) -> SmDs:
    """The root SM-DS, with DSauth for each of the lab's CIs."""
    credentials = ds_credentials(pki)
    settings = SmDsSettings(addresses=(smds_address(lab, Smds.ROOT),))
    return SmDs(settings, credentials, trust, open_events(lab.database_url), lab.clock, SystemEntropy(), trace)


def alternative_smds(lab: Lab, pki: Pki, trust: TrustStore, trace: Recorder, root: EventServer) -> SmDs:
    """The alternative SM-DS, under certificates that the lab's CIs issue for this run; `root` is asked over ES15."""
    settings = SmDsSettings(addresses=(smds_address(lab, Smds.ALTERNATIVE),), identifier="rsplab-alternative-ds")
    try:
        credentials = ds_credentials(pki, ALTERNATIVE_OID)
    except PkiError as error:
        raise _no_key(error) from None
    store = open_events(f"sqlite:///{lab.alternative_smds_path.absolute()}")
    return SmDs(settings, credentials, trust, store, lab.clock, SystemEntropy(), trace, root)


def smds_tls(lab: Lab, pki: Pki, which: Smds, curve: str) -> Credential:
    """CERT.DStls of an SM-DS."""
    if which is Smds.ROOT:
        return pki.ds_tls(curve)
    try:
        return pki.issue_ds_tls([smds_host(lab, which)], curve, oid=ALTERNATIVE_OID)
    except PkiError as error:
        raise _no_key(error) from None


def client_of_root(
    lab: Lab, pki: Pki, trust: TrustStore, resolve: dict[str, str], trace: Recorder | None
) -> AbstractAsyncContextManager[PeerClient]:
    """What the alternative SM-DS calls its root with."""
    tls = smds_tls(lab, pki, Smds.ALTERNATIVE, pki.curves[0])
    roots = b"".join(ci.certificate_pem for ci in pki.cis)
    context = client_context(tls.chain_pem, tls.key_pem, roots, trust.revoked)
    return PeerClient(context, resolve=resolve, trace=trace)


def _no_key(error: PkiError) -> LabError:
    return LabError(f"the alternative SM-DS: {error}", "its certificates need the CI's private key")
