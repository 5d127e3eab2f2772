"""What the operator is told when an LPA cancels a session.

Spec: SGP.22 v2.5 section 5.6.5, 5.3.5
"""

from typing import NamedTuple

from wire.codes.explain import explain
from wire.codes.model import StatusCode


class CancelOutcome(NamedTuple):
    """A cancel reason: its name, whether it ends the order, and the status for the operator (None: none)."""

    name: str
    terminal: bool
    status: StatusCode | None


def _terminal(name: str, pair: str) -> CancelOutcome:
    return CancelOutcome(name, True, explain(*pair.split("/")))


CANCEL_REASONS: dict[int, CancelOutcome] = {
    0: _terminal("endUserRejection", "8.8.5/3.8"),
    1: CancelOutcome("postponed", False, None),
    2: CancelOutcome("timeout", False, None),
    3: _terminal("pprNotAllowed", "8.2.8/1.2"),
    4: _terminal("metadataMismatch", "8.2.9/3.11"),
    5: _terminal("loadBppExecutionError", "8.2.10/4.2"),
    17: _terminal("enterpriseProfilesNotSupported", "8.2.13/3.1"),
    18: _terminal("enterpriseRulesNotAllowed", "8.2.13/1.2"),
    19: _terminal("enterpriseProfileNotAllowed", "8.2.13/3.8"),
    20: _terminal("enterpriseOidMismatch", "8.2.13/3.12"),
    21: _terminal("enterpriseRulesError", "8.2.13/3.8"),
    22: _terminal("enterpriseProfilesOnly", "8.2.13/3.8"),
    23: _terminal("lprNotSupported", "8.2.14/3.1"),
    24: _terminal("lprNetworkDataNotAllowed", "8.8.6/3.8"),
    25: _terminal("emptyProfileOrSpName", "8.2.9/3.8"),
    27: _terminal("rpmDisabled", "8.8.6/3.8"),
    28: _terminal("invalidRpmPackage", "8.8.6/2.1"),
    29: _terminal("loadRpmPackageError", "8.8.6/4.2"),
    30: _terminal("operationAbandoned", "8.10.3/4.3"),
    127: _terminal("undefinedReason", "8/4.2"),
}


def cancel_outcome(reason: int) -> CancelOutcome:
    """The outcome of a cancel reason; a value that the table does not know counts as undefinedReason (terminal)."""
    return CANCEL_REASONS.get(reason, CANCEL_REASONS[127])
