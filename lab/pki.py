"""The lab's PKI directory: generated, or imported from SGP.26's test PKI and completed."""

from datetime import datetime, timedelta
from pathlib import Path

from certs.errors import PkiError
from certs.pki import Pki
from lab.directory import Lab
from lab.errors import LabError
from lab.sealing import KeyFiles

_SGP26 = "sgp26:"


def not_before(now: datetime) -> datetime:
    """Certificates of a lab are valid from the midnight a day before, so that peers' clocks may differ."""
    return now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)


def check_source(source: str) -> None:
    """LabError if `--pki` is neither `generate` nor `sgp26:DIR`."""
    if source == "generate":
        return
    if not source.startswith(_SGP26):
        raise LabError(f"--pki {source!r} is unknown", "use --pki generate or --pki sgp26:DIR")
    directory = Path(source.removeprefix(_SGP26))
    if not directory.is_dir():
        raise LabError(
            f"--pki {source}: {directory} is no directory", "name the directory that holds CertificateIssuer/"
        )


def make_pki(lab: Lab, source: str, address: str) -> Pki:
    """Fill `pki/`; its DPtls certificates are fresh ones for the lab's address."""
    start = not_before(lab.clock.now())
    try:
        if source == "generate":
            pki = Pki.generate([address], not_before=start)
        else:
            pki = Pki.load(Path(source.removeprefix(_SGP26)), not_before=start)
            pki.complete([address])
        pki.save(lab.pki_path, KeyFiles(lab.keyring))
    except PkiError as error:
        raise LabError(f"--pki {source}: {error}", "see docs/architecture.md, certs, for the layout") from None
    return pki


def load_pki(lab: Lab) -> Pki:
    """The lab's PKI; LabError if it is damaged."""
    try:
        return Pki.load(lab.pki_path, not_before=not_before(lab.clock.now()), vault=KeyFiles(lab.keyring))
    except PkiError as error:
        raise LabError(str(error), "restore the file, or make a new lab with rsplab init --force") from None
