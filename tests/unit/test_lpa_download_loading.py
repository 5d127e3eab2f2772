"""Loading the package and its result; what a download does where the network fails."""

import pytest

from lpa.core.errors import (
    CardRefused,
    HttpStatusError,
    HttpTimeout,
    InstallationFailed,
    LpaError,
    ProtocolViolation,
    Unreachable,
)
from lpa.core.procedures.download import download
from tests.support.lpa_peers import (
    CODE,
    OTHER_TID,
    SETTINGS,
    TableServer,
    b64,
    bound_profile_package,
    cancelled,
    drive,
    failed,
    installation_result,
    table_card,
)
from wire.tlv import tlv

# Loading


@pytest.mark.parametrize(
    "package",
    [b"\xbf\x36\x00", tlv(0xBF36, tlv(0xBF23), tlv(0xA1, tlv(0x88, bytes(9))), tlv(0xA3)), b"\x30\x00", b""],
)
def test_a_package_that_cannot_be_segmented_cancels_the_session(package: bytes) -> None:
    card = table_card()
    server = TableServer(getBoundProfilePackage={"boundProfilePackage": b64(package)})
    with pytest.raises(ProtocolViolation, match="boundProfilePackage"):
        drive(download(SETTINGS, CODE), card, server)
    assert cancelled(card) == [5]
    assert card.segments == []


@pytest.mark.parametrize("second87", [True, False])
def test_the_segments_are_those_of_the_standard(second87: bool) -> None:
    package = bound_profile_package(second87=second87)
    card = table_card()
    drive(download(SETTINGS, CODE), card, TableServer(getBoundProfilePackage={"boundProfilePackage": b64(package)}))
    heads = [segment[:1].hex().upper() for segment in card.segments]
    assert heads == ["BF", "A0", "A1", "88", "88", *(["A2"] if second87 else []), "A3", "86", "86"]
    assert b"".join(card.segments) == package


@pytest.mark.parametrize("segment", [1, 2, 4, 6])
def test_the_first_answer_with_data_ends_the_loading(segment: int) -> None:
    result = installation_result(error=8)
    card = table_card(bpp_answers={segment: result + b"\x90\x00"}, result=result)
    server = TableServer()
    with pytest.raises(InstallationFailed) as caught:
        drive(download(SETTINGS, CODE), card, server)
    assert len(card.segments) == segment
    assert caught.value.name == "scp03tSecurityError"
    assert [item.removed for item in caught.value.deliveries] == [True]
    assert server.calls[-1] == ("handleNotification", {"pendingNotification": b64(result)})
    assert cancelled(card) == []


def test_unknown_error_reasons_are_kept() -> None:
    with pytest.raises(InstallationFailed) as caught:
        drive(download(SETTINGS, CODE), table_card(result=installation_result(error=32)), TableServer())
    assert (caught.value.code, caught.value.name) == (32, "unknown")
    assert "32" in str(caught.value)


@pytest.mark.parametrize("sw", ["6A80", "6985", "6F00"])
def test_an_error_status_word_without_result_cancels_the_session(sw: str) -> None:
    card = table_card(bpp_answers={3: bytes.fromhex(sw)}, pending=[])
    with pytest.raises(CardRefused) as caught:
        drive(download(SETTINGS, CODE), card, TableServer())
    assert (caught.value.function, caught.value.sw) == ("LoadBoundProfilePackage", int(sw, 16))
    assert cancelled(card) == [5]
    assert len(card.segments) == 3


def test_a_result_that_got_lost_is_found_among_the_notifications() -> None:
    stored = installation_result(seq=9)
    card = table_card(pending=[installation_result(seq=3, tid=OTHER_TID), stored])
    card.result = b"\x90\x00"
    outcome = drive(download(SETTINGS, CODE), card, TableServer())
    assert outcome.value.result.metadata.seq_number == 9
    silent = table_card(pending=[], answers={0xBF2B: b"\x6a\x88"})
    silent.result = b"\x90\x00"
    with pytest.raises(CardRefused, match="6A88"):
        drive(download(SETTINGS, CODE), silent, TableServer())
    assert cancelled(silent) == [5]
    nothing = table_card(pending=[])
    nothing.result = b"\x90\x00"
    with pytest.raises(ProtocolViolation, match="no result"):
        drive(download(SETTINGS, CODE), nothing, TableServer())
    assert cancelled(nothing) == [5]


def test_a_notification_that_cannot_be_delivered_stays_and_does_not_fail_the_download() -> None:
    card = table_card()
    outcome = drive(download(SETTINGS, CODE), card, TableServer(handleNotification=HttpTimeout("late")))
    delivery = outcome.value.deliveries[0]
    assert (delivery.delivered, delivery.removed, type(delivery.error)) == (False, False, HttpTimeout)
    assert card.pending == [installation_result()]


# Networks


@pytest.mark.parametrize("function", ["initiateAuthentication", "authenticateClient"])
def test_a_network_failure_before_the_package_starts_a_new_session(function: str) -> None:
    good = TableServer().answers[function]
    card, server = table_card(), TableServer(**{function: [Unreachable("reset"), good]})
    outcome = drive(download(SETTINGS, CODE), card, server)
    assert outcome.waits == [1.0]
    assert server.functions.count("initiateAuthentication") == 2
    assert [command[:2] for command in card.seen].count(b"\xbf\x2e") == 2
    assert len(outcome.user.questions) == 1


def test_a_lost_package_is_asked_for_again_in_the_same_session() -> None:
    good = TableServer().answers["getBoundProfilePackage"]
    card, server = table_card(), TableServer(getBoundProfilePackage=[HttpTimeout("late"), good])
    outcome = drive(download(SETTINGS, CODE), card, server)
    assert server.functions.count("initiateAuthentication") == 1
    asked = [members for function, members in server.calls if function == "getBoundProfilePackage"]
    assert asked[0] == asked[1]
    assert outcome.waits == [1.0]


def test_a_server_that_forgot_the_session_meanwhile_gets_a_new_one() -> None:
    good = TableServer().answers["getBoundProfilePackage"]
    server = TableServer(getBoundProfilePackage=[HttpTimeout("late"), failed("8.10.1", "3.9"), good])
    outcome = drive(download(SETTINGS, CODE), table_card(), server)
    assert server.functions.count("initiateAuthentication") == 2
    assert len(outcome.user.questions) == 1


def test_the_tries_are_counted_over_the_whole_download() -> None:
    server = TableServer(getBoundProfilePackage=HttpTimeout("late"))
    waits: list[float] = []
    with pytest.raises(HttpTimeout):
        drive(download(SETTINGS, CODE), table_card(), server, waits=waits)
    assert waits == [1.0, 5.0]
    assert server.functions.count("getBoundProfilePackage") == 3


@pytest.mark.parametrize(
    ("error", "tries"), [(HttpStatusError("u", 400), 1), (HttpStatusError("u", 404), 1), (HttpStatusError("u", 503), 3)]
)
def test_only_errors_that_may_pass_are_tried_again(error: LpaError, tries: int) -> None:
    server = TableServer(initiateAuthentication=error)
    with pytest.raises(HttpStatusError):
        drive(download(SETTINGS, CODE), table_card(), server)
    assert server.functions.count("initiateAuthentication") == tries
