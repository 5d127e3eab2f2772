"""The foreign LPA in the ASN.1 binding, and what it asks an SM-DS in either: DER made and taken apart by hand."""

import http.client
import json
import socket
import ssl
from dataclasses import dataclass
from typing import Any

from tests.support.foreign_euicc import ROLE_DS_AUTH, items, only, tlv
from tests.support.foreign_lpa import ForeignLpa, Refused, b64, der

TAGS = {
    "initiateAuthentication": "BF39",
    "authenticateClient": "BF3B",
    "getBoundProfilePackage": "BF3A",
    "cancelSession": "BF41",
    "handleNotification": "BF3D",
}
# function -> (tag, member) of its Ok, in the order of the module
OUTPUTS = {
    "initiateAuthentication": [
        ("80", "transactionId"),
        ("30", "serverSigned1"),
        ("5F37", "serverSignature1"),
        ("04", "euiccCiPKIdToBeUsed"),
        ("30", "serverCertificate"),
    ],
    "authenticateClient": [
        ("80", "transactionId"),
        ("BF25", "profileMetadata"),
        ("30", "smdpSigned2"),
        ("5F37", "smdpSignature2"),
        ("30", "smdpCertificate"),
    ],
    "getBoundProfilePackage": [("80", "transactionId"), ("BF36", "boundProfilePackage")],
    "cancelSession": [],
}


@dataclass
class Asn1Lpa(ForeignLpa):
    """Speaks DER at /gsma/rsp2/asn1; a refusal is `Refused` with the binding's integer."""

    def post(self, function: str, body: dict[str, str]) -> dict[str, Any]:
        request = tlv("A2", tlv(TAGS[function], _inputs(function, body)))
        status, content_type, octets = self.ask("/gsma/rsp2/asn1", request, "application/x-gsma-rsp-asn1")
        if function == "handleNotification":
            assert (status, octets) == (204, b"")
            return {}
        assert (status, content_type) == (200, "application/x-gsma-rsp-asn1")
        ((tag, value, whole),) = items(only(octets, "A2"))
        assert tag == TAGS[function], whole.hex()
        return _outputs(OUTPUTS[function], value)

    def ask(self, path: str, body: bytes, content_type: str) -> tuple[int, str, bytes]:
        """POST over verified TLS: HTTP status, Content-Type, body."""
        return ask(self, path, body, content_type)


def ask(lpa: ForeignLpa, path: str, body: bytes, content_type: str) -> tuple[int, str, bytes]:
    """POST over verified TLS, to where the name of `lpa.host` leads: this machine."""
    roots = [path.read_bytes() for path in sorted(lpa.pki.glob("CertificateIssuer/CERT_CI_*.der"))]
    context = ssl.create_default_context(cadata=b"".join(roots))
    connection = http.client.HTTPSConnection(lpa.host, lpa.port, context=context, timeout=20)
    connection._create_connection = lambda address, *more: _dial(address[1], *more)  # type: ignore[attr-defined]
    headers = {"Content-Type": content_type, "User-Agent": "gsma-rsp-lpad", "X-Admin-Protocol": "gsma/rsp/v2.2.2"}
    try:
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.headers.get_content_type(), answer.read()
    finally:
        connection.close()


def _dial(port: int, *more: Any) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), *more)


def poll(lpa: ForeignLpa, asn1: bool, event_id: str = "") -> list[tuple[str, str]]:
    """Common mutual authentication with the SM-DS at `lpa.host` and `lpa.port`; its events as (EventID, address)."""
    challenge, info1 = lpa.euicc.get_challenge(), lpa.euicc.info1()
    if asn1:
        request = tlv("A2", tlv("BF39", tlv("81", challenge), tlv("83", lpa.host.encode()), info1))
        answer = only(only(ask(lpa, "/gsma/rsp2/asn1", request, "application/x-gsma-rsp-asn1")[2], "A2"), "BF39")
        first = _outputs(OUTPUTS["initiateAuthentication"], answer)
    else:
        members = {"euiccChallenge": b64(challenge), "euiccInfo1": b64(info1), "smdsAddress": lpa.host}
        first = _json(lpa, "initiateAuthentication", members)
    response = lpa.euicc.authenticate_server(
        der(first, "serverSigned1"),
        der(first, "serverSignature1"),
        der(first, "euiccCiPKIdToBeUsed"),
        der(first, "serverCertificate"),
        event_id,
        ROLE_DS_AUTH,
    )
    if not asn1:
        entries = _json(
            lpa,
            "authenticateClient",
            {"transactionId": first["transactionId"], "authenticateServerResponse": b64(response)},
        )["eventEntries"]
        return [(entry["eventId"], entry["rspServerAddress"]) for entry in entries]
    tid = bytes.fromhex(first["transactionId"])
    request = tlv("A2", tlv("BF3B", tlv("80", tid), response))
    answer = only(only(ask(lpa, "/gsma/rsp2/asn1", request, "application/x-gsma-rsp-asn1")[2], "A2"), "BF40")
    ((tag, value, _),) = items(answer)
    if tag == "81":
        raise Refused(str(value[0]))
    (_, echoed, _), (list_tag, entries_der, _) = items(value)
    assert (tag, echoed, list_tag) == ("A0", tid, "A1")
    found = [items(entry) for _, entry, _ in items(entries_der)]
    return [(entry[0][1].decode(), entry[1][1].decode()) for entry in found]


def _json(lpa: ForeignLpa, function: str, body: dict[str, str]) -> dict[str, Any]:
    status, _, octets = ask(lpa, f"/gsma/rsp2/es11/{function}", json.dumps(body).encode(), "application/json")
    assert status == 200
    answer: dict[str, Any] = json.loads(octets)
    code = answer["header"]["functionExecutionStatus"].get("statusCodeData")
    if code:
        raise Refused(f"{code['subjectCode']}/{code['reasonCode']}")
    return answer


def _inputs(function: str, body: dict[str, str]) -> bytes:
    tid = tlv("80", bytes.fromhex(body.get("transactionId", "")))
    match function:
        case "initiateAuthentication":
            address = tlv("83", body["smdpAddress"].encode())
            return tlv("81", der(body, "euiccChallenge")) + address + der(body, "euiccInfo1")
        case "authenticateClient":
            return tid + der(body, "authenticateServerResponse")
        case "getBoundProfilePackage":
            return tid + der(body, "prepareDownloadResponse")
        case "cancelSession":
            return tid + tlv("A1", only(der(body, "cancelSessionResponse"), "BF41"))
        case _:
            return tlv("A0", der(body, "pendingNotification"))


def _outputs(members: list[tuple[str, str]], value: bytes) -> dict[str, Any]:
    ((tag, content, _),) = items(value)
    if tag == "81":
        raise Refused(str(int.from_bytes(content, "big")))
    assert tag == "A0"
    found = items(content)
    assert [item[0] for item in found] == [tag for tag, _ in members]
    outputs = {name: b64(whole) for (_, name), (_, _, whole) in zip(members, found, strict=True)}
    if members:
        outputs["transactionId"] = found[0][1].hex().upper()
    return outputs
