"""Time-line, fan, burn-down and heat map as characters: what they say, and that they keep to their room."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from ccmeter.domain.limits import Band
from ccmeter.domain.profile import HOUR_US, Stretch
from ccmeter.queries.profile import BlockUse
from ccmeter.tui.widgets import burndown, fan, heatmap, timeline
from ccmeter.tui.widgets.burndown import BurnDown
from ccmeter.tui.widgets.canvas import Curves, Drawing, plotted, sampled
from ccmeter.tui.widgets.fan import Fan
from ccmeter.tui.widgets.heatmap import HeatMap
from ccmeter.tui.widgets.timeline import TimeLine

NOW = dt.datetime(2026, 11, 18, 15, 30, tzinfo=dt.UTC)
DOLLAR = 10**12
SIZES = [(20, 2), (36, 3), (58, 5), (78, 9), (118, 14), (198, 30)]


def _text(lines: Drawing) -> list[str]:
    return ["".join(char for char, _ in line) for line in lines]


def _us(at: dt.datetime) -> int:
    return round(at.timestamp() * 1e6)


def _block(
    start: dt.datetime, *, is_official: bool = True, hits: tuple[int, ...] = (), points: int = 61
) -> BlockUse:
    start_us = _us(start)
    end_us = start_us + 5 * HOUR_US
    stretch = Stretch(
        start_us=start_us, end_us=end_us, begins_us=start_us, lasts_us=end_us - 1, is_official=is_official
    )
    return BlockUse(
        stretch=stretch,
        is_running=points < 61,
        curve=tuple(DOLLAR * min(point, 24) for point in range(points)),
        models=("claude-opus-4-6",),
        tokens=1,
        cost_pico=1,
        unpriced_tokens=0,
        calls=1,
        first_us=start_us,
        last_us=start_us,
        peak_pico=1,
        hits_us=hits,
    )


def _timeline(*blocks: BlockUse, now: dt.datetime = NOW, chosen_us: int | None = None) -> TimeLine:
    return TimeLine(blocks=blocks, now=now, chosen_us=chosen_us)


def test_a_day_shows_its_windows_by_the_hour() -> None:
    """Start, used, idle, and an estimate that looks otherwise; the newest day first, hours below."""
    morning = _block(NOW.replace(hour=1, minute=0))
    guess = _block(NOW.replace(hour=8, minute=0) - dt.timedelta(days=1), is_official=False)
    lines = _text(timeline.drawn(_timeline(guess, morning), 7 + 48, 3))
    assert lines[0] == "Wed 18   ▐▆▆▆▂▂▂▂▂▂".ljust(7 + 31) + "│" + " " * 16
    assert lines[1] == "Tue 17                 ▐▒▒▒░░░░░░".ljust(55)
    assert lines[2].split() == ["00", "03", "06", "09", "12", "15", "18", "21"]


def test_a_running_window_reaches_ahead_of_now() -> None:
    """As a line, for what is official and for what is not."""
    for is_official, char in ((True, "─"), (False, "╌")):
        block = _block(NOW.replace(hour=13, minute=0), is_official=is_official, points=31)
        line = _text(timeline.drawn(_timeline(block), 7 + 48, 1))[0]
        assert line[7 + 31] == "│"
        assert line[7 + 32 : 7 + 36] == char * 4
        assert line[7 + 36 :].strip() == ""


def test_a_window_over_midnight_stands_on_both_days() -> None:
    """Its start on the first only."""
    block = _block(NOW.replace(hour=22, minute=0) - dt.timedelta(days=1))
    today, before = _text(timeline.drawn(_timeline(block), 7 + 24, 2))
    assert before[7:] == " " * 22 + "▐▆"
    assert today[7:].startswith("▂▂▂ ")


def test_a_limit_that_was_met_stands_over_everything() -> None:
    """Where it was met."""
    block = _block(NOW.replace(hour=1, minute=0), hits=(_us(NOW.replace(hour=2, minute=10)),))
    assert _text(timeline.drawn(_timeline(block), 7 + 24, 1))[0][7 + 2] == "×"


def test_the_chosen_window_is_marked() -> None:
    """By its first cell, and by its colour in place of that of its source."""
    official, guess = _block(NOW.replace(hour=1)), _block(NOW.replace(hour=8), is_official=False)
    shown = _timeline(official, guess, chosen_us=official.stretch.start_us)
    roles = {role for _, role in timeline.drawn(shown, 7 + 24, 1)[0][7:]}
    assert roles == {"here", "guess", ""}
    assert _text(timeline.drawn(shown, 7 + 24, 1))[0][7:10].strip() == "▶▆"


def test_days_on_which_clocks_change_keep_their_hours() -> None:
    """A day of 25 hours is drawn over its whole length."""
    now = dt.datetime(2026, 10, 25, 20, 0, tzinfo=ZoneInfo("Europe/Berlin"))
    line = _text(timeline.drawn(_timeline(now=now), 7 + 50, 1))[0]
    assert line.index("│") == 7 + 21 * 2


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_everything_keeps_to_its_room(width: int, height: int) -> None:
    """No line is too long, and there are never too many."""
    block = _block(NOW.replace(hour=13, minute=0), points=31)
    bands = tuple(Band(low=point, middle=2 * point, high=3 * point) for point in range(61))
    week = (NOW - dt.timedelta(days=4), NOW + dt.timedelta(days=3))
    points = [(_us(week[0]) + hour * HOUR_US, hour * 60) for hour in range(168)]
    for is_percent in (True, False):
        burn = BurnDown(
            start_at=week[0],
            end_at=week[1],
            now_us=_us(NOW),
            is_percent=is_percent,
            used=tuple(points[:96]),
            ahead=tuple((at, Band(low=used, middle=used + 50, high=used + 900)) for at, used in points[96:]),
            usual=tuple(points),
            hits_us=(points[9][0],),
        )
        drawings = [
            timeline.drawn(_timeline(block), width, height),
            fan.drawn(Fan(curve=block.curve, fan=bands, hits=(4,), is_running=True), width, height),
            fan.drawn(Fan(curve=(), fan=()), width, height),
            burndown.drawn(burn, width, height),
        ]
        for lines in drawings:
            assert len(lines) == height
            assert {len(line) for line in lines} == {width}
    heat = HeatMap(means=tuple(tuple(range(24)) for _ in range(7)), week_starts=7, now=(2, 15))
    assert len(heatmap.drawn(heat, max(width, 30), height)) == min(height, 9)


def test_a_curve_stops_at_now_and_its_fan_goes_on() -> None:
    """The line covers the band; the mark of a limit stands at the foot."""
    bands = tuple(Band(low=0, middle=DOLLAR * point, high=DOLLAR * 2 * point) for point in range(61))
    shown = Fan(
        curve=tuple(DOLLAR * 2 * point for point in range(31)), fan=bands, hits=(12,), is_running=True
    )
    lines = _text(fan.drawn(shown, 70, 10))
    assert lines[0].startswith("$120.00 ")
    assert lines[8].startswith("  $0.00 ")
    assert lines[9].split() == ["0h", "1h", "2h", "3h", "4h", "5h"]
    assert "×" in lines[8]
    assert lines[4][8 + 61 // 2] in "▀▄█"
    assert all("█" not in line[8 + 32 :] and "▄" not in line[8 + 32 :] for line in lines)
    assert "░" in lines[1][8 + 40 :]


def test_a_line_has_no_holes() -> None:
    """It fills what lies between two columns, up and down, and no half row twice."""
    for line in ([0, 100], [100, 0]):
        cells = plotted(Curves(top=100, line=line, band=()), 2, 5).cells
        assert [char for char, _ in (row[0] for row in cells)].count(" ") in {4, 0}
        filled = sum({"█": 2, "▀": 1, "▄": 1, " ": 0}[char] for row in cells for char, _ in row)
        assert filled == 10


def test_columns_show_the_first_and_the_last_point() -> None:
    """However many there are."""
    assert sampled(3, 61) == [0, 30, 60]
    assert sampled(1, 61) == [0]


def _burn(**more: object) -> BurnDown:
    start = dt.datetime(2026, 11, 13, 14, tzinfo=dt.UTC)
    values: dict[str, object] = {
        "start_at": start,
        "end_at": start + dt.timedelta(days=7),
        "now_us": _us(start + dt.timedelta(days=3, hours=12)),
        "is_percent": True,
        "used": ((_us(start), 0), (_us(start + dt.timedelta(days=1)), 5_000)),
    }
    return BurnDown(**{**values, **more})  # type: ignore[arg-type]  # fields by name


def test_what_is_left_falls_and_its_forecast_stops_at_nothing() -> None:
    """More than everything is not drawn below the foot."""
    burn = _burn()
    lines = _text(
        burndown.drawn(_burn(ahead=((burn.now_us, Band(low=5_000, middle=7_000, high=15_000)),)), 75, 10)
    )
    assert [line[:4].strip() for line in lines[:9]] == ["100%", "", "75%", "", "50%", "", "25%", "", "0%"]
    assert lines[0][5:14] == "▀" * 9
    assert lines[4][60:] == "░" * 15
    assert lines[8][60:] == "░" * 15
    assert lines[3][60:].strip() == ""
    assert lines[9].split() == ["Fri", "Sat", "Sun", "Mon", "Tue", "Wed", "Thu", "Fri"]


def test_of_two_days_too_near_the_whole_one_keeps_its_name() -> None:
    """A week that begins in the afternoon begins with the next day where room is short."""
    burn = _burn()
    assert burndown.days(burn.start_at, burn.end_at, 50).split()[0] == "Sat"


def test_money_rises_to_the_most_there_is() -> None:
    """The top is the highest of line, band and usual."""
    lines = _text(
        burndown.drawn(_burn(is_percent=False, used=((0, DOLLAR),), usual=((0, 3 * DOLLAR),)), 70, 6)
    )
    assert lines[0].startswith("$3.00 ·")
    assert lines[4].startswith("$0.00")


def test_heat_goes_by_the_root_so_that_one_hour_does_not_hide_all_others() -> None:
    """Nothing is blank, the least is seen, the most is full."""
    assert [heatmap.step(amount, 1_600) for amount in (0, 1, 99, 100, 400, 900, 1_600)] == [
        0,
        1,
        1,
        2,
        3,
        4,
        4,
    ]
    assert heatmap.step(5, 0) == 0


def test_the_heat_map_begins_with_the_chosen_day_and_marks_now() -> None:
    """Hours below, and what the shades mean."""
    means = tuple(tuple(DOLLAR if hour == 9 and day < 5 else 0 for hour in range(24)) for day in range(7))
    lines = _text(heatmap.drawn(HeatMap(means=means, week_starts=7, now=(2, 15)), 52, 9))
    assert [line[:3] for line in lines[:7]] == ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    assert lines[1] == "Mon " + " " * 18 + "██" + " " * 28
    assert lines[3][4 + 31] == "│"
    assert lines[7].split() == ["00", "04", "08", "12", "16", "20"]
    assert lines[8].strip() == "░ some  █ up to $1.00 an hour"
    nothing = HeatMap(means=tuple((0,) * 24 for _ in range(7)), week_starts=1)
    assert _text(heatmap.drawn(nothing, 120, 9))[8].strip() == "nothing yet"
