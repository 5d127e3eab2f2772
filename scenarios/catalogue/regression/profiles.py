"""Real bugs with installed profiles and their notifications."""

from lpa.core.actions import Consent
from scenarios import Stage, scenario
from scenarios.faults import PowerCut, ResultCode
from scenarios.kit.read import dig, find, whole
from scenarios.parties.user import EndUser
from wire.activation_code import ActivationCode
from wire.es10 import EnableResult, NotificationEvent, ProfileClass, ResetOptions, ResetResult
from wire.tlv import tlv

LOCAL = "SGP.22 v2.5 section 3.2"


def _iccid(digits: str, ef: str) -> None:
    def body(s: Stage) -> None:
        front = s.front(profile=s.profile(iccid=digits))
        s.went_through(s.lpa().download(ActivationCode(front.kit.address, "M-1")))
        result = whole(front.of("handleNotification")[0].octets("pendingNotification"), 0xBF37)
        s.equal("whose result it is", bytes.fromhex(ef), dig(result, 0xBF27, 0xBF2F, 0x5A).value)
        card = s.look()
        s.equal("the profiles", {digits: "disabled"}, card.states)
        (found,) = card.profile_list(front.profile.identifier)
        s.equal("the ICCID, padded with F", bytes.fromhex(ef), dig(found, 0x5A).value)
        s.result("EnableProfile", card.enable(front.profile), EnableResult.ok)
        s.equal("whose notification it is", [digits], [one.iccid for one in card.notifications()])

    body.__doc__ = (
        f"An ICCID of {len(digits)} digits is installed, padded, listed, found, enabled and reported as it is."
    )
    scenario(f"regression.iccid_{len(digits)}", spec="SGP.22 v2.5 section 5.5.3, 5.7.15", tests="lpa, euicc")(body)


_iccid("8900012345678901234", "980010325476981032F4")
_iccid("890001234567890123", "980010325476981032FF")


@scenario("regression.profile_class_absent", spec="SGP.22 v2.5 section 5.5.3, 4.4, 5.7.19", tests="lpa, euicc")
def profile_class_absent(s: Stage) -> None:
    """Metadata without profileClass are those of an operational profile, for the LPA and for eUICCMemoryReset."""
    front = s.front()
    with s.given("metadata without profileClass"):
        s.equal("profileClass", None, find(whole(front.profile.metadata, 0xBF25), 0x95))
    user = EndUser()
    outcome = s.lpa().download(ActivationCode(front.kit.address, "M-1"), user)
    s.went_through(outcome)
    s.equal("packages asked for", 1, len(front.of("getBoundProfilePackage")))
    classes = [one.metadata.profile_class for one in user.questions if isinstance(one, Consent)]
    if outcome.is_known:
        s.equal("the class that the user is shown", [ProfileClass.operational], classes)
    card = s.look()
    (listed,) = card.profile_list(tags=b"\x5a\x95")
    shown = find(listed, 0x95)
    s.equal("the class in the list (or none, which is the same)", b"\x02", shown.value if shown else b"\x02")
    s.equal("operational profiles", 1, len(card.profile_list(tlv(0x95, b"\x02"))))
    code = card.memory_reset(ResetOptions.deleteFieldLoadedTestProfiles)
    s.result("eUICCMemoryReset of test profiles", code, ResetResult.nothingToDelete)
    s.result(
        "eUICCMemoryReset of operational ones",
        card.memory_reset(ResetOptions.deleteOperationalProfiles),
        ResetResult.ok,
    )
    s.equal("the profiles", {}, card.states)


@scenario("regression.cat_busy", spec=f"{LOCAL}, 5.7.16", tests="lpa", needs="lpa_local")
def cat_busy(s: Stage) -> None:
    """A card that says catBusy once is asked again after a pause: the profile is enabled, and that is reported."""
    front = s.front()
    with s.given("an installed profile"):
        s.went_through(s.lpa().download(ActivationCode(front.kit.address, "M-1")))
    before = len(front.of("handleNotification"))
    outcome = s.lpa(ResultCode(0xBF31, EnableResult.catBusy)).enable(front.profile.iccid)
    s.went_through(outcome)
    s.equal("pauses", 1, len(outcome.waits))
    s.equal("the profiles", {str(front.profile.iccid): "enabled"}, s.look().states)
    s.equal("notifications of it", 1, len(front.of("handleNotification")) - before)


@scenario("regression.notification_twice", spec="SGP.22 v2.5 section 3.5, 5.6.4, 5.7.11", tests="smdp, euicc, lpa",
          needs="orders, lpa_local, power")  # fmt: skip
def notification_twice(s: Stage) -> None:
    """The removal of a delivered notification gets lost: it comes again, behind time, and undoes nothing."""
    order = s.smdp.order()
    s.lpa(PowerCut(1, es10=0xBF30)).download(order.activation_code)
    card = s.look()
    kept = card.retrieve_notifications(events=NotificationEvent.notificationInstall)
    s.check(bool(kept), "the delivered result is still on the card")
    heard = s.smdp.messages() if s.ics.has("inspect") else []
    s.went_through(s.lpa().enable(order.iccid))
    s.equal("pending notifications", [], s.look().notifications())
    s.accepted(s.smdp.es9("handleNotification", pendingNotification=kept[0].raw))
    if (reported := s.smdp.installation(order, card.eid)) is not None:
        s.equal("what the SM-DP+ knows", "Enabled", reported)
    if s.ics.has("inspect"):
        s.check(bool(heard), "the operator hears of the first delivery")
        s.equal("what he hears of the others", [], s.smdp.messages()[len(heard) :])
    s.equal("the order's state", "Installed", s.smdp.state(order))
