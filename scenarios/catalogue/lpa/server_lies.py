"""What an LPA must not pass on, and how it ends a session with a server that lies or fails."""

from collections.abc import Callable

from lpa.core.errors import HttpStatusError, LpaError, ProtocolViolation, ServerRefused
from scenarios import Stage, scenario
from scenarios.faults import (
    BeforeSignature,
    CutOff,
    DamagedMac,
    DamagedSignature,
    Fault,
    HttpBody,
    HttpHeader,
    HttpStatus,
    LostAnswer,
    LostRequest,
    Member,
    OnWire,
    Refusal,
    Set,
    StatusWord,
)
from scenarios.kit.front import Front
from wire.activation_code import ActivationCode
from wire.es10 import CancelSessionReason

SPEC = "SGP.22 v2.5 section 3.1.3, 5.6"
AUTHENTICATION = ["initiateAuthentication", "authenticateClient"]


def code(front: Front) -> ActivationCode:
    """The activation code of the kit."""
    return ActivationCode(front.kit.address, "MATCHING-1")


def _ends(name: str, title: str, error: type[LpaError], functions: list[str], *faults: Fault, needs: str = "") -> None:
    """The LPA must end with `error` after these functions; nothing is installed."""

    def body(s: Stage) -> None:
        front = s.front(*faults)
        s.raised(s.lpa(retry_waits_s=()).download(code(front)), error)
        s.equal("the functions called", functions, front.functions)
        s.holds({})

    body.__doc__ = f"{title}: the LPA goes no further."
    scenario(f"lpa.server.{name}", spec=SPEC, tests="lpa", needs=needs)(body)


_ends(
    "signature_damaged",
    "A damaged serverSignature1, which the card refuses and the server is told of",
    LpaError,
    AUTHENTICATION,
    DamagedSignature("ServerSigned1"),
)
_ends(
    "other_transaction_signed",
    "A serverSigned1 of another transaction",
    ProtocolViolation,
    ["initiateAuthentication"],
    BeforeSignature("ServerSigned1", Set("30.80", bytes(16))),
)
_ends(
    "smdp_signed2_other_transaction",
    "An smdpSigned2 of another transaction",
    ProtocolViolation,
    [*AUTHENTICATION, "cancelSession"],
    BeforeSignature("SmdpSigned2", Set("30.80", bytes(16))),
)
_ends(
    "metadata_cut",
    "Metadata that don't decode",
    ProtocolViolation,
    [*AUTHENTICATION, "cancelSession"],
    OnWire("profileMetadata", CutOff(9)),
)
_ends(
    "no_json",
    "An answer that is no JSON",
    ProtocolViolation,
    ["initiateAuthentication"],
    HttpBody("initiateAuthentication", b"<html>"),
)
_ends(
    "member_missing",
    "An answer without serverCertificate",
    ProtocolViolation,
    ["initiateAuthentication"],
    Member("initiateAuthentication", "serverCertificate", None),
)
_ends(
    "refused",
    "A refusal of authenticateClient",
    ServerRefused,
    ["initiateAuthentication"],
    Refusal("authenticateClient", "8.2.6", "3.8"),
)
_ends("status_404", "HTTP 404", HttpStatusError, [], HttpStatus("initiateAuthentication", 404))
_ends(
    "status_301", "A redirection, which is not followed", HttpStatusError, [], HttpStatus("initiateAuthentication", 301)
)


@scenario("lpa.server.status_503_once", spec=SPEC, tests="lpa", needs="retries")
def status_503_once(s: Stage) -> None:
    """HTTP 503 once: the LPA waits and tries again."""
    front = s.front(HttpStatus("initiateAuthentication", 503, times=1))
    outcome = s.lpa().download(code(front))
    s.went_through(outcome)
    if outcome.is_known:
        s.equal("pauses", 1, len(outcome.waits))


@scenario("lpa.server.no_content_type", spec="SGP.22 v2.5 section 6.5.1", tests="lpa")
def no_content_type(s: Stage) -> None:
    """An answer without Content-Type is read all the same."""
    front = s.front(HttpHeader("initiateAuthentication", "content-type", None))
    s.went_through(s.lpa().download(code(front)))


