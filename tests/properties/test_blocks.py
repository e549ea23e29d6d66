"""Blocks hold every call once and add up to what `daily` says, whatever is asked for."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccmeter.domain.filters import Filters
from ccmeter.queries.blocks import Blocks, ask_blocks, find
from ccmeter.queries.summary import By, summarize
from support import fortnight, stores
from support.scale import scaled

if TYPE_CHECKING:
    from pathlib import Path

    from ccmeter.queries.summary import Measures

FIRST, LAST = dt.date(2026, 11, 5), dt.date(2026, 11, 22)
ZONES = ("UTC", "America/New_York", "Australia/Lord_Howe", "Pacific/Kiritimati")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fortnight.make(tmp_path_factory.mktemp("blocks"))


def numbers(measures: Measures) -> tuple[int, ...]:
    return (
        *measures.counts,
        measures.cost_pico,
        measures.unpriced_tokens,
        measures.calls,
        measures.nonfinal_calls,
    )


def summed(parts: list[Measures]) -> tuple[int, ...]:
    return tuple(map(sum, zip(*map(numbers, parts), strict=True))) if parts else (0,) * 9


filters = st.builds(
    Filters,
    time_zone=st.sampled_from(ZONES),
    since_on=st.none() | st.dates(FIRST, LAST),
    until_on=st.none() | st.dates(FIRST, LAST),
    projects=st.sampled_from([(), ("alpha",), ("/srv/größe", "beta"), ("nowhere",)]),
    models=st.sampled_from([(), ("opus",), ("somebody",), ("haiku", "sonnet")]),
    sessions=st.sampled_from([(), ("session-1",), ("session-3", "session-7")]),
    cost_mode=st.sampled_from(["auto", "calculate", "display"]),
)


@settings(max_examples=scaled(60))
@given(asked=filters, hours=st.sampled_from([1, 5, 7, 168]))
def test_blocks_and_undated_usage_add_up_to_daily(store: Path, asked: Filters, hours: int) -> None:
    """To the last digit, for any limits and lengths; and no limit moves a block."""
    with stores.asking(store) as connection:
        daily = summarize(connection, asked)
        answer = ask_blocks(connection, asked, now=fortnight.NOW, length_hours=hours)
        every = find(connection, hours)
    parts = [each.measures for each in answer.blocks]
    undated = [] if answer.undated is None else [answer.undated]
    assert summed([*parts, *undated]) == numbers(answer.total) == numbers(daily.total)
    assert answer.total == daily.total
    dated = [period.measures for period in daily.periods if period.key is not None]
    assert summed(parts) == summed(dated)
    assert {each.block for each in answer.blocks} <= set(every)
    assert [each.block.start_us for each in answer.blocks] == sorted(
        {each.block.start_us for each in answer.blocks}
    )


def test_every_call_is_in_exactly_one_block(store: Path) -> None:
    """Asked for alone, each call is in the one block whose calls it stands among."""
    times_us = [line.at_us for line in fortnight.lines() if line.at_us is not None]
    with stores.asking(store) as connection:
        answer = ask_blocks(connection, Filters(time_zone="UTC"), now=fortnight.NOW)
    for each in answer.blocks:
        inside = [at_us for at_us in times_us if each.block.first_us <= at_us <= each.block.last_us]
        assert len(inside) == each.measures.calls
        assert (min(inside), max(inside)) == (each.first_us, each.last_us)
        assert all(
            0 <= at_us - each.block.start_us <= each.block.end_us - each.block.start_us for at_us in inside
        )
    assert sum(each.measures.calls for each in answer.blocks) == len(times_us)


def test_gaps_stand_between_neighbours_that_are_shown(store: Path) -> None:
    """A filter that leaves out a block leaves out the gaps beside it."""
    with stores.asking(store) as connection:
        everything = ask_blocks(connection, Filters(time_zone="UTC"), now=fortnight.NOW)
        limited = ask_blocks(connection, Filters(time_zone="UTC", models=("somebody",)), now=fortnight.NOW)
    assert sum(each.gap is not None for each in everything.blocks) > 5
    places = {each.block: place for place, each in enumerate(everything.blocks)}
    shown = {places[each.block] for each in limited.blocks}
    assert len(shown) < len(places)
    for each in limited.blocks:
        whole = everything.blocks[places[each.block]]
        assert each.gap == (whole.gap if places[each.block] - 1 in shown else None)
        assert each.is_active == whole.is_active


def _answer(store: Path, **options: Any) -> Blocks:
    with stores.asking(store) as connection:
        limits = options.pop("limits", Filters(time_zone="UTC"))
        return ask_blocks(connection, limits, **{"now": fortnight.NOW, **options})


def test_active_and_recent_choose_blocks_and_nothing_else(store: Path) -> None:
    """Their totals are those of the blocks that are shown; undated usage is in none."""
    everything = _answer(store)
    active = _answer(store, only_active=True)
    recent = _answer(store, only_recent=True)
    assert [each.is_active for each in active.blocks] == [True]
    assert active.blocks[0].measures == everything.blocks[-1].measures == active.total
    assert 1 < len(recent.blocks) < len(everything.blocks)
    assert summed([each.measures for each in recent.blocks]) == numbers(recent.total)
    assert (active.undated, recent.undated) == (None, None)
    later = fortnight.NOW + dt.timedelta(days=9)
    assert _answer(store, only_active=True, now=later).blocks == ()
    assert _answer(store, only_recent=True, now=later).blocks == ()


def test_the_largest_block_is_that_of_all_history(store: Path) -> None:
    """Whatever is shown, and never the active one, which is not over."""
    everything = _answer(store)
    done = max(each.measures.counts.total_tokens for each in everything.blocks if not each.is_active)
    for options in ({}, {"only_active": True}, {"limits": Filters(time_zone="UTC", models=("haiku",))}):
        assert _answer(store, with_largest=True, **options).largest_tokens == done
    assert everything.largest_tokens is None


def test_burn_is_what_was_used_in_the_last_minutes(store: Path) -> None:
    """Whatever block it was in, with its own filters, and only where a block is active."""
    lines = [line for line in fortnight.lines() if line.at_us is not None]
    now_us = int(fortnight.NOW.timestamp() * 1_000_000)
    burns = _answer(store, only_active=True).burn
    assert [burn.minutes for burn in burns] == [60, 15, 5]
    for burn in burns:
        near = [line for line in lines if now_us - burn.minutes * 60_000_000 < (line.at_us or 0) <= now_us]
        assert near
        uncached = sum(line.input_tokens + line.output_tokens + line.cache_creation_tokens for line in near)
        assert burn.uncached_tokens == uncached
        assert burn.tokens == uncached + sum(line.cache_read_tokens for line in near)
    assert _answer(store, now=fortnight.NOW - dt.timedelta(days=3)).burn == ()
    with stores.asking(store) as connection:
        last_hour = summarize(connection, Filters(time_zone="UTC"), by=By.HOUR).total
    assert burns[0].cost_pico < last_hour.cost_pico


def test_an_empty_store_has_no_blocks(tmp_path: Path) -> None:
    """And says so without falling over."""
    (tmp_path / "logs" / "projects").mkdir(parents=True)
    stores.ingest(tmp_path / "store", tmp_path / "logs")
    answer = _answer(tmp_path / "store", with_largest=True, only_active=True)
    assert (answer.blocks, answer.undated, answer.largest_tokens, answer.latest) == ((), None, None, None)
    assert answer.total.calls == 0
