"""ES10b: sessions, PrepareDownload, CancelSession, notifications."""

from scenarios import Stage, scenario
from scenarios.faults import BeforeSignature, DamagedSignature, OnWire, Remove, Set, WithoutSuffix
from scenarios.kit.read import dig, find, integer
from scenarios.kit.server import check_notification
from scenarios.parties.euicc import error_of
from wire.es10 import (
    AuthenticateErrorCode,
    CancelSessionError,
    CancelSessionReason,
    DeleteNotificationStatus,
    DownloadErrorCode,
    NotificationEvent,
)

PREPARE = "SGP.22 v2.5 section 5.7.5"
CANCEL = "SGP.22 v2.5 section 5.7.14, 3.0.2"
NOTIFY = "SGP.22 v2.5 section 5.7.9, 5.7.10, 5.7.11"


@scenario("euicc.es10b.challenge.fresh", spec="SGP.22 v2.5 section 5.7.7", tests="euicc")
def fresh_challenge(s: Stage) -> None:
    """Each challenge has 16 octets and is another one."""
    challenges = {s.card.challenge() for _ in range(4)}
    s.equal("different challenges", 4, len(challenges))
    s.equal("their lengths", {16}, {len(challenge) for challenge in challenges})


@scenario("euicc.es10b.authenticate.without_challenge", spec="SGP.22 v2.5 section 5.7.13", tests="euicc")
def without_challenge(s: Stage) -> None:
    """AuthenticateServer without a session is refused with noSessionContext."""
    response = s.card.es10(s.server().authenticate_server(bytes(16)))
    s.result("AuthenticateServer", error_of(response), AuthenticateErrorCode.noSessionContext)


@scenario("euicc.es10b.authenticate.twice", spec="SGP.22 v2.5 section 5.7.13", tests="euicc")
def authenticated_twice(s: Stage) -> None:
    """A challenge serves once: the same AuthenticateServer again is refused."""
    server = s.server()
    request = server.authenticate_server(s.card.challenge())
    s.result("AuthenticateServer", error_of(s.card.es10(request)), None)
    s.check(error_of(s.card.es10(request)) is not None, "the same request again is refused")


@scenario("euicc.es10b.prepare.nominal", spec=f"{PREPARE}, 3.1.3", tests="euicc")
def prepare(s: Stage) -> None:
    """euiccSigned2 holds the transactionId and a one-time key on the curve of CERT.DPpb."""
    server = s.server()
    s.card.reach("prepared", server)
    s.equal("the one-time key is an uncompressed point", (65, 4), (len(server.otpk_euicc), server.otpk_euicc[0]))


@scenario("euicc.es10b.prepare.confirmation_hash", spec=f"{PREPARE}, 4.7", tests="euicc")
def hash_cc(s: Stage) -> None:
    """hashCc stands in euiccSigned2 as the LPA gave it."""
    server = s.server()
    s.card.reach("authenticated", server)
    server.check_preparation(s.card.prepare(server, code_required=True, hash_cc=bytes(range(32))).raw)
    s.equal("hashCc", bytes(range(32)), server.hash_cc)


@scenario("euicc.es10b.prepare.same_one_time_key", spec=f"{PREPARE}, 3.1.3.2", tests="euicc")
def same_key(s: Stage) -> None:
    """A retry whose bppEuiccOtpk is the eUICC's unused key gets this key again; otherwise a new one."""
    server = s.server()
    s.card.reach("prepared", server)
    first = server.otpk_euicc
    s.card.reach("authenticated", server)
    server.check_preparation(s.card.prepare(server, one_time_point=first).raw)
    s.equal("the one-time key", first, server.otpk_euicc)
    s.card.reach("prepared", server)
    s.check(server.otpk_euicc != first, "without bppEuiccOtpk the eUICC makes a new key")


@scenario("euicc.es10b.prepare.no_session", spec=PREPARE, tests="euicc")
def prepare_without_session(s: Stage) -> None:
    """PrepareDownload before AuthenticateServer is refused with noSessionContext."""
    server = s.server()
    server.initiate(s.card.challenge())
    s.result("PrepareDownload", error_of(s.card.prepare(server)), DownloadErrorCode.noSessionContext)


def _refused(name: str, title: str, expected: DownloadErrorCode, *faults: object) -> None:
    def body(s: Stage) -> None:
        server = s.server(*faults)  # type: ignore[arg-type]
        s.card.reach("authenticated", server)
        s.result("PrepareDownload", error_of(s.card.prepare(server)), expected)

    body.__doc__ = f"{title}: {expected.name}."
    scenario(f"euicc.es10b.prepare.{name}", spec=PREPARE, tests="euicc")(body)


