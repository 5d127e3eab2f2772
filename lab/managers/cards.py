"""The eUICC of each device, and that only one operation at a time uses it."""

import contextlib
import threading
import time
from collections.abc import Iterator
from dataclasses import replace

from lab.agent import Agent, agent_settings, open_agent
from lab.card_view import offline_agent
from lab.directory import Lab
from lab.errors import ExitCode, LabError
from lab.managers.errors import Code, ManagementError
from lab.pki import load_pki
from lab.store.records import DeviceRecord
from lab.trace import Recorder
from lpa.core import es10
from lpa.core.apdu_link import with_isdr
from lpa.core.errors import LpaError
from lpa.user import UserAgent
from wire.ids import Eid

TEST_MODE = "TEST_MODE"
"""The device capability that lets it download test profiles."""
_PAUSE_S = 0.05


class Cards:
    """Opens agents on the devices' cards."""

    def __init__(self, lab: Lab, trace: Recorder, wait_s: float) -> None:
        self._lab = lab
        self._trace = trace
        self._wait_s = wait_s
        self._turns: dict[str, threading.Lock] = {}
        self._guard = threading.Lock()

    def find_or_make(self, eid: Eid, reader: str = "") -> str:
        """The card with this EID, as `rsplab lpa --card` takes it; INVALID_EID if there is none and none can be made.

        reader: where to look for it; otherwise among the lab's cards, then in the PC/SC readers if it isn't the lab's.
        """
        if reader:
            if self._eid_in(reader) != eid:
                raise _no_card(f"the card in {reader} has another EID, or none that can be read")
            return reader
        if self._lab.card_path(eid).exists():
            return eid
        for name in self._lab.card_names():
            if len(name) != len(eid) and self._eid_in(name) == eid:
                return name
        from lab.cards import create_card

        try:
            create_card(self._lab, load_pki(self._lab), eid, eid)
        except LabError as error:
            found = next((card for card in _readers() if self._eid_in(card) == eid), None)
            if found is None:
                raise _no_card(f"{error.message}; nor is a card with this EID in a reader") from None
            return found
        return eid

    @contextlib.contextmanager
    def agent(self, device: DeviceRecord, user: UserAgent, trace: Recorder | None = None) -> Iterator[Agent]:
        """An agent on the device's card, once it is free; NETWORK_ERROR if it can't be had."""
        settings = agent_settings(self._lab)
        if TEST_MODE in device.device_info.get("capabilities", ()):
            settings = replace(settings, test_mode=True)
        with contextlib.ExitStack() as stack:
            stack.enter_context(self._turn(device.card))
            deadline = time.monotonic() + self._wait_s
            while True:
                try:
                    agent = stack.enter_context(
                        open_agent(self._lab, device.card, user, trace or self._trace, settings)
                    )
                    break
                except LabError as error:
                    if error.exit_code is not ExitCode.UNREACHABLE or time.monotonic() > deadline:
                        raise ManagementError(Code.NETWORK_ERROR, error.message, {"hint": error.hint}) from None
                    time.sleep(_PAUSE_S)
            yield agent

    @contextlib.contextmanager
    def _turn(self, card: str) -> Iterator[None]:
        with self._guard:
            lock = self._turns.setdefault(card, threading.Lock())
        if not lock.acquire(timeout=self._wait_s):
            raise ManagementError(
                Code.OPERATION_NOT_PERMITTED, "the device's card is in use by another operation", {"reason": "busy"}
            )
        try:
            yield
        finally:
            lock.release()

    def _eid_in(self, card: str) -> str:
        try:
            with self._turn(card), offline_agent(self._lab, card) as agent:
                return agent.run(with_isdr(agent.settings, es10.get_eid))
        except (LabError, LpaError, ManagementError):
            return ""


def _readers() -> list[str]:
    from lab.readers import reader_views

    try:
        return [view["card"] for view in reader_views() if view["atr_hex"]]
    except (LabError, LpaError):
        return []


def _no_card(reason: str) -> ManagementError:
    details = {"field": "eid", "reason": reason}
    return ManagementError(Code.INVALID_EID, f"no eUICC for this EID: {reason}", details, missing=True)
