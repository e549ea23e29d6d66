"""The feed: one thread, short leases, bursts that come to one reading, errors that do not end it."""

from __future__ import annotations

import contextlib
import datetime as dt
import threading
from collections import Counter
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from ccmeter.domain.errors import StoreBusyError, StoreError
from ccmeter.domain.filters import Filters
from ccmeter.tui import feed as feeds
from ccmeter.tui.feed import Crashed, Feed, Told, Voice, Want
from ccmeter.tui.moment import Moment

if TYPE_CHECKING:
    from collections.abc import Iterator

NOW = dt.datetime(2026, 11, 20, 15, 30, tzinfo=dt.UTC)
MOMENT = Moment(now=NOW, is_live=True, filters=Filters(time_zone="UTC"), week_starts=1)


@dataclass
class Store:
    """Stands for a store: says how it was lent, and can refuse."""

    lent: list[bool] = field(default_factory=list)
    held: int = 0
    problems: Counter[str] = field(default_factory=Counter)
    refuses: Exception | None = None
    refuses_logs: Exception | None = None
    gate: threading.Event = field(default_factory=threading.Event)

    @property
    def connection(self) -> Any:
        return "connection"

    @contextlib.contextmanager
    def __call__(self, reads_logs: bool) -> Iterator[Store]:  # noqa: FBT001
        assert self.gate.wait(20)
        self.lent.append(reads_logs)
        if self.refuses is not None:
            raise self.refuses
        if reads_logs and self.refuses_logs is not None:
            raise self.refuses_logs
        self.held += 1
        yield self
        self.held -= 1


class Ear:
    """Hears what the feed tells."""

    def __init__(self) -> None:
        self.told: list[Told] = []
        self.crashes: list[BaseException] = []
        self._heard = threading.Condition()

    def __call__(self, told: Told | Crashed) -> None:
        with self._heard:
            if isinstance(told, Crashed):
                self.crashes.append(told.error)
            else:
                self.told.append(told)
            self._heard.notify_all()

    def wait(self, count: int) -> list[Told]:
        with self._heard:
            assert self._heard.wait_for(lambda: len(self.told) >= count, 20)
            return list(self.told)


def want(page: str = "now", *, reads_logs: bool = False) -> Want:
    return Want(page=page, ask=lambda connection, _: (page, connection), moment=MOMENT, reads_logs=reads_logs)


@pytest.fixture
def store() -> Store:
    made = Store()
    made.gate.set()
    return made


@pytest.fixture
def running(store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Feed, Ear]]:
    monkeypatch.setattr(feeds, "READ_EVERY_S", 0.05)
    feed, ear = Feed(store), Ear()
    feed.listen(ear)
    yield feed, ear
    feed.stop()


def test_it_opens_the_store_before_anybody_asks_and_holds_nothing(store: Store) -> None:
    feed, ear = Feed(store), Ear()
    feed.start()
    feed.want(want())
    feed.listen(ear)
    told = ear.wait(1) if ear.told or not feed.is_idle else []
    feed.stop()
    assert store.lent[0] is False
    assert store.held == 0
    assert all(each.has_answer for each in told)


def test_an_answer(store: Store, running: tuple[Feed, Ear]) -> None:
    feed, ear = running
    store.problems["unreadable"] = 2
    feed.want(want())
    (told,) = ear.wait(1)
    assert told.answer == ("now", "connection")
    assert told.problems == (("unreadable", 2),)
    assert told.error is None
    assert store.held == 0


def test_what_was_wanted_meanwhile_comes_to_one_question_and_one_reading(store: Store) -> None:
    store.gate.clear()
    feed, ear = Feed(store), Ear()
    feed.listen(ear)  # it stands before the store now
    for page in ("a", "b", "c"):
        feed.want(want(page))
    for _ in range(100):
        feed.want(want("logs", reads_logs=True))
    feed.want(want("d"))
    store.gate.set()
    told = ear.wait(2)
    feed.stop()
    assert [(each.want.page, each.want.reads_logs) for each in told] == [("d", False), ("d", True)]
    assert store.lent == [False, True], "the lease that it began with answers the first"


def test_a_key_is_answered_while_a_burst_is_waited_out(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "READ_EVERY_S", 60.0)
    feed, ear = Feed(store), Ear()
    feed.listen(ear)
    feed.want(want(reads_logs=True))
    ear.wait(1)
    feed.want(want(reads_logs=True))
    feed.want(want("key"))
    told = ear.wait(2)
    assert (told[1].want.page, told[1].want.reads_logs) == ("key", False)
    assert not feed.is_idle, "the logs are still to be read"
    feed.stop()
    assert store.lent == [False, True, False]


