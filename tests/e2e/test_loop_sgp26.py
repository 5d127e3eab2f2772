"""SGP.26's own test PKI and the TS.48 profiles, on both curves: the card ends up with the file, octet for octet."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.cards import open_card
from lab.directory import Lab
from lab.trace import NoTrace
from tests.support.lab import CliLab, new_lab

PROFILES = (
    "TS48v2_SAIP2.1_NoBERTLV",
    "TS48v5_SAIP2.3_NoBERTLV",
    "TS48v7_SAIP2.3_NoBERTLV",
    "TS48v7_SAIP2.3_BERTLV_SUCI",
)


@pytest.fixture(scope="module")
def lab(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CliLab]:
    """A lab under SGP.26's PKI with a running server."""
    lab = new_lab(tmp_path_factory.mktemp("sgp26") / "lab", "--pki", f"sgp26:{shared_data / 'sgp26'}")
    with lab.serving():
        yield lab


def test_the_first_card_is_the_one_that_sgp26_ships(lab: CliLab, shared_data: Path) -> None:
    lab("card", "create", "shipped")
    assert lab.json("card", "show", "shipped")["eid"] == "89049032123451234512345678901235"
    certificates = {path.read_bytes() for path in (shared_data / "sgp26" / "eUICC").glob("CERT_*.der")}
    with open_card(Lab(lab.path), "shipped", NoTrace()) as card:
        assert {chain.euicc_certificate for chain in card.settings.chains} <= certificates


@pytest.mark.parametrize("curve", ["nist", "brp"])
@pytest.mark.parametrize("name", PROFILES)
def test_ts48_profiles_install_octet_for_octet(lab: CliLab, shared_data: Path, name: str, curve: str) -> None:
    file = shared_data / "ts48" / f"{name}.der"
    card = f"{curve}-{name}"
    lab("card", "create", card, "--ci", curve)
    profile = lab.json("profile", "import", str(file), "--name", name)
    order = lab.json("order", "create", "--iccid", profile["iccid"])
    done = lab.lpa("profile", "download", order["activation_code"], "--yes", card=card).json
    lab.lpa("profile", "enable", done["iccid"], card=card)
    with open_card(Lab(lab.path), card, NoTrace()) as simulated:
        assert simulated.profile_package(done["iccid"]) == file.read_bytes()
    assert lab.json("order", "show", order["order_id"])["state"] == "Installed"
    lab("profile", "delete", profile["iccid"], "--yes")
