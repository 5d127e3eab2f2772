"""Broken SM-DS: ES11 and ES12."""

from typing import Final

from scenarios.mutants.model import Mutant as M
from scenarios.mutants.servers.places import ES12, SMDS

MUTANTS: Final = (
    M(
        "ds.any_address",
        SMDS,
        "if not is_own_address(request.smdsAddress, self.settings.addresses):",
        "if False:",
        "smds.es11",
    ),
    M(
        "ds.session_never_old",
        SMDS,
        "if session is None or self.now() - session.created_at > timedelta(seconds=self.settings.session_lifetime_s):",
        "if session is None:",
        "smds.es11",
    ),
    M(
        "ds.events_of_all",
        SMDS,
        "            if event_id in (event.event_id, event.root_event_id):\n                return [event]",
        "            return [event]",
        "smds.es11",
    ),
    M(
        "ds.event_unknown_code",
        SMDS,
        'raise FunctionRefused(_AUTH.EVENT_ID_UNKNOWN, "no such event for this eUICC", event_id)',
        "return []",
        "smds.es11",
    ),
    M(
        "ds.register_twice",
        SMDS,
        "if known is None or not _is_repeated(known, event):",
        "if known is None:",
        "smds.es12",
    ),
    M("ds.repeated_call", SMDS, "if known is None or not _is_repeated(known, event):", "if True:", "smds.es12"),
    M("ds.delete_of_another", SMDS, "if event is None or event.owner != caller:", "if event is None:", "smds.es12"),
    M(
        "ds.not_deleted",
        SMDS,
        '        self.store.delete_event(event)\n        self._note(event, "DeleteEvent"',
        '        self._note(event, "DeleteEvent"',
        "smds.es12",
    ),
    M(
        "ds.not_forwarded",
        SMDS,
        "forwarded = codes is ES12.REGISTER_EVENT and request.forwardingIndicator and self.root is not None",
        "forwarded = False",
        "smds.cascade",
    ),
    M(
        "ds.forwarded_always",
        SMDS,
        "request.forwardingIndicator and self.root is not None",
        "self.root is not None",
        "smds.cascade",
    ),
    M(
        "ds.forwarded_under_own_id",
        SMDS,
        "            eventId=event.root_event_id,\n            forwardingIndicator",
        "            eventId=event.event_id,\n            forwardingIndicator",
        "smds.cascade",
    ),
    M(
        "ds.forwarded_address",
        SMDS,
        "rspServerAddress=self.settings.addresses[0],",
        "rspServerAddress=event.rsp_server_address,",
        "smds.cascade",
    ),
    M(
        "ds.root_keeps",
        SMDS,
        "            self._delete_at_root(event, self.root)\n",
        "            pass\n",
        "smds.cascade",
    ),
    M("ds.any_role", ES12, "if not caller.policies & policies:", "if False:", "smds.es12"),
    M(
        "ds.anybody",
        ES12,
        '        raise FunctionRefused(GENERIC.UNKNOWN_CALLER, "no client certificate")',
        '        return "2.999.10"',
        "smds.es12",
    ),
    M(
        "ds.euicc_error_ignored",
        SMDS,
        'raise Refusal(_AUTH.EUICC_SIGNATURE_INVALID, f"authenticateErrorCode {response.code}")',
        "raise Refusal(_AUTH.EVENT_ID_UNKNOWN)",
        "smds.es11",
    ),
)
