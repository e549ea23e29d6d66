"""A dear answer is kept while nothing was stored, and rests for a while where something was."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ccmeter.store import lease
from ccmeter.tui import kept
from ccmeter.tui.kept import Kept
from support import stores
from support.transcripts import Folder, Line, joined

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ccmeter.store.lease import Connection


class Shop:
    """A store that grows, a question that takes its time, and a clock that shows no other."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.now_s = 100.0
        self.takes_s = 0.05
        self.asked: list[tuple[str, int]] = []
        self.kept = Kept(self.question, clock=lambda: self.now_s)

    def question(self, connection: Connection, about: str) -> int:
        self.now_s += self.takes_s
        ((calls,),) = connection.execute("select count(*) from call").fetchall()
        self.asked.append((about, calls))
        return int(calls)

    def grow(self) -> None:
        self.connection.execute(
            "insert into call by name select * replace (call_key || 'x' as call_key) from call"
        )

    def ask(self, about: str = "all") -> int:
        return self.kept.ask(self.connection, about)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """Give one with a call in it."""
    Folder(tmp_path / "logs").write("p/1.jsonl", joined([Line(message_id="m", session="s").assistant()]))
    stores.ingest(tmp_path / "store", tmp_path / "logs")
    with lease.writing(tmp_path / "store") as connection:
        yield Shop(connection)


def test_it_is_kept_while_nothing_was_stored(shop: Shop) -> None:
    assert [shop.ask(), shop.ask()] == [1, 1]
    assert shop.asked == [("all", 1)]
    assert shop.kept.late_s == 0


def test_a_first_change_is_shown_at_once_and_a_stream_of_them_now_and_then(shop: Shop) -> None:
    shop.ask()
    shop.grow()
    assert (shop.ask(), shop.kept.late_s) == (2, 0)
    shop.grow()
    assert shop.ask() == 2, "it rests"
    assert shop.kept.late_s == pytest.approx(kept.REST * shop.takes_s)
    shop.now_s += 1
    assert shop.ask() == 2
    assert shop.kept.late_s == pytest.approx(kept.REST * shop.takes_s - 1)
    shop.now_s += shop.kept.late_s
    assert (shop.ask(), shop.kept.late_s) == (4, 0)
    assert (shop.ask(), shop.kept.late_s) == (4, 0)


def test_another_question_never_waits(shop: Shop) -> None:
    shop.ask()
    shop.grow()
    shop.ask()
    shop.grow()
    assert (shop.ask("some"), shop.kept.late_s) == (4, 0)
    shop.grow()
    assert (shop.ask("some"), shop.kept.late_s) == (8, 0), "its first change is shown at once, too"


def test_a_slow_machine_waits_no_longer_than_a_person_would(shop: Shop) -> None:
    shop.takes_s = 40.0
    shop.ask()
    shop.grow()
    shop.ask()
    shop.grow()
    shop.ask()
    assert shop.kept.late_s == pytest.approx(kept.MOST_S)
