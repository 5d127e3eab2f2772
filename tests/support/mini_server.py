"""A small SM-DP+ for card tests: signs, derives keys and protects packages on its own, without smdp or wire.

Written from card.md chapters 2 to 4 alone. Every step can be told to lie (`Lies`), so that tests see each refusal.
"""

import hashlib
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.cmac import CMAC
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import load_der_x509_certificate

from tests.support.tlv_by_hand import dig, split, t, whole

SHA256 = ec.ECDSA(hashes.SHA256())
DEVICE_INFO = bytes.fromhex("A10D800435290611A10585030F0000")


def sign(key: Any, data: bytes) -> bytes:
    """ECDSA-SHA256, raw r || s."""
    r, s = decode_dss_signature(key.sign(data, SHA256))
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def check(certificate_or_key: Any, signature: bytes, data: bytes) -> None:
    """InvalidSignature unless `signature` (raw) verifies; takes a DER certificate or a public key."""
    key = certificate_or_key
    if isinstance(key, bytes):
        key = load_der_x509_certificate(key).public_key()
    assert len(signature) == 64
    key.verify(encode_dss_signature(int.from_bytes(signature[:32]), int.from_bytes(signature[32:])), data, SHA256)


class Protector:
    """SCP03t, the sending side."""

    def __init__(self, mcv: bytes, enc: bytes, mac: bytes) -> None:
        self.mcv, self.enc, self.mac, self.counter = mcv, enc, mac, 1

    def protect(self, tag: str, plaintext: bytes) -> bytes:
        data = plaintext
        if tag != "88":
            padded = plaintext + b"\x80"
            padded += bytes(-len(padded) % 16)
            icv = _encryptor(self.enc, modes.ECB()).update(self.counter.to_bytes(16, "big"))
            data = _encryptor(self.enc, modes.CBC(icv)).update(padded)
        head = t(tag, data + bytes(8))[: -(len(data) + 8)]
        cmac = CMAC(algorithms.AES(self.mac))
        cmac.update(self.mcv + head + data)
        self.mcv = cmac.finalize()
        self.counter += 1
        return head + data + self.mcv[:8]


def _encryptor(key: bytes, mode: Any) -> Any:
    return Cipher(algorithms.AES(key), mode).encryptor()


@dataclass
class Package:
    """A bound profile package in its parts, so that tests can damage or reorder them."""

    bf23: bytes
    configure: list[bytes]
    metadata: list[bytes]
    replace_keys: list[bytes]
    elements: list[bytes]

    @property
    def sections(self) -> list[bytes]:
        parts = [t("A0", *self.configure), t("A1", *self.metadata)]
        if self.replace_keys:
            parts.append(t("A2", *self.replace_keys))
        return [*parts, t("A3", *self.elements)]

    @property
    def raw(self) -> bytes:
        return t("BF36", self.bf23, *self.sections)

    def segments(self) -> list[bytes]:
        """As an LPA cuts it."""
        content = self.bf23 + b"".join(self.sections)
        segments = [t("BF36", content)[: -len(content)] + self.bf23, t("A0", *self.configure)]
        inner = b"".join(self.metadata)
        segments += [t("A1", inner)[: -len(inner)], *self.metadata]
        if self.replace_keys:
            segments.append(t("A2", *self.replace_keys))
        inner = b"".join(self.elements)
        return [*segments, t("A3", inner)[: -len(inner)], *self.elements]


