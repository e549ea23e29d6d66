"""Taking in the spool: only what is new, nothing twice, nothing lost, and old files go."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from ccmeter.ingest import readings, spool, update
from ccmeter.ingest.discover import Found
from ccmeter.ingest.update import Updater
from ccmeter.statusline import spool as written
from ccmeter.store import lease
from support.spooled import START_US, limits, line, put, sessions

if TYPE_CHECKING:
    from pathlib import Path

NOW = dt.datetime(2025, 11, 21, 12, tzinfo=dt.UTC)
KNOWN = "readings-2025-11-21.jsonl"


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A place for a store."""
    return tmp_path / "kept" / "ccmeter.duckdb"


def take_in(store: Path, *, now: dt.datetime = NOW) -> Counter[str]:
    """Take in the spool beside a store; give the problems."""
    problems: Counter[str] = Counter()
    with lease.writing(store) as connection:
        spool.take_in(connection, store.parent, problems, now=now)
    return problems


def has_news(store: Path, *, now: dt.datetime = NOW) -> bool:
    """Tell whether there is anything new for a store."""
    with lease.reading(store) as connection:
        return spool.has_news(store.parent, connection, now=now)


def offset(store: Path) -> int:
    """Give how far the file of the day has been taken in."""
    with lease.reading(store) as connection:
        ((found,),) = connection.execute("select offset_bytes from spool where name = $1", [KNOWN]).fetchall()
    return int(found)


def test_the_folder_is_the_one_that_the_hook_writes_to(tmp_path: Path) -> None:
    assert spool.FOLDER == written.FOLDER
    path = put(tmp_path, b"")
    assert written.path_of(str(tmp_path), START_US) == str(path)


def test_only_new_lines_are_taken_in(store: Path) -> None:
    file = put(store.parent, line("s", 0, 100))
    assert not take_in(store)
    assert not has_news(store)
    put(store.parent, line("s", 1, 200))
    assert has_news(store)
    take_in(store)
    assert [row[1] for row in limits(store)] == [100, 200]
    assert offset(store) == file.stat().st_size
    assert not has_news(store)


def test_without_a_spool_there_is_no_news(store: Path) -> None:
    assert not take_in(store)
    assert not has_news(store)
    assert not spool.has_news(store.parent, None, now=NOW)
    (store.parent / "spool").mkdir()
    (store.parent / "spool" / "other.txt").write_text("x\n")
    assert not has_news(store)


def test_a_line_that_is_not_whole_waits_for_its_rest(store: Path) -> None:
    whole = line("s", 0, 100)
    put(store.parent, whole[:30])
    assert not take_in(store)
    assert not limits(store)
    assert not has_news(store)
    put(store.parent, whole[30:])
    assert has_news(store)
    take_in(store)
    assert [row[1] for row in limits(store)] == [100]


def test_broken_lines_are_counted_once_by_reason(store: Path) -> None:
    put(store.parent, b"x\n\n" + line("s", 0) + b"{}\n" + line(v=9))
    assert take_in(store) == {readings.BROKEN: 2, readings.OTHER_VERSION: 1}
    assert not take_in(store)
    assert len(sessions(store)) == 1


def test_files_of_days_before_yesterday_go_once_they_are_taken_in(store: Path) -> None:
    old = put(store.parent, line("a", 0), "2025-11-19")
    kept = put(store.parent, line("b", 1), "2025-11-20")
    assert not take_in(store)
    assert not old.exists()
    assert kept.exists()
    assert [row[0] for row in sessions(store)] == ["a", "b"]
    assert not has_news(store)


def test_an_old_file_that_was_taken_in_while_it_was_young_goes_too(store: Path) -> None:
    file = put(store.parent, line("a", 0))
    take_in(store)
    later = NOW + dt.timedelta(days=2)
    assert has_news(store, now=later)
    assert not take_in(store, now=later)
    assert not file.exists()
    assert len(sessions(store)) == 1


def test_a_line_whose_rest_never_came_is_counted_when_its_file_goes(store: Path) -> None:
    file = put(store.parent, line("a", 0) + b'{"v":1,', "2025-11-19")
    assert take_in(store) == {readings.BROKEN: 1}
    assert not file.exists()
    assert len(sessions(store)) == 1


def test_a_file_that_another_has_replaced_is_read_from_its_start(store: Path) -> None:
    file = put(store.parent, line("a", 0) + line("b", 1))
    take_in(store)
    file.write_bytes(line("c", 2))
    assert has_news(store)
    take_in(store)
    assert [row[0] for row in sessions(store)] == ["a", "b", "c"]


def test_lines_that_come_again_change_nothing(store: Path) -> None:
    put(store.parent, line("a", 0, 100) + line("a", 1, 200, cost_usd=1) + line("a", 2, 200, cost_usd=1))
    take_in(store)
    before = limits(store), sessions(store)
    with lease.writing(store) as connection:
        connection.execute("delete from spool")
    take_in(store)
    assert (limits(store), sessions(store)) == before


def test_a_large_spool_is_taken_in_piece_by_piece(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool, "_AT_ONCE_BYTES", 1_000)
    lines = [line("s", each, each) for each in range(50)]
    put(store.parent, b"".join(lines[:20]) + b"x" * 5_000 + b"\n" + b"".join(lines[20:]))
    problems = take_in(store)
    assert set(problems) == {readings.BROKEN}
    assert [row[1] for row in limits(store)] == list(range(50))


def test_a_folder_in_the_place_of_a_file_stops_nothing(store: Path) -> None:
    (store.parent / "spool" / "readings-2025-11-20.jsonl").mkdir(parents=True)
    put(store.parent, line("s", 0))
    problems = take_in(store)
    assert [reason.split(":")[0] for reason in problems] == [spool.UNREADABLE]
    assert len(sessions(store)) == 1
    assert not has_news(store)


def test_every_update_takes_the_spool(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(update, "_now", lambda: NOW)
    put(store.parent, line("a", 0) + b"x\n")
    updater = Updater(store, lambda: Found(sources=()))
    with updater.up_to_date() as connection:
        assert connection.execute("select count(*) from session_reading").fetchall() == [(1,)]
        assert connection.execute("select problems from ingest").fetchall() == [
            ('{"' + readings.BROKEN + '": 1}',)
        ]
    assert updater.problems == {readings.BROKEN: 1}
    put(store.parent, line("b", 1))
    with updater.up_to_date():
        pass
    assert len(sessions(store)) == 2
    assert not updater.problems


def test_an_update_without_news_opens_the_store_for_reading_only(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(update, "_now", lambda: NOW)
    put(store.parent, line("a", 0) + line("b", 1)[:20])
    for _ in range(2):
        with Updater(store, lambda: Found(sources=())).up_to_date() as connection:
            ((mode,),) = connection.execute("select current_setting('access_mode')").fetchall()
    assert mode.lower() == "read_only"
