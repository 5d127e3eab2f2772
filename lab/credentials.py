"""What servers sign with: the credentials that a PKI has for an SM-DP+ and an SM-DS, one for each of its CIs."""

from certs.pki import Pki
from smdp.core.credentials import DpCredentials, KeySigner
from smdp.core.smds import DsCredentials


def dp_credentials(pki: Pki) -> list[DpCredentials]:
    """CERT.DPauth and CERT.DPpb with their keys."""
    return [
        DpCredentials(
            auth_certificate=pki.dp_auth(curve).certificate,
            auth_signer=KeySigner(pki.dp_auth(curve).key),
            pb_certificate=pki.dp_pb(curve).certificate,
            pb_signer=KeySigner(pki.dp_pb(curve).key),
            ci_pkid=pki.ci(curve).ski,
        )
        for curve in pki.curves
    ]


def ds_credentials(pki: Pki, oid: str = "") -> list[DsCredentials]:
    """CERT.DSauth with its key; oid: of an SM-DS beside the PKI's, for which the CIs issue (PkiError without a key)."""
    auths = {curve: pki.issue_ds_auth(oid, curve) if oid else pki.ds_auth(curve) for curve in pki.curves}
    return [DsCredentials(auth.certificate, KeySigner(auth.key), pki.ci(curve).ski) for curve, auth in auths.items()]
