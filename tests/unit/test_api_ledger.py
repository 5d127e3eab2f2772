"""The ledger on SQLite and PostgreSQL: events in the order of commits, quotas, kept answers, a lasting audit log."""

import contextlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from lab.api import idempotency
from lab.api.errors import HttpRefusal
from lab.api.pagination import page_of
from lab.api.queries import NumberedPage, Page
from lab.api.rate_limit import spend
from lab.clock import FixedClock
from lab.managers.keys import KeyManager
from lab.store import Ledger, feed, open_ledger
from lab.store.audit import broken_at
from lab.store.records import Actor, AuditEntry, Change, ProfileRecord, ProfileState
from smdp.core.ports import Conflict
from tests.support.postgres import postgresql

_START = datetime(2031, 5, 1, 12, 0, 20, tzinfo=UTC)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(_START)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{Path(tmp_path_factory.mktemp('ledger'))}/lab.db"
        return
    with postgresql() as fresh:
        yield fresh()


@pytest.fixture
def ledger(url: str, clock: FixedClock) -> Iterator[Ledger]:
    opened = open_ledger(url, clock)
    yield opened
    opened.close()


def record(number: int, at: datetime = _START) -> ProfileRecord:
    return ProfileRecord(f"p{number}", str(number), "e", ProfileState.CREATED, "OPERATIONAL", "m", {}, "LPA:", at, at)


def test_numbers_are_in_the_order_of_commits(ledger: Ledger) -> None:
    before = feed.newest(ledger)
    told: list[int] = []
    ledger.listeners.append(lambda change: told.append(change.number))

    def write(number: int) -> None:
        with ledger.transaction(Actor(str(number))) as tx:
            tx.emit(Change("test", str(number)))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(40)))
    with ledger.reading() as reading:
        found = feed.changes_after(reading, before, 100)
        assert broken_at(reading.find(AuditEntry)) is None
    assert len(found) == 40
    assert [change.number for change in found] == sorted(told)
    assert {change.actor.name for change in found} == {str(number) for number in range(40)}


def test_nothing_is_left_of_what_fails(ledger: Ledger) -> None:
    before = feed.newest(ledger)
    heard: list[Change] = []
    ledger.listeners.append(heard.append)

    def fail() -> None:
        with ledger.transaction() as tx:
            tx.put(record(900))
            tx.emit(Change("test", "900"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert (feed.newest(ledger), heard) == (before, [])
    with ledger.reading() as reading:
        assert reading.get(ProfileRecord, "p900") is None


def test_only_one_of_two_changes_wins(ledger: Ledger) -> None:
    with ledger.transaction() as tx:
        first = tx.put(record(1))
    with ledger.transaction() as tx:
        tx.put(first)
    with pytest.raises(Conflict), ledger.transaction() as tx:
        tx.put(first)
    with pytest.raises(Conflict), ledger.transaction() as tx:
        tx.put(record(1))


def test_pages_have_everything_once(ledger: Ledger, clock: FixedClock) -> None:
    with ledger.transaction() as tx:
        for number in range(100, 107):
            tx.put(record(number, _START + timedelta(days=1, seconds=number // 3)))
    wanted = [f"p{number}" for number in range(100, 107)]
    seen: list[str] = []
    cursor: str | None = None
    while True:
        found, cursor = page_of(ledger, ProfileRecord, Page.model_validate({"limit": "2", "cursor": cursor}))
        seen += [one.profile_id for one in found if one.profile_id in wanted]
        if cursor is None:
            break
    assert seen == wanted
    lines, more = page_of(ledger, AuditEntry, NumberedPage.model_validate({"limit": "1"}))
    assert [line.number for line in lines] == [1]
    assert more


def test_quotas(ledger: Ledger, clock: FixedClock) -> None:
    assert [spend(ledger, "a", "x", 3, 1).allowed for _ in range(4)] == [True, True, True, False]
    assert spend(ledger, "b", "x", 3, 3).allowed
    assert spend(ledger, "a", "y", 3, 2).remaining == 1
    refused = spend(ledger, "a", "y", 3, 2)
    assert (refused.allowed, refused.remaining, refused.reset_s) == (False, 1, 40)
    assert refused.headers["Retry-After"] == "40"
    clock.at = _START + timedelta(seconds=40)
    assert spend(ledger, "a", "x", 3, 1).allowed


def test_kept_answers(ledger: Ledger, clock: FixedClock) -> None:
    answer = idempotency.Kept(200, {"ETag": '"1"'}, b"{}")
    assert idempotency.begin(ledger, "a", "k", "asked") is None
    with pytest.raises(HttpRefusal, match="being carried out"):
        idempotency.begin(ledger, "a", "k", "asked")
    idempotency.keep(ledger, "a", "k", answer)
    assert idempotency.begin(ledger, "a", "k", "asked") == answer
    assert idempotency.begin(ledger, "b", "k", "asked") is None
    with pytest.raises(HttpRefusal, match="another request"):
        idempotency.begin(ledger, "a", "k", "else")
    clock.at = _START + timedelta(days=1, seconds=1)
    assert idempotency.begin(ledger, "a", "k", "else") is None
    idempotency.forget(ledger, "a", "k")
    assert idempotency.begin(ledger, "a", "k", "asked") is None
    clock.at += timedelta(minutes=3)  # whoever carried it out is gone
    assert idempotency.begin(ledger, "a", "k", "asked") is None


def test_the_audit_log_stays(ledger: Ledger) -> None:
    KeyManager(ledger).create("x", "viewer")
    with ledger.reading() as reading:
        before = reading.find(AuditEntry)
    for crime in ("UPDATE api_audit SET actor = 'nobody'", "DELETE FROM api_audit"):
        with contextlib.suppress(DBAPIError), ledger.engine.connect() as connection:
            connection.execute(text(crime))
    with ledger.reading() as reading:
        assert reading.find(AuditEntry) == before
