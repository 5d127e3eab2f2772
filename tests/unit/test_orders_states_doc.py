"""docs/states.md is what the state tables say."""

import itertools

from smdp.core.states import Event, State, after
from tests.support import state_docs


def test_the_file_is_current() -> None:
    assert state_docs.PATH.read_text("utf-8") == state_docs.text(), "run: python -m tests.support.state_docs"


def test_the_diagrams_have_every_state() -> None:
    assert state_docs.complete()


def test_the_matrix_has_every_pair() -> None:
    rows = [line.strip("|").split("|") for line in state_docs.text().splitlines() if line.startswith("| ")]
    cells = {row[0].strip(): [cell.strip() for cell in row[1:]] for row in rows if len(row) == len(State) + 1}
    assert cells.pop("event") == list(State)
    assert set(cells) == set(Event)
    for (index, state), event in itertools.product(enumerate(State), Event):
        target = after(state, event)
        assert cells[event][index] == (target.value if target else "")
