"""An eUICC of another house: only the standard library and `cryptography`, nothing of this project.

It judges the server as a card does (chain, roles, OIDs, signatures, challenge), agrees keys, opens the bound package
and signs what it reports. Written from server.md sections 2, 5, 6, 7 and card.md section 4; whatever it doesn't like is
an AssertionError.
"""

import hashlib
import os
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.cmac import CMAC

ECDSA = ec.ECDSA(hashes.SHA256())
ROLE_EUICC, ROLE_DP_AUTH, ROLE_DP_PB, ROLE_DS_AUTH = (f"2.23.146.1.2.1.{n}" for n in (1, 4, 5, 7))


def tlv(tag: str, *parts: bytes) -> bytes:
    """One DER TLV, its tag in hex."""
    value = b"".join(parts)
    size = len(value)
    octets = size.to_bytes((size.bit_length() + 7) // 8 or 1, "big")
    return bytes.fromhex(tag) + (octets if size < 0x80 else bytes([0x80 | len(octets)]) + octets) + value


def items(data: bytes) -> list[tuple[str, bytes, bytes]]:
    """(tag in hex, value, whole TLV) of every TLV, which must fill `data` exactly and have minimal lengths."""
    found, at = [], 0
    while at < len(data):
        start, at = at, at + 1 + (data[at] & 0x1F == 0x1F)
        tag = data[start:at].hex().upper()
        size, at = data[at], at + 1
        if size & 0x80:
            count = size & 0x7F
            size, at = int.from_bytes(data[at : at + count], "big"), at + count
        value = data[at : at + size]
        assert data[start : at + size] == tlv(tag, value), f"{tag} is cut off or has no minimal length"
        found.append((tag, value, data[start : at + size]))
        at += size
    return found


def only(data: bytes, tag: str) -> bytes:
    """The value of the one TLV that `data` is."""
    ((found, value, _),) = items(data)
    assert found == tag, f"{found}, not {tag}"
    return value


def tags(data: bytes) -> list[str]:
    """The tags in `data`, in order."""
    return [tag for tag, _, _ in items(data)]


def swapped(iccid: str) -> bytes:
    """An ICCID as in tag 5A."""
    digits = iccid.ljust(20, "F")
    return bytes.fromhex("".join(digits[i + 1] + digits[i] for i in range(0, 20, 2)))


def eid_of(number: int) -> str:
    """An EID under the test EUM's prefix, with its check digits."""
    first = f"89049032{number:022d}"
    return f"{first}{98 - int(first + '00') % 97:02d}"


def raw_signature(key: ec.EllipticCurvePrivateKey, data: bytes) -> bytes:
    """5F37 with r || s."""
    r, s = decode_dss_signature(key.sign(data, ECDSA))
    return tlv("5F37", r.to_bytes(32, "big") + s.to_bytes(32, "big"))


def verify(certificate: x509.Certificate, signature: bytes, data: bytes) -> None:
    """Check r || s in a 5F37 TLV; cryptography's InvalidSignature if it is wrong."""
    octets = only(signature, "5F37")
    assert len(octets) == 64
    r, s = int.from_bytes(octets[:32], "big"), int.from_bytes(octets[32:], "big")
    _key(certificate).verify(encode_dss_signature(r, s), data, ECDSA)


def _key(certificate: x509.Certificate) -> ec.EllipticCurvePublicKey:
    key = certificate.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    return key


def _point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)


def _role(certificate: x509.Certificate) -> str:
    policies = certificate.extensions.get_extension_for_class(x509.CertificatePolicies)
    assert policies.critical
    return policies.value[0].policy_identifier.dotted_string


def oid_of(certificate: x509.Certificate) -> bytes:
    """The content octets of the registeredID in subjectAltName."""
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    (oid,) = names.get_values_for_type(x509.RegisteredID)
    first, second, *rest = map(int, oid.dotted_string.split("."))
    content = bytearray()
    for arc in (40 * first + second, *rest):
        groups = [arc & 0x7F]
        while arc := arc >> 7:
            groups.insert(0, 0x80 | arc & 0x7F)
        content += bytes(groups)
    return bytes(content)


