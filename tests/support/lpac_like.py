"""A peer that speaks what lpac speaks with LPAC_APDU=stdio and LPAC_HTTP=stdio, with our own agent inside.

Run as a process: `python -m tests.support.lpac_like info | download CODE`. Logical channels are opened and closed by
the functions of the protocol, all HTTP goes through it, and results and progress are lines of their own.
"""

import json
import sys
from collections.abc import Mapping
from typing import Any

from lab.views import installed_view
from lpa.core.actions import HttpReply, Progress
from lpa.core.errors import CardLinkError, Unreachable
from lpa.core.procedures.chip import chip_info
from lpa.core.procedures.download import download
from lpa.core.procedures.profiles import enable, list_profiles
from lpa.core.settings import LpaSettings
from lpa.drive import run
from lpa.user import ScriptedUser
from wire.activation_code import ActivationCode
from wire.apdu import INS_MANAGE_CHANNEL, INS_SELECT, Command


def say(kind: str, payload: Any) -> None:
    """One line."""
    print(json.dumps({"type": kind, "payload": payload}), flush=True)


def ask(kind: str, payload: Any) -> dict[str, Any]:
    """One line, and the payload of the answer."""
    say(kind, payload)
    answer: dict[str, Any] = json.loads(sys.stdin.readline())
    assert answer["type"] == kind, answer
    return dict(answer["payload"])


class PipeLink:
    """A `CardLink` over the protocol."""

    waits = True

    def connect(self) -> bytes:
        answer = ask("apdu", {"func": "connect", "param": None})
        assert answer["ecode"] == 0
        return bytes.fromhex(answer["data"])

    def transmit(self, command: bytes) -> bytes:
        parsed = Command.parse(command)
        if parsed.ins == INS_MANAGE_CHANNEL and parsed.p1 == 0:
            self._opened = ask("apdu", {"func": "logic_channel_open", "param": "A0000005591010FFFFFFFF8900000100"})
            return bytes((self._opened["ecode"],)) + b"\x90\x00"
        if parsed.ins == INS_SELECT:
            return b"\x90\x00"  # done by logic_channel_open
        if parsed.ins == INS_MANAGE_CHANNEL:
            answer = ask("apdu", {"func": "logic_channel_close", "param": f"{parsed.p2:02X}"})
            return b"\x90\x00" if answer["ecode"] == 0 else b"\x6f\x00"
        answer = ask("apdu", {"func": "transmit", "param": command.hex().upper()})
        if answer["ecode"] != 0:
            raise CardLinkError("transmit failed")
        return bytes.fromhex(answer["data"])

    def reset(self) -> bytes:
        self.disconnect()
        return self.connect()

    def disconnect(self) -> None:
        assert ask("apdu", {"func": "disconnect", "param": None}) == {"ecode": 0}


class PipeHttp:
    """An `HttpClient` over the protocol."""

    def connect(self, url: str) -> None:
        """The other end connects when it posts."""

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> HttpReply:
        lines = [f"{name}: {value}" for name, value in headers.items()]
        answer = ask("http", {"url": url, "tx": body.hex().upper(), "headers": lines})
        if not answer["rcode"]:
            raise Unreachable(url)
        return HttpReply(answer["rcode"], {}, bytes.fromhex(answer["rx"]))

    def close(self) -> None:
        """Nothing to close."""


class PipeUser(ScriptedUser):
    """Agrees, and shows its progress as lines."""

    def progress(self, progress: Progress) -> None:
        say("progress", {"code": 0, "message": progress.step, "data": None})


def main(function: str, *arguments: str) -> int:
    """Run one function; the exit code."""
    settings = LpaSettings(segment_octets=120, protocol="2.2.2", retry_waits_s=())
    link, http, user = PipeLink(), PipeHttp(), PipeUser()
    link.connect()
    try:
        if function == "info":
            result: Any = {"eid": run(chip_info(settings), link, http, user).eid}
        else:
            done = run(download(settings, ActivationCode.parse(arguments[0])), link, http, user)
            run(enable(settings, done.metadata.iccid), link, http, user)
            result = [installed_view(profile) for profile in run(list_profiles(settings), link, http, user)]
    except Exception as error:
        say("lpa", {"code": -1, "message": str(error), "data": None})
        return 1
    finally:
        link.disconnect()
    say("lpa", {"code": 0, "message": "success", "data": result})
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
