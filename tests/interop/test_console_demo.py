"""`KEEP=1 rsplab demo` leaves a lab to click through, and says where."""

import os
import re
import signal
import subprocess
import time
from pathlib import Path

from lab.background import command_line, environment
from tests.support.console_client import ConsoleClient


def test_the_demo_ends_with_a_console_in_which_the_next_profile_can_be_downloaded(tmp_path: Path) -> None:
    done = subprocess.run(
        command_line("--lab", str(tmp_path / "lab"), "demo"),
        env={**environment(), "KEEP": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    pid = re.search(r"kill (\d+) ends it", done.stdout)
    assert pid, done.stdout + done.stderr
    try:
        assert done.returncode == 0, done.stderr
        address, key = re.search(r"(http://\S+)/login#(rsplab_\S+)\s*$", done.stdout).groups()
        console = ConsoleClient(address)
        assert "Success rates" in console.sign_in(key).text
        iccid = re.search(r'/profiles/(\d{18,20})">Second line', console.get("/profiles").text)[1]
        begun = console.post(f"/profiles/{iccid}/download", {}, page=f"/profiles/{iccid}")
        deadline = time.monotonic() + 60
        while "SUCCEEDED" not in (page := console.get(begun.url.removeprefix(address)).text):
            assert "FAILED" not in page
            assert time.monotonic() < deadline
            time.sleep(0.2)
        assert "INSTALLED" in console.get(f"/profiles/{iccid}").text
    finally:
        os.kill(int(pid[1]), signal.SIGTERM)
