"""The LPA towards user, card and server: reasons, codes, checks before an installation, local management."""

from lpa.core.actions import Decision, StrongConfirmation
from lpa.core.errors import LpaError, NotPossible, ProtocolViolation, UserDeclined
from scenarios import Stage, scenario
from scenarios.faults import HttpStatus
from scenarios.parties.user import EndUser
from wire.activation_code import ActivationCode
from wire.es10 import CancelSessionReason, PprIds, ProfileClass, ResetOptions

SPEC = "SGP.22 v2.5 section 3.1.3"
LOCAL = "SGP.22 v2.5 section 3.2"
TEST_KEY = bytes.fromhex("000102030405060708090A0B0C0D0E0F")


def _declined(name: str, decision: Decision, reason: CancelSessionReason) -> None:
    def body(s: Stage) -> None:
        front = s.front()
        code = ActivationCode(front.kit.address, "M-1")
        s.raised(s.lpa().download(code, EndUser(consent_to=decision)), UserDeclined)
        s.equal("the reasons given", [reason], front.cancelled)
        s.equal("packages asked for", 0, len(front.of("getBoundProfilePackage")))

    body.__doc__ = f"The user's answer {name}: the session is cancelled with {reason.name}."
    scenario(f"lpa.rows.user_{name}", spec=f"{SPEC}, 3.0.2", tests="lpa")(body)


_declined("postpones", Decision.POSTPONE, CancelSessionReason.postponed)
_declined("times_out", Decision.TIMEOUT, CancelSessionReason.timeout)


@scenario("lpa.rows.oid_of_activation_code", spec=f"{SPEC}, 4.1", tests="lpa")
def oid(s: Stage) -> None:
    """An activation code with another SM-DP+ OID than CERT.DPauth's: the LPA goes no further."""
    front = s.front()
    s.raised(s.lpa().download(ActivationCode(front.kit.address, "M-1", smdp_oid="2.999.99")), ProtocolViolation)
    s.equal("the functions called", ["initiateAuthentication"], front.functions)


@scenario("lpa.rows.confirmation_code", spec=f"{SPEC}, 4.7", tests="lpa")
def confirmation_code(s: Stage) -> None:
    """The user's Confirmation Code reaches the server, hashed with the transactionId."""
    front = s.front(code="4711")
    s.went_through(s.lpa().download(ActivationCode(front.kit.address, "M-1"), EndUser(codes=["4711"])))
    s.holds({str(front.profile.iccid): "disabled"})


@scenario("lpa.rows.no_code_given", spec=f"{SPEC}, 4.7, 3.0.2", tests="lpa")
def no_code(s: Stage) -> None:
    """A user who gives no Confirmation Code ends the session with endUserRejection."""
    front = s.front(code="4711")
    s.raised(s.lpa().download(ActivationCode(front.kit.address, "M-1"), EndUser()), UserDeclined)
    s.equal("the reasons given", [CancelSessionReason.endUserRejection], front.cancelled)


@scenario("lpa.rows.installed_already", spec=SPEC, tests="lpa")
def installed_already(s: Stage) -> None:
    """A profile that is installed already isn't asked for again; the session is cancelled."""
    front = s.front()
    code = ActivationCode(front.kit.address, "M-1")
    with s.given("the profile is installed"):
        s.went_through(s.lpa().download(code))
    s.raised(s.lpa().download(code), NotPossible)
    s.equal("packages asked for", 1, len(front.of("getBoundProfilePackage")))
    s.equal("sessions cancelled", 1, len(front.cancelled))


@scenario("lpa.rows.test_mode", spec=f"{SPEC}, 2.4.5.3", tests="lpa", needs="lpa_local")
def test_mode(s: Stage) -> None:
    """A test profile is downloaded in device test mode only."""
    front = s.front(profile=s.profile(profile_class=ProfileClass.test, k=TEST_KEY))
    code = ActivationCode(front.kit.address, "M-1")
    s.raised(s.lpa().download(code), NotPossible)
    s.equal("packages asked for", 0, len(front.of("getBoundProfilePackage")))
    s.went_through(s.lpa(test_mode=True).download(code))


