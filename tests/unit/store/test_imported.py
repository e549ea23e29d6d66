"""What was kept elsewhere: lines merged with those here, days kept apart."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from ccmeter.store import backup, forget, imported, lease, readings
from ccmeter.store.imported import Day
from ccmeter.store.readings import LimitReading, SessionReading
from support import history, stores

if TYPE_CHECKING:
    from pathlib import Path

NOW = dt.datetime(2026, 11, 21, 9, 30, tzinfo=dt.UTC)


@pytest.fixture
def other(tmp_path: Path) -> Path:
    return history.made(tmp_path / "other", files=4)


def _join(store: Path, other: Path) -> int:
    """Take in another store; give the number of lines that were not here."""
    with backup.ready(store, other) as ready, lease.writing(store) as connection:
        return imported.join(connection, ready.path, now=NOW).lines


def test_empty_store_becomes_the_other(other: Path, tmp_path: Path) -> None:
    """A new store that takes in another counts the same; its files bear marked names."""
    store = tmp_path / "data" / "ccmeter.duckdb"
    assert _join(store, other) == 160
    assert stores.calls(store) == stores.calls(other)
    with lease.reading(store) as connection:
        paths = connection.execute("select path from file").fetchall()
    assert len(paths) == 4
    assert all(path.startswith("imported:projects/-home-dev-") for (path,) in paths)


@pytest.mark.parametrize("files", [0, 2, 4, 6])
def test_lines_are_taken_once(files: int, other: Path, tmp_path: Path) -> None:
    """Whatever part of it is here already, every call is counted once; again, nothing changes."""
    store = history.made(tmp_path, files=files)
    wanted = history.counted(history.made(tmp_path / "all", files=max(files, 4)))
    assert _join(store, other) == 40 * max(4 - files, 0)
    assert history.counted(store) == wanted
    once = stores.everything(store)
    assert _join(store, other) == 0
    assert stores.everything(store) == once


def _told(store: Path, names: list[str]) -> None:
    """Let the hook have told of sessions, and an alert have been given."""
    limits = [LimitReading("five_hour", 5, None, each, "hook", name) for each, name in enumerate(names)]
    sessions = [SessionReading(name, each, "m", 1, None, None, None) for each, name in enumerate(names)]
    with lease.writing(store) as connection:
        readings.append(connection, limits, sessions, name="x", offset_bytes=len(names))
        connection.execute("insert into episode values ('r', 's', 1, null, 'warn', 'told')")


TOLD = ("session_reading", "limit_reading", "episode")


def test_another_store_tells_of_its_sessions_but_not_of_limits(other: Path, tmp_path: Path) -> None:
    """Limits belong to an account, and nobody knows whether it is the same one."""
    store = history.made(tmp_path)
    _told(other, ["a", "b"])
    _told(store, ["a"])
    for _ in range(2):
        _join(store, other)
        assert [history.rows(store, table) for table in TOLD] == [2, 1, 1]
    with lease.reading(store) as connection:
        assert readings.offsets(connection) == {"x": 1}


def test_a_store_that_is_replaced_hands_on_all_it_was_told(other: Path, tmp_path: Path) -> None:
    """Readings, and how far they were taken in: else the same lines would be taken in again."""
    store = history.made(tmp_path)
    _told(store, ["a"])
    _told(other, ["a", "b"])
    for _ in range(2):
        with backup.ready(store, other) as ready, lease.writing(store) as connection:
            imported.join(connection, ready.path, now=NOW, is_own=True)
        assert [history.rows(store, table) for table in TOLD] == [2, 2, 1]
    with lease.reading(store) as connection:
        assert readings.offsets(connection) == {"x": 2}


def test_logs_after_a_store(other: Path, tmp_path: Path) -> None:
    """The logs that another store was made of, read afterwards, add no call."""
    store = tmp_path / "data" / "ccmeter.duckdb"
    _join(store, other)
    stores.ingest(store, tmp_path / "other" / "claude")
    assert history.counted(store) == history.counted(other)
    assert stores.calls(store) == stores.calls_from_scratch(store)


def test_forgotten_usage_is_not_taken(other: Path, tmp_path: Path) -> None:
    """What this store has forgotten does not come back from another."""
    store = history.made(tmp_path, files=1)
    with lease.writing(store) as connection:
        forget.forget(
            connection, [forget.Rule(None, "/home/dev/project-003", 2**62, takes_undated=True)], now=NOW
        )
    _join(store, other)
    assert history.rows(store, "call") == 60


def test_nothing_is_half_taken(other: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error in the middle leaves the store as it was, and able to take it in."""
    store = history.made(tmp_path, files=1)
    before = stores.everything(store)
    with monkeypatch.context() as patch:

        def failing(*_: object, **__: object) -> None:
            raise KeyboardInterrupt

        patch.setattr(forget, "settle", failing)
        with pytest.raises(KeyboardInterrupt):
            _join(store, other)
    assert stores.everything(store) == before
    assert _join(store, other) == 120


