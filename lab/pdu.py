"""Octets of the protocols -> decoded members for a trace line, by the names and tags of SGP.22."""

from typing import Any

from asn1crypto.core import Asn1Value
from asn1crypto.x509 import Certificate

from wire import der, rsp
from wire.errors import DecodeError
from wire.tlv import Tlv, parse, parse_all, read_header

# JSON members and recorded fields that hold one DER value
MEMBERS: dict[str, type[Asn1Value]] = {
    "euiccInfo1": rsp.EUICCInfo1,
    "serverSigned1": rsp.ServerSigned1,
    "euiccCiPKIdToBeUsed": rsp.SubjectKeyIdentifier,
    "serverCertificate": Certificate,
    "authenticateServerResponse": rsp.AuthenticateServerResponse,
    "profileMetadata": rsp.StoreMetadataRequest,
    "smdpSigned2": rsp.SmdpSigned2,
    "smdpCertificate": Certificate,
    "prepareDownloadResponse": rsp.PrepareDownloadResponse,
    "boundProfilePackage": rsp.BoundProfilePackage,
    "pendingNotification": rsp.PendingNotification,
    "notification": rsp.PendingNotification,
    "cancelSessionResponse": rsp.CancelSessionResponse,
    "resultData": rsp.ProfileInstallationResult,
}
_BPP_PARTS = {0xA0: "firstSequenceOf87", 0xA1: "sequenceOf88", 0xA2: "secondSequenceOf87", 0xA3: "sequenceOf86"}
_SIGNATURE = 0x5F37


def describe_member(name: str, raw: bytes) -> dict[str, Any]:
    """`{name: decoded}` for a member that holds a DER value; nothing for any other."""
    spec = MEMBERS.get(name)
    if spec is not None:
        return _decoded(name, spec, raw)
    if name.endswith(("Signature1", "Signature2")):
        try:
            return {name: parse(raw, _SIGNATURE).value.hex().upper()}
        except DecodeError as error:
            return {"decode_error": str(error)}
    return {}


def describe_es10(raw: bytes, direction: str) -> dict[str, Any]:
    """The members of an APDU record that completes an ES10 value: `pdu_hex`, `function` and `pdu`."""
    members: dict[str, Any] = {"pdu_hex": raw.hex().upper()}
    try:
        tag, start, length = read_header(raw)
    except DecodeError as error:
        return members | {"decode_error": str(error)}
    if (direction == "request" and start + length != len(raw)) or tag in _BPP_PARTS or tag in (0x86, 0x88):
        return members | _segment(raw, tag, start)
    function = rsp.PDUS.get(tag)
    if function is None and tag == 0xBF37:
        function = rsp.PDUS[0xBF36]
    spec = None if function is None else function.request if direction == "request" else function.response
    if function is None or spec is None:
        return members | {"pdu": tree(raw)}
    return members | {"function": function.function} | _decoded("pdu", spec, raw)


def describe_rpp(raw: bytes) -> dict[str, Any]:
    """A message of the ASN.1 binding (A2 around the function), request or response."""
    for name, spec in (
        ("request", rsp.RemoteProfileProvisioningRequest),
        ("response", rsp.RemoteProfileProvisioningResponse),
    ):
        described = _decoded(name, spec, raw)
        if name in described:
            return described
    return {"tree": tree(raw)}


def tree(raw: bytes) -> Any:
    """TLVs by tag, without knowing what they are."""
    try:
        return [_node(element) for element in parse_all(raw)]
    except DecodeError:
        return raw.hex().upper()


def _node(element: Tlv) -> dict[str, Any]:
    name = f"{element.tag:X}"
    if element.constructed:
        try:
            return {name: [_node(child) for child in element.children]}
        except DecodeError:
            pass
    return {name: element.value.hex().upper()}


def _segment(raw: bytes, tag: int, start: int) -> dict[str, Any]:
    """A segment of a bound profile package, which is cut at the TLVs inside it."""
    members: dict[str, Any] = {"function": rsp.PDUS[0xBF36].function}
    if tag == 0xBF36:
        described = _decoded("initialiseSecureChannelRequest", rsp.InitialiseSecureChannelRequest, raw[start:])
        return members | {"pdu": described}
    name = _BPP_PARTS.get(tag, f"{tag:X}")
    if tag not in _BPP_PARTS:
        return members | {"pdu": {name: raw[start:].hex().upper()}}
    try:
        return members | {"pdu": {name: [element.value.hex().upper() for element in parse_all(raw[start:])]}}
    except DecodeError as error:
        return members | {"decode_error": f"{name}: {error}"}


def _decoded(name: str, spec: type[Asn1Value], raw: bytes) -> dict[str, Any]:
    try:
        return {name: der.describe(der.load(spec, raw, strict=False))}
    except DecodeError as error:
        return {"decode_error": f"{name}: {error}"}
