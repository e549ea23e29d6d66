"""The screen Trust: how fresh the sources are, doctor's lines, and what the hook lets us compare."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest
from textual.widgets import Static

from ccmeter.cli import diagnosing, opening
from ccmeter.domain.filters import Filters
from ccmeter.queries.live import live
from ccmeter.queries.trust import trust
from ccmeter.store import lease
from ccmeter.tui.widgets.empty import Empty
from ccmeter.tui.widgets.rows import Rows
from support import stores
from support.transcripts import Folder, Line, joined, us

from .conftest import NOW, SIZES, THEMES, MakesMonitor, settled

if TYPE_CHECKING:
    from pathlib import Path

    from ccmeter.reports.doctor import Diagnosis
    from ccmeter.store.lease import Connection

    from .conftest import Looks

AT = us("2026-11-20T15:00:00+00:00")
MINUTE = 60_000_000


def _diagnose(connection: Connection, at: dt.datetime) -> Diagnosis:
    """Look over a store that has no folders beside it; what a screen says must not move with the machine."""
    from dataclasses import replace
    from pathlib import Path

    where = opening.Places(store=Path(__file__), claude_dirs=(), settings=None)
    found = diagnosing.diagnosis(where, connection, now=at, problems={"cannot be opened": 2})
    health = replace(found.health, finished_at=at - dt.timedelta(seconds=40))
    return replace(
        found,
        health=health,
        store=Path("/home/sam/.local/share/ccmeter/ccmeter.duckdb"),
        store_bytes=2 << 20,
        prices_as_of=dt.date(2026, 11, 20),
        version="ccmeter",
    )


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("theme", THEMES)
def test_it_looks_as_it_did(look: Looks, size: tuple[int, int], theme: str) -> None:
    """At every size, dark and light."""
    look("trust", size, theme, diagnose=_diagnose)


async def test_keys_move_filter_and_tell_the_whole_line(monitor: MakesMonitor) -> None:
    """The line under the cursor is told in full; `/` shows only what has a text in it."""
    async with monitor(screen="trust", diagnose=_diagnose).run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        page = pilot.app.screen
        rows = page.query_one("#lines", Rows)
        rows.focus()
        await pilot.press("down")
        assert rows.current is not None
        assert str(page.query_one("#whole", Static).render()).startswith(rows.current.subject)
        await pilot.press("slash", *"undated")
        await settled(pilot)
        assert [line.subject for line in rows.rows] == ["undated"]
        await pilot.press("escape")
        await settled(pilot)
        assert len(rows.rows) > 5


async def test_without_logs_it_says_what_to_do(monitor: MakesMonitor, tmp_path: Path) -> None:
    """An empty store has no lines on files, and a next step."""
    (tmp_path / "logs").mkdir()
    stores.ingest(tmp_path / "store", tmp_path / "logs")
    async with monitor(screen="trust", store=tmp_path / "store", diagnose=_diagnose).run_test() as pilot:
        await settled(pilot)
        assert pilot.app.screen.query_one("#none", Empty).display
        assert "statusline install" in str(pilot.app.screen.query_one("#sources", Static).render())


def _read(tmp_path: Path) -> Path:
    """Store two calls of a session, one of them after the hook's reading, and what the hook said."""
    logs, store = Folder(tmp_path / "logs"), tmp_path / "store"
    calls = [
        Line(message_id=f"m{minute}", session="s", at_us=AT + minute * MINUTE, output_tokens=1_000)
        for minute in (0, 10)
    ]
    logs.write("p/s.jsonl", joined([each.assistant() for each in calls]))
    stores.ingest(store, logs.path)
    with lease.writing(store) as connection:
        connection.execute(
            "insert into session_reading (session_id, read_us, model, cost_pico) values ($1, $2, 'm', 20000000000)",
            ["s", AT + 5 * MINUTE],
        )
        connection.execute(
            "insert into limit_reading (limit_window, used_bp, resets_us, read_us, source, session_id) "
            "values ('five_hour', 100, null, $1, 'hook', 's')",
            [AT + 4 * MINUTE],
        )
    return store


def test_a_session_is_compared_as_of_the_reading(tmp_path: Path) -> None:
    """What was used after it is not held against it: 1,000 tokens of output and 3 of input at opus 4.5."""
    with stores.asking(_read(tmp_path)) as connection:
        found = trust(connection, Filters(time_zone="UTC"), now_us=AT + 60 * MINUTE)
        assert (found.hook_us, found.limits_us) == (AT + 5 * MINUTE, AT + 4 * MINUTE)
        assert (found.told_pico, found.own_pico) == (20_000_000_000, 1_000 * 25_000_000 + 3 * 5_000_000)
        earlier = trust(connection, Filters(time_zone="UTC"), now_us=AT + MINUTE)
        assert (earlier.hook_us, earlier.drifts) == (None, ())
        later = trust(connection, Filters(time_zone="UTC"), now_us=AT + 8 * 24 * 60 * MINUTE)
        assert later.drifts == ()


def test_a_hook_that_tells_of_limits_alone_is_heard_of(tmp_path: Path) -> None:
    """What a session says once more is not stored: its limits may be newer than all it said of itself."""
    store = _read(tmp_path)
    with lease.writing(store) as connection:
        connection.execute(
            "insert into limit_reading (limit_window, used_bp, resets_us, read_us, source, session_id) "
            "values ('five_hour', 200, null, $1, 'hook', 's'), ('five_hour', 10000, null, $2, 'notice', '')",
            [AT + 30 * MINUTE, AT + 40 * MINUTE],
        )
    with stores.asking(store) as connection:
        filters, now_us = Filters(time_zone="UTC"), AT + 60 * MINUTE
        found = trust(connection, filters, now_us=now_us)
        assert (found.hook_us, found.limits_us) == (AT + 30 * MINUTE, AT + 30 * MINUTE)
        assert live(connection, filters, now_us=now_us, limits=None).hook_us == AT + 30 * MINUTE


async def test_hook_and_drift_are_told(monitor: MakesMonitor, tmp_path: Path) -> None:
    """With ages that grow, and a hint once the hook is silent."""
    store = _read(tmp_path)
    for now, said in (
        (NOW, "hook heard of 25m ago, limits 26m ago."),
        (NOW + dt.timedelta(days=2), "statusline status"),
    ):
        async with monitor(screen="trust", store=store, now=now).run_test(size=(120, 24)) as pilot:
            await settled(pilot)
            sources = str(pilot.app.screen.query_one("#sources", Static).render())
            assert said in sources
            assert (
                "1 session of the last 7 days: $0.03 by their logs, $0.02 by Claude Code (+25.1%)" in sources
            )