@scenario("lpa.server.metadata_mismatch", spec="SGP.22 v2.5 section 3.1.3, 3.0.2", tests="lpa")
def metadata_mismatch(s: Stage) -> None:
    """Metadata in the package that differ from the preview: the LPA cancels with metadataMismatch."""
    front = s.front(OnWire("profileMetadata", Set("BF25.92", b"Something else")))
    s.raised(s.lpa().download(code(front)), LpaError)
    s.equal("the reasons given", [CancelSessionReason.metadataMismatch], front.cancelled)
    s.holds({})


@scenario("lpa.server.package_damaged", spec="SGP.22 v2.5 section 3.1.3, 3.5", tests="lpa")
def package_damaged(s: Stage) -> None:
    """A package that the card refuses: the LPA delivers the error result and keeps no notification."""
    front = s.front(DamagedMac(3))
    s.raised(s.lpa().download(code(front)), LpaError)
    s.equal("notifications delivered", 1, len(front.of("handleNotification")))
    if s.can_look:
        s.equal("pending notifications", [], s.look().notifications())


def _retried(name: str, title: str, check: Callable[[Stage, Front], None], *faults: Fault) -> None:
    def body(s: Stage) -> None:
        front = s.front(*faults)
        s.went_through(s.lpa().download(code(front)))
        check(s, front)
        s.holds({str(front.profile.iccid): "disabled"})

    body.__doc__ = f"{title}: the LPA tries again, and the profile is installed once."
    scenario(f"lpa.retry.{name}", spec=SPEC, tests="lpa", needs="retries")(body)


def _count(function: str, expected: int) -> Callable[[Stage, Front], None]:
    def check(s: Stage, front: Front) -> None:
        s.equal(f"calls of {function}", expected, len(front.of(function)))

    return check


_retried("initiate_lost", "A lost request", _count("initiateAuthentication", 1), LostRequest("initiateAuthentication"))
_retried("authenticate_lost", "A lost answer", _count("initiateAuthentication", 2), LostAnswer("authenticateClient"))


@scenario("lpa.retry.notification_lost", spec="SGP.22 v2.5 section 3.5", tests="lpa", needs="lpa_local")
def notification_lost(s: Stage) -> None:
    """A notification that can't be delivered stays on the card, and is delivered later, the same octets."""
    front = s.front(LostAnswer("handleNotification"))
    s.lpa().download(code(front))
    s.check(len(s.look().notifications()) > 0, "a notification is kept")
    s.went_through(s.lpa().process_notifications())
    sent = [call.octets("pendingNotification") for call in front.of("handleNotification")]
    s.equal("the octets of the first, sent again", True, sent[0] in sent[1:])
    s.equal("pending notifications", [], s.look().notifications())


@scenario("lpa.card.enable_status_word", spec="SGP.22 v2.5 section 3.2.1, 5.7.16", tests="lpa", needs="lpa_local")
def enable_sw_error(s: Stage) -> None:
    """A status word instead of EnableProfile's answer ends the procedure; the profile stays disabled."""
    front = s.front()
    with s.given("an installed profile"):
        s.went_through(s.lpa().download(code(front)))
    s.raised(s.lpa(StatusWord(0x6F00, es10=0xBF31)).enable(front.profile.iccid), LpaError)
    s.holds({str(front.profile.iccid): "disabled"})


@scenario(
    "lpa.discovery.nominal", spec="SGP.22 v2.5 section 3.6.2, 5.8", tests="lpa", needs="lpa_discovery, lpa_result"
)
def discovery(s: Stage) -> None:
    """Every event that the SM-DS names is found."""
    events = [("EVENT-1", "smdp.example.com"), ("EVENT-2", "other.example.com:8443")]
    front = s.smds_front(events=events)
    outcome = s.lpa().discover()
    s.went_through(outcome)
    s.equal("the events", events, [(one.eventId, one.rspServerAddress) for one in outcome.value])
    s.equal("no EventID is asked for", None, front.kit.matching_id)
