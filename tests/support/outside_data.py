"""Where the test data from outside the project lie, if they are there; they are never copied into it."""

import os
from pathlib import Path
from typing import Final

DATA: Final = Path(os.environ.get("RSPLAB_DATA") or Path(__file__).resolve().parents[3] / "shared" / "data")
SGP26: Final = DATA / "sgp26"
TS48: Final = DATA / "ts48"
