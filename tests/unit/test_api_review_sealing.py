"""A confirmation code that waits for its operation lies sealed, and is sealed anew with a new master key."""

from datetime import UTC, datetime
from pathlib import Path

from lab.creation import create_lab
from lab.directory import Lab
from lab.resealing import rotate
from lab.sealing import Texts
from lab.store import open_ledger
from lab.store.records import Operation, OperationKind, OperationState

NOW = datetime(2026, 11, 23, tzinfo=UTC)
PLACE = "esim_operations.confirmation_code {}"


def test_a_waiting_code_survives_rotation(tmp_path: Path) -> None:
    lab = create_lab(tmp_path / "lab")
    ledger = open_ledger(lab.database_url, lab.clock)
    codes = Texts(lab.keyring)
    with ledger.transaction() as tx:
        for name, code in (("one", "4711"), ("none", "")):
            sealed = codes.seal(code, PLACE.format(name))
            tx.put(
                Operation(
                    name,
                    OperationKind.DOWNLOAD,
                    "",
                    "",
                    OperationState.AWAITING_CONFIRMATION,
                    NOW,
                    NOW,
                    confirmation_code=sealed,
                )
            )
    assert rotate(lab)["database"] == 1
    new = Texts(Lab(lab.path).keyring)
    with ledger.reading() as reading:
        one, none = reading.get(Operation, "one"), reading.get(Operation, "none")
    ledger.close()
    assert one is not None
    assert none is not None
    assert new.open(one.confirmation_code, PLACE.format("one")) == "4711"
    assert new.open(none.confirmation_code, PLACE.format("none")) == ""
