"""The eUICC kit: an eUICC (and the LPA around it) for servers under test. Signs, derives and opens on its own.

Shares nothing with `euicc_sim` but names and tags. What it is told to do wrong are faults: `stage.euicc(*faults)`.
"""

import hashlib
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.cmac import CMAC

from scenarios.faults.wire import Wire
from scenarios.kit import ecc
from scenarios.kit.read import children, dig, find, integer, whole
from scenarios.model import CheckFailed, ScenarioError
from wire.es10 import CancelSessionReason, NotificationEvent
from wire.ports import Entropy, Signer
from wire.tlv import Tlv, tlv

DEVICE_INFO: Final = tlv(0xA1, tlv(0x80, bytes.fromhex("35290611")), tlv(0xA1, tlv(0x85, b"\x0f\x00\x00")))
ISD_P: Final = bytes.fromhex("A0000005591010FFFFFFFF8900001100")
MAC_OCTETS: Final = 8
SEGMENT_OCTETS_MAX: Final = 1020


class Opened(NamedTuple):
    """What a bound profile package held."""

    configure_isdp: bytes
    metadata: bytes
    package: bytes
    has_profile_keys: bool
    otpk_dp: bytes
    host_id: bytes


@dataclass
class EuiccKit:
    """One eUICC; it keeps what the procedures of one RSP session need.

    chain: EUM certificate first. others: further certificates in AuthenticateServerResponse (otherCertsInChain).
    keep_one_time_key: take the key that the server proposes again (retry), if this eUICC made it.
    """

    eid: str
    certificate: bytes
    chain: tuple[bytes, ...]
    curve: ec.EllipticCurve
    verification: tuple[bytes, ...]
    signing: tuple[bytes, ...]
    trust: tuple[bytes, ...]
    signer: Signer
    entropy: Entropy
    wire: Wire = field(default_factory=Wire)
    svn: bytes = b"\x02\x05\x00"
    profile_version: bytes = b"\x02\x03\x01"
    uicc_capability: bytes = bytes.fromhex("077B801B80")
    rsp_capability: bytes = bytes.fromhex("0490")
    free_octets: int = 500_000
    forbidden_rules: bytes = b""
    device_info: bytes = DEVICE_INFO
    others: tuple[bytes, ...] = ()
    keep_one_time_key: bool = True
    challenge: bytes = b""
    transaction_id: bytes = b""
    server_oid: bytes = b""
    metadata: bytes = b""
    code_required: bool = False
    proposed: bytes = b""
    sequence_number: int = 0
    _one_time_key: ec.EllipticCurvePrivateKey | None = field(default=None, repr=False)
    _signature1: bytes = b""
    _pb_certificate: bytes = b""

    # what it says of itself

    def info1(self) -> bytes:
        """EUICCInfo1."""
        return self.wire.send("EUICCInfo1", tlv(0xBF20, tlv(0x82, self.svn), *self._pkids()))

    def info2(self) -> bytes:
        """EUICCInfo2."""
        resources = tlv(0x81, b"\x00") + tlv(0x82, self.free_octets.to_bytes(4)) + tlv(0x83, b"\x10\x00")
        return tlv(
            0xBF22,
            tlv(0x81, self.profile_version),
            tlv(0x82, self.svn),
            tlv(0x83, b"\x01\x00\x00"),
            tlv(0x84, resources),
            tlv(0x85, self.uicc_capability),
            tlv(0x86, b"\x0f\x00\x00"),
            tlv(0x87, b"\x02\x03\x00"),
            tlv(0x88, self.rsp_capability),
            *self._pkids(),
            tlv(0x8B, b"\x02"),
            tlv(0x99, self.forbidden_rules) if self.forbidden_rules else b"",
            tlv(0x04, b"\x01\x00\x00"),
            tlv(0x0C, b"XX-XX-XX-00-00"),
        )

    def _pkids(self) -> tuple[bytes, bytes]:
        return (
            tlv(0xA9, *(tlv(0x04, one) for one in self.verification)),
            tlv(0xAA, *(tlv(0x04, one) for one in self.signing)),
        )

    def new_challenge(self) -> bytes:
        """A fresh euiccChallenge."""
        self.challenge = self.entropy.octets(16)
        return self.challenge

    # common mutual authentication

    def check_server(self, signed1: bytes, signature1: bytes, pkid: bytes, certificate: bytes, address: str) -> None:
        """What a card would check of InitiateAuthentication's answer; CheckFailed names what is wrong."""
        content = whole(signed1, 0x30, "serverSigned1")
        if dig(content, 0x81).value != self.challenge:
            raise CheckFailed("serverSigned1 has another euiccChallenge than was sent")
        found = dig(content, 0x83).value.decode("utf-8", "replace")
        if found.partition(":")[0].lower() != address.partition(":")[0].lower():
            raise CheckFailed(f"serverSigned1 names {found}, asked was {address}")
        if len(dig(content, 0x84).value) != 16:
            raise CheckFailed("the serverChallenge has not 16 octets")
        if not 1 <= len(dig(content, 0x80).value) <= 16:
            raise CheckFailed("the transactionId has not 1 to 16 octets")
        if whole(pkid, 0x04, "euiccCiPKIdToBeUsed").value not in self.signing:
            raise CheckFailed("euiccCiPKIdToBeUsed is none that this eUICC signs under")
        ecc.verify("serverSignature1", certificate, whole(signature1, 0x5F37).value, signed1)
        self.check_chain("the server's certificate", certificate)
        self.transaction_id = dig(content, 0x80).value
        self.server_oid = ecc.registered_id(certificate)

    def check_chain(self, what: str, certificate: bytes) -> None:
        """CheckFailed unless one of the trusted CIs issued the certificate."""
        for ci in self.trust:
            try:
                ecc.issued(what, certificate, ci)
            except CheckFailed:
                continue
            return
        raise CheckFailed(f"{what} was issued by none of the CIs that this eUICC verifies")

    def authenticate_server(self, signed1: bytes, matching_id: str | None) -> bytes:
        """AuthenticateServerResponse (BF38) to a serverSigned1."""
        content = whole(signed1, 0x30, "serverSigned1")
        matching = b"" if matching_id is None else tlv(0x80, matching_id.encode())
        tbs = tlv(
            0x30,
            dig(content, 0x80).raw,
            dig(content, 0x83).raw,
            dig(content, 0x84).raw,
            self.info2(),
            tlv(0xA0, matching, self.device_info),
        )
        signed = self.signer.sign("EuiccSigned1", tbs)
        self._signature1 = tlv(0x5F37, signed.signature)
        others = tlv(0xA0, *self.others) if self.others else b""
        ok = tlv(0xA0, signed.data, self._signature1, self.certificate, self.chain[0], others)
        return self.wire.send("AuthenticateServerResponse", tlv(0xBF38, ok))

    def refuse_server(self, code: int) -> bytes:
        """AuthenticateServerResponse with an authenticateErrorCode."""
        return tlv(0xBF38, tlv(0xA1, tlv(0x80, self.transaction_id), tlv(0x02, bytes((code,)))))

    # PrepareDownload

    def check_download(self, signed2: bytes, signature2: bytes, certificate: bytes, metadata: bytes) -> None:
        """What card and LPA would check of AuthenticateClient's answer; CheckFailed names what is wrong."""
        content = whole(signed2, 0x30, "smdpSigned2")
        if dig(content, 0x80).value != self.transaction_id:
            raise CheckFailed("smdpSigned2 has another transactionId")
        ecc.verify("smdpSignature2", certificate, whole(signature2, 0x5F37).value, signed2 + self._signature1)
        self.check_chain("CERT.DPpb.ECDSA", certificate)
        if ecc.registered_id(certificate) != self.server_oid:
            raise CheckFailed("CERT.DPauth.ECDSA and CERT.DPpb.ECDSA have different OIDs")
        self.code_required = dig(content, 0x01).value != b"\x00"
        proposed = find(content, 0x5F49)
        self.proposed = proposed.value if proposed else b""
        self._pb_certificate = certificate
        self.metadata = whole(metadata, 0xBF25, "profileMetadata").raw

    def prepare_download(self, signature2: bytes, code: str | None) -> bytes:
        """PrepareDownloadResponse (BF21); code: the Confirmation Code, hashed as the standard says."""
        kept = self._one_time_key
        if kept is None or not self.keep_one_time_key or self.proposed != ecc.point(kept):
            curve = ecc.public_key(self._pb_certificate).curve if self._pb_certificate else self.curve
            self._one_time_key = kept = ecc.ephemeral(curve, self.entropy)
        hashed = b"" if code is None else tlv(0x04, confirmation_hash(code, self.transaction_id))
        tbs = tlv(0x30, tlv(0x80, self.transaction_id), tlv(0x5F49, ecc.point(kept)), hashed)
        signed = self.signer.sign("EuiccSigned2", tbs, signature2)
        ok = tlv(0xA0, signed.data, tlv(0x5F37, signed.signature))
        return self.wire.send("PrepareDownloadResponse", tlv(0xBF21, ok))

    def refuse_download(self, code: int) -> bytes:
        """PrepareDownloadResponse with a downloadErrorCode."""
        return tlv(0xBF21, tlv(0xA1, tlv(0x80, self.transaction_id), tlv(0x02, bytes((code,)))))

    @property
    def one_time_point(self) -> bytes:
        """otPK.EUICC.ECKA of the last PrepareDownload."""
        if self._one_time_key is None:
            raise ScenarioError("this eUICC has made no one-time key yet")
        return ecc.point(self._one_time_key)

    # the bound profile package

    def open(self, bpp: bytes) -> Opened:
        """Verify and decrypt a bound profile package; CheckFailed names what a card would refuse."""
        if self._one_time_key is None:
            raise ScenarioError("open() needs a PrepareDownload first")
        initialise, *sequences = children(whole(bpp, 0xBF36, "boundProfilePackage"))
        host_id, otpk_dp = self._check_initialise(initialise)
        shared = ecc.agree(self._one_time_key, otpk_dp)
        info = b"\x88\x10" + bytes((len(host_id),)) + host_id + b"\x10" + bytes.fromhex(self.eid)
        stream = b"".join(hashlib.sha256(shared + n.to_bytes(4) + info).digest() for n in (1, 2))
        opener = _Opener(stream[:16], stream[16:32], stream[32:48])
        tags = [one.tag for one in sequences]
        if tags not in ([0xA0, 0xA1, 0xA3], [0xA0, 0xA1, 0xA2, 0xA3]):
            raise CheckFailed(f"BF36 holds {', '.join(f'{tag:X}' for tag in tags)} after BF23")
        plain: dict[int, bytes] = {}
        for one, inner in zip(sequences, (0x87, 0x88, *([0x87] if len(tags) == 4 else []), 0x86), strict=True):
            if one.tag == 0xA3 and 0xA2 in plain:
                keys = whole(plain[0xA2], 0xBF26, "ReplaceSessionKeysRequest")
                opener = _Opener(dig(keys, 0x80).value, dig(keys, 0x81).value, dig(keys, 0x82).value)
            plain[one.tag] = b"".join(opener.open(segment, inner) for segment in children(one))
        if plain[0xA1] != self.metadata:
            raise CheckFailed("StoreMetadata differs from the profileMetadata of AuthenticateClient")
        return Opened(plain[0xA0], plain[0xA1], plain[0xA3], 0xA2 in plain, otpk_dp, host_id)

    def _check_initialise(self, initialise: Tlv) -> tuple[bytes, bytes]:
        if initialise.tag != 0xBF23:
            raise CheckFailed("BF36 does not begin with BF23")
        parts = children(initialise)
        if [one.tag for one in parts] != [0x82, 0x80, 0xA6, 0x5F49, 0x5F37]:
            raise CheckFailed("InitialiseSecureChannelRequest has other elements than the standard says")
        operation, transaction, template, otpk, signature = parts
        if integer(operation) != 1:
            raise CheckFailed("remoteOpId is not installBoundProfilePackage")
        if transaction.value != self.transaction_id:
            raise CheckFailed("InitialiseSecureChannelRequest has another transactionId")
        if (dig(template, 0x80).value, dig(template, 0x81).value) != (b"\x88", b"\x10"):
            raise CheckFailed("controlRefTemplate is not AES (88) with 16 octets")
        tbs = operation.raw + transaction.raw + template.raw + otpk.raw + tlv(0x5F49, self.one_time_point)
        ecc.verify("smdpSign", self._pb_certificate, signature.value, tbs)
        return dig(template, 0x84).value, otpk.value

    # afterwards

    def installation_result(
        self, address: str, *, error: tuple[int, int] | None = None, iccid: bytes | None = None
    ) -> bytes:
        """ProfileInstallationResult (BF37); error: bppCommandId and errorReason; iccid: other octets than installed."""
        final = tlv(0xA0, tlv(0x4F, ISD_P), tlv(0x04, bytes.fromhex("3007A0053003800100")))
        if error is not None:
            final = tlv(0xA1, tlv(0x80, bytes((error[0],))), tlv(0x81, bytes((error[1],))))
        held = dig(whole(self.metadata, 0xBF25), 0x5A).value if iccid is None else iccid
        tbs = tlv(
            0xBF27,
            tlv(0x80, self.transaction_id),
            self._notification_metadata(NotificationEvent.notificationInstall, address, held),
            tlv(0x06, self.server_oid),
            tlv(0xA2, final),
        )
        signed = self.signer.sign("ProfileInstallationResultData", tbs)
        message = tlv(0xBF37, signed.data, tlv(0x5F37, signed.signature))
        return self.wire.send("ProfileInstallationResult", message)

    def notification(self, event: NotificationEvent, address: str, iccid: bytes) -> bytes:
        """OtherSignedNotification for an enabled, disabled or deleted profile (ICCID as in EF)."""
        signed = self.signer.sign("TbsOtherNotification", self._notification_metadata(event, address, iccid))
        parts = signed.data, tlv(0x5F37, signed.signature), self.certificate, self.chain[0]
        return self.wire.send("OtherSignedNotification", tlv(0x30, *parts))

    def _notification_metadata(self, event: NotificationEvent, address: str, iccid: bytes) -> bytes:
        self.sequence_number += 1
        number = self.sequence_number.to_bytes(self.sequence_number.bit_length() // 8 + 1)
        return tlv(0xBF2F, tlv(0x80, number), tlv(0x81, event.to_bits()), tlv(0x0C, address.encode()), tlv(0x5A, iccid))

    def cancel_session(self, reason: CancelSessionReason) -> bytes:
        """CancelSessionResponse (BF41)."""
        tbs = tlv(0x30, tlv(0x80, self.transaction_id), tlv(0x81, self.server_oid), tlv(0x82, bytes((reason,))))
        signed = self.signer.sign("EuiccCancelSessionSigned", tbs)
        ok = tlv(0xA0, signed.data, tlv(0x5F37, signed.signature))
        return self.wire.send("CancelSessionResponse", tlv(0xBF41, ok))

    def refuse_cancel(self, code: int) -> bytes:
        """CancelSessionResponse with a cancelSessionResponseError."""
        return tlv(0xBF41, tlv(0x81, bytes((code,))))


def confirmation_hash(code: str, transaction_id: bytes) -> bytes:
    """hashCc. Spec: SGP.22 v2.5 section 4.7."""
    return hashlib.sha256(hashlib.sha256(code.encode()).digest() + transaction_id).digest()


class _Opener:
    """SCP03t, the receiver's end. Spec: SGP.22 v2.5 section 2.5.4."""

    def __init__(self, mcv: bytes, enc: bytes, mac: bytes) -> None:
        self._mcv, self._enc, self._mac, self._counter = mcv, enc, mac, 1

    def open(self, segment: Tlv, tag: int) -> bytes:
        name = f"protected segment {self._counter} ({segment.tag:X})"
        if segment.tag != tag:
            raise CheckFailed(f"{name} is not {tag:X}")
        if len(segment.raw) > SEGMENT_OCTETS_MAX:
            raise CheckFailed(f"{name} has {len(segment.raw)} octets, more than {SEGMENT_OCTETS_MAX}")
        cmac = CMAC(algorithms.AES(self._mac))
        cmac.update(self._mcv + segment.raw[:-MAC_OCTETS])
        self._mcv = cmac.finalize()
        if self._mcv[:MAC_OCTETS] != segment.raw[-MAC_OCTETS:]:
            raise CheckFailed(f"{name}: wrong MAC")
        counter, self._counter = self._counter, self._counter + 1
        content = segment.value[:-MAC_OCTETS]
        return content if tag == 0x88 else self._decrypted(content, counter, name)

    def _decrypted(self, content: bytes, counter: int, name: str) -> bytes:
        if len(content) % 16:
            raise CheckFailed(f"{name}: not whole blocks")
        ecb = Cipher(algorithms.AES(self._enc), modes.ECB()).encryptor()
        icv = ecb.update(counter.to_bytes(16)) + ecb.finalize()
        cbc = Cipher(algorithms.AES(self._enc), modes.CBC(icv)).decryptor()
        padded = cbc.update(content) + cbc.finalize()
        stripped = padded.rstrip(b"\x00")
        if stripped[-1:] != b"\x80":
            raise CheckFailed(f"{name}: wrong padding")
        return stripped[:-1]
