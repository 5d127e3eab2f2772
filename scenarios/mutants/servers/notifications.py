"""Broken SM-DP+: HandleNotification."""

from typing import Final

from scenarios.mutants.model import Mutant as M
from scenarios.mutants.servers.places import NOTIFY, STATES

MUTANTS: Final = (
    M("dp.notify.signature", NOTIFY, 'raise Unverifiable("euiccSignPIR is wrong")', "pass", "smdp.es9.notification"),
    M(
        "dp.notify.oid",
        NOTIFY,
        "if result.smdp_oid != ports.credentials[session.dp_ci_pkid].oid:",
        "if False:",
        "smdp.es9.notification",
    ),
    M(
        "dp.notify.iccid",
        NOTIFY,
        "if result.metadata.iccid is not None and Iccid.from_ef(result.metadata.iccid) != session.iccid:",
        "if False:",
        "smdp.es9.notification",
    ),
    M(
        "dp.notify.unbound",
        NOTIFY,
        "if session is None or session.binding is None:",
        "if session is None:",
        "smdp.es9.notification",
    ),
    M(
        "dp.notify.repeated",
        NOTIFY,
        "    if session.result:\n        return Outcome(None)\n",
        "",
        "smdp.es9.notification",
    ),
    M(
        "dp.notify.temporary_is_final",
        NOTIFY,
        "return moved(order, Event.INSTALLATION_INTERRUPTED)",
        "return moved(order, Event.INSTALLATION_FAILED)",
        "smdp.es9.notification",
    ),
    M(
        "dp.notify.final_is_temporary",
        NOTIFY,
        "return moved(order, Event.INSTALLATION_FAILED)",
        "return moved(order, Event.INSTALLATION_INTERRUPTED)",
        "smdp.es9.notification",
    ),
    M(
        "dp.notify.earlier_session",
        NOTIFY,
        "if order.bound_in != session.transaction_id:",
        "if False:",
        "smdp.es9.notification",
    ),
    M(
        "dp.notify.event_signature",
        NOTIFY,
        'raise Unverifiable("euiccNotificationSignature is wrong")',
        "pass",
        "smdp.es9.notification",
    ),
    M(
        "dp.notify.event_address",
        NOTIFY,
        "if not is_own_address(metadata.address, ports.settings.addresses):",
        "if False:",
        "smdp.es9.notification",
    ),
    M(
        "dp.notify.late",
        NOTIFY,
        "if known is not None and metadata.sequence_number <= known.sequence_number:",
        "if False:",
        "smdp.es9.notification",
    ),
    M(
        "dp.notify.states_swapped",
        NOTIFY,
        '0x40: "Enabled", 0x20: "Disabled"',
        '0x40: "Disabled", 0x20: "Enabled"',
        "smdp.es9.notification",
    ),
    M(
        "dp.notify.installed_stays",
        STATES,
        "table[state, Event.INSTALLED] = State.INSTALLED",
        "table[state, Event.INSTALLED] = state",
        "smdp.es9",
    ),
)
