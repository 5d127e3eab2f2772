"""Signing ports: a key, and a signer that lies."""

from collections.abc import Callable, Sequence

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from scenarios.faults.model import AfterSignature, BeforeSignature, DamagedSignature, Fault, ForeignKey, WithoutSuffix
from wire.ports import Signed, Signer

_DETERMINISTIC = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)


class KitSigner:
    """ECDSA with SHA-256, RFC 6979, raw r || s; a `wire.ports.Signer`."""

    def __init__(self, key: ec.EllipticCurvePrivateKey) -> None:
        self._key = key

    def sign(self, what: str, data: bytes, suffix: bytes = b"") -> Signed:
        """Sign `data || suffix`."""
        r, s = decode_dss_signature(self._key.sign(data + suffix, _DETERMINISTIC))
        return Signed(data, r.to_bytes(32, "big") + s.to_bytes(32, "big"))


class FaultySigner:
    """A signer that does what its faults say; foreign: makes the signer with another key, where one is wanted."""

    def __init__(self, signer: Signer, faults: Sequence[Fault], foreign: Callable[[], Signer]) -> None:
        self._signer = signer
        self._faults = faults
        self._foreign = foreign

    def sign(self, what: str, data: bytes, suffix: bytes = b"") -> Signed:
        signer = self._signer
        mine = [fault for fault in self._faults if getattr(fault, "what", "").lower() == what.lower()]
        for fault in mine:
            if isinstance(fault, BeforeSignature):
                data = fault.edit.apply(data)
            elif isinstance(fault, ForeignKey):
                signer = self._foreign()
            elif isinstance(fault, WithoutSuffix):
                suffix = b""
        sent, signature = signer.sign(what, data, suffix)
        for fault in mine:
            if isinstance(fault, AfterSignature):
                sent = fault.edit.apply(sent)
            elif isinstance(fault, DamagedSignature):
                damaged = bytearray(signature)
                damaged[fault.octet] ^= 0x01
                signature = bytes(damaged)
        return Signed(sent, signature)
