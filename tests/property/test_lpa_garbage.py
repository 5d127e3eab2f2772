"""Whatever a card or a server answers, at whatever point: the agent ends with its result or an LpaError, nothing else,
and nothing that was not acknowledged is removed from the card.
"""

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lpa.card.in_process import InProcessLink
from lpa.core.actions import HttpReply, Procedure
from lpa.core.bpp import segments, store_metadata
from lpa.core.certificate import ServerCertificate
from lpa.core.errors import LpaError
from lpa.core.metadata import ProfileMetadata
from lpa.core.notification import InstallationResult
from lpa.core.procedures.chip import chip_info
from lpa.core.procedures.discovery import discover
from lpa.core.procedures.download import download
from lpa.core.procedures.notifications import process_notifications
from lpa.core.procedures.profiles import delete, enable, list_profiles
from lpa.core.settings import LpaSettings
from lpa.drive import run
from lpa.user import ScriptedUser
from tests.support.lpa_peers import (
    HOST,
    METADATA,
    TableServer,
    bound_profile_package,
    failed,
    installation_result,
    pki,
    table_card,
)
from wire.activation_code import ActivationCode
from wire.ids import Iccid
from wire.tlv import tlv

SETTINGS = LpaSettings(retry_waits_s=(0.0,))
ICCID = Iccid("89000123456789012341")
PROPERTY = settings(max_examples=150, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])

CODES = [("8.2.7", "3.8"), ("8.2.7", "2.2"), ("8.10.1", "3.9"), ("8.1", "4.8"), ("", ""), ("9.9", "ü")]

PROCEDURES: dict[str, Callable[[], Procedure[Any]]] = {
    "download": lambda: download(SETTINGS, ActivationCode(HOST, "A")),
    "notifications": lambda: process_notifications(SETTINGS),
    "enable": lambda: enable(SETTINGS, ICCID),
    "delete": lambda: delete(SETTINGS, ICCID),
    "list": lambda: list_profiles(SETTINGS),
    "info": lambda: chip_info(SETTINGS),
    "discover": lambda: discover(SETTINGS, HOST),
}


def damaged(original: bytes, data: st.DataObject) -> bytes:
    """The octets cut short, with some flipped, with others put in, or others altogether."""
    kind = data.draw(st.sampled_from(["cut", "flip", "insert", "replace", "keep"]))
    if kind == "replace" or not original:
        return data.draw(st.binary(max_size=40))
    where = data.draw(st.integers(0, len(original) - 1))
    if kind == "cut":
        return original[:where]
    if kind == "flip":
        return original[:where] + bytes((original[where] ^ data.draw(st.integers(1, 255)),)) + original[where + 1 :]
    if kind == "insert":
        return original[:where] + data.draw(st.binary(min_size=1, max_size=5)) + original[where:]
    return original


class DamagedCard:
    """A card of which one answer is damaged."""

    def __init__(self, data: st.DataObject, at: int) -> None:
        ok = {tag: tlv(tag, tlv(0x80, b"\x00")) for tag in (0xBF31, 0xBF32, 0xBF33)}
        self.inner = table_card(answers=ok)
        self.data = data
        self.left = at

    def reset(self) -> bytes:
        return self.inner.reset()

    def transmit(self, command: bytes) -> bytes:
        answer = self.inner.transmit(command)
        self.left -= 1
        return damaged(answer, self.data) if self.left == 0 else answer


@pytest.mark.parametrize("name", PROCEDURES)
@given(data=st.data())
@PROPERTY
def test_a_card_may_answer_anything(name: str, data: st.DataObject) -> None:
    card = DamagedCard(data, data.draw(st.integers(1, 45)))
    with suppress(LpaError):
        run(PROCEDURES[name](), InProcessLink(card), TableServer(), ScriptedUser(), sleep=lambda _: None)


class DamagedServer(TableServer):
    """A server of which one answer is damaged: its octets, or one of its members."""

    def __init__(self, data: st.DataObject, at: int) -> None:
        super().__init__()
        self.data = data
        self.left = at
        self.acknowledged = True

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> HttpReply:
        reply = super().post(url, headers, body)
        self.left -= 1
        if self.left:
            return reply
        reply = self._damage(reply)
        if url.endswith("handleNotification"):
            self.acknowledged = reply.status == 204 or (
                reply.status == 200 and (not reply.body or b"Executed" in reply.body)
            )
        return reply

    def _damage(self, reply: HttpReply) -> HttpReply:
        how = self.data.draw(st.sampled_from(["octets", "member", "status", "type", "failed"]))
        if how == "failed":
            return failed(*self.data.draw(st.sampled_from(CODES)))
        if how == "status":
            return HttpReply(self.data.draw(st.sampled_from([200, 201, 204, 301, 400, 404, 500])), {}, reply.body)
        if how == "octets" or not reply.body:
            return HttpReply(200, {}, damaged(reply.body, self.data))
        document = json.loads(reply.body)
        member = self.data.draw(st.sampled_from(sorted(document)))
        if how == "type":
            document[member] = self.data.draw(st.sampled_from([None, 1, [], {}, "", "00", "AA==", [[]] * 3]))
        elif isinstance(document[member], str):
            document[member] = damaged(document[member].encode(), self.data).decode("latin-1")
        return HttpReply(200, {}, json.dumps(document).encode())


@pytest.mark.parametrize("name", ["download", "notifications", "discover"])
@given(data=st.data())
@PROPERTY
def test_a_server_may_answer_anything(name: str, data: st.DataObject) -> None:
    card, server = table_card(), DamagedServer(data, data.draw(st.integers(1, 4)))
    pending = list(card.pending)
    with suppress(LpaError):
        run(PROCEDURES[name](), InProcessLink(card), server, ScriptedUser(), sleep=lambda _: None)
    if not server.acknowledged:
        assert card.pending == pending


@pytest.mark.parametrize(
    ("decode", "sound"),
    [
        (segments, bound_profile_package()),
        (store_metadata, bound_profile_package()),
        (ProfileMetadata.read, METADATA),
        (InstallationResult.read, installation_result()),
        (InstallationResult.read, installation_result(error=12)),
        (ServerCertificate.read, pki().dp_auth().certificate),
    ],
)
@given(data=st.data())
@PROPERTY
def test_decoding_raises_value_errors_only(
    decode: Callable[[bytes], object], sound: bytes, data: st.DataObject
) -> None:
    decode(sound)
    with suppress(ValueError):
        decode(damaged(sound, data))
