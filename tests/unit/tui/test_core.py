"""The small rules of the screen: figures as text, clocks, the lines at top and bottom, ASCII, looks."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some
from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color

from ccmeter.domain.errors import StoreBusyError, StoreError
from ccmeter.domain.filters import Filters
from ccmeter.domain.limits import Band, Limits, Reading, WindowState
from ccmeter.tui import chips, clockwork, themes, topline, words
from ccmeter.tui.ascii import ASCII, to_ascii
from ccmeter.tui.feed import Told, Want
from ccmeter.tui.moment import Moment
from ccmeter.tui.setup import Asked
from ccmeter.tui.topline import State
from ccmeter.tui.widgets import header, keys
from ccmeter.tui.widgets.header import Chip, Top

NOW = dt.datetime(2026, 11, 20, 15, 30, tzinfo=dt.UTC)
NOW_US = round(NOW.timestamp() * 1_000_000)
MOMENT = Moment(now=NOW, is_live=True, filters=Filters(time_zone="UTC"), week_starts=1)


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0"),
        (999, "999"),
        (1_000, "1.0k"),
        (99_949, "99.9k"),
        (100_000, "100k"),
        (1_250_000, "1.2M"),
        (7_000_000_000, "7.0G"),
    ],
)
def test_tokens(count: int, text: str) -> None:
    assert words.tokens(count) == text


def test_shares_and_bands() -> None:
    assert (words.share(6_250), words.share(None)) == ("62.5%", "-")
    assert (words.percent(6_250), words.percent(None)) == ("63%", "-")
    assert (words.used(4_250), words.used(9_999), words.used(10_000)) == ("42%", "99%", "100%")
    assert words.band(Band(low=9_960, middle=9_960, high=9_960)) == "99%"
    assert words.band(Band(low=6_000, middle=6_200, high=6_500)) == "60-65%"
    assert words.band(Band(low=6_210, middle=6_210, high=6_210)) == "62%"
    assert words.money(1_234_000_000_000) == "$1.23"
    assert words.money(None) == "unpriced"


@pytest.mark.parametrize(
    ("seconds", "text"), [(-3, "0s"), (59, "59s"), (60, "1m"), (7_300, "2h"), (200_000, "2d")]
)
def test_ages(seconds: int, text: str) -> None:
    assert words.ago(seconds) == text


def test_countdowns_and_instants() -> None:
    assert words.lasting(-1) == "0s"
    assert words.lasting(3_900) == "1h 05m"
    hour_us = 3_600_000_000
    assert words.at(NOW_US + hour_us, MOMENT) == "16:30"
    assert words.at(NOW_US + 24 * hour_us, MOMENT) == "Sat 15:30"
    assert words.at(NOW_US - 30 * 24 * hour_us, MOMENT) == "2026-10-21 15:30"


def reading(wall_s: float, steady_s: float) -> clockwork.Reading:
    return clockwork.Reading(now=NOW + dt.timedelta(seconds=wall_s), steady_s=steady_s)


@pytest.mark.parametrize(
    ("wall_s", "steady_s", "said"),
    [
        (10, 10, ""),
        (12, 10, ""),
        (8, 10, ""),
        (-3_590, 10, "The clock was set back by 1h 00m"),
        (3_600, 3_600, "stood still for 1h 00m"),
        (3_600, 10, "or its clock was set forward: 1h 00m"),
    ],
)
def test_odd_clocks_are_told(wall_s: float, steady_s: float, said: str) -> None:
    found = clockwork.noticed(reading(0, 0), reading(wall_s, steady_s))
    assert said in found
    assert bool(said) == bool(found)


@given(some.timedeltas(), some.timedeltas(max_value=dt.timedelta()))
def test_a_step_never_leads_into_the_future(by: dt.timedelta, back: dt.timedelta) -> None:
    try:
        shown = NOW + back
    except OverflowError:
        return
    there = clockwork.stepped(shown, NOW, by)
    assert there is None or there <= NOW


def chip(window: str, **more: object) -> Chip:
    return replace(Chip(window=window, used="62%", source="official 12s", level="good"), **more)  # type: ignore[arg-type]


TOP = Top(
    title="Reports",
    instant="15:30",
    chips=(chip("5h"), chip("week", binds=True, used="91%", level="bad")),
    filters="since monday, project shop",
)


@given(
    some.integers(1, 250),
    some.sampled_from(["", "25m ago"]),
    some.sampled_from(["", "reading logs 40%", "waiting for the store: process 7 is using it"]),
    some.text(max_size=60),
    some.lists(some.text(min_size=1, max_size=20), max_size=4),
)
def test_the_top_line_is_never_too_long(
    width: int, behind: str, doing: str, filters: str, windows: list[str]
) -> None:
    top = replace(
        TOP, is_live=not behind, behind=behind, doing=doing, filters=filters, chips=tuple(map(chip, windows))
    )
    assert header.laid_out(top, width).cell_length <= width


@pytest.mark.parametrize(
    ("width", "has", "lacks"),
    [
        (120, "5h 62% official 12s  week 91%! official 12s", ""),
        (120, "since monday, project shop", ""),
        (75, "5h 62% official 12s  week 91%! official 12s", "monday"),
        (45, "5h 62%  week 91%!", "official"),
        (30, "week 91%", "5h"),
        (18, "15:30", "week"),
    ],
)
def test_the_least_important_goes_first(width: int, has: str, lacks: str) -> None:
    line = str(header.laid_out(TOP, width))
    assert has in line
    assert not lacks or lacks not in line


@pytest.mark.parametrize("width", [40, 60, 80])
def test_what_is_under_way_is_cut_before_the_instant_is_and_stands_apart(width: int) -> None:
    doing = "waiting for the store: process 28128 (/opt/python/versions/3.11/bin/python3.11) is using it"
    line = str(header.laid_out(replace(TOP, title="Now", doing=doing), width))
    assert line.startswith(" Now  week 91%  waiting for")
    assert line.rstrip().endswith(f"…  {TOP.instant}")


def test_the_past_is_told_at_any_width() -> None:
    for width in (60, 80, 200):
        past = replace(TOP, is_live=False, instant="2026-11-20 14:05", behind="25m ago")
        assert "REPLAY 2026-11-20 14:05, 25m ago" in str(header.laid_out(past, width))


def test_limits_that_are_not_known_are_not_guessed() -> None:
    assert "limits: unknown" in str(header.laid_out(replace(TOP, chips=()), 80))
    assert "limits" not in str(header.laid_out(replace(TOP, chips=None), 80))


SCREENS = [(str(at), f"Screen{at}", "x", at == 3) for at in range(1, 9)]
OWN = [(key, "Something", "y", False) for key in "abcdefgh"]


@given(some.integers(1, 250), some.integers(0, 8))
def test_the_bottom_line_keeps_screens_help_and_quit(width: int, own: int) -> None:
    line = keys.laid_out(SCREENS, OWN[:own], width)
    text = str(line)
    assert "3 Screen3" in text
    if width >= 60:
        assert line.cell_length <= width
        assert "? Help" in text
        assert all(f" {at} " in text for at in range(1, 9))
    if width >= 230:
        assert "8 Screen8" in text
        assert text.count("Something") == own


@given(some.text())
def test_ascii_takes_as_many_cells(text: str) -> None:
    made = to_ascii(text)
    assert made.isascii()
    assert cell_len(made) == cell_len(text) or not text.isprintable()


def test_ascii_keeps_what_lines_mean() -> None:
    assert to_ascii("╭─╮│█░▸…") == "+-+|#.>."
    assert to_ascii("█▓▒░·┃") == "#%:._|", (
        "what is free looks emptier than what is used, and unlike a forecast"
    )
    (segment,) = ASCII.apply([Segment("日█")], Color(0, 0, 0))
    assert segment.text == "??#"


def test_looks_have_names_and_a_cycle() -> None:
    assert set(themes.CYCLE) <= set(themes.names())
    assert themes.after("nord") == themes.CYCLE[0]
    assert themes.after(themes.CYCLE[-1]) == themes.CYCLE[0]


def state(**more: object) -> WindowState:
    read = Reading(
        window="five_hour",
        used_bp=6_200,
        resets_us=None,
        read_us=NOW_US - 12_000_000,
        source="hook",
        session_id="",
    )
    made = WindowState(
        window="five_hour",
        length_s=18_000,
        reading=read,
        resets_us=None,
        is_over=False,
        used_bp=Band(low=6_200, middle=6_200, high=6_200),
        elapsed_bp=None,
        pace_stage=0,
        worth=None,
        ends_bp=None,
        full_us=None,
        runs_out_bp=None,
        elsewhere_bp=0,
        cap_changed_us=None,
    )
    return replace(made, **more)  # type: ignore[arg-type]


def told(*states: WindowState, binding: str | None = None) -> tuple[Chip, ...]:
    return chips.chips(Limits(windows=states, binding=binding, now_us=NOW_US))


def test_a_chip_says_where_its_figure_is_from() -> None:
    (official,) = told(state(), binding="five_hour")
    assert (official.window, official.used, official.source) == ("5h", "62%", "official 12s")
    assert (official.level, official.binds) == ("good", True)
    (estimate,) = told(state(used_bp=Band(low=7_400, middle=7_600, high=8_000)))
    assert (estimate.used, estimate.source, estimate.level) == ("74-80%", "estimate, official 12s", "warn")
    (over,) = told(state(is_over=True))
    assert (over.used, over.source, over.level) == ("?", "reset, read 12s ago", "")
    (hit,) = told(
        state(
            window="seven_day_opus",
            reading=replace(state().reading, source="notice"),
            used_bp=Band(low=10_000, middle=10_000, high=10_000),
        )
    )
    assert (hit.window, hit.used, hit.source, hit.level) == ("week opus", "100%", "log 12s", "bad")
    assert told() == ()
    assert chips.named("lunar") == "lunar"


def answered(*, reads_logs: bool, **more: object) -> Told:
    want = Want(page="now", ask=lambda *_: None, moment=MOMENT, reads_logs=reads_logs)
    return replace(Told(want=want), **more)  # type: ignore[arg-type]


def test_troubles_stay_until_they_are_over() -> None:
    broken = State(doing="reading logs").after(
        answered(reads_logs=True, error=StoreError("held by\x1b[2J 7", hint="Wait."), problems=(("odd", 2),)),
        is_reading=False,
    )
    assert broken.doing == ""
    assert broken.trouble(NOW) == "held by\ufffd[2J 7 Wait.  2 could not be read (odd); 8 shows all."
    still = broken.after(answered(reads_logs=False, has_answer=True), is_reading=False)
    assert still.trouble(NOW) == broken.trouble(NOW)
    fine = broken.after(answered(reads_logs=True, has_answer=True), is_reading=False)
    assert fine.trouble(NOW) == ""


def test_a_busy_store_is_waited_for_without_a_command() -> None:
    """What a command would be told to do is of no use to a screen that asks again by itself."""
    busy = answered(reads_logs=False, error=StoreBusyError("In use by 7.", hint="Run the command again."))
    assert State().after(busy, is_reading=False).trouble(NOW) == (
        "In use by 7. The screen goes on by itself once it is free."
    )


def test_what_is_under_way_leaves_room_for_the_limit_that_binds() -> None:
    """However long it takes to say."""
    doing = "waiting for the store: process 4997 (/usr/local/bin/python3.11) is using it"
    shown = (chip("5h"), replace(chip("week"), binds=True))
    line = header.laid_out(Top(title="Now", instant="15:30", chips=shown, doing=doing), 80).plain
    assert len(line) == 80
    assert "week 62%" in line
    assert "waiting for the store" in line
    assert line.endswith("15:30 ")


def test_what_a_question_waited_for_goes_with_its_answer() -> None:
    """Unless logs are still to be read, which may be what is told."""
    waiting = State(doing="waiting for python (PID 7)")
    assert waiting.after(answered(reads_logs=False, has_answer=True), is_reading=False).doing == ""
    assert waiting.after(answered(reads_logs=False, has_answer=True), is_reading=True).doing == waiting.doing


def test_how_old_figures_are_is_told_while_no_newer_ones_can_be_had() -> None:
    """Not within seconds, and not before there were any."""
    gone = answered(reads_logs=False, error=StoreError("It is gone."))
    limits = Limits(windows=(state(),), binding=None, now_us=NOW_US)
    known = State().shown(topline.Both(answer=None, limits=limits), MOMENT).after(gone, is_reading=False)
    assert known.trouble(NOW + dt.timedelta(seconds=5)) == "It is gone."
    assert known.trouble(NOW + dt.timedelta(minutes=5)) == "It is gone.  Figures are of 15:30, 5m ago."
    assert State().after(gone, is_reading=False).trouble(NOW) == "It is gone."
    later = replace(MOMENT, now=NOW + dt.timedelta(minutes=5))
    (aged,) = known.top(later, later.now, "Now", Asked()).chips or ()
    assert aged.source == "official 5m"


def test_a_missing_folder_is_told_if_there_is_no_other() -> None:
    gone = (Path("/home/me/.claude/projects"),)
    assert "No log folder: /home/me/.claude/projects" in State().missing(gone, are_all=True).trouble(NOW)
    assert State().missing(gone, are_all=False).trouble(NOW) == ""
    assert State().missing((), are_all=True).trouble(NOW) == ""


def test_the_state_of_the_top_line() -> None:
    top = State().top(MOMENT, NOW, "Now", Asked(since="monday", model="opus"))
    assert (top.title, top.instant, top.filters) == ("Now", "15:30", "since monday, model opus")
    past = replace(MOMENT, now=NOW - dt.timedelta(hours=2), is_live=False)
    top = State().top(past, NOW, "Now", Asked())
    assert (top.instant, top.behind, top.filters) == ("2026-11-20 13:30", "2h ago", "")
    assert topline.said(Asked(project="a\x07b")) == "project a\ufffdb"