def test_an_error_is_told_and_the_next_question_answered(store: Store, running: tuple[Feed, Ear]) -> None:
    feed, ear = running
    feed.want(want())
    ear.wait(1)
    store.refuses = StoreBusyError("held")
    feed.want(want())
    assert str(ear.wait(2)[1].error) == "held"
    store.refuses = None
    feed.want(want())
    assert ear.wait(3)[2].has_answer


def test_an_error_of_the_first_lease_is_told_to_the_first_question(store: Store) -> None:
    """Whether the store refuses before there is a question, or the question itself fails."""
    store.refuses = StoreBusyError("held")
    feed, ear = Feed(store), Ear()
    feed.listen(ear)
    feed.want(want())
    assert str(ear.wait(1)[0].error) == "held"
    feed.stop()

    def failing(*_: object) -> None:
        raise StoreError("moved")

    feed, ear = Feed(Store(gate=store.gate)), Ear()
    feed.listen(ear)
    feed.want(Want(page="now", ask=failing, moment=MOMENT, reads_logs=False))
    assert str(ear.wait(1)[0].error) == "moved"
    feed.want(want())
    assert ear.wait(2)[1].has_answer
    feed.stop()


def test_logs_that_are_wanted_first_do_not_wait_for_another_question(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeds, "SOON_S", 3_600.0)
    feed, ear = Feed(store), Ear()
    feed.listen(ear)
    feed.want(want(reads_logs=True))
    assert ear.wait(1)[0].want.reads_logs
    feed.stop()


def test_what_is_stored_is_shown_although_the_logs_cannot_be_read(
    store: Store, running: tuple[Feed, Ear]
) -> None:
    feed, ear = running
    store.refuses_logs = StoreError("disk full")
    feed.want(want(reads_logs=True))
    (told,) = ear.wait(1)
    assert told.has_answer
    assert told.want.reads_logs
    assert str(told.error) == "disk full"


def test_a_wrong_program_is_told_as_such(store: Store, running: tuple[Feed, Ear]) -> None:
    feed, ear = running

    def wrong(*_: object) -> None:
        raise ZeroDivisionError

    feed.want(Want(page="now", ask=wrong, moment=MOMENT, reads_logs=False))
    feed.want(want(reads_logs=True))
    assert ear.wait(1)[0].has_answer, "the thread goes on"
    assert [type(each) for each in ear.crashes] == [ZeroDivisionError]


def test_what_follows_a_reading_is_done_after_the_lease_and_not_too_often(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeds, "READ_EVERY_S", 0.01)
    done: list[int] = []

    def after(now: dt.datetime) -> list[str]:
        assert now == NOW
        done.append(store.held)
        return ["5-hour window at 80 %"]

    feed, ear = Feed(store, after=after), Ear()
    feed.listen(ear)
    feed.want(want())
    feed.want(want(reads_logs=True))
    ear.wait(2)
    feed.want(want(reads_logs=True))
    asked, first, second = ear.wait(3)
    feed.stop()
    assert (asked.said, first.said, second.said) == ((), ("5-hour window at 80 %",), ())
    assert done == [0]
    assert second.owes
    assert not first.owes


def test_what_follows_may_fail(store: Store) -> None:
    def after(_: dt.datetime) -> list[str]:
        raise StoreError("no room")

    feed, ear = Feed(store, after=after), Ear()
    feed.listen(ear)
    feed.want(want(reads_logs=True))
    (told,) = ear.wait(1)
    feed.stop()
    assert told.has_answer
    assert str(told.error) == "no room"


def test_whoever_leaves_does_not_wait_for_a_long_question() -> None:
    """It is interrupted in DuckDB, and nobody is told of that."""
    import _duckdb

    connection = _duckdb.connect()
    has_begun = threading.Event()

    def ask(connection: Any, _: Moment) -> object:
        has_begun.set()
        return connection.execute("select sum(a.range + b.range) from range(10000000) a, range(10000000) b")

    @contextlib.contextmanager
    def lend(_: bool) -> Iterator[Any]:  # noqa: FBT001 - what Lend takes
        with connection.cursor() as cursor:
            yield SimpleNamespace(connection=cursor, problems=Counter())

    feed, ear = Feed(lend), Ear()
    feed.listen(ear)
    feed.want(replace(want(), ask=ask))
    assert has_begun.wait(20)
    feed.stop(patience_s=60)
    assert not feed.is_running
    assert (ear.told, ear.crashes) == ([], [])
    connection.close()


def test_a_voice_that_has_ended_stops_what_is_being_read() -> None:
    voice = Voice()
    voice.go_on()
    voice.end()
    with pytest.raises(KeyboardInterrupt):
        voice.go_on()


def test_a_feed_that_never_began_can_be_stopped(store: Store) -> None:
    Feed(store).stop()
    assert store.lent == []


def test_a_voice_is_heard_by_whoever_listens() -> None:
    voice, heard = Voice(), list[str]()
    voice.say("nobody")
    voice.listener = heard.append
    voice.say("somebody")
    assert heard == ["somebody"]
