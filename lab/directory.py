"""One directory is one lab: lab.toml, pki/, smdp.db, cards/NAME.card, traces/."""

import json
import os
import shutil
import sys
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from lab.clock import SystemClock, lab_clock
from lab.errors import LabError
from lab.settings import Settings, load_settings

if TYPE_CHECKING:
    from lab.secrets import Keyring


def default_directory() -> Path:
    """`./lab`; inside rsplab's own source tree, where that is a package, `./lab-data`."""
    default = Path("lab")
    return Path("lab-data") if (default / "__init__.py").exists() else default


@dataclass(frozen=True, slots=True)
class Bound:
    """One listener of a running server: where it really listens."""

    interface: str
    host: str
    port: int
    tls: bool
    name: str = ""  # the host name it answers to, where that isn't the lab's own

    @property
    def target(self) -> str:
        """Where to connect on this machine."""
        return f"{'127.0.0.1' if self.host in ('0.0.0.0', '::', '') else self.host}:{self.port}"  # nosec B104


@dataclass(frozen=True, slots=True)
class RunningServer:
    """What `rsplab serve` notes while it runs; the first listener is the SM-DP+ on the lab's own port."""

    pid: int
    listeners: tuple[Bound, ...]
    api: Bound | None = None  # the management API

    @property
    def main(self) -> Bound:
        """The SM-DP+ that activation codes name."""
        return self.listeners[0]

    def of(self, interface: str) -> Bound | None:
        """The first listener of this interface."""
        return next((bound for bound in self.listeners if bound.interface == interface), None)

    def names(self, interface: str) -> dict[str, str]:
        """Host name -> where to connect, for the listeners of this interface that have a name of their own."""
        return {one.name: one.target for one in reversed(self.listeners) if one.interface == interface and one.name}

    @classmethod
    def from_json(cls, text: str) -> "RunningServer":
        """ValueError, KeyError or TypeError if it is something else."""
        value = json.loads(text)
        api = value.get("api")
        listeners = tuple(Bound(**listener) for listener in value["listeners"])
        server = cls(value["pid"], listeners, Bound(**api) if api else None)
        if not server.listeners:
            raise ValueError("no listener")
        return server

    def to_json(self) -> str:
        """What `from_json` reads."""
        return json.dumps(asdict(self))


class Lab:
    """Paths and settings of a lab directory; opening it touches nothing but lab.toml."""

    def __init__(self, path: Path, database_url: str = "") -> None:
        self.path = path
        self._database_url = database_url

    @property
    def settings_path(self) -> Path:
        return self.path / "lab.toml"

    @property
    def pki_path(self) -> Path:
        return self.path / "pki"

    @property
    def database_path(self) -> Path:
        return self.path / "smdp.db"

    @property
    def database_url(self) -> str:
        """The SQLAlchemy URL: the one given, RSPLAB_DATABASE_URL, that of lab.toml, or the lab's own file."""
        given = self._database_url or os.environ.get("RSPLAB_DATABASE_URL") or self.settings.database_url
        return normal_url(given) if given else f"sqlite:///{self.database_path.absolute()}"

    @property
    def cards_path(self) -> Path:
        return self.path / "cards"

    @property
    def traces_path(self) -> Path:
        return self.path / "traces"

    @property
    def crls_path(self) -> Path:
        """CRLs that the servers follow."""
        return self.path / "crls"

    @property
    def alternative_smds_path(self) -> Path:
        """The database of the alternative SM-DS: each SM-DS has one of its own."""
        return self.path / "smds-alternative.db"

    @property
    def running_path(self) -> Path:
        return self.path / "serve.json"

    @cached_property
    def settings(self) -> Settings:
        return load_settings(self.settings_path)

    @cached_property
    def keyring(self) -> "Keyring":
        """The master keys under which this lab's secrets lie: RSPLAB_MASTER_KEY, or the file master.key."""
        from lab.secrets import load_keyring

        return load_keyring(self.master_key_path)

    @property
    def master_key_path(self) -> Path:
        return self.path / "master.key"

    @cached_property
    def clock(self) -> SystemClock:
        return lab_clock(self.settings.clock_at, self.settings.clock_offset)

    def running_server(self) -> RunningServer | None:
        """The server that `rsplab serve` runs on this lab now, or None."""
        try:
            server = RunningServer.from_json(self.running_path.read_text("utf-8"))
        except (OSError, ValueError, TypeError, KeyError):
            return None
        return server if is_alive(server.pid) else None

    def public_address(self) -> str:
        """The SM-DP+ address for activation codes: the port is the running server's, else the setting."""
        server = self.running_server()
        return self.settings.public_address(server.main.port if server else None)

    def card_path(self, name: str) -> Path:
        """The file of the card `name`; LabError if that can't be a card's name."""
        if not name or not all(c.isalnum() or c in "-_." for c in name) or name.startswith("."):
            raise LabError(f"{name!r} can't name a card", "use letters, digits, '-', '_' and '.'")
        return self.cards_path / f"{name}.card"

    def card_names(self) -> list[str]:
        """Names of the lab's simulated cards."""
        return sorted(path.stem for path in self.cards_path.glob("*.card"))


def normal_url(url: str) -> str:
    """A database URL as SQLAlchemy wants it, with psycopg for PostgreSQL; LabError for any other kind of database."""
    scheme, _, rest = url.partition("://")
    if scheme in ("postgresql", "postgres", "postgresql+psycopg"):
        return f"postgresql+psycopg://{rest}"
    if scheme == "sqlite":
        return url
    raise LabError(
        f"a database URL can't begin with {scheme[:30]!r}",
        "give sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME",
    )


def is_alive(pid: int) -> bool:
    """Whether this machine has a process with this id; on Windows it is taken for granted."""
    if sys.platform == "win32":
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def chosen_directory() -> Path:
    """RSPLAB_LAB, else the default."""
    return Path(os.environ.get("RSPLAB_LAB") or default_directory())


def open_lab(path: Path | None = None, database_url: str = "") -> Lab:
    """The lab at `path` (default: RSPLAB_LAB, then ./lab); LabError says how to make one."""
    path = path or chosen_directory()
    lab = Lab(path, database_url)
    if not lab.settings_path.is_file():
        where = "" if path == default_directory() else f" --lab {path}"
        raise LabError(f"there is no lab in {path}", f"run: rsplab init{where}   (or name another one with --lab DIR)")
    return lab


def prepare_directory(path: Path, force: bool) -> None:
    """An empty lab directory at `path`; refuses to overwrite a lab unless forced, and anything else always."""
    lab = Lab(path)
    if lab.settings_path.exists():
        if not force:
            raise LabError(f"there is already a lab in {path}", "use it, name another one with --lab, or add --force")
        for old in (lab.pki_path, lab.cards_path, lab.traces_path, lab.crls_path):
            shutil.rmtree(old, ignore_errors=True)
        for file in (*path.glob("smdp.db*"), *path.glob("smds-alternative.db*"), lab.running_path, lab.settings_path):
            file.unlink(missing_ok=True)
    elif path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise LabError(f"{path} exists and is no lab", "name an empty or a new directory with --lab")
    for directory in (path, lab.cards_path, lab.traces_path):
        directory.mkdir(parents=True, exist_ok=True)
