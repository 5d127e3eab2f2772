"""SGP.26 test certificates through the codec; key identifiers as the reference lists them (server.md 7.9)."""

import pytest

from tests.support.outside_data import SGP26 as DATA
from wire.asn1 import Certificate
from wire.der import describe, lint, load

CERTIFICATES = sorted(DATA.glob("*/*.der"))
SKIS = {
    "CERT_CI_ECDSA_NIST": "F54172BDF98A95D65CBEB88A38A1C11D800A85C3",
    "CERT_CI_ECDSA_BRP": "C0BC70BA36929D43B467FF57570530E57AB8FCD8",
    "CERT_EUM_ECDSA_NIST": "DD3DA24D350C1CC5D0AF0965F40EC34C5EE409F1",
    "CERT_EUICC_ECDSA_NIST": "A52476AF5D50AA376437CCB1DA2172EF45F484F0",
    "CERT_S_SM_DPauth_ECDSA_NIST": "BD5A82CC1A96602118BA7560A1FF83A78B210BE5",
    "CERT_S_SM_DPpb_ECDSA_BRP": "A8C68DF449EB71EC723EAC132E40E4B6F54644FE",
}


@pytest.mark.skipif(not CERTIFICATES, reason=f"no SGP.26 certificates in {DATA}: set RSPLAB_DATA")
def test_certificates_decode_and_keep_their_bytes() -> None:
    found = {}
    for path in CERTIFICATES:
        raw = path.read_bytes()
        lint(raw)
        certificate = load(Certificate, raw)
        assert certificate.dump(force=True) == raw
        found[path.stem] = describe(certificate)["ski"]
    assert {stem: found[stem] for stem in SKIS} == SKIS
