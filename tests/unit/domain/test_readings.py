"""Which readings count: late ones, old ones, those of other windows, notices, and figures that really fell."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccmeter.domain.limits import FIVE_HOUR, FULL_BP, SEVEN_DAY, Reading, length_s
from ccmeter.domain.readings import LAG_US, is_over, is_same_window, noticed, reset_of, settle, window_of
from support.transcripts import us

if TYPE_CHECKING:
    import random

START = us("2026-11-21T10:00:00+00:00")
MINUTE = 60_000_000
HOUR = 60 * MINUTE
RESETS = START + 3 * HOUR


def told(session: str, minute: float, used_bp: int, resets_us: int | None = RESETS, **more: str) -> Reading:
    values = {"window": FIVE_HOUR, "source": "hook", **more}
    return Reading(
        used_bp=used_bp,
        resets_us=resets_us,
        read_us=START + round(minute * MINUTE),
        session_id=session,
        window=values["window"],
        source="notice" if values["source"] == "notice" else "hook",
    )


def figures(*readings: Reading) -> list[int]:
    return [each.used_bp for each in settle(readings)]


def test_an_idle_session_tells_old_news() -> None:
    """The same reset and a smaller figure that comes later from another session is not what is used now."""
    assert figures(told("a", 0, 1_000), told("b", 1, 4_000), told("a", 30, 1_000), told("a", 31, 1_000)) == [
        1_000,
        4_000,
    ]


def test_a_session_that_is_only_a_little_behind_tells_old_news() -> None:
    """Its answer may have begun before the other's."""
    assert figures(told("a", 0, 1_000), told("b", 1, 4_000), told("a", 2, 3_900)) == [1_000, 4_000]


def test_a_session_s_own_figure_that_falls_has_fallen() -> None:
    """A session's answers are in order: the cap was raised, or use forgiven."""
    assert figures(told("a", 0, 4_000), told("a", 5, 2_500)) == [4_000, 2_500]


def test_a_figure_that_moves_long_after_a_higher_one_is_newer() -> None:
    """Two different figures from one session, both told after any answer of another can have taken."""
    late = LAG_US / MINUTE
    high = told("a", 0, 6_000)
    assert figures(high, told("b", late + 1, 2_000), told("b", late + 5, 2_100)) == [6_000, 2_100]
    assert figures(high, told("b", late - 1, 2_000), told("b", late + 5, 2_100)) == [6_000]
    assert figures(high, told("b", late + 1, 2_000), told("b", late + 5, 2_000)) == [6_000]


def test_after_a_reset_figures_begin_anew() -> None:
    """A later reset is a newer window, and what idle sessions tell of the one before is none of it."""
    after = told("a", 190, 100, RESETS + 5 * HOUR)
    assert figures(told("a", 0, 9_000), after, told("b", 191, 9_000), told("b", 192, 8_000, RESETS)) == [
        9_000,
        100,
    ]


def test_a_window_that_moved_early_counts_at_once() -> None:
    """The server may reset before its time."""
    assert figures(told("a", 0, 9_000), told("a", 10, 0, RESETS + HOUR)) == [9_000, 0]


def test_another_account_counts_once_its_session_is_surely_alive() -> None:
    """An earlier reset is old news from a session that was idle, and another account from one that told the later reset."""
    later = RESETS + HOUR
    assert figures(told("b", 0, 500), told("a", 1, 4_000, later), told("b", 2, 500)) == [500, 4_000]
    assert figures(told("a", 1, 4_000, later), told("a", 9, 700)) == [4_000, 700]


@pytest.mark.parametrize(
    "bad",
    [
        told("a", 0, -1),
        told("a", 0, FULL_BP + 1),
        told("a", 0, 100, START),
        told("a", 0, 100, START - HOUR),
        told("a", 0, 100, START + 7 * HOUR),
    ],
)
def test_what_is_not_possible_is_no_reading(bad: Reading) -> None:
    """Shares beyond a whole, windows that had ended, and those that end later than any can."""
    assert settle([bad]) == ()


def test_resets_that_differ_by_seconds_are_one_window() -> None:
    """The first that was told stands for all."""
    found = settle([told("a", 0, 100), told("b", 1, 200, RESETS + 5_000_000), told("c", 2, 300, None)])
    assert [each.resets_us for each in found] == [RESETS] * 3


def test_without_any_reset_a_reading_lasts_its_window_s_length() -> None:
    """It stays without one, and is over when its window must be."""
    one, other = settle([told("a", 0, 100, None), told("a", 400, 50, None)])
    assert one.resets_us is None
    assert not is_same_window(one, other)
    assert is_same_window(one, replace(other, read_us=one.read_us + HOUR))
    assert not is_over(one, START + 5 * HOUR - 1)
    assert is_over(one, START + 5 * HOUR)
    assert is_over(told("a", 0, 100), RESETS)


def test_a_notice_is_a_hundred_percent_whatever_is_told_after_it() -> None:
    """Idle sessions and the one that hit the limit go on telling what they were told before."""
    hit = told("a", 5, FULL_BP, None, source="notice")
    found = settle([told("a", 0, 9_700), hit, told("a", 6, 9_700), told("b", 7, 9_900), told("b", 8, 9_950)])
    assert [(each.used_bp, each.resets_us) for each in found] == [(9_700, RESETS), (FULL_BP, RESETS)]


def test_nameless_sessions_are_not_one() -> None:
    """Sessions that were forgotten: their figures may be of many, so none of them proves a fall."""
    assert figures(told("", 0, 4_000), told("", 5, 2_500)) == [4_000]


