"""`rsplab serve --zoo`: every broken certificate behind a name of its own; an LPA leaves those that TLS can tell."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.agent import tls_trust
from lab.creation import create_lab
from lab.directory import Lab
from lab.zoo import open_zoo, zoo_names
from lpa.core.errors import CertificateExpired, TlsRefused, UnfitCertificate, UnknownRoot, WrongHost
from lpa.http.blocking import BlockingHttpClient

NAMES = zoo_names("localhost")
EXPECTED = {
    "expired": CertificateExpired,
    "not_yet_valid": CertificateExpired,
    "wrong_host": WrongHost,
    "wrong_policy": UnfitCertificate,
    "missing_policy": UnfitCertificate,
    "missing_key_usage": UnfitCertificate,
    "missing_extended_key_usage": UnfitCertificate,
    "wrong_curve": UnfitCertificate,
}
# No list says what is revoked; who else is under the CI, and what its OID is, the certificate alone doesn't tell.
LEFT_TO_OTHERS = {"revoked", "missing_registered_id", "wrong_oid", "variant_mixup"}


@pytest.fixture(scope="module")
def zoo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Lab, int]]:
    lab = create_lab(tmp_path_factory.mktemp("zoo") / "lab")
    with open_zoo(lab, 0) as port:
        yield lab, port


@pytest.mark.parametrize("defect", sorted(set(NAMES.values()) - LEFT_TO_OTHERS))
def test_each_name_shows_its_own_certificate(zoo: tuple[Lab, int], defect: str) -> None:
    lab, port = zoo
    name = next(name for name, found in NAMES.items() if found == defect)
    client = BlockingHttpClient(tls_trust(lab))
    url = f"https://{name}:{port}/gsma/rsp2/es9plus/initiateAuthentication"
    if defect == "sound":
        assert client.post(url, {}, b"{}").status == 404
        return
    with pytest.raises(EXPECTED.get(defect, TlsRefused)):
        client.connect(url)
    client.close()


def test_any_other_name_gets_the_sound_one(zoo: tuple[Lab, int], tmp_path: Path) -> None:
    lab, port = zoo
    client = BlockingHttpClient(tls_trust(lab))
    with pytest.raises(WrongHost):
        client.connect(f"https://localhost:{port}/")
    with pytest.raises((UnknownRoot, WrongHost)):
        client.connect(f"https://wrong-root.zoo.localhost:{port}/")
