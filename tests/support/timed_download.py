"""One download by the agent, timed from the first APDU to the last notification: `LAB CARD CODE`; prints JSON."""

import json
import sys
import time
from pathlib import Path

from lab.agent import open_agent
from lab.directory import open_lab
from lab.trace import NoTrace
from lpa.core.procedures.download import download
from lpa.user import ScriptedUser
from wire.activation_code import ActivationCode


def main(lab_path: str, card: str, code: str) -> None:
    """Download, and say how long it took."""
    with open_agent(open_lab(Path(lab_path)), card, ScriptedUser(), NoTrace()) as agent:
        started = time.monotonic()
        done = agent.run(download(agent.settings, ActivationCode.parse(code)))
        seconds = time.monotonic() - started
    print(json.dumps({"iccid": str(done.metadata.iccid), "wall_s": round(seconds, 3)}))


if __name__ == "__main__":
    main(*sys.argv[1:])