@dataclass
class MiniServer:
    """One SM-DP+ (or SM-DS, for AuthenticateServer alone) with DPauth and DPpb credentials of certs."""

    auth: Any
    pb: Any
    address: str = "smdp.example.com"
    transaction_id: bytes = bytes.fromhex("00112233445566778899AABBCCDDEEFF")
    server_challenge: bytes = bytes(range(0x40, 0x50))
    host_id: bytes = b"SMDP"
    ctx_params1: bytes = t("A0", t("80", b"MATCHING-1"), DEVICE_INFO)
    euicc_certificate: bytes = b""
    euicc_signature1: bytes = b""
    smdp_signature2: bytes = b""
    otpk_euicc: bytes = b""
    log: list[str] = field(default_factory=list)

    def authenticate_server(self, challenge: bytes, ci_pkid: bytes, **lies: Any) -> bytes:
        """BF38."""
        self.server_signed1 = t(
            "30",
            t("80", self.transaction_id),
            t("81", challenge),
            t("83", self.address.encode()),
            t("84", self.server_challenge),
        )
        signature = lies.get("signature") or sign(lies.get("key") or self.auth.key, self.server_signed1)
        certificate = lies.get("certificate") or self.auth.certificate
        signed = self.server_signed1 + t("5F37", signature)
        return t("BF38", signed, t("04", ci_pkid), certificate, lies.get("ctx_params1") or self.ctx_params1)

    def check_authentication(self, response: bytes) -> bytes:
        """Verify AuthenticateServerResponse as a server would; returns euiccSigned1."""
        signed1, signature, certificate, eum = split(dig(response, "BF38", "A0"))
        assert [signed1[0], signature[0], certificate[0], eum[0]] == ["30", "5F37", "30", "30"]
        check(certificate[2], signature[1], signed1[2])
        issuer, subject = load_der_x509_certificate(eum[2]), load_der_x509_certificate(certificate[2])
        issuer.public_key().verify(subject.signature, subject.tbs_certificate_bytes, SHA256)
        assert dig(signed1[1], "80") == self.transaction_id
        assert dig(signed1[1], "83") == self.address.encode()
        assert dig(signed1[1], "84") == self.server_challenge
        assert whole(signed1[1], "A0") == self.ctx_params1
        self.euicc_certificate, self.euicc_signature1 = certificate[2], signature[1]
        return signed1[2]

    def prepare_download(
        self, cc_required: bool = False, hash_cc: bytes = b"", otpk: bytes = b"", **lies: Any
    ) -> bytes:
        """BF21."""
        flag = b"\xff" if cc_required else b"\x00"
        key = t("5F49", otpk) if otpk else b""
        signed2 = t("30", t("80", lies.get("transaction_id") or self.transaction_id), t("01", flag), key)
        covered = signed2 + t("5F37", self.euicc_signature1)
        self.smdp_signature2 = lies.get("signature") or sign(lies.get("key") or self.pb.key, covered)
        signature = t("5F37", self.smdp_signature2)
        certificate = lies.get("certificate") or self.pb.certificate
        return t("BF21", signed2, signature, t("04", hash_cc) if hash_cc else b"", certificate)

    def check_preparation(self, response: bytes) -> bytes:
        """Verify PrepareDownloadResponse; returns euiccSigned2 and remembers otPK.EUICC."""
        signed2, signature = split(dig(response, "BF21", "A0"))
        check(self.euicc_certificate, signature[1], signed2[2] + t("5F37", self.smdp_signature2))
        assert dig(signed2[1], "80") == self.transaction_id
        self.otpk_euicc = dig(signed2[1], "5F49")
        return signed2[2]

    def bind(
        self, eid: bytes, metadata: bytes, package: bytes, *, ppk: bool = True, chunk: int = 1007, **lies: Any
    ) -> Package:
        """A bound profile package for the one-time key of the last preparation."""
        curve = self.pb.key.curve
        otsk = ec.generate_private_key(curve)
        otpk = otsk.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        peer = ec.EllipticCurvePublicKey.from_encoded_point(curve, self.otpk_euicc)
        secret = otsk.exchange(ec.ECDH(), peer)
        shared = b"\x88\x10" + bytes([len(self.host_id)]) + self.host_id + b"\x10" + eid
        stream = b"".join(hashlib.sha256(secret + n.to_bytes(4, "big") + shared).digest() for n in (1, 2))
        session = Protector(stream[:16], stream[16:32], stream[32:48])

        template = t("A6", t("80", lies.get("key_type", b"\x88")), t("81", b"\x10"), t("84", self.host_id))
        tid = lies.get("transaction_id", self.transaction_id)
        signed = t("82", lies.get("remote_op", b"\x01")) + t("80", tid) + template + t("5F49", otpk)
        signature = sign(lies.get("key") or self.pb.key, signed + t("5F49", self.otpk_euicc))
        bf23 = t("BF23", signed, t("5F37", signature))
        configure = [session.protect("87", lies.get("configure", t("BF24")))]
        cuts = range(0, len(metadata), 1008)
        stored = [session.protect("88", metadata[at : at + 1008]) for at in cuts]
        replace, sender = [], session
        if ppk:
            sender = Protector(bytes([0xC0]) * 16, bytes([0xC1]) * 16, bytes([0xC2]) * 16)
            keys = t("BF26", t("80", sender.mcv), t("81", sender.enc), t("82", sender.mac))
            replace = [session.protect("87", lies.get("replace_keys", keys))]
        elements = [sender.protect("86", package[at : at + chunk]) for at in range(0, len(package), chunk)]
        return Package(bf23, configure, stored, replace, elements)
