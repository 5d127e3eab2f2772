"""Broken SM-DP+: ES2+ and the HTTP of the JSON binding."""

from typing import Final

from scenarios.mutants.model import Mutant as M
from scenarios.mutants.servers.places import ES2, JSON, STATES

MUTANTS: Final = (
    # ES2+
    M(
        "dp.es2.stranger",
        ES2,
        "    if operator is None:\n        raise Refusal(GENERIC.UNKNOWN_CALLER",
        "    if operator is None:\n        return Operator(identifier)\n        raise Refusal(GENERIC.UNKNOWN_CALLER",
        "smdp.es2",
    ),
    M("dp.es2.same_call_again", ES2, "return Outcome(model.model_validate_json(known.answer))", "pass", "smdp.es2"),
    M("dp.es2.call_reused", ES2, "if known.content != content:", "if False:", "smdp.es2"),
    M("dp.es2.order_twice", ES2, "if held or profile.state is not State.AVAILABLE:", "if False:", "smdp.es2"),
    M("dp.es2.other_operator", ES2, 'if profile.operator not in ("", requester):', "if False:", "smdp.es2"),
    M("dp.es2.type_mismatch", ES2, "if profile.profile_type != profile_type:", "if False:", "smdp.es2"),
    M("dp.es2.type_of_another", ES2, 'if not owners & {"", requester}:', "if False:", "smdp.es2"),
    M(
        "dp.es2.type_unknown",
        ES2,
        "raise Refusal(_DOWNLOAD.PROFILE_TYPE_UNKNOWN",
        "raise Refusal(_DOWNLOAD.PROFILE_TYPE_EXHAUSTED",
        "smdp.es2",
    ),
    M(
        "dp.es2.nothing_ordered",
        ES2,
        "raise Refusal(_DOWNLOAD.ICCID_OR_PROFILE_TYPE_MISSING)",
        "raise Refusal(_DOWNLOAD.ICCID_UNKNOWN)",
        "smdp.es2",
    ),
    M(
        "dp.es2.eid_dropped",
        ES2,
        "        eid=request.eid,\n        confirmation_limit",
        "        confirmation_limit",
        "smdp.es2",
    ),
    M(
        "dp.es2.matching_id_twice",
        ES2,
        "if matching_id and ports.store.order_of_matching_id(matching_id) is not None:",
        "if False:",
        "smdp.es2",
    ),
    M(
        "dp.es2.default_without_eid",
        ES2,
        'if eid is None and (smds_address or matching_id == ""):',
        "if False:",
        "smdp.es2",
    ),
    M(
        "dp.es2.eid_changed",
        ES2,
        "if request.eid is not None and order.eid not in (None, request.eid):",
        "if False:",
        "smdp.es2",
    ),
    M("dp.es2.code_ignored", ES2, "hash_confirmation_code(code) if code else None", "None", "smdp.es9.package"),
    M(
        "dp.es2.release_always",
        ES2,
        "event = Event.CONFIRM_AND_RELEASE if request.releaseFlag else Event.CONFIRM_ORDER",
        "event = Event.CONFIRM_AND_RELEASE",
        "smdp.es2",
    ),
    M(
        "dp.es2.release_any_state",
        STATES,
        "(State.CONFIRMED, Event.RELEASE_PROFILE): State.RELEASED,",
        "**{(s, Event.RELEASE_PROFILE): State.RELEASED for s in State},",
        "smdp.es2",
    ),
    M(
        "dp.es2.cancel_any_state",
        STATES,
        "for state in (State.ALLOCATED, State.LINKED, State.CONFIRMED, State.RELEASED, State.ERROR):",
        "for state in State:",
        "smdp.es2",
    ),
    M("dp.es2.cancel_eid", ES2, "if request.eid is not None and request.eid != order.eid:", "if False:", "smdp.es2"),
    M(
        "dp.es2.cancel_matching_id",
        ES2,
        "if request.matchingId is not None and request.matchingId != order.matching_id:",
        "if False:",
        "smdp.es2",
    ),
    M(
        "dp.es2.cancel_always_available",
        ES2,
        "event = Event.CANCEL_TO_AVAILABLE if available else Event.CANCEL_TO_UNAVAILABLE",
        "event = Event.CANCEL_TO_AVAILABLE",
        "smdp.es2",
    ),
    M(
        "dp.es2.no_event",
        ES2,
        "    if confirmed.smds_address and state is State.RELEASED:\n        effects += (EventDue(confirmed),)\n",
        "",
        "smdp.es2",
    ),
    M(
        "dp.es2.no_event_on_release",
        ES2,
        "    if released.smds_address:\n        effects += (EventDue(released),)\n",
        "",
        "smdp.es2",
    ),
    M(
        "dp.es2.confirm_twice",
        STATES,
        "for state in (State.ALLOCATED, State.LINKED):\n",
        "for state in (State.ALLOCATED, State.LINKED, State.CONFIRMED, State.RELEASED):\n",
        "smdp.es2",
    ),
    # HTTP
    M(
        "dp.http.failure_status",
        JSON,
        "            return web.Response(body=answer.to_json(), headers=self._json_headers)",
        "            return web.Response(body=answer.to_json(), headers={})",
        "smdp.es9",
    ),
)
