"""SM-DS events while an ES2+ call waits: the order and the event come and go together, or not at all."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path

import pytest

from smdp.core.es2 import Es2
from smdp.core.events import Inaccessible, Unreachable
from smdp.core.messages import Function, Message, MessageState
from smdp.core.outbox import deletion
from smdp.core.ports import Conflict
from smdp.core.records import Operator, Order
from smdp.core.registration import UNDO_AFTER_S, Registrar
from smdp.core.states import State
from smdp.store.outbox import SqlOutbox
from smdp.web.peers import TIMEOUT_S
from tests.support.outbox_world import left
from tests.support.smdp_world import EID, EID2, ICCID, World
from tests.support.smds_world import DP_OID, DS_ADDRESS, OTHER_OID, SmdsWorld
from wire.codes import ES2P, ES12, GENERIC, FunctionRefused, StatusCode
from wire.ids import Eid, Iccid, MatchingId
from wire.json_es2 import CancelOrderRequest, ConfirmOrderRequest, DownloadOrderRequest, ReleaseProfileRequest
from wire.json_es12 import DeleteEventRequest, RegisterEventRequest
from wire.json_header import RequestHeader

EVENT = [("EVENT-1", "smdp.example.com")]


class DirectDelivery:
    """Calls an SM-DS in memory, or fails as it is told."""

    def __init__(self, world: World, ds: SmdsWorld) -> None:
        self._outbox, self._clock, self._ds = SqlOutbox(world.store), world.clock, ds
        self.failure: Exception | None = None
        self.answer_is_lost = False
        self.afterwards: Callable[[], None] = lambda: None
        self.calls: list[Function] = []

    def now(self) -> datetime:
        return self._clock.now()

    def call(self, message: Message) -> None:
        self.calls.append(message.function)
        if self.failure is not None:
            raise self.failure
        if message.function is Function.REGISTER_EVENT:
            self._ds.smds.register_event(RegisterEventRequest.model_validate_json(message.body), DP_OID)
        else:
            self._ds.smds.delete_event(DeleteEventRequest.model_validate_json(message.body), DP_OID)
        if self.answer_is_lost:
            raise Inaccessible("the answer was lost")
        self.afterwards()

    def deliver(self, message: Message) -> bool:
        try:
            self.call(message)
        except Inaccessible:
            return False
        except FunctionRefused as refused:
            if refused.status_code.pair != ES12.DELETE_EVENT.EVENT_UNKNOWN.pair:
                raise
        self._outbox.save(replace(message, state=MessageState.DONE))
        return True

    def deliver_due(self) -> None:
        """What the background worker would do now."""
        for destination in self._outbox.destinations(self.now()):
            for message in self._outbox.due(destination, self.now(), 9):
                assert self.deliver(message)


class Desk:
    """An operator, its SM-DP+ and the SM-DS."""

    def __init__(self, directory: Path) -> None:
        self.world, self.ds = World(directory), SmdsWorld(directory)
        self.world.profile(operator="op1")
        self.world.store.commit(Operator("op1"))
        self.delivery = DirectDelivery(self.world, self.ds)
        self.registrar = Registrar(self.world.server.ports, SqlOutbox(self.world.store), self.delivery)
        self.es2 = Es2(self.world.server.ports, self.registrar)
        self._calls = count(1)
        self.es2.download_order(DownloadOrderRequest(header=self.header(), iccid=Iccid(ICCID), eid=Eid(EID)))

    def header(self) -> RequestHeader:
        return RequestHeader(functionRequesterIdentifier="op1", functionCallIdentifier=f"call-{next(self._calls)}")

    def confirm(self, release: bool = True) -> None:
        self.es2.confirm_order(
            ConfirmOrderRequest(
                header=self.header(),
                iccid=Iccid(ICCID),
                matchingId=MatchingId("EVENT-1"),
                smdsAddress=DS_ADDRESS,
                releaseFlag=release,
            )
        )

    def release(self) -> None:
        self.es2.release_profile(ReleaseProfileRequest(header=self.header(), iccid=Iccid(ICCID)))

    def cancel(self) -> None:
        self.es2.cancel_order(
            CancelOrderRequest(header=self.header(), iccid=Iccid(ICCID), finalProfileStatusIndicator="Unavailable")
        )

    def confirmed(self) -> None:
        self.confirm(release=False)

    def released(self) -> None:
        self.confirm()

    def linked(self) -> None:
        """As it is from the beginning."""

    def order(self) -> Order | None:
        return self.world.store.order_of_profile(ICCID)

    def events(self) -> list[tuple[str, str]]:
        return self.ds.poll(self.world.euicc())


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_the_event_comes_with_the_release_and_goes_with_the_cancellation(desk: Desk) -> None:
    desk.confirm(release=False)
    assert desk.delivery.calls == []
    desk.release()
    assert desk.events() == EVENT
    assert left(desk.world.store) == []
    desk.cancel()
    assert desk.events() == []
    assert left(desk.world.store) == []
    assert desk.delivery.calls == [Function.REGISTER_EVENT, Function.DELETE_EVENT]


def test_a_repeated_call_asks_the_smds_once(desk: Desk) -> None:
    request = ConfirmOrderRequest(header=desk.header(), iccid=Iccid(ICCID), smdsAddress=DS_ADDRESS, releaseFlag=True)
    assert desk.es2.confirm_order(request) == desk.es2.confirm_order(request)
    assert desk.delivery.calls == [Function.REGISTER_EVENT]


def test_cancelling_before_the_release_needs_no_smds(desk: Desk) -> None:
    desk.confirm(release=False)
    desk.delivery.failure = Inaccessible("no route")
    desk.cancel()
    assert desk.delivery.calls == []


_CONFIRM, _RELEASE, _CANCEL = ES2P.CONFIRM_ORDER, ES2P.RELEASE_PROFILE, ES2P.CANCEL_ORDER
SILENT, REFUSING = Inaccessible("no route"), FunctionRefused(GENERIC.UNKNOWN_CALLER)
ROOTLESS = FunctionRefused(ES12.REGISTER_EVENT.SMDS_INACCESSIBLE)


@pytest.mark.parametrize(
    ("before", "function", "failure", "code"),
    [
        (Desk.linked, Desk.confirm, SILENT, _CONFIRM.SMDS_INACCESSIBLE),
        (Desk.linked, Desk.confirm, ROOTLESS, _CONFIRM.SMDS_INACCESSIBLE),
        (Desk.linked, Desk.confirm, REFUSING, _CONFIRM.SMDS_ERROR),
        (Desk.confirmed, Desk.release, SILENT, _RELEASE.SMDS_INACCESSIBLE),
        (Desk.confirmed, Desk.release, REFUSING, _RELEASE.SMDS_ERROR),
        (Desk.released, Desk.cancel, SILENT, _CANCEL.SMDS_INACCESSIBLE),
        (Desk.released, Desk.cancel, REFUSING, _CANCEL.SMDS_ERROR),
    ],
)
def test_status_code(
    desk: Desk,
    before: Callable[[Desk], None],
    function: Callable[[Desk], None],
    failure: Exception,
    code: StatusCode,
) -> None:
    before(desk)
    order, events = desk.order(), desk.events()
    desk.delivery.failure = failure
    with pytest.raises(FunctionRefused) as refused:
        function(desk)
    assert refused.value.status_code is code
    assert (desk.order(), desk.events()) == (order, events)
    desk.delivery.failure = None
    function(desk)  # the same call succeeds once the SM-DS is there again
    assert desk.events() == ([] if function is Desk.cancel else EVENT)
    assert left(desk.world.store) == []


def test_a_registration_whose_answer_was_lost_is_undone(desk: Desk) -> None:
    desk.delivery.answer_is_lost = True
    with pytest.raises(FunctionRefused):
        desk.confirm()
    assert desk.events() == EVENT
    desk.delivery.answer_is_lost = False
    desk.delivery.deliver_due()
    assert desk.events() == []
    assert left(desk.world.store) == []


def test_nothing_is_undone_where_nothing_was_heard(desk: Desk) -> None:
    desk.delivery.failure = Unreachable("no route")
    with pytest.raises(FunctionRefused) as refused:
        desk.confirm()
    assert refused.value.status_code is _CONFIRM.SMDS_INACCESSIBLE
    assert left(desk.world.store) == []


def test_the_next_attempt_comes_after_the_undo(desk: Desk) -> None:
    desk.delivery.answer_is_lost = True
    with pytest.raises(FunctionRefused):
        desk.confirm()
    desk.delivery.answer_is_lost = False
    desk.confirm()
    desk.delivery.deliver_due()
    assert desk.events() == EVENT


def test_a_crash_after_the_registration_is_undone(desk: Desk) -> None:
    def crash() -> None:
        raise KeyboardInterrupt

    desk.delivery.afterwards = crash
    with pytest.raises(KeyboardInterrupt):
        desk.confirm()
    desk.delivery.afterwards = lambda: None
    assert desk.events() == EVENT
    desk.delivery.deliver_due()
    assert desk.events() == EVENT  # for all anybody knows the call may still be going on
    desk.world.clock.advance(seconds=UNDO_AFTER_S)
    desk.delivery.deliver_due()
    assert desk.events() == []
    order = desk.order()
    assert order is not None
    assert order.state is State.LINKED


def test_somebody_else_changes_the_order_meanwhile(desk: Desk) -> None:
    """The commit meets a conflict and the procedure starts over, with the event registered anew."""
    changes = iter([1])

    def interfere() -> None:
        for _ in changes:
            order = desk.order()
            assert order is not None
            desk.world.store.commit(order._replace(download_limit=7))

    desk.delivery.afterwards = interfere
    desk.confirm()
    order = desk.order()
    assert order is not None
    assert (order.state, order.download_limit) == (State.RELEASED, 7)
    assert desk.events() == EVENT
    assert left(desk.world.store) == []


def test_an_undo_that_ran_too_early_is_noticed(desk: Desk) -> None:
    """The background worker deletes the event while the call still goes on: the call registers it again."""
    changes = iter([1])

    def hurry() -> None:
        for _ in changes:
            desk.world.clock.advance(seconds=UNDO_AFTER_S)
            desk.delivery.deliver_due()

    desk.delivery.afterwards = hurry
    desk.confirm()
    assert desk.events() == EVENT
    assert left(desk.world.store) == []


def test_an_event_that_waits_in_the_outbox_is_delivered_first(desk: Desk) -> None:
    desk.world.store.commit(*_waiting(desk))
    desk.confirm()
    assert desk.delivery.calls == [Function.DELETE_EVENT, Function.REGISTER_EVENT]
    assert desk.events() == EVENT


def _waiting(desk: Desk) -> list[Message]:
    order = desk.order()
    assert order is not None
    message = deletion(desk.world.server.ports, order._replace(matching_id="EVENT-1", smds_address=DS_ADDRESS))
    assert message is not None
    return [message]


def test_an_event_of_another_server_stays(desk: Desk) -> None:
    desk.ds.register("EVENT-1", "other.example.com", caller=OTHER_OID)
    with pytest.raises(FunctionRefused) as refused:
        desk.confirm()
    assert refused.value.status_code is _CONFIRM.SMDS_ERROR
    desk.delivery.deliver_due()
    assert desk.events() == [("EVENT-1", "other.example.com")]


def test_without_a_registrar_the_outbox_does_it(desk: Desk) -> None:
    desk.es2.registrar = None
    desk.confirm()
    assert desk.delivery.calls == []
    desk.delivery.deliver_due()
    assert desk.events() == EVENT
    desk.cancel()
    assert desk.events() == EVENT
    desk.delivery.deliver_due()
    assert desk.events() == []


def test_a_download_deletes_the_event_through_the_outbox(desk: Desk) -> None:
    desk.confirm()
    desk.world.download(desk.world.euicc(), "EVENT-1")
    desk.delivery.deliver_due()
    assert desk.events() == []
    assert desk.ds.poll(desk.world.euicc(eid=EID2)) == []


def test_the_smds_is_asked_again_when_the_store_fails(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("smdp.core.unit_of_work._ATTEMPTS", 1)

    def interfere() -> None:
        order = desk.order()
        assert order is not None
        desk.world.store.commit(order._replace(download_limit=7))

    desk.delivery.afterwards = interfere
    with pytest.raises(Conflict):
        desk.confirm()
    desk.delivery.afterwards = lambda: None
    desk.world.clock.advance(seconds=UNDO_AFTER_S)
    desk.delivery.deliver_due()
    assert desk.events() == []


def test_undoing_takes_longer_than_any_call() -> None:
    assert timedelta(seconds=UNDO_AFTER_S) > timedelta(seconds=10 * TIMEOUT_S)