_refused(
    "signature_damaged", "A damaged smdpSignature2", DownloadErrorCode.invalidSignature, DamagedSignature("SmdpSigned2")
)
_refused(
    "signature_unbound",
    "An smdpSignature2 that doesn't cover euiccSignature1",
    DownloadErrorCode.invalidSignature,
    WithoutSuffix("SmdpSigned2"),
)
_refused(
    "other_transaction",
    "A well-signed smdpSigned2 of another transaction",
    DownloadErrorCode.invalidTransactionId,
    BeforeSignature("SmdpSigned2", Set("30.80", bytes(16))),
)


@scenario("euicc.es10b.cancel.reasons", spec=CANCEL, tests="euicc")
def cancel(s: Stage) -> None:
    """CancelSession signs transactionId, OID and the reason, whichever it is, and ends the session."""
    for reason in (CancelSessionReason.endUserRejection, CancelSessionReason.postponed, CancelSessionReason.timeout):
        server = s.server()
        s.card.reach("authenticated", server)
        answer = s.card.cancel_session(server.transaction_id, reason)
        s.equal("the signed reason", int(reason), server.check_cancellation(answer.raw))
        s.result("PrepareDownload", error_of(s.card.prepare(server)), DownloadErrorCode.noSessionContext)


@scenario("euicc.es10b.cancel.other_transaction", spec=CANCEL, tests="euicc")
def cancel_other(s: Stage) -> None:
    """CancelSession of another transaction is refused with invalidTransactionId; the session goes on."""
    server = s.server()
    s.card.reach("authenticated", server)
    answer = s.card.cancel_session(bytes(16), CancelSessionReason.postponed)
    s.result("CancelSession", integer(dig(answer, 0x81)), CancelSessionError.invalidTransactionId)
    s.result("PrepareDownload", error_of(s.card.prepare(server)), None)


@scenario("euicc.es10b.notifications.signed", spec=NOTIFY, tests="euicc")
def signed_notifications(s: Stage) -> None:
    """Enable, disable and delete each leave a signed notification, with rising numbers."""
    profile = s.profile()
    with s.given("an installed profile"):
        s.installed(s.card.install(s.server(), profile))
    s.card.enable(profile)
    s.card.power_on()
    s.card.disable(profile)
    s.card.power_on()
    s.card.delete(profile)
    wanted = NotificationEvent(14)
    listed = s.card.notifications(wanted)
    events = ["notificationEnable", "notificationDisable", "notificationDelete"]
    s.equal("the events", events, [one.event.names[0] for one in listed])
    s.equal("the numbers rise", sorted(one.number for one in listed), [one.number for one in listed])
    for one in s.card.retrieve_notifications(events=wanted):
        check_notification(one.raw, s.pki.ci().certificate)


@scenario("euicc.es10b.notifications.removed_once", spec=NOTIFY, tests="euicc")
def removed_once(s: Stage) -> None:
    """A removed notification is gone; removing it again answers nothingToDelete."""
    with s.given("an installed profile"):
        s.installed(s.card.install(s.server(), s.profile()))
    number = s.card.notifications()[0].number
    s.result("RemoveNotificationFromList", s.card.remove_notification(number), DeleteNotificationStatus.ok)
    s.equal("what is retrieved", [], s.card.retrieve_notifications(number))
    code = s.card.remove_notification(number)
    s.result("RemoveNotificationFromList", code, DeleteNotificationStatus.nothingToDelete)


@scenario("euicc.es10b.info2.lists", spec="SGP.22 v2.5 section 5.7.8, 4.3", tests="euicc")
def info2(s: Stage) -> None:
    """EUICCInfo1 and EUICCInfo2 name the same CIs and version; every CI of the chain is among them."""
    one, two = s.card.info1(), s.card.info2()
    for tag, what in ((0x82, "svn"), (0xA9, "euiccCiPKIdListForVerification"), (0xAA, "euiccCiPKIdListForSigning")):
        s.equal(what, dig(one, tag).raw, dig(two, tag).raw)
    s.check(find(two, 0x84) is not None, "extCardResource is there")


@scenario("euicc.es10b.authenticate.context_copied", spec="SGP.22 v2.5 section 5.7.13, 4.2", tests="euicc")
def context_copied(s: Stage) -> None:
    """A ctxParams1 without matchingId is signed as it came."""
    server = s.server()
    signed = server.check_authentication(s.card.authenticate(server, matching_id=None).raw)
    s.check(find(dig(signed, 0xA0), 0x80) is None, "no matchingId is made up")


@scenario("euicc.es10b.authenticate.malformed", spec="SGP.22 v2.5 section 5.7.13", tests="euicc")
def malformed(s: Stage) -> None:
    """AuthenticateServer without its certificate is refused, and the next session works."""
    server = s.server(OnWire("AuthenticateServerRequest", Remove("BF38.30[1]")))
    answer = s.card.send(server.authenticate_server(s.card.challenge()))
    refused = answer.sw != 0x9000 or b"\xa0" not in answer.data[:5]
    s.check(refused, "the malformed request is refused")
    s.card.power_on()
    good = s.server()
    good.check_authentication(s.card.authenticate(good).raw)
