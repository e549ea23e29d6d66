"""What a person's past says of the running window, asked of a real store."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from ccmeter.domain.filters import Filters
from ccmeter.domain.weeks import WhatIf
from ccmeter.queries.blocks import ask_blocks
from ccmeter.queries.outlook import outlook
from ccmeter.queries.profile import past_blocks, past_weeks
from support import stores, workweeks
from support.transcripts import Folder, Line, joined
from support.workweeks import NOW, RESET

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ccmeter.store.lease import Connection

UTC = Filters(time_zone="UTC")
HOUR = dt.timedelta(hours=1)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    """Give a store with readings."""
    with stores.asking(workweeks.make(tmp_path_factory.mktemp("told"))) as connection:
        yield connection


@pytest.fixture(scope="module")
def untold(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    """Give the same without readings."""
    with stores.asking(workweeks.make(tmp_path_factory.mktemp("untold"), with_readings=False)) as connection:
        yield connection


def test_without_readings_windows_are_those_of_the_blocks_report(untold: Connection) -> None:
    """The same windows with the same sums, none of them official."""
    found = past_blocks(untold, UTC, now=NOW)
    report = ask_blocks(untold, UTC, now=NOW)
    known = {each.block.start_us: (each.measures.cost_pico, each.measures.calls) for each in report.blocks}
    assert found.blocks
    assert {
        each.stretch.start_us: (each.cost_pico, each.calls) for each in found.blocks
    }.items() <= known.items()
    assert not any(each.stretch.is_official for each in found.blocks)
    assert found.state is None


def test_with_readings_windows_are_the_servers(told: Connection) -> None:
    """All of the last days, without overlap, and every call in one of them."""
    found = past_blocks(told, UTC, now=NOW)
    last = found.blocks[-1]
    assert last.stretch.is_official
    assert last.is_running
    assert found.state is not None
    assert found.state.resets_us == last.stretch.end_us
    ends = [
        (one.stretch.end_us, two.stretch.start_us)
        for one, two in zip(found.blocks, found.blocks[1:], strict=False)
    ]
    assert all(end <= start for end, start in ends)
    spent = [cost for at, cost in workweeks.costs_of(told) if at >= found.blocks[0].stretch.start_us]
    assert sum(each.cost_pico for each in found.blocks) == sum(spent)


def test_a_curve_ends_with_the_cost_and_stops_at_now(told: Connection) -> None:
    """The running one has a point every five minutes up to now."""
    found = past_blocks(told, UTC, now=NOW)
    assert all(each.curve[-1] == each.cost_pico for each in found.blocks)
    running = found.blocks[-1]
    assert len(running.curve) < 61
    assert {len(each.curve) for each in found.blocks[:-1]} == {61}
    assert len(found.fan) == 61
    assert found.compared == len(found.blocks) - 1
    assert found.rest is not None


def test_a_limit_that_was_met_is_marked_once(told: Connection) -> None:
    """At the first reading of 100 % of each window."""
    hits = [each.hits_us for each in past_blocks(told, UTC, now=NOW).blocks]
    assert any(hits)
    assert all(len(each) <= 1 for each in hits)


def test_filters_move_no_window(told: Connection) -> None:
    """They only choose what is counted in it."""
    everything = {each.stretch for each in past_blocks(told, UTC, now=NOW).blocks}
    sonnet = past_blocks(told, replace(UTC, models=("sonnet",)), now=NOW)
    assert {each.stretch for each in sonnet.blocks} <= everything
    assert {model for each in sonnet.blocks for model in each.models} == {"claude-sonnet-4-6"}


def test_the_past_is_shown_as_it_was(told: Connection) -> None:
    """What came later is not there, and the window of then runs."""
    then = NOW - dt.timedelta(days=9, hours=4)
    before_us = round(then.timestamp() * 1e6) + 1
    found = past_blocks(told, replace(UTC, before_us=before_us), now=then)
    assert found.blocks[-1].last_us < before_us
    assert all(each.stretch.start_us < before_us for each in found.blocks)


def test_the_week_is_the_servers_where_it_is_known(told: Connection) -> None:
    """Seven days up to the reset, with all usage at list prices whatever is chosen."""
    found = past_weeks(told, replace(UTC, models=("sonnet",)), now=NOW, week_starts=1)
    assert found.is_official
    assert (found.start_at, found.end_at) == (RESET - dt.timedelta(days=7), RESET)
    spent = [cost for at, cost in workweeks.costs_of(told) if at >= round(found.start_at.timestamp() * 1e6)]
    assert found.cost_pico == sum(spent)
    assert found.weeks == 8
    assert found.readings
    assert [each.used_bp for each in found.readings] == sorted(each.used_bp for each in found.readings)


def test_without_readings_it_is_the_week_of_the_calendar(untold: Connection) -> None:
    """From the chosen first day's midnight on, in the zone of now."""
    zone = ZoneInfo("Asia/Kolkata")
    found = past_weeks(untold, Filters(time_zone=zone.key), now=NOW.astimezone(zone), week_starts=7)
    assert not found.is_official
    assert found.start_at == dt.datetime(2026, 11, 15, tzinfo=zone)
    assert found.end_at == dt.datetime(2026, 11, 22, tzinfo=zone)
    assert found.readings == ()


