"""ES11 bodies of the JSON binding (LPA to SM-DS).

Spec: SGP.22 v2.5 section 6.5.2.11, 6.5.2.12
"""

from pydantic import AliasChoices, Field

from wire.json_es9 import AuthenticateClientRequest, InitiateAuthenticationResponse
from wire.json_header import Response
from wire.json_types import Base64, Body, Challenge, TransactionIdHex

__all__ = [
    "AuthenticateClientRequest",
    "AuthenticateClientResponse",
    "EventEntry",
    "InitiateAuthenticationRequest",
    "InitiateAuthenticationResponse",
]


class InitiateAuthenticationRequest(Body):
    """Deployed LPAs send `smdpAddress` here as well; either name is accepted, the standard's is sent."""

    euiccChallenge: Challenge
    euiccInfo1: Base64
    smdsAddress: str = Field(validation_alias=AliasChoices("smdsAddress", "smdpAddress"))


class EventEntry(Body):
    eventId: str
    rspServerAddress: str


class AuthenticateClientResponse(Response):
    """No event is a success with an empty list."""

    transactionId: TransactionIdHex
    eventEntries: list[EventEntry]
