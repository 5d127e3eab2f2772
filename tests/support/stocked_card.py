"""A lab with a card that has a profile from the factory, so that no server is needed."""

from pathlib import Path

from typer.testing import CliRunner

from euicc_sim.core.factory import preload
from lab.cards import open_memory
from lab.cli import app
from lab.directory import Lab
from tests.support.card_bench import Order
from tests.support.lab import Answer, CliLab, new_lab

# 3GPP TS 35.207/35.208, test set 1.
RAND = "23553CBE9637A89D218AE64DAE47BF35"
K, OPC = "465B5CE8B199B49FAA5F0A2EE238A6BC", "CD63CB71954A9F4E48A5994E37A02BAF"
IMSI = "001010123456063"


def order(number: int = 1) -> Order:
    """A profile with the keys of the test set."""
    return Order(number, imsi=IMSI, k=bytes.fromhex(K), opc=bytes.fromhex(OPC))


def put(lab: CliLab, card: str, profile: Order) -> None:
    """Preload the profile onto the card."""
    with open_memory(Lab(lab.path), card) as nvm:
        preload(nvm, profile.metadata, profile.package)


def stocked_lab(path: Path) -> CliLab:
    """A lab whose card c1 has the profile, enabled."""
    lab = new_lab(path)
    lab("card", "create", "c1")
    put(lab, "c1", order())
    lab.lpa("profile", "enable", str(order().iccid))
    return lab


def shell(lab: CliLab, *lines: str, card: str = "c1", expect: int = 0) -> Answer:
    """`rsplab card shell` with these lines on its standard input."""
    result = CliRunner().invoke(
        app, ["--lab", str(lab.path), "card", "shell", card], input="".join(f"{line}\n" for line in lines)
    )
    assert result.exit_code == expect, f"{result.exit_code}\n{result.stdout}\n{result.stderr}"
    return Answer(result.exit_code, result.stdout, result.stderr)