readings = st.builds(
    told,
    st.sampled_from("abc"),
    st.integers(0, 400),
    st.integers(0, FULL_BP),
    st.sampled_from([None, RESETS, RESETS + 1_000_000, RESETS + 5 * HOUR]),
)


@given(st.lists(readings, max_size=30), st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(given_: list[Reading], dice: random.Random) -> None:
    """The spool's files are read in any order."""
    shuffled = list(given_)
    dice.shuffle(shuffled)
    assert settle(given_) == settle(shuffled)


def test_read_between_two_spellings_of_one_reset() -> None:
    """The server's instants differ by seconds: a reading keeps a reset that is yet to come, never one that has passed."""
    resets_us = START + 60 * MINUTE
    early = told("a", 0, 1_000, resets_us)
    late = told("a", 60, 1_100, resets_us + 1_000_000)
    assert settle([early, late]) == (early, late)


@given(st.lists(readings, max_size=30))
def test_what_counts_counts_again(given_: list[Reading]) -> None:
    """In order of time, each possible, with nothing told twice over."""
    found = settle(given_)
    assert list(found) == sorted(found, key=lambda each: each.read_us)
    assert all(0 <= each.used_bp <= FULL_BP for each in found)
    assert all(each.resets_us is None or each.resets_us > each.read_us for each in found)


@given(
    st.lists(
        st.builds(told, st.sampled_from(["a"]), st.integers(0, 100), st.integers(0, FULL_BP)), min_size=1
    )
)
def test_one_session_s_last_word_counts(given_: list[Reading]) -> None:
    """With a single session nothing is old news: the newest reading is what is used."""
    last = max(given_, key=lambda each: (each.read_us, each.used_bp))
    assert settle(given_)[-1].used_bp == last.used_bp


@given(st.lists(st.tuples(st.integers(0, 170), st.integers(0, FULL_BP)), min_size=1, max_size=20))
def test_sessions_that_tell_one_thing_each_never_make_it_fall(told_: list[tuple[int, int]]) -> None:
    """However they are idle and in whatever order they come."""
    found = figures(*(told(f"s{number}", minute, used) for number, (minute, used) in enumerate(told_)))
    assert found == sorted(found)


@pytest.mark.parametrize(
    ("reason", "window"),
    [
        ("session", FIVE_HOUR),
        ("5-hour", FIVE_HOUR),
        ("weekly", SEVEN_DAY),
        ("opus", "seven_day_opus"),
        ("Opus weekly", "seven_day_opus"),
        ("sonnet", "seven_day_sonnet"),
        ("spend", None),
        ("usage", None),
    ],
)
def test_a_notice_names_its_window(reason: str, window: str | None) -> None:
    """As Claude Code words them; of any other limit nothing is known."""
    assert window_of(reason) == window


READ = us("2026-11-21T12:00:00+00:00")  # a Saturday


@pytest.mark.parametrize(
    ("said", "instant"),
    [
        ("3:45pm", "2026-11-21T15:45:00+01:00"),
        ("3pm", "2026-11-21T15:00:00+01:00"),
        ("1pm", "2026-11-22T13:00:00+01:00"),
        ("12am", "2026-11-22T00:00:00+01:00"),
        ("12:30pm", "2026-11-22T12:30:00+01:00"),
        ("23:15", "2026-11-21T23:15:00+01:00"),
        ("3:45pm (America/New_York)", "2026-11-21T15:45:00-05:00"),
        ("3:45pm (CET)", "2026-11-21T15:45:00+01:00"),
        ("3:45pm (Nowhere/Land)", "2026-11-21T15:45:00+01:00"),
        ("Mon 12:00am", "2026-11-23T00:00:00+01:00"),
        ("Sat 1pm", "2026-11-28T13:00:00+01:00"),
        ("Sat 2pm", "2026-11-21T14:00:00+01:00"),
        ("Nov 25, 3pm", "2026-11-25T15:00:00+01:00"),
        ("Jan 2 at 9am", "2027-01-02T09:00:00+01:00"),
        ("1795280400", "2026-11-21T17:00:00+00:00"),
        ("1795000000", None),
        ("Feb 30, 3pm", None),
        ("25:00", None),
        ("13pm", None),
        ("0am", None),
        ("soon", None),
        ("", None),
    ],
)
def test_reset_times_as_notices_word_them(said: str, instant: str | None) -> None:
    """The next such instant after the notice, in its zone or in the asker's."""
    found = reset_of(said, read_us=READ, time_zone="Europe/Berlin")
    assert found == (None if instant is None else us(instant))


def test_a_notice_without_a_window_is_told_by_how_far_its_reset_is() -> None:
    """Old versions say `usage limit`; without a reset nobody knows which."""

    def window(resets: str) -> str | None:
        found = noticed("usage", resets, read_us=READ, session_id="s", time_zone="UTC")
        return None if found is None else found.window

    assert window("3pm") == FIVE_HOUR
    assert window("Mon 12am") == SEVEN_DAY
    assert window("") is None


def test_a_notice_s_reset_that_its_window_cannot_have_is_left_out() -> None:
    """It was read as the wrong day; that the limit was hit still stands."""
    found = noticed("session", "Tue 3pm", read_us=READ, session_id="s", time_zone="UTC")
    assert found == Reading(
        window=FIVE_HOUR, used_bp=FULL_BP, resets_us=None, read_us=READ, source="notice", session_id="s"
    )


def test_how_long_windows_last() -> None:
    """A model's own lasts as long as what its name begins with."""
    assert [length_s(each) for each in (FIVE_HOUR, SEVEN_DAY, "seven_day_opus", "five_hour_x", "other")] == [
        18_000,
        604_800,
        604_800,
        18_000,
        604_800,
    ]
