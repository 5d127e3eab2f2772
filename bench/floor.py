"""The EC floor of a session: the P-256 operations that no SM-DP+ can avoid, in CPU time of this process."""

import time

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

SIGNATURES = 3  # serverSignature1, smdpSignature2, smdpSign
VERIFICATIONS = 5  # CERT.EUM, CERT.EUICC, euiccSignature1, euiccSignature2, euiccSignPIR
ROUNDS = 200
_ECDSA = ec.ECDSA(hashes.SHA256())
_CURVE = ec.SECP256R1()


def ec_floor_ms(rounds: int = ROUNDS, verifications: int = VERIFICATIONS) -> float:
    """CPU milliseconds of one session's signatures, verifications, key generation and key agreement."""
    key, peer = ec.generate_private_key(_CURVE), ec.generate_private_key(_CURVE).public_key()
    message = bytes(range(200))
    signature = key.sign(message, _ECDSA)
    public = key.public_key()
    started = time.process_time()
    for _ in range(rounds):
        for _ in range(SIGNATURES):
            key.sign(message, _ECDSA)
        for _ in range(verifications):
            public.verify(signature, message, _ECDSA)
        ec.generate_private_key(_CURVE).exchange(ec.ECDH(), peer)
    return (time.process_time() - started) * 1000 / rounds
