"""`python -m bench [NAME ...]`: run all benchmarks or those named; the exit code says whether they could run."""

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module

from rich.console import Console

from bench.report import Measurement, publish

BENCHES = ("server_session", "es2plus", "session_memory", "full_download", "workers", "cli_startup")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run and report; 1 if a benchmark could not run. A missed limit is shown in the table, not in the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="What rsplab costs, beside its limits.")
    parser.add_argument("names", metavar="NAME", nargs="*", help=f"of {', '.join(BENCHES)}; all without")
    names = parser.parse_args(arguments).names or BENCHES
    for name in names:
        if name not in BENCHES:
            parser.error(f"no benchmark {name!r}; there are {', '.join(BENCHES)}")
    return run(names, Console())


def run(names: Sequence[str], console: Console) -> int:
    """Run the benchmarks named, print the table and write the JSON; 1 if one could not run."""
    measurements: list[Measurement] = []
    failed = False
    for name in names:
        console.print(f"{name} ...", style="dim")
        try:
            measurements.extend(import_module(f"bench.{name}").run())
        except Exception as error:
            failed = True
            console.print(f"{name} could not run: {type(error).__name__}: {error}", style="red", markup=False)
    publish(measurements, console)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
