"""What the root options say, for the command that runs."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lab.directory import Lab


@dataclass(slots=True)
class State:
    """One command's root options."""

    lab_path: Path | None = None
    debug: bool = False

    def lab(self, database_url: str = "") -> "Lab":
        """The lab that --lab, RSPLAB_LAB or the default names; database_url: instead of its own."""
        from lab.directory import open_lab

        return open_lab(self.lab_path, database_url)


state = State()
