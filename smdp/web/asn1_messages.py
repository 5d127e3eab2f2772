"""The messages of the ASN.1 binding: DER on the wire, the bodies of the JSON binding inside.

Elements that the JSON binding carries as they are stay the octets that arrived.
Spec: SGP.22 v2.5 section 6.6 (ASN.1 binding), annex H (RemoteProfileProvisioningRequest, ...Response).
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from pydantic import ValidationError

from smdp.core.server import SmDpPlus
from smdp.core.smds import SmDs
from wire import json_es11
from wire.codes import GENERIC, FunctionRefused
from wire.errors import DecodeError
from wire.ids import IdentifierError, TransactionId
from wire.json_es9 import (
    AuthenticateClientRequest,
    AuthenticateClientResponse,
    CancelSessionRequest,
    GetBoundProfilePackageRequest,
    GetBoundProfilePackageResponse,
    HandleNotificationRequest,
    InitiateAuthenticationRequest,
    InitiateAuthenticationResponse,
)
from wire.tlv import Tlv, parse, tlv

REQUEST = RESPONSE = 0xA2
_UNDEFINED_ERROR = 127


class Function(NamedTuple):
    """One function: its tag, how its request is read, and how its Ok is written; answer_tag where it is another."""

    tag: int
    read: Callable[[Tlv], Any]
    method: Callable[[Any], Any]
    write: Callable[[Any], bytes]
    answer_tag: int = 0


def functions(server: SmDpPlus) -> dict[int, Function]:
    """The request/response functions of ES9+ by their tag."""
    table = (
        Function(0xBF39, _initiate_authentication, server.initiate_authentication, _initiated),
        Function(0xBF3B, _authenticate_client, server.authenticate_client, _authenticated),
        Function(0xBF3A, _get_bound_profile_package, server.get_bound_profile_package, _bound),
        Function(0xBF41, _cancel_session, server.cancel_session, lambda _: b""),
    )
    return {function.tag: function for function in table}


def smds_functions(smds: SmDs) -> dict[int, Function]:
    """The functions of ES11 by their tag; AuthenticateClient answers with AuthenticateClientResponseEs11 (BF40)."""
    table = (
        Function(0xBF39, _initiate_at_smds, smds.initiate_authentication, _initiated),
        Function(0xBF3B, _authenticate_client, smds.authenticate_client, _events, 0xBF40),
    )
    return {function.tag: function for function in table}


def read_choice(raw: bytes) -> Tlv:
    """The one alternative inside RemoteProfileProvisioningRequest; DecodeError if there is no such thing."""
    alternatives = parse(raw, REQUEST).children
    if len(alternatives) != 1:
        raise DecodeError("A2", 0, "exactly one alternative expected")
    return alternatives[0]


def read_notification(choice: Tlv) -> HandleNotificationRequest:
    """HandleNotification (BF3D)."""
    notifications = choice.at(0, 0xA0).children
    if len(notifications) != 1:
        raise DecodeError("BF3D.A0", choice.offset, "exactly one notification expected")
    return HandleNotificationRequest(pendingNotification=notifications[0].raw)


def answer(function: Function, choice: Tlv) -> bytes:
    """Call the function; its response, or its error as the integer of the ASN.1 binding."""
    try:
        try:
            request = function.read(choice)
        except (DecodeError, IdentifierError, ValidationError) as error:
            raise FunctionRefused(GENERIC.MALFORMED_ELEMENT, str(error)) from error
        result = tlv(0xA0, function.write(function.method(request)))
    except FunctionRefused as refused:
        code = refused.status_code.asn1_error
        result = tlv(0x81, bytes((_UNDEFINED_ERROR if code is None else code,)))
    return tlv(RESPONSE, tlv(function.answer_tag or function.tag, result))


def _transaction_id(choice: Tlv) -> TransactionId:
    return TransactionId(choice.at(0, 0x80).value)


def _initiate_authentication(choice: Tlv) -> InitiateAuthenticationRequest:
    return InitiateAuthenticationRequest(
        euiccChallenge=choice.child(0x81).value, euiccInfo1=choice.child(0xBF20).raw, smdpAddress=_address(choice)
    )


def _initiate_at_smds(choice: Tlv) -> json_es11.InitiateAuthenticationRequest:
    return json_es11.InitiateAuthenticationRequest(
        euiccChallenge=choice.child(0x81).value, euiccInfo1=choice.child(0xBF20).raw, smdsAddress=_address(choice)
    )


def _address(choice: Tlv) -> str:
    address = choice.child(0x83)
    try:
        return address.value.decode()
    except UnicodeDecodeError:
        raise DecodeError("BF39.83", address.offset, "not UTF-8") from None


def _initiated(response: InitiateAuthenticationResponse) -> bytes:
    return b"".join(
        (
            tlv(0x80, response.transactionId),
            response.serverSigned1,
            response.serverSignature1,
            response.euiccCiPKIdToBeUsed,
            response.serverCertificate,
        )
    )


def _authenticate_client(choice: Tlv) -> AuthenticateClientRequest:
    return AuthenticateClientRequest(
        transactionId=_transaction_id(choice), authenticateServerResponse=choice.at(1, 0xBF38).raw
    )


def _authenticated(response: AuthenticateClientResponse) -> bytes:
    return b"".join(
        (
            tlv(0x80, response.transactionId),
            response.profileMetadata,
            response.smdpSigned2,
            response.smdpSignature2,
            response.smdpCertificate,
        )
    )


def _events(response: json_es11.AuthenticateClientResponse) -> bytes:
    entries = (
        tlv(0x30, tlv(0x80, entry.eventId.encode()), tlv(0x81, entry.rspServerAddress.encode()))
        for entry in response.eventEntries
    )
    return tlv(0x80, response.transactionId) + tlv(0xA1, *entries)


def _get_bound_profile_package(choice: Tlv) -> GetBoundProfilePackageRequest:
    return GetBoundProfilePackageRequest(
        transactionId=_transaction_id(choice), prepareDownloadResponse=choice.at(1, 0xBF21).raw
    )


def _bound(response: GetBoundProfilePackageResponse) -> bytes:
    return tlv(0x80, response.transactionId) + response.boundProfilePackage


def _cancel_session(choice: Tlv) -> CancelSessionRequest:
    # Here [1] stands in the place of the BF41 of CancelSessionResponse; no signature covers either tag.
    return CancelSessionRequest(
        transactionId=_transaction_id(choice), cancelSessionResponse=tlv(0xBF41, choice.at(1, 0xA1).value)
    )
