"""Profile download by activation code."""

from lpa.core.actions import Decision
from lpa.core.errors import ProtocolViolation, UserDeclined
from scenarios import Stage, scenario
from scenarios.faults import BeforeSignature, LostAnswer, Set
from scenarios.parties.user import EndUser
from wire.activation_code import ActivationCode
from wire.es10 import CancelSessionReason
from wire.tlv import parse

SPEC = "SGP.22 v2.5 section 3.1.3"


@scenario("lpa.download.nominal", spec=f"{SPEC}, 5.6", tests="lpa")
def nominal(s: Stage) -> None:
    """An activation code leads to an installed profile and an acknowledged installation result."""
    front = s.front()
    outcome = s.lpa().download(ActivationCode(front.kit.address, "MATCHING-1"))
    s.went_through(outcome)
    expected = ["initiateAuthentication", "authenticateClient", "getBoundProfilePackage"]
    s.equal("the functions called", expected, front.functions[:3])
    kinds = [parse(call.octets("pendingNotification")).tag for call in front.of("handleNotification")]
    s.equal("the notifications delivered: installation result, then the install event", [0xBF37, 0x30], kinds)
    s.equal("the Matching ID", "MATCHING-1", front.kit.matching_id)
    s.equal("what the server refused", [], front.refusals)


@scenario("lpa.download.user_rejects", spec=f"{SPEC}, 3.0.2, 5.7.14", tests="lpa")
def user_rejects(s: Stage) -> None:
    """The user rejects: the session is cancelled with endUserRejection, no package is asked for."""
    front = s.front()
    user = EndUser(consent_to=Decision.REJECT)
    s.raised(s.lpa().download(ActivationCode(front.kit.address, "MATCHING-1"), user), UserDeclined)
    s.equal("the reasons given", [CancelSessionReason.endUserRejection], front.cancelled)
    s.equal("packages asked for", 0, len(front.of("getBoundProfilePackage")))


@scenario("lpa.download.other_address_signed", spec=f"{SPEC}, 3.0.1", tests="lpa")
def other_address_signed(s: Stage) -> None:
    """A serverSigned1 that names another server is not passed on to the card."""
    front = s.front(BeforeSignature("ServerSigned1", Set("30.83", b"evil.example.com")))
    s.raised(s.lpa().download(ActivationCode(front.kit.address, "MATCHING-1")), ProtocolViolation)
    s.equal("the functions called", ["initiateAuthentication"], front.functions)


@scenario("lpa.download.package_lost_once", spec=f"{SPEC}, 5.6.2", tests="lpa", needs="retries")
def package_lost_once(s: Stage) -> None:
    """The answer with the package is lost: the LPA asks again and installs it."""
    front = s.front(LostAnswer("getBoundProfilePackage"))
    s.went_through(s.lpa().download(ActivationCode(front.kit.address, "MATCHING-1")))
    s.equal("packages asked for", 2, len(front.of("getBoundProfilePackage")))
    s.holds({str(front.profile.iccid): "disabled"})
