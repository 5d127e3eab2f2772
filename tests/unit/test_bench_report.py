"""Benchmarks' reports: marks, table, JSON, exit code; and the package and floor they measure with."""

import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from rich.console import Console

import bench.__main__ as program
from bench import report
from bench.floor import ec_floor_ms
from bench.package import bench_package, iccid
from bench.report import Measurement
from smdp.profiles import personalise, read_package


@pytest.mark.parametrize(
    ("value", "mark"),
    [(2.9, "pass"), (3.0, "pass"), (3.1, "misses aim"), (5.0, "misses aim"), (5.1, "FAIL")],
)
def test_mark(value: float, mark: str) -> None:
    assert Measurement("b", "w", value, "x", 5.0, 3.0).mark == mark


def test_no_limit_no_mark() -> None:
    assert Measurement("b", "w", 1.0, "ms").mark == ""


def test_table_and_json_show_every_value(tmp_path: Path) -> None:
    out = io.StringIO()
    measurements = [Measurement("one", "alpha", 1.5, "ms"), Measurement("two", "beta", 9.0, "x", 5.0, note="too much")]
    path = report.publish(measurements, Console(file=out, width=160), tmp_path)
    assert all(word in out.getvalue() for word in ("alpha", "1.5", "beta", "FAIL", "too much"))
    written = json.loads(path.read_text())
    assert [row["mark"] for row in written["measurements"]] == ["", "FAIL"]
    assert written["machine"]["python"]


def test_json_names_the_time() -> None:
    at = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert json.loads(report.as_json([], at))["machine"]["time"] == "2030-01-02T03:04:05+00:00"


def run_with(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, body: Iterator[Measurement]) -> tuple[int, str]:
    out = io.StringIO()
    monkeypatch.setattr(program, "import_module", lambda _name: SimpleNamespace(run=lambda: body))
    monkeypatch.setattr(program, "publish", lambda found, console: report.publish(found, console, tmp_path))
    return program.run(["server_session"], Console(file=out, width=160)), out.getvalue()


def test_a_missed_limit_is_no_failure_to_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    status, shown = run_with(monkeypatch, tmp_path, iter([Measurement("b", "w", 9.0, "x", 5.0)]))
    assert status == 0
    assert "FAIL" in shown


def test_a_benchmark_that_cannot_run_is_a_failure(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def broken() -> Iterator[Measurement]:
        yield Measurement("b", "first", 1.0, "x")
        raise OSError("no server")

    status, shown = run_with(monkeypatch, tmp_path, broken())
    assert status == 1
    assert "no server" in shown


def test_unknown_names_are_refused() -> None:
    with pytest.raises(SystemExit) as ended:
        program.main(["nothing"])
    assert ended.value.code == 2


def test_floor_is_positive() -> None:
    assert ec_floor_ms(rounds=5) > 0


def test_package_is_a_real_one_of_about_the_size() -> None:
    package = bench_package(12_000)
    assert 11_000 < len(package) < 13_000
    info = read_package(package)
    assert info.iccid == iccid(0)
    assert read_package(personalise(package, iccid=iccid(7))).iccid == iccid(7)
