"""What the SM-DSs of a lab are called."""

from lab.directory import Lab
from lab.errors import LabError
from lab.listeners import Smds


def smds_address(lab: Lab, which: Smds) -> str:
    """The address of an SM-DS; LabError if the lab has no such one."""
    if which is Smds.ROOT:
        return lab.settings.smds_address
    if not lab.settings.alternative_smds_address:
        raise LabError(
            f"{lab.settings_path}: the alternative SM-DS has no address",
            'add: [smds.alternative] with address = "testaltsmds.example.com"',
        )
    return lab.settings.alternative_smds_address


def smds_host(lab: Lab, which: Smds) -> str:
    """The host name of an SM-DS."""
    return smds_address(lab, which).partition(":")[0]
