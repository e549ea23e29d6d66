"""Where billing blocks begin and end: ccusage's rule, on full hours, without overlap."""

from __future__ import annotations

import datetime as dt
from itertools import groupby, pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ccmeter.domain.blocks import HOUR_US, Block, find, gap_between, gaps, instant, microseconds
from support.scale import scaled

MINUTE_US = HOUR_US // 60


def hours_of(times_us: list[int]) -> list[tuple[int, int]]:
    """Give the first and the last instant of every hour, which ends with its last instant."""
    grouped = groupby(sorted(times_us), key=lambda at_us: (at_us - 1) // HOUR_US)
    return [(times[0], times[-1]) for times in (list(each) for _, each in grouped)]


def blocks_of(times_us: list[int], hours: int = 5) -> tuple[Block, ...]:
    return find(hours_of(times_us), length_hours=hours)


def as_ccusage_says(times_us: list[int], hours: int) -> list[list[int]]:
    """Give the calls of each block by the rule as it is written down (facts/ccusage.md, section 3)."""
    length_us = hours * HOUR_US
    found: list[list[int]] = []
    start_us = 0
    for at_us in sorted(times_us):
        if not found or at_us - start_us > length_us or at_us - found[-1][-1] > length_us:
            found.append([])
            start_us = at_us // HOUR_US * HOUR_US
        found[-1].append(at_us)
    return found


def test_a_block_begins_with_the_hour_of_its_first_call() -> None:
    """And lasts five hours from there, not from the call."""
    (block,) = blocks_of([10 * HOUR_US + 59 * MINUTE_US, 14 * HOUR_US])
    assert (block.start_us, block.end_us) == (10 * HOUR_US, 15 * HOUR_US)
    assert (block.first_us, block.last_us) == (10 * HOUR_US + 59 * MINUTE_US, 14 * HOUR_US)


@pytest.mark.parametrize(("late_us", "blocks"), [(0, 1), (1, 2)])
def test_a_call_at_the_very_end_stays(late_us: int, blocks: int) -> None:
    """More than five hours after the start is strictly more; whoever begins the next one begins it on an hour."""
    found = blocks_of([HOUR_US, 6 * HOUR_US + late_us])
    assert len(found) == blocks
    assert found[-1].start_us == (HOUR_US if blocks == 1 else 6 * HOUR_US)


def test_without_usage_there_is_no_block() -> None:
    """Nothing is not a block of nothing."""
    assert find([]) == ()
    assert gaps(()) == {}


def test_a_gap_is_longer_than_a_block() -> None:
    """It begins a block's length after the last call, ends with the next call, and belongs to the block after it."""
    near = blocks_of([HOUR_US, 6 * HOUR_US + 1])
    assert gap_between(*near) is not None
    last_us = 3 * HOUR_US
    exact = blocks_of([HOUR_US, last_us, last_us + 5 * HOUR_US])
    assert gap_between(*exact) is None
    before, after = blocks_of([HOUR_US, last_us, last_us + 5 * HOUR_US + MINUTE_US])
    gap = gaps((before, after))[after]
    assert (gap.start_us, gap.end_us) == (8 * HOUR_US, 8 * HOUR_US + MINUTE_US)
    assert after.start_us == gap.start_us


@pytest.mark.parametrize(
    ("now_us", "is_active"),
    [
        (HOUR_US - 1, False),
        (HOUR_US, True),
        (6 * HOUR_US - 1, True),
        (6 * HOUR_US, False),
    ],
)
def test_a_block_is_active_until_its_end(*, now_us: int, is_active: bool) -> None:
    """A clock that stands before its start, or at its end, is outside of it."""
    (block,) = blocks_of([HOUR_US + MINUTE_US])
    assert block.is_active(now_us) is is_active


@settings(max_examples=scaled(300))
@given(
    times_us=st.lists(st.integers(-30 * HOUR_US, 200 * HOUR_US) | st.integers(-30, 200).map(HOUR_US.__mul__)),
    hours=st.integers(1, 24),
)
@example(times_us=[0], hours=5)
@example(times_us=[-1, 0, 1], hours=1)
def test_blocks_are_those_of_the_rule(times_us: list[int], hours: int) -> None:
    """Every call in exactly one block; starts on hours, each its own; no block begins before the one before it ends."""
    found = blocks_of(times_us, hours)
    expected = as_ccusage_says(times_us, hours)
    assert [(block.first_us, block.last_us) for block in found] == [(part[0], part[-1]) for part in expected]
    starts = [block.start_us for block in found]
    assert starts == sorted(set(starts))
    assert all(start_us % HOUR_US == 0 for start_us in starts)
    for before, after in pairwise(found):
        assert before.end_us <= after.start_us
    for block in found:
        assert block.start_us <= block.first_us <= block.last_us <= block.end_us
        assert block.end_us - block.start_us == hours * HOUR_US


def test_instants_are_exact_and_within_the_calendar() -> None:
    """Microseconds survive; what no calendar has is shown as its nearest day in any zone."""
    at = dt.datetime(2026, 11, 21, 1, 2, 3, 456_789, tzinfo=dt.UTC)
    assert instant(microseconds(at)) == at
    assert instant(-(2**62)).year == 1
    assert instant(2**62).year == 9999