def test_other_models_are_priced_by_the_same_tokens(told: Connection) -> None:
    """The dearer one above what it was, the cheaper one below."""
    found = past_weeks(told, UTC, now=NOW, week_starts=1)
    assert [each.model for each in found.switches] == ["claude-opus-4-6", "claude-sonnet-4-6"]
    dear, cheap = found.switches
    assert dear.share_bp > 10_000 > cheap.share_bp
    assert cheap.share_bp * 5 == pytest.approx(dear.share_bp * 3, rel=0.01)


def test_a_model_of_all_calls_costs_what_it_costs(tmp_path: Path) -> None:
    """Priced by itself it is the same to the last digit, searches and all."""
    at_us = round((NOW - HOUR).timestamp() * 1e6)
    call = Line(
        at_us=at_us,
        output_tokens=500,
        cache_creation_tokens=70,
        split=(30, 40),
        cache_read_tokens=9,
        server_tools=(2, 0),
    )
    Folder(tmp_path / "logs").write("p/1.jsonl", joined([call.assistant()]))
    stores.ingest(tmp_path / "store", tmp_path / "logs")
    with stores.asking(tmp_path / "store") as connection:
        found = past_weeks(connection, UTC, now=NOW, week_starts=1)
    assert [each.share_bp for each in found.switches] == [10_000]


def test_an_empty_store_has_nothing(tmp_path: Path) -> None:
    """And says so without trouble."""
    (tmp_path / "logs").mkdir()
    stores.ingest(tmp_path / "store", tmp_path / "logs")
    with stores.asking(tmp_path / "store") as connection:
        blocks = past_blocks(connection, UTC, now=NOW)
        week = past_weeks(connection, UTC, now=NOW, week_starts=1)
    assert blocks.blocks == ()
    assert blocks.rest is None
    assert (week.hours, week.weeks, week.switches) == ({}, 0, ())
    found = outlook(week, NOW, WhatIf())
    assert (found.as_is, found.usual, found.usual_now) == (None, (), None)


def test_the_outlook_is_that_of_the_limits(told: Connection) -> None:
    """As it is, no figure differs from what every other screen says."""
    week = past_weeks(told, UTC, now=NOW, week_starts=1)
    found = outlook(week, NOW, WhatIf())
    assert week.state is not None
    assert found.is_percent
    assert found.as_is is not None
    assert found.as_is.ends == week.state.ends_bp
    assert found.as_is.runs_out_bp == week.state.runs_out_bp
    assert found.as_is.full_us == week.state.full_us
    assert found.changed is None
    less = outlook(week, NOW, WhatIf(less_bp=5_000)).changed
    assert less is not None
    assert less.ends.middle < found.as_is.ends.middle


def test_an_official_week_without_a_forecast_has_none(told: Connection) -> None:
    """Nothing is made up in its place."""
    week = past_weeks(told, UTC, now=NOW, week_starts=1)
    assert week.state is not None
    found = outlook(replace(week, state=replace(week.state, ends_bp=None)), NOW, WhatIf(less_bp=1))
    assert (found.as_is, found.changed) == (None, None)


def test_money_is_foretold_by_own_weeks(untold: Connection) -> None:
    """Without a chance to run out, because nothing is known that could."""
    week = past_weeks(untold, UTC, now=NOW, week_starts=1)
    found = outlook(week, NOW, WhatIf())
    assert not found.is_percent
    assert found.as_is is not None
    assert found.as_is.runs_out_bp is None
    assert week.cost_pico <= found.as_is.ends.low <= found.as_is.ends.high
    assert found.usual_now is not None
    assert 0 < found.usual_now < found.usual[-1][1]
