"""A small eUICC for server tests: it signs, derives keys and opens bound packages on its own, without euicc_sim.

Written from server.md sections 2, 5 and 6 alone; shares nothing with smdp but the bodies of the JSON binding.
"""

import hashlib
from dataclasses import dataclass, field

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.cmac import CMAC
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import Certificate, SubjectAlternativeName, load_der_x509_certificate

from tests.support.tlv_by_hand import dig, split, t
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

SHA256 = ec.ECDSA(hashes.SHA256())
DETERMINISTIC = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)
INSTALL, ENABLE, DISABLE, DELETE = "0780", "0640", "0520", "0410"


def raw_signature(key: ec.EllipticCurvePrivateKey, data: bytes) -> bytes:
    r, s = decode_dss_signature(key.sign(data, DETERMINISTIC))
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def check_signature(certificate: bytes, signature: bytes, data: bytes) -> None:
    """InvalidSignature unless `signature` (raw) over `data` is of this certificate's key."""
    key = load_der_x509_certificate(certificate).public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    half = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    key.verify(encode_dss_signature(*half), data, SHA256)


class Opener:
    """Opens a protected sequence: section 5.4, the receiver's end."""

    def __init__(self, mcv: bytes, enc: bytes, mac: bytes) -> None:
        self.mcv, self.enc, self.mac, self.counter = mcv, enc, mac, 1

    def open(self, whole: bytes) -> bytes:
        cmac = CMAC(algorithms.AES(self.mac))
        cmac.update(self.mcv + whole[:-8])
        self.mcv = cmac.finalize()
        assert self.mcv[:8] == whole[-8:], "MAC"
        counter, self.counter = self.counter, self.counter + 1
        ((tag, value, _),) = split(whole)
        if tag == "88":
            return value[:-8]
        ecb = Cipher(algorithms.AES(self.enc), modes.ECB()).encryptor()
        icv = ecb.update(counter.to_bytes(16, "big")) + ecb.finalize()
        cbc = Cipher(algorithms.AES(self.enc), modes.CBC(icv)).decryptor()
        padded = cbc.update(value[:-8]) + cbc.finalize()
        stripped = padded.rstrip(b"\x00")
        assert stripped[-1:] == b"\x80", "padding"
        return stripped[:-1]


@dataclass
class Opened:
    """What a bound profile package held."""

    configure_isdp: bytes
    metadata: bytes
    upp: bytes
    profile_keys: bool
    otpk_dp: bytes
    element_tlvs: bytes


