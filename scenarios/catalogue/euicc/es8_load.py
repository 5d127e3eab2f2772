"""ES8+ commands inside LoadBoundProfilePackage."""

from scenarios import Stage, scenario
from scenarios.faults import DamagedMac
from scenarios.grounds import KIT_HOST
from wire.es10 import BppCommandId, DeleteNotificationStatus, ErrorReason

SPEC = "SGP.22 v2.5 section 5.5, 2.5.4"


@scenario("euicc.es8.load.nominal", spec=f"{SPEC}, 5.7.6, 3.1.3", tests="euicc")
def nominal(s: Stage) -> None:
    """A profile is installed, disabled, and its result kept until it is removed."""
    profile = s.profile()
    s.installed(s.card.install(s.server(), profile))
    s.equal("the profiles", {str(profile.iccid): "disabled"}, s.card.states)
    pending = s.card.notifications()
    s.equal("whom the notifications are for", {(KIT_HOST, str(profile.iccid))}, {(p.address, p.iccid) for p in pending})
    s.result("RemoveNotificationFromList", s.card.remove_notification(pending[0].number), DeleteNotificationStatus.ok)
    s.equal("the removed notification is gone", pending[1:], s.card.notifications())


@scenario("euicc.es8.load.mac_damaged", spec=SPEC, tests="euicc")
def mac_damaged(s: Stage) -> None:
    """A damaged MAC in ConfigureISDP ends the installation with scp03tSecurityError; nothing is installed."""
    result = s.card.install(s.server(DamagedMac(0)), s.profile())
    s.not_installed(result, BppCommandId.configureISDP, ErrorReason.scp03tSecurityError)
    s.equal("the profiles", {}, s.card.states)