@scenario("lpa.rows.rules_not_allowed", spec=f"{SPEC}, 2.9.2, 3.0.2", tests="lpa", needs="card_settings, lpa_local")
def rules(s: Stage) -> None:
    """Policy rules that the card's table doesn't allow: the session is cancelled with pprNotAllowed."""
    front = s.front(profile=s.profile(pprs=PprIds.ppr2))
    card = s.simulated_card(rules=())
    s.raised(s.lpa(card=card).download(ActivationCode(front.kit.address, "M-1")), NotPossible)
    s.equal("the reasons given", [CancelSessionReason.pprNotAllowed], front.cancelled)


@scenario("lpa.rows.headers", spec="SGP.22 v2.5 section 6.3, 6.5.1", tests="lpa")
def headers(s: Stage) -> None:
    """Requests carry User-Agent gsma-rsp-lpad, X-Admin-Protocol of version 2 and the JSON content type."""
    front = s.front()
    s.lpa().download(ActivationCode(front.kit.address, "M-1"))
    sent = front.calls[0].headers
    s.check(sent.get("user-agent", "").startswith("gsma-rsp-lpa"), "User-Agent")
    s.check(sent.get("x-admin-protocol", "").startswith("gsma/rsp/v2."), "X-Admin-Protocol")
    s.check(sent.get("content-type", "").startswith("application/json"), "Content-Type")


@scenario("lpa.rows.default_smdp", spec=f"{SPEC}, 3.1.1.3", tests="lpa", needs="lpa_local")
def default_smdp(s: Stage) -> None:
    """From the default SM-DP+ of the card a profile is downloaded without a Matching ID; without address, nothing."""
    front = s.front()
    s.raised(s.lpa().download(None), LpaError)
    s.look().set_default_dp_address(front.kit.address)
    s.went_through(s.lpa().download(None))
    s.equal("the Matching ID", "", front.kit.matching_id or "")


@scenario("lpa.rows.delete_declined", spec=LOCAL, tests="lpa", needs="lpa_local")
def delete_declined(s: Stage) -> None:
    """Nothing is deleted or reset before the user has confirmed it."""
    front = s.front()
    with s.given("an installed profile"):
        s.went_through(s.lpa().download(ActivationCode(front.kit.address, "M-1")))
    user = EndUser(confirm_with=Decision.REJECT)
    s.raised(s.lpa().delete(front.profile.iccid, user), UserDeclined)
    s.raised(s.lpa().memory_reset(ResetOptions.deleteOperationalProfiles, user), UserDeclined)
    s.equal("times asked", 2, len(user.asked(StrongConfirmation)))
    s.holds({str(front.profile.iccid): "disabled"})


@scenario("lpa.rows.delete_enabled", spec=LOCAL, tests="lpa", needs="lpa_local")
def delete_enabled(s: Stage) -> None:
    """An enabled profile is disabled, then deleted."""
    front = s.front()
    with s.given("an enabled profile"):
        s.went_through(s.lpa().download(ActivationCode(front.kit.address, "M-1")))
        s.went_through(s.lpa().enable(front.profile.iccid))
    s.went_through(s.lpa().delete(front.profile.iccid))
    s.holds({})


@scenario("lpa.rows.smds_es9plus", spec="SGP.22 v2.5 section 3.6.2, 5.8, 6.5.2", tests="lpa",
          needs="lpa_discovery, lpa_result")  # fmt: skip
def smds_es9plus(s: Stage) -> None:
    """An SM-DS that knows the ES9+ path only is asked there."""
    front = s.smds_front(HttpStatus("initiateAuthentication", 404, times=1), events=[("E-1", "smdp.example.com")])
    outcome = s.lpa().discover()
    s.went_through(outcome)
    s.equal("the events", ["E-1"], [one.eventId for one in outcome.value])
    s.check("es9plus" in front.calls[-1].path, "the path", "es9plus", front.calls[-1].path)
