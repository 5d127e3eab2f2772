"""The notification engine: order per recipient, no removal without acknowledgement, failures that don't spread."""

from typing import Any

import pytest

from lpa.core.actions import HttpReply
from lpa.core.errors import CardLinkError, CardRemoved, HttpStatusError, NotPossible, ServerRefused
from lpa.core.procedures.notifications import (
    list_notifications,
    process_notifications,
    remove_notification,
    replay_notification,
    retrieve_notification,
)
from tests.support.lpa_peers import (
    HOST,
    SETTINGS,
    TableServer,
    b64,
    drive,
    failed,
    installation_result,
    other_notification,
    table_card,
)
from wire.es10 import NotificationEvent
from wire.tlv import tlv

ENABLE, DISABLE, DELETE = b"\x06\x40", b"\x05\x20", b"\x04\x10"
OTHER = "other.example.com"


def waiting() -> list[bytes]:
    return [
        installation_result(seq=1),
        other_notification(2, ENABLE, OTHER),
        other_notification(3, ENABLE),
        other_notification(4, DISABLE, OTHER),
        other_notification(5, DELETE),
    ]


def sent(server: TableServer) -> list[tuple[str, str]]:
    """(host, notification) of each delivery."""
    hosts = [url.split("/")[2] for url in server.urls]
    return [(host, members["pendingNotification"]) for host, (_, members) in zip(hosts, server.calls, strict=True)]


def test_the_list_tells_what_waits_without_delivering() -> None:
    server = TableServer()
    listed = drive(list_notifications(SETTINGS), table_card(pending=waiting()), server).value
    assert [(item.seq_number, item.address, item.event) for item in listed][:2] == [
        (1, HOST, NotificationEvent.notificationInstall),
        (2, OTHER, NotificationEvent.notificationEnable),
    ]
    assert server.calls == []


def test_a_card_that_lists_out_of_order_is_put_in_order() -> None:
    server = TableServer()
    drive(process_notifications(SETTINGS), table_card(pending=waiting()[::-1]), server)
    assert sent(server) == [(OTHER if number in (1, 3) else HOST, b64(item)) for number, item in enumerate(waiting())]


def test_everything_is_delivered_unchanged_and_then_removed() -> None:
    card, server = table_card(pending=waiting()), TableServer()
    deliveries = drive(process_notifications(SETTINGS), card, server).value
    assert [(item.metadata.seq_number, item.delivered, item.removed) for item in deliveries] == [
        (number, True, True) for number in range(1, 6)
    ]
    assert card.pending == []
    assert [octets for _, octets in sent(server)] == [b64(item) for item in waiting()]


def test_only_those_named_are_processed() -> None:
    card, server = table_card(pending=waiting()), TableServer()
    drive(process_notifications(SETTINGS, {3, 4}), card, server)
    assert [octets for _, octets in sent(server)] == [b64(waiting()[2]), b64(waiting()[3])]
    assert card.pending == [waiting()[0], waiting()[1], waiting()[4]]


def test_nothing_is_sent_if_one_of_those_named_is_not_there() -> None:
    card, server = table_card(pending=waiting()), TableServer()
    with pytest.raises(NotPossible, match="no notification 99"):
        drive(process_notifications(SETTINGS, [3, 99]), card, server)
    assert (sent(server), card.pending) == ([], waiting())


@pytest.mark.parametrize(
    "answer",
    [HttpStatusError("u", 500), failed("8.1", "6.1"), HttpReply(200, {}, b"what?"), HttpReply(404, {}, b"")],
    ids=["transport", "refused", "no answer of this interface", "not found"],
)
def test_nothing_is_removed_without_acknowledgement_and_later_ones_for_the_recipient_wait(answer: object) -> None:
    class OneDown(TableServer):
        def post(self, url: str, headers: Any, body: bytes) -> HttpReply:
            self.answers["handleNotification"] = answer if OTHER in url else HttpReply(204, {}, b"")
            return super().post(url, headers, body)

    card, server = table_card(pending=waiting()), OneDown()
    deliveries = drive(process_notifications(SETTINGS), card, server).value
    assert [item.delivered for item in deliveries] == [True, False, True, False, True]
    assert card.pending == [waiting()[1], waiting()[3]]
    assert [host for host, _ in sent(server)].count(OTHER) == 1
    assert deliveries[3].error is deliveries[1].error is not None


@pytest.mark.parametrize("reply", [HttpReply(204, {}, b""), HttpReply(200, {}, b"")])
def test_an_empty_success_is_an_acknowledgement(reply: HttpReply) -> None:
    card = table_card()
    drive(process_notifications(SETTINGS), card, TableServer(handleNotification=reply))
    assert card.pending == []


def test_a_notification_that_cannot_be_removed_was_delivered_all_the_same() -> None:
    card = table_card(answers={0xBF30: tlv(0xBF30, tlv(0x80, b"\x7f"))})
    delivery = drive(process_notifications(SETTINGS), card, TableServer()).value[0]
    assert (delivery.delivered, delivery.removed) == (True, False)
    assert "undefinedError" in str(delivery.error)


def test_a_notification_that_the_card_lists_but_does_not_give_is_reported() -> None:
    card = table_card(answers={0xBF2B: tlv(0xBF2B, tlv(0x81, b"\x7f"))})
    delivery = drive(process_notifications(SETTINGS), card, TableServer()).value[0]
    assert not delivery.delivered
    assert "RetrieveNotificationsList" in str(delivery.error)


def test_a_card_that_is_taken_out_ends_the_procedure() -> None:
    def gone(_: bytes) -> bytes:
        raise CardRemoved("the card was taken out")

    with pytest.raises(CardLinkError):
        drive(process_notifications(SETTINGS), table_card(answers={0xBF2B: gone}), TableServer())


def test_replay_delivers_again_and_keeps_the_notification() -> None:
    card, server = table_card(pending=waiting()), TableServer()
    delivery = drive(replay_notification(SETTINGS, 3), card, server).value
    assert (delivery.delivered, delivery.removed, delivery.error) == (True, False, None)
    assert card.pending == waiting()
    assert sent(server) == [(HOST, b64(waiting()[2]))]


def test_retrieve_shows_one_notification() -> None:
    pending = drive(retrieve_notification(SETTINGS, 1), table_card(pending=waiting()), TableServer()).value
    assert pending.raw == waiting()[0]
    assert pending.installation is not None
    assert pending.installation.success
    with pytest.raises(NotPossible, match="no notification 77"):
        drive(retrieve_notification(SETTINGS, 77), table_card(), TableServer())


def test_removing_forgets_without_delivering() -> None:
    card, server = table_card(pending=waiting()), TableServer()
    drive(remove_notification(SETTINGS, 2), card, server)
    assert len(card.pending) == 4
    assert server.calls == []


def test_an_address_with_path_is_not_contacted() -> None:
    card, server = table_card(pending=[other_notification(1, ENABLE, "host/evil?")]), TableServer()
    delivery = drive(process_notifications(SETTINGS), card, server).value[0]
    assert not delivery.delivered
    assert server.calls == []


def test_a_server_that_reports_failure_is_quoted() -> None:
    server = TableServer(handleNotification=failed("8.10.1", "3.9", "who are you"))
    delivery = drive(process_notifications(SETTINGS), table_card(), server).value[0]
    assert isinstance(delivery.error, ServerRefused)
    assert delivery.error.message == "who are you"
