"""Quantiles, fans and the windows on the time-line."""

from __future__ import annotations

import pytest

from ccmeter.domain import profile
from ccmeter.domain.limits import Band
from ccmeter.domain.profile import HOUR_US, Stretch

LENGTH = 5 * HOUR_US


def _official(start: int, end: int | None = None) -> Stretch:
    end = start + LENGTH if end is None else end
    return Stretch(start_us=start, end_us=end, begins_us=start, lasts_us=end - 1, is_official=True)


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [
        ([7], 9_000, 7),
        ([0, 10], 5_000, 5),
        ([0, 10], 1_000, 1),
        ([1, 2, 3, 4, 5], 5_000, 3),
        ([1, 2, 4], 10_000, 4),
    ],
)
def test_a_quantile_lies_between_neighbours_in_proportion(
    values: list[int], share: int, expected: int
) -> None:
    """By whole numbers, rounded down."""
    assert profile.quantile(values, share) == expected


def test_a_band_needs_four_values() -> None:
    """Three say nothing of a tenth and a ninetieth."""
    assert profile.band([1, 2, 3]) is None
    assert profile.band([50, 10, 40, 20, 30, 0, 60, 70, 80, 90, 100]) == Band(low=10, middle=50, high=90)


def test_a_fan_has_a_band_at_every_point_or_none_at_all() -> None:
    """Of equally long curves."""
    assert profile.fan([(0, 1), (0, 2), (0, 3)]) == ()
    assert [each.middle for each in profile.fan([(0, 1), (0, 2), (0, 3), (0, 4), (0, 5)])] == [0, 3]


def test_what_is_left_of_past_curves_begins_at_the_same_point() -> None:
    """Beyond the last point nothing is left."""
    curves = [(0, 5, 10)] * 4
    assert profile.rest_of(curves, 1) == Band(low=5, middle=5, high=5)
    assert profile.rest_of(curves, 9) == Band(low=0, middle=0, high=0)
    assert profile.rest_of(curves[:2], 1) is None


def test_readings_near_each_other_mean_one_window() -> None:
    """The server's resets differ by seconds."""
    reset = 100 * HOUR_US
    found = profile.official([(reset, reset - HOUR_US), (reset + 3_000_000, reset - 2 * HOUR_US)], LENGTH)
    assert found == (_official(reset - LENGTH),)


def test_a_reset_that_lies_too_far_ahead_is_none() -> None:
    """A window cannot begin after it was read."""
    assert profile.official([(100 * HOUR_US, 90 * HOUR_US)], LENGTH) == ()


def test_a_window_ends_where_the_server_began_anew() -> None:
    """No two official windows overlap."""
    first, second = 100 * HOUR_US, 103 * HOUR_US
    found = profile.official([(first, first - HOUR_US), (second, first - HOUR_US)], LENGTH)
    assert [(each.start_us, each.end_us) for each in found] == [
        (95 * HOUR_US, 98 * HOUR_US),
        (98 * HOUR_US, 103 * HOUR_US),
    ]


def test_without_readings_windows_are_blocks_by_the_rule() -> None:
    """From the full hour on, a call at the very end within."""
    found = profile.stretches(
        (),
        [
            (10 * HOUR_US + 5, 10 * HOUR_US + 9),
            (15 * HOUR_US, 15 * HOUR_US),
            (15 * HOUR_US + 1, 15 * HOUR_US + 1),
        ],
        5,
    )
    assert [
        (each.start_us, each.end_us, each.begins_us, each.lasts_us, each.is_official) for each in found
    ] == [
        (10 * HOUR_US, 15 * HOUR_US, 10 * HOUR_US + 5, 15 * HOUR_US, False),
        (15 * HOUR_US, 20 * HOUR_US, 15 * HOUR_US + 1, 20 * HOUR_US, False),
    ]


def test_a_block_gives_way_to_official_windows() -> None:
    """It begins where the one before ends, and ends where the one after begins."""
    known = (_official(7 * HOUR_US + 600), _official(14 * HOUR_US))
    calls = [(12 * HOUR_US + 700, 12 * HOUR_US + 800)]
    block = profile.stretches(known, calls, 5)[1]
    assert (block.start_us, block.end_us, block.lasts_us) == (
        12 * HOUR_US + 600,
        14 * HOUR_US,
        14 * HOUR_US - 1,
    )
    assert not block.is_official


def test_a_window_runs_from_its_start_to_its_end() -> None:
    """And not after the usage that another window takes."""
    window = _official(10, 20)
    assert [window.is_running(at) for at in (9, 10, 19, 20)] == [False, True, True, False]


def test_a_curve_adds_up_and_ends_with_everything() -> None:
    """It begins with nothing."""
    assert profile.cumulated({0: 2, 2: 3}, 3) == (0, 2, 2, 5)
    assert profile.cumulated({}, 2) == (0, 0, 0)


def test_the_peak_is_the_dearest_quarter_of_an_hour_as_a_rate() -> None:
    """Wherever its three steps lie."""
    assert profile.peak_per_hour({}) == 0
    assert profile.peak_per_hour({4: 6}) == 24
    assert profile.peak_per_hour({1: 3, 2: 3, 3: 3, 9: 6}) == 36
