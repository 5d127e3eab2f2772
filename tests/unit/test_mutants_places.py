"""Every mutant's text stands exactly once in its module, and what comes out is Python."""

import pytest

from scenarios.mutants.__main__ import MUTANTS
from scenarios.mutants.model import Mutant
from scenarios.mutants.survivors import REASONS


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_the_place_is_there_once(mutant: Mutant) -> None:
    compile(mutant.source(), mutant.name, "exec")


def test_names_are_unique_and_there_are_enough() -> None:
    names = [mutant.name for mutant in MUTANTS]
    assert len(set(names)) == len(names) >= 150


def test_reasons_are_for_mutants_that_exist() -> None:
    assert set(REASONS) <= {mutant.name for mutant in MUTANTS}
