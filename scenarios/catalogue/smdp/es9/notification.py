"""ES9+.HandleNotification: installation results and notifications."""

from scenarios import Stage, scenario
from scenarios.faults import BeforeSignature, DamagedSignature, Fault, ForeignKey, Set
from wire.es10 import BppCommandId, ErrorReason, NotificationEvent

SPEC = "SGP.22 v2.5 section 5.6.4, 3.5"
FINAL = BppCommandId.loadProfileElements, ErrorReason.installFailedDueToPEProcessingError


@scenario("smdp.es9.notification.install_failed", spec=SPEC, tests="smdp", needs="orders")
def install_failed(s: Stage) -> None:
    """A permanent installation error ends the order; it is acknowledged like any notification."""
    order = s.smdp.order()
    session = s.session().reach("bound", order)
    s.accepted(session.report(error=FINAL))
    s.equal("the order's state", "Error", s.smdp.state(order))


@scenario("smdp.es9.notification.install_interrupted", spec=SPEC, tests="smdp", needs="orders")
def install_interrupted(s: Stage) -> None:
    """A temporary installation error leaves the order downloadable."""
    order = s.smdp.order()
    session = s.session().reach("bound", order)
    error = BppCommandId.loadProfileElements, ErrorReason.installFailedDueToInterruption
    s.accepted(session.report(error=error))
    s.equal("the order's state", "Downloaded", s.smdp.state(order))
    s.accepted(s.session_of(session.euicc).authenticate(order))


@scenario("smdp.es9.notification.signature_damaged", spec=SPEC, tests="smdp", needs="orders")
def signature_damaged(s: Stage) -> None:
    """An installation result that doesn't verify is acknowledged, and changes nothing."""
    order = s.smdp.order()
    session = s.session(DamagedSignature("ProfileInstallationResultData")).reach("bound", order)
    s.accepted(session.report())
    s.equal("the order's state", "Downloaded", s.smdp.state(order))


@scenario("smdp.es9.notification.enabled", spec=SPEC, tests="smdp", needs="orders, inspect")
def enabled(s: Stage) -> None:
    """The enable notification of an installed profile is acknowledged and noted."""
    order = s.smdp.order()
    session = s.session()
    session.download(order)
    s.accepted(session.report_event(NotificationEvent.notificationEnable, order))
    s.equal("what the SM-DP+ knows", "Enabled", s.smdp.installation(order, session.euicc.eid))


@scenario("smdp.es9.notification.late_order", spec=SPEC, tests="smdp", needs="orders, inspect")
def late(s: Stage) -> None:
    """Notifications that arrive in the wrong order leave the state of the one with the highest number."""
    order = s.smdp.order()
    session = s.session()
    session.download(order)
    early = session.euicc.notification(NotificationEvent.notificationEnable, s.smdp.address, order.iccid.ef)
    s.accepted(session.report_event(NotificationEvent.notificationDisable, order))
    s.accepted(session.notify(early))
    s.equal("what the SM-DP+ knows", "Disabled", s.smdp.installation(order, session.euicc.eid))


@scenario("smdp.es9.notification.memory", spec=f"{SPEC}, 2.5.6", tests="smdp", needs="orders")
def memory(s: Stage) -> None:
    """An installation that failed for lack of memory may be tried again."""
    order = s.smdp.order()
    session = s.session().reach("bound", order)
    error = BppCommandId.loadProfileElements, ErrorReason.installFailedDueToInsufficientMemoryForProfile
    s.accepted(session.report(error=error))
    s.accepted(s.session_of(session.euicc).authenticate(order))


@scenario("smdp.es9.notification.repeated", spec=SPEC, tests="smdp", needs="orders")
def repeated(s: Stage) -> None:
    """The same installation result again is acknowledged and changes nothing."""
    order = s.smdp.order()
    session = s.session().reach("bound", order)
    result = session.euicc.installation_result(s.smdp.address)
    s.accepted(session.notify(result))
    s.accepted(session.notify(result))
    s.equal("the order's state", "Installed", s.smdp.state(order))


@scenario("smdp.es9.notification.told_once", spec=f"{SPEC}, 5.3.5", tests="smdp", needs="orders, inspect")
def told_once(s: Stage) -> None:
    """The same installation result again isn't told to the operator again."""
    session = s.session().reach("bound", s.smdp.order())
    result = session.euicc.installation_result(s.smdp.address)
    s.accepted(session.notify(result))
    told = len(s.smdp.messages())
    s.accepted(session.notify(result))
    s.equal("messages to the operator", told, len(s.smdp.messages()))


@scenario("smdp.es9.notification.failure_after_success", spec=SPEC, tests="smdp", needs="orders")
def failure_after_success(s: Stage) -> None:
    """A failure that arrives after the success doesn't undo it."""
    order = s.smdp.order()
    session = s.session()
    session.download(order)
    s.accepted(session.report(error=FINAL))
    s.equal("the order's state", "Installed", s.smdp.state(order))


