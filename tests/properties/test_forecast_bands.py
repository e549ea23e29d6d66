"""What holds for every history: bands are in order, no call is in two windows, and less never ends higher."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise

from hypothesis import example, given
from hypothesis import strategies as st

from ccmeter.domain import profile, weeks
from ccmeter.domain.limits import Band
from ccmeter.domain.profile import HOUR_US
from ccmeter.domain.weeks import Slot, WhatIf

MONDAY = dt.datetime(2026, 11, 16)  # noqa: DTZ001 - what clocks on the wall show
AMOUNTS = st.integers(0, 10**15)
CHANGES = st.builds(
    WhatIf,
    stop_hour=st.none() | st.integers(0, 23),
    less_bp=st.integers(0, 10_000),
    model_bp=st.integers(0, 10_000),
)
BANDS = (
    st.lists(st.integers(0, 30_000), min_size=3, max_size=3)
    .map(sorted)
    .map(lambda each: Band(low=each[0], middle=each[1], high=each[2]))
)


def _slots(count: int) -> list[Slot]:
    return [
        Slot(hour=MONDAY + dt.timedelta(hours=hour), seconds=3_600, ends_us=(hour + 1) * HOUR_US)
        for hour in range(count)
    ]


@given(st.lists(AMOUNTS, min_size=4, max_size=80))
def test_a_band_is_in_order_and_within_its_values(values: list[int]) -> None:
    """Whatever the values."""
    band = profile.band(values)
    assert band is not None
    assert min(values) <= band.low <= band.middle <= band.high <= max(values)


@given(
    st.lists(st.tuples(st.integers(0, 400), st.integers(-6, 6)), max_size=8),
    st.lists(st.integers(0, 400 * 60), max_size=60, unique=True),
)
def test_every_call_is_in_exactly_one_window(resets: list[tuple[int, int]], calls: list[int]) -> None:
    """Windows do not overlap, official ones come first, and none is without a call or a reading."""
    length = 5 * HOUR_US
    known = profile.official([(hour * HOUR_US, (hour + read) * HOUR_US) for hour, read in resets], length)
    minutes = sorted(calls)
    outside = [
        minute * 60_000_000
        for minute in minutes
        if not any(each.begins_us <= minute * 60_000_000 <= each.lasts_us for each in known)
    ]
    found = profile.stretches(known, [(at, at) for at in outside], 5)
    for one, two in pairwise(found):
        assert one.start_us < one.end_us <= two.start_us
        assert one.begins_us <= one.lasts_us < two.begins_us
    for minute in minutes:
        assert sum(each.begins_us <= minute * 60_000_000 <= each.lasts_us for each in found) == 1


@given(
    st.lists(st.lists(AMOUNTS, min_size=24, max_size=24), min_size=4, max_size=8),
    AMOUNTS,
    CHANGES,
)
def test_less_never_ends_higher(rest: list[list[int]], used: int, change: WhatIf) -> None:
    """Neither in money, nor at any point on the way."""
    ahead = _slots(24)
    as_is, changed = (
        weeks.forecast(0, ahead, rest, used=used, change=each) for each in (weeks.AS_IT_IS, change)
    )
    assert as_is is not None
    assert changed is not None
    for one, two in zip(as_is.used, changed.used, strict=True):
        assert used <= two.low <= one.low
        assert two.middle <= one.middle
        assert two.high <= one.high


@given(
    st.lists(st.lists(AMOUNTS, min_size=9, max_size=9), max_size=8),
    BANDS,
    BANDS,
    CHANGES,
    st.integers(0, 10_000),
)
@example([], Band(low=0, middle=0, high=8164), Band(low=0, middle=4, high=8164), WhatIf(model_bp=0), 100)
def test_a_change_of_an_official_forecast_stays_between_now_and_its_end(
    rest: list[list[int]], used: Band, ends: Band, change: WhatIf, chance: int
) -> None:
    """Nothing changed changes nothing; less is never likelier to run out."""
    found = weeks.shaped(
        0, _slots(9), rest, used=used, ends=ends, runs_out_bp=chance, full_us=None, change=change
    )
    highest = max(ends.high, used.high)
    assert all(used.low <= each.low and each.high <= highest for each in found.used)
    assert found.runs_out_bp is not None
    if used.low <= ends.low and used.middle <= ends.middle and used.high <= ends.high:
        assert found.runs_out_bp <= chance
    same = weeks.shaped(0, _slots(9), rest, used=used, ends=ends, runs_out_bp=chance, full_us=None)
    assert same.runs_out_bp == chance
