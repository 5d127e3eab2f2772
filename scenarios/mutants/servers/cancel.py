"""Broken SM-DP+: CancelSession."""

from typing import Final

from scenarios.mutants.model import Mutant as M
from scenarios.mutants.servers.places import CANCEL

MUTANTS: Final = (
    M(
        "dp.cancel.signature",
        CANCEL,
        'raise Refusal(_CODES.EUICC_SIGNATURE_INVALID, "euiccCancelSessionSignature")',
        "pass",
        "smdp.es9.cancel",
    ),
    M(
        "dp.cancel.transaction",
        CANCEL,
        "if response.transaction_id != session.transaction_id:",
        "if False:",
        "smdp.es9.cancel",
    ),
    M(
        "dp.cancel.oid",
        CANCEL,
        "if response.smdp_oid != ports.credentials[session.dp_ci_pkid].oid:",
        "if False:",
        "smdp.es9.cancel",
    ),
    M("dp.cancel.always_final", CANCEL, "if not outcome.terminal:", "if False:", "smdp.es9.cancel"),
    M("dp.cancel.never_final", CANCEL, "if not outcome.terminal:", "if True:", "smdp.es9.cancel"),
    M(
        "dp.cancel.session_goes_on",
        CANCEL,
        "return Outcome(CancelSessionResponse(), (close(session), order), effects)",
        "return Outcome(CancelSessionResponse(), (order,), effects)",
        "smdp.es9.cancel",
    ),
    M(
        "dp.cancel.postponed_counts",
        CANCEL,
        "download_attempts=max(0, order.download_attempts - 1)",
        "download_attempts=order.download_attempts",
        "smdp.es9.authenticate",
    ),
)