@scenario("smdp.es9.notification.earlier_session", spec=SPEC, tests="smdp", needs="orders")
def earlier_session(s: Stage) -> None:
    """A failure of an earlier attempt doesn't end the order, for which a later one is under way."""
    order = s.smdp.order()
    first = s.session().reach("bound", order)
    late = first.euicc.installation_result(s.smdp.address, error=FINAL)
    second = s.session_of(first.euicc).reach("bound", order)
    s.accepted(second.notify(late))
    s.equal("the order's state", "Downloaded", s.smdp.state(order))
    s.accepted(second.report())
    s.equal("after the success", "Installed", s.smdp.state(order))


@scenario("smdp.es9.notification.other_oid", spec=f"{SPEC}, 2.5.6", tests="smdp", needs="orders")
def other_oid(s: Stage) -> None:
    """A well-signed result with another SM-DP+'s OID is acknowledged, and changes nothing."""
    order = s.smdp.order()
    lie = BeforeSignature("ProfileInstallationResultData", Set("BF27.06", bytes.fromhex("883763")))
    s.accepted(s.session(lie).reach("bound", order).report())
    s.equal("the order's state", "Downloaded", s.smdp.state(order))


@scenario("smdp.es9.notification.other_iccid", spec=f"{SPEC}, 2.5.6", tests="smdp", needs="orders")
def other_iccid(s: Stage) -> None:
    """A well-signed result for another ICCID is acknowledged, and changes nothing."""
    order = s.smdp.order()
    session = s.session().reach("bound", order)
    s.accepted(session.report(iccid=bytes.fromhex("98001032547698103214")))
    s.equal("the order's state", "Downloaded", s.smdp.state(order))


@scenario("smdp.es9.notification.unbound", spec=SPEC, tests="smdp", needs="orders")
def unbound(s: Stage) -> None:
    """A result for a session in which no package was fetched is acknowledged, and changes nothing."""
    order = s.smdp.order()
    session = s.session().reach("authenticated", order)
    s.accepted(session.report())
    s.equal("the order's state", "Released", s.smdp.state(order))


@scenario("smdp.es9.notification.rubbish", spec=SPEC, tests="smdp")
def rubbish(s: Stage) -> None:
    """Whatever comes is acknowledged with 204 and an empty body, so that the LPA forgets it."""
    for pending in (b"\x30\x00", b"rubbish", b"\xbf\x37\x02\x30\x00"):
        answer = s.smdp.es9("handleNotification", pendingNotification=pending)
        s.equal("status and body", (204, b""), (answer.status, answer.body))


def _event(event: NotificationEvent, expected: str) -> None:
    def body(s: Stage) -> None:
        order, session = s.smdp.order(), s.session()
        session.download(order)
        s.accepted(session.report_event(event, order))
        s.equal("what the SM-DP+ knows", expected, s.smdp.installation(order, session.euicc.eid))

    body.__doc__ = f"{event.names[0]} is acknowledged and noted as {expected}."
    scenario(f"smdp.es9.notification.{expected.lower()}", spec=SPEC, tests="smdp", needs="orders, inspect")(body)


_event(NotificationEvent.notificationDisable, "Disabled")


_event(NotificationEvent.notificationDelete, "Deleted")


def _unheard(name: str, title: str, *faults: Fault, address: str | None = None) -> None:
    def body(s: Stage) -> None:
        order = s.smdp.order()
        good = s.session()
        good.download(order)
        liar = s.session(*faults)
        liar.euicc.sequence_number = 50
        s.accepted(liar.report_event(NotificationEvent.notificationDelete, order, address))
        s.equal("what the SM-DP+ knows", "Installed", s.smdp.installation(order, good.euicc.eid))

    body.__doc__ = f"{title} is acknowledged, and nothing follows from it."
    scenario(f"smdp.es9.notification.{name}", spec=SPEC, tests="smdp", needs="orders, inspect")(body)


_unheard("event_damaged", "A notification whose signature is wrong", DamagedSignature("TbsOtherNotification"))


_unheard("event_foreign_key", "A notification that another key signed", ForeignKey("TbsOtherNotification"))


_unheard("event_elsewhere", "A notification for another server", address="stranger.example.com")


@scenario(
    "smdp.es9.notification.operator_told",
    spec="SGP.22 v2.5 section 5.3.5, 3.1.6",
    tests="smdp",
    needs="orders",
)
def operator_told(s: Stage) -> None:
    """The order's failure that is final is no longer downloadable, and its Matching ID is dead."""
    order = s.smdp.order()
    session = s.session().reach("bound", order)
    s.accepted(session.report(error=FINAL))
    s.check(not s.session().authenticate(order).ok, "the Matching ID is dead")
