"""ES10b.CancelSession."""

from scenarios import Stage, scenario
from scenarios.kit.read import dig, find, integer
from scenarios.parties.euicc import error_of
from wire.es10 import CancelSessionError, CancelSessionReason, DownloadErrorCode

SPEC = "SGP.22 v2.5 section 5.7.14"


@scenario("euicc.es10b.cancel.reasons", spec=f"{SPEC}, 3.0.2", tests="euicc")
def cancel(s: Stage) -> None:
    """CancelSession signs transactionId, OID and the reason, whichever it is, and ends the session."""
    for reason in (CancelSessionReason.endUserRejection, CancelSessionReason.postponed, CancelSessionReason.timeout):
        server = s.server()
        s.card.reach("authenticated", server)
        answer = s.card.cancel_session(server.transaction_id, reason)
        s.equal("the signed reason", int(reason), server.check_cancellation(answer.raw))
        s.result("PrepareDownload", error_of(s.card.prepare(server)), DownloadErrorCode.noSessionContext)


@scenario("euicc.es10b.cancel.other_transaction", spec=f"{SPEC}, 3.0.2", tests="euicc")
def cancel_other(s: Stage) -> None:
    """CancelSession of another transaction is refused with invalidTransactionId; the session goes on."""
    server = s.server()
    s.card.reach("authenticated", server)
    answer = s.card.cancel_session(bytes(16), CancelSessionReason.postponed)
    s.result("CancelSession", integer(dig(answer, 0x81)), CancelSessionError.invalidTransactionId)
    s.result("PrepareDownload", error_of(s.card.prepare(server)), None)


def _reason(reason: CancelSessionReason) -> None:
    def body(s: Stage) -> None:
        server = s.server()
        s.card.reach("prepared", server)
        answer = s.card.cancel_session(server.transaction_id, reason)
        s.equal("the signed reason", int(reason), server.check_cancellation(answer.raw))

    body.__doc__ = f"CancelSession with {reason.name} after PrepareDownload is signed with this reason."
    scenario(f"euicc.es10b.cancel.{reason.name.lower()}", spec=SPEC, tests="euicc")(body)


for _one in (
    CancelSessionReason.pprNotAllowed,
    CancelSessionReason.metadataMismatch,
    CancelSessionReason.loadBppExecutionError,
    CancelSessionReason.undefinedReason,
):
    _reason(_one)


@scenario("euicc.es10b.cancel.before_authentication", spec=SPEC, tests="euicc")
def cancel_early(s: Stage) -> None:
    """CancelSession before AuthenticateServer has nothing to sign: an error."""
    s.card.challenge()
    answer = s.card.cancel_session(bytes(16), CancelSessionReason.postponed)
    errors = CancelSessionError.invalidTransactionId, CancelSessionError.undefinedError
    s.result("CancelSession", integer(dig(answer, 0x81)), *errors)


@scenario("euicc.es10b.cancel.twice", spec=SPEC, tests="euicc")
def cancel_twice(s: Stage) -> None:
    """A cancelled session is over: the same CancelSession again is refused."""
    server = s.server()
    s.card.reach("authenticated", server)
    server.check_cancellation(s.card.cancel_session(server.transaction_id, CancelSessionReason.timeout).raw)
    again = s.card.cancel_session(server.transaction_id, CancelSessionReason.timeout)
    s.check(find(again, 0xA0) is None, "nothing is signed again")


@scenario("euicc.es10b.cancel.during_load", spec=f"{SPEC}, 5.7.6", tests="euicc")
def cancel_loading(s: Stage) -> None:
    """CancelSession while a package is loaded ends it; nothing of the profile stays."""
    server = s.server()
    s.card.reach("prepared", server)
    for segment in server.bind(s.profile()).segments()[:4]:
        s.card.send(segment)
    answer = s.card.cancel_session(server.transaction_id, CancelSessionReason.loadBppExecutionError)
    s.equal("the signed reason", 5, server.check_cancellation(answer.raw))
    s.equal("the profiles", {}, s.card.states)


@scenario("euicc.es10b.cancel.smds", spec=SPEC, tests="euicc")
def cancel_smds(s: Stage) -> None:
    """A session with an SM-DS: CERT.DSauth is accepted as well as CERT.DPauth."""
    server = s.server(smds=True)
    server.check_authentication(s.card.authenticate(server, "EVENT-1").raw)
    s.equal("the EventID in ctxParams1", "EVENT-1", server.matching_id)
