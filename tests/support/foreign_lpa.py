"""An LPA of another house: standard library and `cryptography` only; JSON over verified TLS."""

import base64
import hashlib
import http.client
import json
import re
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.directory import Lab
from lab.pki import load_pki
from tests.support.foreign_euicc import Ci, ForeignEuicc, items, only, swapped, tags

SUCCESS = {"functionExecutionStatus": {"status": "Executed-Success"}}
MEMBERS = {
    "initiateAuthentication": {
        *("header", "transactionId", "serverSigned1", "serverSignature1", "euiccCiPKIdToBeUsed", "serverCertificate")
    },
    "authenticateClient": {
        *("header", "transactionId", "profileMetadata", "smdpSigned2", "smdpSignature2", "smdpCertificate")
    },
    "getBoundProfilePackage": {"header", "transactionId", "boundProfilePackage"},
    "cancelSession": {"header"},
}


class Refused(Exception):
    """The server's status code, as subject/reason."""


def b64(data: bytes) -> str:
    """RFC 4648 section 4."""
    return base64.b64encode(data).decode()


def der(body: dict[str, Any], member: str) -> bytes:
    """A member of an answer: strict base64."""
    return base64.b64decode(body[member], validate=True)


def euicc_of(lab: Path, eid: str, curves: Sequence[str] = ("NIST", "BRP")) -> ForeignEuicc:
    """A card that trusts the lab's CIs and has certificates under its EUMs, the most wanted curve first."""
    keys = load_pki(Lab(lab))
    return ForeignEuicc(eid, [Ci.of_lab(lab / "pki", one, eid, keys.eum(one).require_key()) for one in curves])


@dataclass
class ForeignLpa:
    """One device: its card and the SM-DP+ it dials."""

    euicc: ForeignEuicc
    port: int
    pki: Path
    host: str = "localhost"
    metadata: bytes = b""

    def post(self, function: str, body: dict[str, str]) -> dict[str, Any]:
        """One function on a connection of its own; its outputs, or Refused."""
        roots = [path.read_bytes() for path in sorted(self.pki.glob("CertificateIssuer/CERT_CI_*.der"))]
        context = ssl.create_default_context(cadata=b"".join(roots))
        connection = http.client.HTTPSConnection(self.host, self.port, context=context, timeout=20)
        headers = {
            "X-Admin-Protocol": "gsma/rsp/v2.2.2",
            "User-Agent": "gsma-rsp-lpad",
            "Content-Type": "application/json",
        }
        try:
            connection.request("POST", f"/gsma/rsp2/es9plus/{function}", json.dumps(body), headers)
            answer = connection.getresponse()
            octets = answer.read()
        finally:
            connection.close()
        assert re.fullmatch(r"gsma/rsp/v2\.\d+\.\d+", answer.headers["X-Admin-Protocol"])
        if function == "handleNotification":
            assert (answer.status, octets, answer.headers["Content-Type"]) == (204, b"", None)
            return {}
        assert answer.status == 200
        assert answer.headers.get_content_type() == "application/json"
        assert answer.headers["Content-Length"] == str(len(octets))
        outputs: dict[str, Any] = json.loads(octets)
        if outputs["header"] != SUCCESS:
            self._refuse(outputs)
        assert set(outputs) == MEMBERS[function]
        return outputs

    @staticmethod
    def _refuse(outputs: dict[str, Any]) -> None:
        assert set(outputs) == {"header"}
        status = outputs["header"]["functionExecutionStatus"]
        assert set(status) == {"status", "statusCodeData"}
        assert status["status"] == "Failed"
        code = status["statusCodeData"]
        assert (
            {"subjectCode", "reasonCode"} <= set(code) <= {"subjectCode", "reasonCode", "subjectIdentifier", "message"}
        )
        raise Refused(f"{code['subjectCode']}/{code['reasonCode']}")

    def authenticate(self, matching_id: str | None, address: str | None = None) -> dict[str, Any]:
        """InitiateAuthentication and AuthenticateClient: the offer."""
        dialled = address or f"{self.host}:{self.port}"
        body = {"euiccChallenge": b64(self.euicc.get_challenge()), "euiccInfo1": b64(self.euicc.info1())}
        first = self.post("initiateAuthentication", {**body, "smdpAddress": dialled})
        response = self.euicc.authenticate_server(
            der(first, "serverSigned1"),
            der(first, "serverSignature1"),
            der(first, "euiccCiPKIdToBeUsed"),
            der(first, "serverCertificate"),
            matching_id,
        )
        assert self.euicc.address.decode().split(":")[0].lower() == self.host
        self.transaction_id = first["transactionId"]
        assert self.transaction_id == self.euicc.transaction_id.hex().upper()
        offer = self.post(
            "authenticateClient", {"transactionId": self.transaction_id, "authenticateServerResponse": b64(response)}
        )
        assert offer["transactionId"] == self.transaction_id
        self.metadata = der(offer, "profileMetadata")
        return offer

    def fetch(self, offer: dict[str, Any], code: str | None = None) -> bytes:
        """PrepareDownload and GetBoundProfilePackage: the bound package."""
        hash_cc = None
        if code is not None:
            inner = hashlib.sha256(code.encode()).digest()
            hash_cc = hashlib.sha256(inner + self.euicc.transaction_id).digest()
        response = self.euicc.prepare_download(
            der(offer, "smdpSigned2"), der(offer, "smdpSignature2"), der(offer, "smdpCertificate"), hash_cc
        )
        answer = self.post(
            "getBoundProfilePackage", {"transactionId": self.transaction_id, "prepareDownloadResponse": b64(response)}
        )
        assert answer["transactionId"] == self.transaction_id
        return der(answer, "boundProfilePackage")

    def install(self, bpp: bytes) -> None:
        """LoadBoundProfilePackage, and the result to the server."""
        result = self.euicc.load(bpp)
        assert self.euicc.seen["metadata"] == self.metadata
        self.notify(result)

    def notify(self, notification: bytes) -> None:
        """HandleNotification."""
        self.post("handleNotification", {"pendingNotification": b64(notification)})

    def cancel(self, reason: int) -> None:
        """CancelSession."""
        body = {"transactionId": self.transaction_id, "cancelSessionResponse": b64(self.euicc.cancel(reason))}
        self.post("cancelSession", body)

    def download(self, matching_id: str | None, code: str | None = None) -> bytes:
        """All of it; the package as decrypted."""
        self.install(self.fetch(self.authenticate(matching_id), code))
        return self.euicc.seen["upp"]


def confirmation_wanted(offer: dict[str, Any]) -> bool:
    """ccRequiredFlag of smdpSigned2, which is FF or 00."""
    flag = items(only(der(offer, "smdpSigned2"), "30"))[1][1]
    assert flag in (b"\xff", b"\x00")
    return flag == b"\xff"


def proposed_key(offer: dict[str, Any]) -> bytes | None:
    """bppEuiccOtpk of smdpSigned2."""
    return next((value for tag, value, _ in items(only(der(offer, "smdpSigned2"), "30")) if tag == "5F49"), None)


def metadata_tags(metadata: bytes) -> list[str]:
    """The tags of StoreMetadataRequest, in order."""
    return tags(only(metadata, "BF25"))


def metadata_iccid(metadata: bytes, iccid: str) -> bool:
    """Whether tag 5A, which comes first, is this ICCID."""
    return items(only(metadata, "BF25"))[0][:2] == ("5A", swapped(iccid))
