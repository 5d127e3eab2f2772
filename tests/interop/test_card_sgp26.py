"""A card of the genuine SGP.26 test PKI, the genuine servers' certificates, and the TS.48 profiles, on both curves."""

import pytest
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from euicc_sim.core.settings import CardSettings, EuiccChain
from smdp.profiles import metadata, read_package
from tests.support.card_bench import EID, SERVER, Bench
from tests.support.mini_server import MiniServer
from tests.support.outside_data import DATA, SGP26, TS48
from tests.support.tlv_by_hand import dig
from wire.es10 import ProfileClass
from wire.ids import Eid

pytestmark = pytest.mark.skipif(not SGP26.is_dir(), reason=f"no SGP.26 test PKI in {DATA} (RSPLAB_DATA)")
NAMES = sorted(path.name for path in TS48.glob("*.der")) if TS48.is_dir() else []
PKIDS = {
    "NIST": bytes.fromhex("F54172BDF98A95D65CBEB88A38A1C11D800A85C3"),
    "BRP": bytes.fromhex("C0BC70BA36929D43B467FF57570530E57AB8FCD8"),
}


class Held:
    """A certificate with its key, as MiniServer wants them."""

    def __init__(self, directory: str, certificate: str, key: str) -> None:
        self.certificate = (SGP26 / directory / certificate).read_bytes()
        self.key = load_pem_private_key((SGP26 / directory / key).read_bytes(), None)


def chain(curve: str) -> EuiccChain:
    key = load_pem_private_key((SGP26 / "eUICC" / f"SK_EUICC_ECDSA_{curve}.pem").read_bytes(), None)
    return EuiccChain(
        (SGP26 / "CertificateIssuer" / f"CERT_CI_ECDSA_{curve}.der").read_bytes(),
        PKIDS[curve],
        (SGP26 / "EUM" / f"CERT_EUM_ECDSA_{curve}.der").read_bytes(),
        (SGP26 / "eUICC" / f"CERT_EUICC_ECDSA_{curve}.der").read_bytes(),
        key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()),
    )


def server(curve: str, number: str = "") -> MiniServer:
    auth, pb = (
        Held(
            f"DP{role}", f"CERT_S_SM_DP{number}{role}_ECDSA_{curve}.der", f"SK_S_SM_DP{number}{role}_ECDSA_{curve}.pem"
        )
        for role in ("auth", "pb")
    )
    return MiniServer(auth, pb, address=SERVER)


@pytest.fixture
def bench() -> Bench:
    return Bench(CardSettings(Eid(EID), (chain("NIST"), chain("BRP"))))


def prepare(bench: Bench, sm_dp: MiniServer, curve: str) -> None:
    challenge = dig(bench.es10("BF2E00"), "BF2E", "80")
    sm_dp.check_authentication(bench.es10(sm_dp.authenticate_server(challenge, PKIDS[curve])))
    sm_dp.check_preparation(bench.es10(sm_dp.prepare_download()))


@pytest.mark.parametrize("curve", ["NIST", "BRP"])
@pytest.mark.parametrize("name", NAMES)
def test_ts48_profiles(bench: Bench, name: str, curve: str) -> None:
    package = (TS48 / name).read_bytes()
    info = read_package(package)
    sm_dp = server(curve)
    prepare(bench, sm_dp, curve)
    stored = metadata(info, SERVER, profile_class=ProfileClass.test)
    result = bench.load(sm_dp.bind(bytes.fromhex(EID), stored, package))
    assert dig(result, "BF37", "BF27", "A2", "A0", "04").hex().upper() == "3007A0053003800100"
    assert info.iccid is not None
    assert bench.card.profile_package(info.iccid) == package
    assert bench.states() == {str(info.iccid): 0}


@pytest.mark.parametrize("curve", ["NIST", "BRP"])
def test_both_servers_of_the_pki(bench: Bench, curve: str) -> None:
    for number in ("", "2"):
        sm_dp = server(curve, number)
        prepare(bench, sm_dp, curve)


def test_certificates_of_two_servers_do_not_mix(bench: Bench) -> None:
    mixed = server("NIST")
    mixed.pb = server("NIST", "2").pb
    challenge = dig(bench.es10("BF2E00"), "BF2E", "80")
    mixed.check_authentication(bench.es10(mixed.authenticate_server(challenge, PKIDS["NIST"])))
    assert dig(bench.es10(mixed.prepare_download()), "BF21", "A1", "02") == b"\x01"
