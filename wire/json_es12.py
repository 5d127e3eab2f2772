"""ES12 and ES15 bodies of the JSON binding (SM-DP+ to SM-DS, Alternative to Root SM-DS).

Spec: SGP.22 v2.5 section 6.5.2.13, 6.5.2.14
"""

from wire.json_header import Request, Response
from wire.json_types import EidText, Text


class RegisterEventRequest(Request):
    eid: EidText
    rspServerAddress: Text
    eventId: Text
    forwardingIndicator: bool


class RegisterEventResponse(Response):
    """Header only."""


class DeleteEventRequest(Request):
    eid: EidText
    eventId: Text


class DeleteEventResponse(Response):
    """Header only."""