@dataclass
class MiniEuicc:
    """One eUICC with its certificate and key; keeps what the procedures of one session need."""

    eid: str
    certificate: bytes
    eum_certificate: bytes
    key: ec.EllipticCurvePrivateKey
    verification: list[bytes]
    signing: list[bytes]
    svn: bytes = b"\x02\x05\x00"
    profile_version: bytes = b"\x02\x03\x01"
    uicc_capability: str = "077B801B80"
    rsp_capability: str = "0490"
    free_memory: int = 500_000
    forbidden_rules: str = ""
    others: list[bytes] = field(default_factory=list)
    challenge: bytes = b"\x11" * 16
    otsk: ec.EllipticCurvePrivateKey | None = None
    keep_otsk: bool = True
    tid: bytes = b""
    smdp_oid: bytes = b""
    sequence: int = 0

    def info1(self) -> bytes:
        return t("BF20", t("82", self.svn), *self._lists())

    def info2(self) -> bytes:
        rules = t("99", bytes.fromhex(self.forbidden_rules)) if self.forbidden_rules else b""
        resources = t("81", b"\x00") + t("82", self.free_memory.to_bytes(4, "big")) + t("83", b"\x10\x00")
        return t(
            "BF22",
            t("81", self.profile_version),
            t("82", self.svn),
            t("83", b"\x01\x00\x00"),
            t("84", resources),
            t("85", bytes.fromhex(self.uicc_capability)),
            t("86", b"\x0f\x00\x00"),
            t("87", b"\x02\x03\x00"),
            t("88", bytes.fromhex(self.rsp_capability)),
            *self._lists(),
            t("8B", b"\x02"),
            rules,
            t("04", b"\x01\x00\x00"),
            t("0C", b"XX-XX-XX-00-00"),
        )

    def _lists(self) -> tuple[bytes, bytes]:
        return (
            t("A9", *(t("04", one) for one in self.verification)),
            t("AA", *(t("04", one) for one in self.signing)),
        )

    def initiate(self, address: str) -> InitiateAuthenticationRequest:
        return InitiateAuthenticationRequest(
            euiccChallenge=self.challenge, euiccInfo1=self.info1(), smdpAddress=address
        )

    def authenticate(
        self,
        offered: InitiateAuthenticationResponse,
        matching_id: str | None,
        *,
        tid: bytes | None = None,
        challenge: bytes | None = None,
        address: bytes | None = None,
        signature: bytes | None = None,
    ) -> AuthenticateClientRequest:
        """Check what the server sent, and answer it; the keywords lie."""
        check_signature(offered.serverCertificate, offered.serverSignature1[3:], offered.serverSigned1)
        server = dig(offered.serverSigned1, "30")
        assert dig(server, "81") == self.challenge
        self.tid = dig(server, "80")
        assert self.tid == offered.transactionId
        san = load_der_x509_certificate(offered.serverCertificate)
        self.smdp_oid = _registered_id(san)
        self.signed1 = t(
            "30",
            t("80", tid or self.tid),
            t("83", address or dig(server, "83")),
            t("84", challenge or dig(server, "84")),
            self.info2(),
            t(
                "A0",
                b"" if matching_id is None else t("80", matching_id.encode()),
                t("A1", t("80", bytes.fromhex("35290611")), t("A1", t("85", b"\x0e\x00\x00"))),
            ),
        )
        self.signature1 = t("5F37", signature or raw_signature(self.key, self.signed1))
        others = t("A0", *self.others) if self.others else b""
        response = t("BF38", t("A0", self.signed1, self.signature1, self.certificate, self.eum_certificate, others))
        return AuthenticateClientRequest(transactionId=offered.transactionId, authenticateServerResponse=response)

    def refuse_server(self, offered: InitiateAuthenticationResponse, code: int = 2) -> AuthenticateClientRequest:
        response = t("BF38", t("A1", t("80", offered.transactionId), t("02", bytes([code]))))
        return AuthenticateClientRequest(transactionId=offered.transactionId, authenticateServerResponse=response)

    def prepare(
        self,
        offered: AuthenticateClientResponse,
        code: str | None = None,
        *,
        tid: bytes | None = None,
        signature: bytes | None = None,
        otpk: bytes | None = None,
        hash_cc: bytes | None = None,
    ) -> GetBoundProfilePackageRequest:
        """PrepareDownload: check smdpSigned2, take the proposed one-time key or a new one."""
        check_signature(offered.smdpCertificate, offered.smdpSignature2[3:], offered.smdpSigned2 + self.signature1)
        assert _registered_id(load_der_x509_certificate(offered.smdpCertificate)) == self.smdp_oid
        self.pb_certificate, self.metadata = offered.smdpCertificate, offered.profileMetadata
        members = dict((tag, value) for tag, value, _ in split(dig(offered.smdpSigned2, "30")))
        assert members["80"] == self.tid
        self.cc_required, self.proposed = members["01"] == b"\xff", members.get("5F49")
        curve = load_der_x509_certificate(offered.smdpCertificate).public_key().curve
        if self.otsk is None or not self.keep_otsk or self.proposed != public_point(self.otsk):
            secret = int.from_bytes(hashlib.sha256(self.certificate + self.tid).digest(), "big") >> 8
            self.otsk = ec.derive_private_key(secret, curve)
        if code is not None:
            hash_cc = hashlib.sha256(hashlib.sha256(code.encode()).digest() + self.tid).digest()
        signed2 = t(
            "30",
            t("80", tid or self.tid),
            t("5F49", otpk or public_point(self.otsk)),
            b"" if hash_cc is None else t("04", hash_cc),
        )
        signature2 = t("5F37", signature or raw_signature(self.key, signed2 + offered.smdpSignature2))
        return GetBoundProfilePackageRequest(
            transactionId=offered.transactionId, prepareDownloadResponse=t("BF21", t("A0", signed2, signature2))
        )

    def refuse_download(self, offered: AuthenticateClientResponse, code: int = 2) -> GetBoundProfilePackageRequest:
        response = t("BF21", t("A1", t("80", offered.transactionId), t("02", bytes([code]))))
        return GetBoundProfilePackageRequest(transactionId=offered.transactionId, prepareDownloadResponse=response)

    def open(self, delivered: GetBoundProfilePackageResponse) -> Opened:
        """Verify and decrypt the bound profile package."""
        parts = split(dig(delivered.boundProfilePackage, "BF36"))
        (_, isc, _), *sequences = parts
        (op, tid, crt, otpk, signature) = split(isc)
        assert (op[2], tid[1], crt[0]) == (bytes.fromhex("820101"), self.tid, "A6")
        assert self.otsk is not None
        tail = t("5F49", public_point(self.otsk))
        check_signature(self.pb_certificate, signature[1], op[2] + tid[2] + crt[2] + otpk[2] + tail)
        assert (dig(crt[1], "80"), dig(crt[1], "81")) == (b"\x88", b"\x10")
        host = dig(crt[1], "84")
        peer = ec.EllipticCurvePublicKey.from_encoded_point(self.otsk.curve, otpk[1])
        z = self.otsk.exchange(ec.ECDH(), peer)
        info = b"\x88\x10" + bytes([len(host)]) + host + b"\x10" + bytes.fromhex(self.eid)
        data = b"".join(hashlib.sha256(z + n.to_bytes(4, "big") + info).digest() for n in (1, 2))
        opener = Opener(data[:16], data[16:32], data[32:48])
        tags = [tag for tag, _, _ in sequences]
        assert tags in (["A0", "A1", "A3"], ["A0", "A1", "A2", "A3"]), tags
        plain: dict[str, bytes] = {}
        for tag, value, _ in sequences:
            if tag == "A3" and "A2" in plain:
                keys = dig(plain["A2"], "BF26")
                opener = Opener(dig(keys, "80"), dig(keys, "81"), dig(keys, "82"))
            assert all(len(whole) <= 1020 for _, _, whole in split(value))
            plain[tag] = b"".join(opener.open(whole) for _, _, whole in split(value))
        assert plain["A1"] == self.metadata
        elements = next(value for tag, value, _ in sequences if tag == "A3")
        return Opened(plain["A0"], plain["A1"], plain["A3"], "A2" in plain, otpk[1], elements)

    def result(
        self,
        address: str = "smdp.example.com",
        *,
        error: tuple[int, int] | None = None,
        iccid: bytes | None = None,
        oid: bytes | None = None,
        key: ec.EllipticCurvePrivateKey | None = None,
        tid: bytes | None = None,
    ) -> HandleNotificationRequest:
        """ProfileInstallationResult of this session; error: (bppCommandId, errorReason)."""
        self.sequence += 1
        iccid = dig(self.metadata, "BF25", "5A") if iccid is None else iccid
        final = t("A0", t("4F", bytes.fromhex("A0000005591010FFFFFFFF8900001100")), t("04", b"\x30\x00"))
        if error is not None:
            final = t("A1", t("80", bytes([error[0]])), t("81", bytes([error[1]])))
        data = t(
            "BF27",
            t("80", tid or self.tid),
            self._notification_metadata(INSTALL, address, iccid),
            t("06", oid or self.smdp_oid),
            t("A2", final),
        )
        signature = t("5F37", raw_signature(key or self.key, data))
        return HandleNotificationRequest(pendingNotification=t("BF37", data, signature))

    def notification(
        self, operation: str, iccid: bytes, address: str = "smdp.example.com", *, sequence: int | None = None
    ) -> HandleNotificationRequest:
        """OtherSignedNotification."""
        self.sequence += 1
        if sequence is not None:
            self.sequence = sequence
        data = self._notification_metadata(operation, address, iccid)
        signature = t("5F37", raw_signature(self.key, data))
        return HandleNotificationRequest(
            pendingNotification=t("30", data, signature, self.certificate, self.eum_certificate)
        )

    def _notification_metadata(self, operation: str, address: str, iccid: bytes) -> bytes:
        number = self.sequence.to_bytes(self.sequence.bit_length() // 8 + 1, "big")
        return t("BF2F", t("80", number), t("81", bytes.fromhex(operation)), t("0C", address.encode()), t("5A", iccid))

    def cancel(
        self, reason: int, *, tid: bytes | None = None, oid: bytes | None = None, signature: bytes | None = None
    ) -> CancelSessionRequest:
        signed = t("30", t("80", tid or self.tid), t("81", oid or self.smdp_oid), t("82", bytes([reason])))
        ok = t("A0", signed, t("5F37", signature or raw_signature(self.key, signed)))
        return CancelSessionRequest(transactionId=self.tid, cancelSessionResponse=t("BF41", ok))

    def refuse_cancel(self, code: int = 127) -> CancelSessionRequest:
        return CancelSessionRequest(transactionId=self.tid, cancelSessionResponse=t("BF41", t("81", bytes([code]))))


def public_point(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _registered_id(certificate: Certificate) -> bytes:
    names = certificate.extensions.get_extension_for_class(SubjectAlternativeName).value.public_bytes()
    return dig(names, "30", "88")