@dataclass
class Ci:
    """One CI of the lab, and this eUICC's credentials under its EUM."""

    certificate: x509.Certificate
    eum: bytes
    euicc: bytes
    key: ec.EllipticCurvePrivateKey

    @property
    def pkid(self) -> bytes:
        """Its SubjectKeyIdentifier."""
        return self.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest

    @classmethod
    def of_lab(cls, pki: Path, curve: str, eid: str, issuer: ec.EllipticCurvePrivateKey) -> "Ci":
        """Read CI and EUM from SGP.26's file names and have a certificate issued, as an EUM does in its factory.

        issuer: the EUM's key, which lies sealed in the lab.
        """
        ci = x509.load_der_x509_certificate((pki / f"CertificateIssuer/CERT_CI_ECDSA_{curve}.der").read_bytes())
        eum = x509.load_der_x509_certificate((pki / f"EUM/CERT_EUM_ECDSA_{curve}.der").read_bytes())
        key = ec.generate_private_key(issuer.curve)
        organization = eum.subject.get_attributes_for_oid(x509.NameOID.ORGANIZATION_NAME)[0].value
        name = [(x509.NameOID.ORGANIZATION_NAME, str(organization)), (x509.NameOID.SERIAL_NUMBER, eid)]
        usage = [False] * 9
        usage[0] = True
        policy = x509.PolicyInformation(x509.ObjectIdentifier(ROLE_EUICC), None)
        certificate = (
            x509.CertificateBuilder(eum.subject, x509.Name([x509.NameAttribute(oid, text) for oid, text in name]))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(eum.not_valid_before_utc)
            .not_valid_after(datetime(7496, 1, 24, tzinfo=UTC))
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.public_key()), False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
            .add_extension(x509.KeyUsage(*usage), True)
            .add_extension(x509.CertificatePolicies([policy]), True)
            .sign(issuer, hashes.SHA256())
        )
        encoding = serialization.Encoding.DER
        return cls(ci, eum.public_bytes(encoding), certificate.public_bytes(encoding), key)


@dataclass
class Bsp:
    """The receiving end of the protected segments."""

    mcv: bytes
    s_enc: bytes
    s_mac: bytes
    counter: int = 1

    @classmethod
    def agreed(cls, z: bytes, host_id: bytes, eid: str) -> "Bsp":
        """X9.63 with SHA-256 over keyType, keyLen, HostID-LV, EID-LV."""
        info = b"\x88\x10" + bytes([len(host_id)]) + host_id + b"\x10" + bytes.fromhex(eid)
        data = b"".join(hashlib.sha256(z + n.to_bytes(4, "big") + info).digest() for n in (1, 2))
        return cls(data[:16], data[16:32], data[32:48])

    def open(self, segment: bytes) -> bytes:
        """The plaintext of one 86, 87 or 88."""
        ((tag, value, whole),) = items(segment)
        assert len(whole) <= 1020
        mac = CMAC(algorithms.AES(self.s_mac))
        mac.update(self.mcv + whole[:-8])
        self.mcv, counter, self.counter = mac.finalize(), self.counter, self.counter + 1
        assert self.mcv[:8] == whole[-8:], f"MAC of TLV {counter}"
        if tag == "88":
            return value[:-8]
        encryptor = Cipher(algorithms.AES(self.s_enc), modes.ECB()).encryptor()
        icv = encryptor.update(counter.to_bytes(16, "big")) + encryptor.finalize()
        decryptor = Cipher(algorithms.AES(self.s_enc), modes.CBC(icv)).decryptor()
        padded = decryptor.update(value[:-8]) + decryptor.finalize()
        plaintext, mark, padding = padded.rpartition(b"\x80")
        assert mark
        assert len(padding) < 16
        assert not any(padding)
        return plaintext


