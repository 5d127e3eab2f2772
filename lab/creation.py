"""Making a new lab."""

import contextlib
import shutil
from pathlib import Path

from lab.directory import Lab, chosen_directory, prepare_directory
from lab.migrations.state import require
from lab.pki import check_source, make_pki
from lab.secrets import make_keyring
from lab.settings import Settings, parse_address


def create_lab(
    path: Path | None = None, *, pki_source: str = "generate", address: str = "localhost", force: bool = False
) -> Lab:
    """A lab with its settings, its PKI and its database."""
    path = path or chosen_directory()
    host, port = parse_address(address)
    check_source(pki_source)
    prepare_directory(path, force)
    lab = Lab(path)
    settings = Settings(address=host, port=port, pki_source=pki_source, resolve={host: "127.0.0.1"})
    lab.settings_path.write_text(settings.to_toml(), "utf-8")
    try:
        make_keyring(lab.master_key_path)
        make_pki(lab, pki_source, host)
        require(lab.database_url, make=True)
    except BaseException:
        _take_back(lab)
        raise
    return lab


def _take_back(lab: Lab) -> None:
    """Leave nothing of a lab that could not be made."""
    lab.settings_path.unlink()
    shutil.rmtree(lab.pki_path, ignore_errors=True)
    for file in (*lab.path.glob("smdp.db*"), *lab.path.glob("master.key")):
        file.unlink()
    for directory in (lab.cards_path, lab.traces_path, lab.path):
        with contextlib.suppress(OSError):
            directory.rmdir()
