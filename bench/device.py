"""A cheap LPA with a cheap eUICC: speaks ES9+ and signs what it must, verifies and opens nothing.

The server's challenges make every signature a live one; all other octets are prepared.
"""

import base64
import http.client
import json
import ssl
from typing import Any, Self

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from certs.authority import Authority, Credential
from wire.ids import Iccid, encode_oid
from wire.tlv import parse, tlv

_ECDSA = ec.ECDSA(hashes.SHA256())
_PATH = "/gsma/rsp2/es9plus/"
_HEADERS = {
    "Content-Type": "application/json",
    "User-Agent": "gsma-rsp-lpad",
    "X-Admin-Protocol": "gsma/rsp/v2.5.0",
}
_SVN = tlv(0x82, b"\x02\x05\x00")
_CAPABILITY = tlv(0x85, bytes.fromhex("077B801B80"))
_ISDP_AID = bytes.fromhex("A0000005591010FFFFFFFF8900001000")
_SIMA_OK = bytes.fromhex("3007A0053003800100")
INSTALL, ENABLE = b"\x07\x80", b"\x06\x40"


class Refused(Exception):
    """The server answered something else than success: the benchmark can't go on."""


class _Connection(http.client.HTTPSConnection):
    """Sends a request in one piece, as the HTTP libraries of LPAs do; http.client would send head and body apart."""

    _head = b""

    def send(self, data: Any) -> None:
        if data.endswith(b"\r\n\r\n"):
            self._head = data
            return
        super().send(self._head + data)


class Device:
    """One eUICC with its LPA on one keep-alive TLS connection."""

    def __init__(self, euicc: Credential, ci: Authority, host: str, port: int, smdp_oid: str) -> None:
        context = ssl.create_default_context(cadata=ssl.DER_cert_to_PEM_cert(ci.certificate))
        context.verify_flags &= ~ssl.VerifyFlags.VERIFY_X509_STRICT
        self._http = _Connection(host, port, context=context, timeout=30)
        self._address = f"{host}:{port}"
        self._key = euicc.key
        self._certificates = euicc.certificate + euicc.chain[0]
        self._smdp_oid = encode_oid(smdp_oid)
        keys = tlv(0x04, ci.ski)
        lists = tlv(0xA9, keys) + tlv(0xAA, keys)
        self._info1 = _base64(tlv(0xBF20, _SVN, lists))
        self._info2 = tlv(
            0xBF22,
            tlv(0x81, b"\x02\x03\x01"),
            _SVN,
            tlv(0x83, b"\x01\x00\x00"),
            tlv(0x84, bytes.fromhex("810100 8204000A0000 830400002000")),
            _CAPABILITY,
            tlv(0x88, b"\x02\x90"),
            lists,
            tlv(0x04, b"\x01\x00\x00"),
            tlv(0x0C, b"XX-YY-UP-0000"),
        )
        otpk = ec.generate_private_key(ec.SECP256R1()).public_key()
        self._otpk = tlv(0x5F49, otpk.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))
        self._sequence_number = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def download(self, matching_id: str, iccid: Iccid) -> None:
        """One complete session: four calls, the last one with the installation result."""
        transaction_id, package = self.bind(*self.authenticate(matching_id, *self.initiate()))
        if not package:
            raise Refused("no package")
        self.report_installation(transaction_id, iccid)

    def initiate(self) -> tuple[bytes, bytes]:
        """InitiateAuthentication; returns transactionId and serverChallenge."""
        answer = self._call(
            "initiateAuthentication",
            euiccChallenge=_base64(bytes(16)),
            euiccInfo1=self._info1,
            smdpAddress=self._address,
        )
        signed = parse(base64.b64decode(answer["serverSigned1"]), 0x30)
        return signed.child(0x80).value, signed.child(0x84).value

    def authenticate(self, matching_id: str, transaction_id: bytes, challenge: bytes) -> tuple[bytes, bytes]:
        """AuthenticateClient; returns transactionId and the smdpSignature2 TLV."""
        context = tlv(0xA0, tlv(0x80, matching_id.encode()), tlv(0xA1, tlv(0x80, bytes.fromhex("35290611")), tlv(0xA1)))
        signed = tlv(
            0x30,
            tlv(0x80, transaction_id),
            tlv(0x83, self._address.encode()),
            tlv(0x84, challenge),
            self._info2,
            context,
        )
        response = tlv(0xBF38, tlv(0xA0, signed, self._sign(signed), self._certificates))
        answer = self._call(
            "authenticateClient",
            transactionId=transaction_id.hex().upper(),
            authenticateServerResponse=_base64(response),
        )
        return transaction_id, base64.b64decode(answer["smdpSignature2"])

    def bind(self, transaction_id: bytes, smdp_signature2: bytes) -> tuple[bytes, str]:
        """GetBoundProfilePackage; returns transactionId and the package as it came, in base64."""
        signed = tlv(0x30, tlv(0x80, transaction_id), self._otpk)
        response = tlv(0xBF21, tlv(0xA0, signed, self._sign(signed + smdp_signature2)))
        answer = self._call(
            "getBoundProfilePackage",
            transactionId=transaction_id.hex().upper(),
            prepareDownloadResponse=_base64(response),
        )
        return transaction_id, answer["boundProfilePackage"]

    def report_installation(self, transaction_id: bytes, iccid: Iccid) -> None:
        """HandleNotification with a successful ProfileInstallationResult."""
        data = tlv(
            0xBF27,
            tlv(0x80, transaction_id),
            self._notification(INSTALL, iccid),
            tlv(0x06, self._smdp_oid),
            tlv(0xA2, tlv(0xA0, tlv(0x4F, _ISDP_AID), tlv(0x04, _SIMA_OK))),
        )
        self._call("handleNotification", pendingNotification=_base64(tlv(0xBF37, data, self._sign(data))))

    def report_enabled(self, iccid: Iccid) -> None:
        """HandleNotification with an OtherSignedNotification: the profile was enabled."""
        data = self._notification(ENABLE, iccid)
        signed = tlv(0x30, data, self._sign(data), self._certificates)
        self._call("handleNotification", pendingNotification=_base64(signed))

    def _notification(self, operation: bytes, iccid: Iccid) -> bytes:
        self._sequence_number += 1
        number = self._sequence_number
        return tlv(
            0xBF2F,
            tlv(0x80, number.to_bytes(number.bit_length() // 8 + 1, "big")),
            tlv(0x81, operation),
            tlv(0x0C, self._address.encode()),
            tlv(0x5A, iccid.ef),
        )

    def _sign(self, data: bytes) -> bytes:
        r, s = utils.decode_dss_signature(self._key.sign(data, _ECDSA))
        return tlv(0x5F37, r.to_bytes(32, "big") + s.to_bytes(32, "big"))

    def _call(self, function: str, **body: str) -> dict[str, Any]:
        self._http.request("POST", _PATH + function, json.dumps(body), _HEADERS)
        response = self._http.getresponse()
        text = response.read()
        if response.status == 204:
            return {}
        if response.status != 200:
            raise Refused(f"{function}: HTTP {response.status}")
        answer: dict[str, Any] = json.loads(text)
        status = answer["header"]["functionExecutionStatus"]
        if status["status"] != "Executed-Success":
            raise Refused(f"{function}: {status}")
        return answer


def _base64(octets: bytes) -> str:
    return base64.b64encode(octets).decode("ascii")