@dataclass
class ForeignEuicc:
    """The card; `seen` keeps what it was sent for the tests to look at."""

    eid: str
    cis: list[Ci]
    one_time_key: ec.EllipticCurvePrivateKey | None = None
    keep_key: bool = True
    sequence: int = 0
    seen: dict[str, bytes] = field(default_factory=dict)
    ci: Ci = field(init=False)
    auth: x509.Certificate = field(init=False)
    pb: x509.Certificate = field(init=False)
    challenge: bytes = b""

    def info1(self) -> bytes:
        """EUICCInfo1: the CIs, most wanted first."""
        keys = b"".join(tlv("04", ci.pkid) for ci in self.cis)
        return tlv("BF20", tlv("82", b"\x02\x02\x02"), tlv("A9", keys), tlv("AA", keys))

    def info2(self) -> bytes:
        """EUICCInfo2 of a card that can do much and has much room."""
        keys = b"".join(tlv("04", ci.pkid) for ci in self.cis)
        version = bytes.fromhex
        return tlv(
            "BF22",
            *(tlv("81", version("020301")), tlv("82", version("020202")), tlv("83", version("010000"))),
            tlv("84", bytes.fromhex("810100 8204000A0000 830400002000")),
            *(tlv("85", bytes.fromhex("077B801B80")), tlv("88", bytes.fromhex("0490"))),
            *(tlv("A9", keys), tlv("AA", keys), tlv("8B", b"\x01")),
            *(tlv("04", version("000001")), tlv("0C", b"ZZ-ZZ-UP-0000")),
        )

    def get_challenge(self) -> bytes:
        """ES10b.GetEUICCChallenge."""
        self.challenge = os.urandom(16)
        return self.challenge

    def authenticate_server(
        self,
        signed1: bytes,
        signature: bytes,
        pkid: bytes,
        certificate: bytes,
        matching_id: str | None,
        role: str = ROLE_DP_AUTH,
    ) -> bytes:
        """ES10b.AuthenticateServer."""
        self.ci = next(ci for ci in self.cis if tlv("04", ci.pkid) == pkid)
        self.auth = self._trusted(certificate, role)
        verify(self.auth, signature, signed1)
        members = items(only(signed1, "30"))
        assert [tag for tag, _, _ in members] == ["80", "81", "83", "84"]
        self.transaction_id, challenge, self.address, server_challenge = (value for _, value, _ in members)
        assert (challenge, len(server_challenge)) == (self.challenge, 16)
        device = tlv("A1", tlv("80", bytes.fromhex("35290611")), tlv("A1", tlv("85", bytes.fromhex("0F0000"))))
        matching = tlv("80", matching_id.encode()) if matching_id is not None else b""
        signed = tlv(
            "30", *(whole for tag, _, whole in members if tag != "81"), self.info2(), tlv("A0", matching, device)
        )
        self.signature1 = raw_signature(self.ci.key, signed)
        return tlv("BF38", tlv("A0", signed, self.signature1, self.ci.euicc, self.ci.eum))

    def prepare_download(self, signed2: bytes, signature: bytes, certificate: bytes, hash_cc: bytes | None) -> bytes:
        """ES10b.PrepareDownload; takes an offered one-time key if `keep_key`."""
        self.pb = self._trusted(certificate, ROLE_DP_PB)
        assert oid_of(self.pb) == oid_of(self.auth)
        verify(self.pb, signature, signed2 + self.signature1)
        members = items(only(signed2, "30"))
        offered = next((value for tag, value, _ in members if tag == "5F49"), None)
        assert [tag for tag, _, _ in members] == ["80", "01"] + ["5F49"] * (offered is not None)
        assert members[0][1] == self.transaction_id
        key = self.one_time_key
        if not (self.keep_key and key is not None and offered == _point(key.public_key())):
            self.one_time_key = key = ec.generate_private_key(_key(self.pb).curve)
        parts = [tlv("80", self.transaction_id), tlv("5F49", _point(key.public_key()))]
        signed = tlv("30", *parts, tlv("04", hash_cc) if hash_cc is not None else b"")
        return tlv("BF21", tlv("A0", signed, raw_signature(self.ci.key, signed + signature)))

    def load(self, bpp: bytes) -> bytes:
        """ES10b.LoadBoundProfilePackage with the whole package; the ProfileInstallationResult."""
        parts = items(only(bpp, "BF36"))
        shape = [tag for tag, _, _ in parts]
        assert shape in (["BF23", "A0", "A1", "A2", "A3"], ["BF23", "A0", "A1", "A3"])
        bsp = self._secure_channel(parts[0][1])
        (configure,) = self._opened(bsp, parts[1], "87")
        assert configure.startswith(b"\xbf\x24")
        metadata = b"".join(self._opened(bsp, parts[2], "88"))
        if shape[3] == "A2":
            (replace,) = self._opened(bsp, parts[3], "87")
            keys = items(only(replace, "BF26"))
            assert [(tag, len(value)) for tag, value, _ in keys] == [("80", 16), ("81", 16), ("82", 16)]
            bsp = Bsp(keys[0][1], keys[1][1], keys[2][1])
        upp = b"".join(self._opened(bsp, parts[-1], "86"))
        self.seen |= {"bpp": bpp, "configure": configure, "metadata": metadata, "upp": upp}
        self.iccid = items(only(metadata, "BF25"))[0][1]
        aid = bytes.fromhex("A0000005591010FFFFFFFF8900001000")
        return self.result(tlv("A0", tlv("4F", aid), tlv("04", bytes.fromhex("3007A0053003800100"))))

    def result(self, outcome: bytes) -> bytes:
        """A ProfileInstallationResult with this finalResult."""
        metadata = self.notification_metadata("0780")
        data = tlv("BF27", tlv("80", self.transaction_id), metadata, tlv("06", oid_of(self.pb)), tlv("A2", outcome))
        return tlv("BF37", data, raw_signature(self.ci.key, data))

    def notification_metadata(self, event: str) -> bytes:
        """NotificationMetadata of the next event."""
        self.sequence += 1
        parts = (tlv("80", self.sequence.to_bytes(1, "big")), tlv("81", bytes.fromhex(event)))
        return tlv("BF2F", *parts, tlv("0C", self.address), tlv("5A", self.iccid))

    def notification(self, event: str) -> bytes:
        """An OtherSignedNotification."""
        data = self.notification_metadata(event)
        return tlv("30", data, raw_signature(self.ci.key, data), self.ci.euicc, self.ci.eum)

    def cancel(self, reason: int) -> bytes:
        """ES10b.CancelSession."""
        parts = tlv("80", self.transaction_id), tlv("81", oid_of(self.auth)), tlv("82", bytes([reason]))
        signed = tlv("30", *parts)
        return tlv("BF41", tlv("A0", signed, raw_signature(self.ci.key, signed)))

    def _trusted(self, der: bytes, role: str) -> x509.Certificate:
        certificate = x509.load_der_x509_certificate(der)
        issuer = certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
        root = next(ci.certificate for ci in self.cis if ci.pkid == issuer)
        _key(root).verify(certificate.signature, certificate.tbs_certificate_bytes, ECDSA)
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage)
        assert usage.critical
        assert usage.value.digital_signature
        assert _role(certificate) == role
        return certificate

    def _secure_channel(self, value: bytes) -> Bsp:
        members = items(value)
        assert [tag for tag, _, _ in members] == ["82", "80", "A6", "5F49", "5F37"]
        assert members[0][1] == b"\x01"
        assert members[1][1] == self.transaction_id
        (_, key_type, _), (_, key_octets, _), (host_tag, host_id, _) = items(members[2][1])
        assert (key_type, key_octets, host_tag) == (b"\x88", b"\x10", "84")
        assert 1 <= len(host_id) <= 16
        assert self.one_time_key is not None
        own = tlv("5F49", _point(self.one_time_key.public_key()))
        verify(self.pb, members[4][2], b"".join(whole for _, _, whole in members[:4]) + own)
        self.seen["otpk_dp"] = members[3][1]
        peer = ec.EllipticCurvePublicKey.from_encoded_point(self.one_time_key.curve, members[3][1])
        return Bsp.agreed(self.one_time_key.exchange(ec.ECDH(), peer), host_id, self.eid)

    @staticmethod
    def _opened(bsp: Bsp, sequence: tuple[str, bytes, bytes], tag: str) -> list[bytes]:
        segments = items(sequence[1])
        assert {found for found, _, _ in segments} == {tag}
        return [bsp.open(whole) for _, _, whole in segments]
