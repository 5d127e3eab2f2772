"""The matrix: clause -> results."""

import re
from typing import Any

from scenarios.model import Verdict
from scenarios.run import Run


def by_clause(run: Run) -> list[dict[str, Any]]:
    """Clauses in the order of their numbers, each with its verdicts and the worst of them."""
    cells: dict[str, list[dict[str, str]]] = {}
    worst: dict[str, Verdict] = {}
    for number, result in enumerate(run.results, 1):
        if result.is_again:
            continue
        for clause in result.scenario.clauses:
            cell = {"anchor": f"case-{number}", "id": result.id, "verdict": result.verdict.name.lower()}
            cells.setdefault(clause, []).append(cell)
            worst[clause] = max(worst.get(clause, Verdict.SKIPPED), result.verdict)
    return [
        {"clause": clause, "worst": worst[clause].name.lower(), "cells": cells[clause]}
        for clause in sorted(cells, key=natural)
    ]


def natural(clause: str) -> list[tuple[int, str]]:
    """Numbers by value: 5.7.9 before 5.7.13."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", clause)]