def test_days_are_taken_once(tmp_path: Path) -> None:
    """The same report again changes nothing; for another machine it is another report. A store hands them on."""
    store = history.made(tmp_path, files=0)
    days = [
        Day(dt.date(2026, 1, 2), "claude-opus-4-5", 1, 2, 3, 4, 5),
        Day(dt.date(2026, 1, 3), "", 9, 0, 0, 0, None),
    ]
    with lease.writing(store) as connection:
        assert imported.take_days(connection, days, source="a", machine="", now=NOW) == 2
        assert imported.take_days(connection, days, source="a", machine="", now=NOW) is None
        assert imported.take_days(connection, days, source="a", machine="x", now=NOW) == 2
    assert history.rows(store, "imported_day") == 4
    target = history.made(tmp_path / "two", files=0)
    for _ in range(2):
        _join(target, store)
        assert stores.everything(target)["imported_day"] == stores.everything(store)["imported_day"]


def test_a_forgotten_report_stays_away(tmp_path: Path) -> None:
    """Neither the report nor a store that has it brings it back; of another machine it is another one."""
    store, other = history.made(tmp_path, files=0), history.made(tmp_path / "two", files=0)
    days = [Day(dt.date(2026, 1, day), model, 1, 2, 3, 4, 5) for day in (2, 3) for model in ("a", "b")]
    for each in (store, other):
        with lease.writing(each) as connection:
            for machine in ("", "x"):
                assert imported.take_days(connection, days, source="a", machine=machine, now=NOW) == 2
    with lease.writing(store) as connection:
        forget.forget(connection, [forget.of_report("a", "")], now=NOW)
        assert connection.execute("select distinct machine from imported_day").fetchall() == [("x",)]
        assert imported.take_days(connection, days, source="a", machine="", now=NOW) == 0
        assert imported.take_days(connection, days, source="a", machine="y", now=NOW) == 2
        joined = imported.join(connection, other, now=NOW)
        assert joined.forgotten_days == 2
        assert connection.execute("select distinct machine from imported_day order by 1").fetchall() == [
            ("x",),
            ("y",),
        ]
        kept = forget.kept_rules(connection)
    with lease.writing(other) as connection:
        assert forget.carry(connection, kept, now=NOW).rules == 1
        assert connection.execute("select distinct machine from imported_day").fetchall() == [("x",)]
        assert forget.carry(connection, kept, now=NOW).rules == 0


def test_before_a_day_takes_imported_days(tmp_path: Path) -> None:
    """Forgetting by day takes the days of reports too."""
    store = history.made(tmp_path, files=0)
    days = [Day(dt.date(2026, 1, day), "claude-opus-4-5", 1, 2, 3, 4, 5) for day in (1, 2, 3)]
    with lease.writing(store) as connection:
        imported.take_days(connection, days, source="a", machine="", now=NOW)
        until_us = 1_767_225_600_000_000 + 86_400_000_000
        forget.forget(connection, [forget.Rule(None, None, until_us, takes_undated=False)], now=NOW)
    assert history.rows(store, "imported_day") == 2


@pytest.mark.parametrize("zone", ["Pacific/Honolulu", "America/New_York", "UTC", "Europe/Berlin", "Asia/Kolkata", "Pacific/Auckland"])  # fmt: skip
def test_before_a_day_of_any_zone(zone: str, tmp_path: Path) -> None:
    """A rule's midnight takes the days before it, wherever it is midnight; of later imports and of other stores too."""
    store = history.made(tmp_path, files=0)
    days = [Day(dt.date(2026, 1, day), "claude-opus-4-5", 1, 2, 3, 4, 5) for day in (1, 2, 3)]
    midnight = dt.datetime(2026, 1, 2, tzinfo=ZoneInfo(zone))
    rule = forget.Rule(None, None, int(midnight.timestamp()) * 1_000_000, takes_undated=False)
    other = history.made(tmp_path / "other", files=0)
    with lease.writing(other) as connection:
        imported.take_days(connection, days, source="c", machine="", now=NOW)
    with lease.writing(store) as connection:
        imported.take_days(connection, days, source="a", machine="", now=NOW)
        forget.forget(connection, [rule], now=NOW)
        left = connection.execute("select used_on from imported_day order by 1").fetchall()
        assert left == [(dt.date(2026, 1, 2),), (dt.date(2026, 1, 3),)]
        assert imported.take_days(connection, days, source="b", machine="", now=NOW) == 2
    _join(store, other)
    assert history.rows(store, "imported_day") == 6


def test_windows_names_are_marked(tmp_path: Path) -> None:
    """A file of another system keeps the path below its configuration folder; one without keeps all of it."""
    store, target = history.made(tmp_path, files=2), history.made(tmp_path / "two", files=0)
    with lease.writing(store) as connection:
        connection.execute(
            "update file set path = case file_id when 1 then 'C:\\Users\\x\\.claude\\projects\\C--x\\a.jsonl' else '/odd/b.jsonl' end"
        )
    _join(target, store)
    with lease.reading(target) as connection:
        assert connection.execute("select path from file order by 1").fetchall() == [
            ("imported:/odd/b.jsonl",),
            ("imported:projects/C--x/a.jsonl",),
        ]
