"""The server kit: an SM-DP+ or SM-DS for eUICCs and LPAs under test. Signs, derives and protects on its own.

Shares nothing with `smdp` but names and tags. What it is told to do wrong are faults: `stage.server(*faults)`.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from certs.authority import Credential
from scenarios.faults.bsp import Counting, Keys, Protector
from scenarios.faults.model import Fault, SharedInfo, WrongSessionKey
from scenarios.faults.wire import Wire
from scenarios.kit import ecc
from scenarios.kit.package import Package
from scenarios.kit.profile import Profile
from scenarios.kit.read import children, dig, find, whole
from scenarios.model import CheckFailed, ScenarioError
from wire.ports import Entropy, Signer
from wire.tlv import Tlv, tlv

DEVICE_INFO: Final = bytes.fromhex("A10D800435290611A10585030F0000")
METADATA_CHUNK: Final = 1008
ELEMENT_CHUNK: Final = 1007


@dataclass(frozen=True)
class Identity:
    """A certificate with the signer of its key."""

    credential: Credential
    signer: Signer

    @property
    def certificate(self) -> bytes:
        return self.credential.certificate


@dataclass
class ServerKit:
    """One server; it keeps what the procedures of one RSP session need.

    auth: DPauth or DSauth; pb: DPpb. ci: the CI's certificate and PKId are those of the eUICC's chain it asks for.
    profile_keys: protect the elements with profile protection keys; chunk: plaintext octets of each 86.
    """

    address: str
    auth: Identity
    pb: Identity
    ci_certificate: bytes
    ci_pkid: bytes
    entropy: Entropy
    faults: Sequence[Fault] = ()
    wire: Wire = field(default_factory=Wire)
    host_id: bytes = b"SMDP"
    profile_keys: bool = True
    chunk: int = ELEMENT_CHUNK
    transaction_id_octets: int = 16
    transaction_id: bytes = b""
    server_challenge: bytes = b""
    euicc_challenge: bytes = b""
    euicc_certificate: bytes = b""
    eid: bytes = b""
    info2: Tlv | None = None
    matching_id: str | None = None
    hash_cc: bytes = b""
    otpk_euicc: bytes = b""
    _context: bytes = b""
    _signature1: bytes = b""
    _signature2: bytes = b""

    # common mutual authentication

    def initiate(self, euicc_challenge: bytes) -> tuple[bytes, bytes]:
        """A new session: (serverSigned1, serverSignature1 as 5F37)."""
        self.transaction_id = self.entropy.octets(self.transaction_id_octets)
        self.server_challenge = self.entropy.octets(16)
        self.euicc_challenge = euicc_challenge
        tbs = tlv(
            0x30,
            tlv(0x80, self.transaction_id),
            tlv(0x81, euicc_challenge),
            tlv(0x83, self.address.encode()),
            tlv(0x84, self.server_challenge),
        )
        signed = self.auth.signer.sign("ServerSigned1", tbs)
        return signed.data, tlv(0x5F37, signed.signature)

    def authenticate_server(self, euicc_challenge: bytes, matching_id: str | None = "TOKEN") -> bytes:
        """AuthenticateServerRequest (BF38) for a card's challenge, with the ctxParams1 that an LPA would add."""
        signed, signature = self.initiate(euicc_challenge)
        matching = b"" if matching_id is None else tlv(0x80, matching_id.encode())
        self._context = tlv(0xA0, matching, DEVICE_INFO)
        parts = signed, signature, tlv(0x04, self.ci_pkid), self.auth.certificate, self._context
        return self.wire.send("AuthenticateServerRequest", tlv(0xBF38, *parts))

    def check_authentication(self, response: bytes) -> Tlv:
        """Verify AuthenticateServerResponse as a server would; returns euiccSigned1, CheckFailed says what is wrong."""
        ok = dig(whole(response, 0xBF38, "AuthenticateServerResponse"), 0xA0)
        parts = children(ok)
        if [part.tag for part in parts[:4]] != [0x30, 0x5F37, 0x30, 0x30]:
            raise CheckFailed("authenticateResponseOk has other elements than the standard says")
        signed1, signature, certificate, eum = parts[:4]
        ecc.verify("euiccSignature1", certificate.raw, signature.value, signed1.raw)
        ecc.issued("CERT.EUICC.ECDSA", certificate.raw, eum.raw)
        ecc.issued("CERT.EUM.ECDSA", eum.raw, self.ci_certificate)
        expected = {0x80: self.transaction_id, 0x83: self.address.encode(), 0x84: self.server_challenge}
        for tag, value in expected.items():
            if dig(signed1, tag).value != value:
                raise CheckFailed(f"euiccSigned1.{tag:X} is not what the server sent")
        context = dig(signed1, 0xA0)
        if self._context and context.raw != self._context:
            raise CheckFailed("euiccSigned1.ctxParams1 is not what the LPA sent")
        matching = find(context, 0x80)
        self.matching_id = matching.value.decode() if matching else None
        self.info2 = dig(signed1, 0xBF22)
        self.euicc_certificate, self._signature1 = certificate.raw, tlv(0x5F37, signature.value)
        self.eid = _eid(certificate.raw)
        return signed1

    # PrepareDownload

    def prepare(self, code_required: bool = False, one_time_point: bytes = b"") -> tuple[bytes, bytes]:
        """(smdpSigned2, smdpSignature2 as 5F37); one_time_point: the eUICC's key to be used again."""
        proposed = tlv(0x5F49, one_time_point) if one_time_point else b""
        tbs = tlv(0x30, tlv(0x80, self.transaction_id), tlv(0x01, b"\xff" if code_required else b"\x00"), proposed)
        signed = self.pb.signer.sign("SmdpSigned2", tbs, self._signature1)
        self._signature2 = tlv(0x5F37, signed.signature)
        return signed.data, self._signature2

    def prepare_download(
        self, *, code_required: bool = False, hash_cc: bytes = b"", one_time_point: bytes = b""
    ) -> bytes:
        """PrepareDownloadRequest (BF21), with the hashCc that an LPA would add."""
        signed, signature = self.prepare(code_required, one_time_point)
        code = tlv(0x04, hash_cc) if hash_cc else b""
        return self.wire.send("PrepareDownloadRequest", tlv(0xBF21, signed, signature, code, self.pb.certificate))

    def check_preparation(self, response: bytes) -> Tlv:
        """Verify PrepareDownloadResponse; returns euiccSigned2 and remembers otPK.EUICC and hashCc."""
        ok = dig(whole(response, 0xBF21, "PrepareDownloadResponse"), 0xA0)
        signed2, signature = children(ok)[:2]
        ecc.verify("euiccSignature2", self.euicc_certificate, signature.value, signed2.raw + self._signature2)
        if dig(signed2, 0x80).value != self.transaction_id:
            raise CheckFailed("euiccSigned2 has another transactionId")
        self.otpk_euicc = dig(signed2, 0x5F49).value
        code = find(signed2, 0x04)
        self.hash_cc = code.value if code else b""
        return signed2

    # the bound profile package

    def bind(self, profile: Profile) -> Package:
        """A bound profile package for the one-time key of the last preparation."""
        if not self.otpk_euicc:
            raise ScenarioError("bind() needs a checked PrepareDownload first")
        one_time = ecc.ephemeral(ecc.public_key(self.pb.certificate).curve, self.entropy)
        numbers = Counting()
        session = Protector(self._session_keys(ecc.agree(one_time, self.otpk_euicc)), numbers, self.faults)
        initialise = self._initialise(ecc.point(one_time))
        send = self.wire.send
        configure = session.protect(0x87, send("ConfigureISDPRequest", tlv(0xBF24)))
        metadata = send("StoreMetadataRequest", profile.metadata)
        stored = tuple(session.protect(0x88, chunk) for chunk in _chunks(metadata, METADATA_CHUNK))
        replaced: tuple[bytes, ...] = ()
        sender = session
        if self.profile_keys:
            keys = Keys(*(self.entropy.octets(16) for _ in range(3)))
            request = tlv(0xBF26, tlv(0x80, keys.mcv), tlv(0x81, keys.enc), tlv(0x82, keys.mac))
            replaced = (session.protect(0x87, send("ReplaceSessionKeysRequest", request)),)
            sender = Protector(keys, numbers, self.faults)
        package = send("ProfilePackage", profile.package)
        elements = tuple(sender.protect(0x86, chunk) for chunk in _chunks(package, self.chunk))
        return Package(initialise, (configure,), stored, replaced, elements, self.faults)

    def _initialise(self, otpk_dp: bytes) -> bytes:
        template = tlv(0xA6, tlv(0x80, b"\x88"), tlv(0x81, b"\x10"), tlv(0x84, self.host_id))
        tbs = tlv(0x82, b"\x01") + tlv(0x80, self.transaction_id) + template + tlv(0x5F49, otpk_dp)
        signed = self.pb.signer.sign("InitialiseSecureChannelRequest", tbs, tlv(0x5F49, self.otpk_euicc))
        return self.wire.send("InitialiseSecureChannelRequest", tlv(0xBF23, signed.data, tlv(0x5F37, signed.signature)))

    def _session_keys(self, shared: bytes) -> Keys:
        """Spec: SGP.22 v2.5 annex G."""
        fields = {"host_id": self.host_id, "eid": self.eid}
        fields |= {fault.field: fault.value for fault in self.faults if isinstance(fault, SharedInfo)}
        host_id, eid = fields["host_id"], fields["eid"]
        info = b"\x88\x10" + bytes((len(host_id),)) + host_id + bytes((len(eid),)) + eid
        stream = b"".join(hashlib.sha256(shared + n.to_bytes(4) + info).digest() for n in (1, 2))
        keys = Keys(stream[:16], stream[16:32], stream[32:48])
        for fault in self.faults:
            if isinstance(fault, WrongSessionKey):
                keys = keys._replace(**{fault.key: bytes(octet ^ 0x01 for octet in getattr(keys, fault.key))})
        return keys

    # what the eUICC tells afterwards

    def check_installation_result(self, raw: bytes) -> Tlv:
        """Verify ProfileInstallationResult (BF37); returns its finalResult (A0 success, A1 error)."""
        data, signature = children(whole(raw, 0xBF37, "ProfileInstallationResult"))[:2]
        ecc.verify("euiccSignPIR", self.euicc_certificate, signature.value, data.raw)
        if dig(data, 0x80).value != self.transaction_id:
            raise CheckFailed("the installation result has another transactionId")
        if dig(data, 0x06).value != ecc.registered_id(self.auth.certificate):
            raise CheckFailed("the installation result has another smdpOid")
        return children(dig(data, 0xA2))[0]

    def check_cancellation(self, raw: bytes) -> int:
        """Verify CancelSessionResponse (BF41); returns the reason."""
        signed, signature = children(dig(whole(raw, 0xBF41, "CancelSessionResponse"), 0xA0))[:2]
        ecc.verify("euiccCancelSessionSignature", self.euicc_certificate, signature.value, signed.raw)
        if dig(signed, 0x80).value != self.transaction_id:
            raise CheckFailed("euiccCancelSessionSigned has another transactionId")
        if dig(signed, 0x81).value != ecc.registered_id(self.auth.certificate):
            raise CheckFailed("euiccCancelSessionSigned has another smdpOid")
        return dig(signed, 0x82).value[0]


def check_notification(raw: bytes, ci_certificate: bytes) -> Tlv:
    """Verify an OtherSignedNotification with the certificates it brings; returns its metadata (BF2F)."""
    parts = children(whole(raw, 0x30, "OtherSignedNotification"))
    if [part.tag for part in parts[:4]] != [0xBF2F, 0x5F37, 0x30, 0x30]:
        raise CheckFailed("OtherSignedNotification has other elements than the standard says")
    metadata, signature, certificate, eum = parts[:4]
    ecc.verify("euiccNotificationSignature", certificate.raw, signature.value, metadata.raw)
    ecc.issued("CERT.EUICC.ECDSA", certificate.raw, eum.raw)
    ecc.issued("CERT.EUM.ECDSA", eum.raw, ci_certificate)
    return metadata


def _chunks(data: bytes, octets: int) -> list[bytes]:
    return [data[at : at + octets] for at in range(0, len(data), octets)]


def _eid(certificate: bytes) -> bytes:
    """The EID: serialNumber of the subject."""
    subject = ecc.subject(certificate)
    try:
        return bytes.fromhex(subject["2.5.4.5"])
    except (KeyError, ValueError):
        raise CheckFailed("CERT.EUICC.ECDSA has no EID in its subject") from None
