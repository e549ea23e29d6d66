"""Readings in the store: repeats that say nothing of now are left out, and how far the spool was taken in goes with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import _duckdb
import pytest

from ccmeter.store import lease, readings
from ccmeter.store.readings import LimitReading, SessionReading

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ccmeter.store.lease import Connection


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    """A new store."""
    with lease.writing(tmp_path / "store") as opened:
        yield opened


def limit(at_us: int, used_bp: int, session: str = "s", window: str = "five_hour") -> LimitReading:
    """Make a reading of a limit."""
    return LimitReading(window, used_bp, 10**9, at_us, "hook", session)


def session(at_us: int, cost_pico: int | None, session_id: str = "s") -> SessionReading:
    """Make a reading of a session."""
    return SessionReading(session_id, at_us, "m", cost_pico, None, None, None, "")


def append(
    connection: Connection, limits: list[LimitReading], sessions: list[SessionReading], end: int = 1
) -> None:
    """Append readings of one file."""
    readings.append(connection, limits, sessions, name="file", offset_bytes=end)


def kept(connection: Connection) -> list[tuple[int, int]]:
    """Give when limits were read, and what they stood at."""
    return connection.execute("select read_us, used_bp from limit_reading order by all").fetchall()


def test_a_session_that_spends_nothing_and_says_the_same_says_nothing_new(connection: Connection) -> None:
    for at_us in (1, 2, 3):
        append(connection, [limit(at_us, 5)], [session(at_us, 100)])
    assert kept(connection) == [(1, 5)]
    assert connection.execute("select read_us from session_reading").fetchall() == [(1,)]


def test_a_session_that_has_spent_confirms_what_it_says_again(connection: Connection) -> None:
    append(connection, [limit(1, 5), limit(2, 5)], [session(1, 100), session(2, 200)])
    append(connection, [limit(3, 5)], [session(3, 300)])
    assert kept(connection) == [(1, 5), (2, 5), (3, 5)]


def test_without_cost_only_changes_are_kept(connection: Connection) -> None:
    append(
        connection, [limit(1, 5), limit(2, 5), limit(3, 6), limit(4, 5)], [session(1, None), session(2, None)]
    )
    assert kept(connection) == [(1, 5), (3, 6), (4, 5)]


def test_sessions_and_windows_are_apart(connection: Connection) -> None:
    append(connection, [limit(1, 5), limit(2, 5, "t"), limit(3, 5, window="seven_day")], [])
    assert len(kept(connection)) == 3


def test_what_comes_again_is_not_doubled(connection: Connection) -> None:
    limits = [limit(1, 5), limit(1, 6), limit(2, 7), limit(2, 7), limit(3, 7)]
    sessions = [session(1, 10), session(1, 20), session(2, 20), session(3, 30)]
    append(connection, limits, sessions)
    before = kept(connection)
    append(connection, limits, sessions, end=0)
    assert kept(connection) == before
    assert connection.execute("select count(*) from session_reading").fetchall() == [(3,)]


def test_offsets_move_with_the_readings(connection: Connection) -> None:
    append(connection, [limit(1, 5)], [], end=70)
    append(connection, [limit(2, 6)], [], end=140)
    readings.append(connection, [], [], name="other", offset_bytes=3)
    assert readings.offsets(connection) == {"file": 140, "other": 3}


def test_either_all_is_kept_or_nothing(connection: Connection) -> None:
    append(connection, [limit(1, 5)], [session(1, 1)], end=70)
    with pytest.raises(_duckdb.Error):
        append(connection, [limit(2, 10**12)], [session(2, 2)], end=140)
    assert kept(connection) == [(1, 5)]
    assert connection.execute("select count(*) from session_reading").fetchall() == [(1,)]
    assert readings.offsets(connection) == {"file": 70}
