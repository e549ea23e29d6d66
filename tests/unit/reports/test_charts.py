"""Charts in characters: never wider than asked, nothing lost in silence, and told by shape alone where there is no colour."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccmeter.reports.charts import HEIGHT, Look, amount, draw, lines_of
from ccmeter.reports.figure import LEVELS, Bars, Calendar, Day, Figure, Line, Point
from ccmeter.reports.foreign import cell_width
from ccmeter.reports.table import Kind

EVIL = "\x1b[2J\u202e\n日本語" * 4
FIRST = dt.date(2025, 11, 17)


def line(*values: int | None, kind: Kind = Kind.TOKENS) -> Line:
    days = (FIRST + dt.timedelta(days=number) for number in range(len(values)))
    points = (Point(label=str(day), value=value) for day, value in zip(days, values, strict=True))
    return Line(title="Tokens by day", kind=kind, points=tuple(points))


def year(
    values: dict[int, int], *, first: dt.date = FIRST, days: int = 370, week_starts: int = 1
) -> Calendar:
    return Calendar(
        title="Tokens by day",
        kind=Kind.TOKENS,
        first_on=first,
        last_on=first + dt.timedelta(days=days - 1),
        days=tuple(
            Day(on=first + dt.timedelta(days=number), value=value) for number, value in sorted(values.items())
        ),
        week_starts=week_starts,
    )


bars = st.builds(
    Bars,
    title=st.just(EVIL),
    kind=st.sampled_from([Kind.TOKENS, Kind.MONEY, Kind.SHARE]),
    points=st.lists(
        st.builds(Point, label=st.sampled_from(["a", EVIL, ""]), value=st.none() | st.integers(0, 10**18)),
        max_size=8,
    ).map(tuple),
)
lines = st.builds(
    line, *[st.none() | st.integers(0, 10**18)] * 3, kind=st.sampled_from([Kind.MONEY, Kind.TOKENS])
) | st.lists(st.integers(0, 9), max_size=400).map(lambda values: line(*values))
calendars = st.builds(
    year,
    st.dictionaries(st.integers(0, 369), st.integers(0, 10**12), max_size=40),
    first=st.dates(dt.date(2020, 1, 1), dt.date(2030, 1, 1)),
    week_starts=st.integers(1, 7),
)


@given(
    figure=bars | lines | calendars,
    width=st.integers(60, 200),
    unicode=st.booleans(),
    colour=st.booleans(),
)
def test_every_figure_fits(*, figure: Figure, width: int, unicode: bool, colour: bool) -> None:
    """At any width from 60, with wide and hostile labels, in ASCII too."""
    drawn = draw(figure, Look(width, unicode=unicode, colour=colour))
    for text in drawn:
        plain = re.sub(r"\x1b\[\d+m", "", text)
        assert cell_width(plain) <= width
        assert plain.isprintable()
        assert plain.isascii() or unicode
        assert colour or plain == text


@given(lines)
def test_what_is_more_than_nothing_can_be_seen(figure: Line) -> None:
    """A bar has a height for each value of its own, and none for zero."""
    drawn = draw(figure, Look(600))
    assert len(drawn) == HEIGHT + 3
    if not figure.points:
        return
    step = _step(figure, 600)
    bottom = drawn[HEIGHT].partition("│")[2].ljust(step * len(figure.points))
    for number, point in enumerate(figure.points):
        seen = bottom[number * step]
        assert (seen == " ") == (point.value == 0)
        assert (seen == "?") == (point.value is None)


def _step(figure: Line, width: int) -> int:
    """Give the cells of one step, by the axis below the bars."""
    axis = draw(figure, Look(width))[HEIGHT + 1].partition("└")[2]
    return len(axis) // len(figure.points)


def test_a_chart_with_more_steps_than_cells_shows_the_newest_and_says_so() -> None:
    """Nothing is added up here, and nothing left out in silence."""
    figure = line(*range(1, 366))
    drawn = draw(figure, Look(60))
    shown = len(drawn[HEIGHT + 1].partition("└")[2])
    assert drawn[0] == f"Tokens by day, the last {shown} of 365"
    assert shown == 60 - len("365 │")
    assert drawn[1].endswith("█")


def test_the_scale_is_that_of_what_is_shown() -> None:
    """An old peak that is left out flattens nothing."""
    drawn = draw(line(10**9, *[100] * 300), Look(60))
    assert drawn[1].startswith("100 │█")


def test_dates_stand_under_their_bars() -> None:
    """As many as there is room for, none over another."""
    drawn = draw(line(*range(10)), Look(80))
    labels = drawn[-1]
    axis = drawn[-2]
    at = labels.index("2025-11-17")
    assert at == axis.index("└") + 1
    found = re.findall(r"\d{4}-\d{2}-\d{2}", labels)
    assert found[0] == "2025-11-17"
    assert len(found) > 2
    assert "  " in labels.strip()


def test_bars_are_in_proportion() -> None:
    """The longest is the largest; eighths make small differences seen."""
    points = tuple(
        Point(label=name, value=value) for name, value in (("a", 80), ("b", 40), ("c", 1), ("d", 0))
    )
    drawn = draw(Bars(title="t", kind=Kind.TOKENS, points=points), Look(40))
    lengths = [text.count("█") for text in drawn[1:]]
    assert lengths[0] // 2 == lengths[1] > 0
    assert drawn[3].endswith("▍")
    assert drawn[4] == "d   0"
    unknown = Bars(title="t", kind=Kind.MONEY, points=(Point(label="x", value=None),))
    assert draw(unknown, Look(40, colour=True))[1] == "x  \x1b[33munpriced\x1b[0m"
    plain = draw(Bars(title="t", kind=Kind.TOKENS, points=points), Look(40, unicode=False))
    assert [text.count("#") for text in plain[1:]] == [33, 17, 0, 0]  # to the nearest half
    assert plain[3].endswith("|")


def test_a_calendar_has_a_cell_for_each_day() -> None:
    """Weeks stand beside each other, days under each other, months above."""
    figure = year({0: 1, 8: 5, 369: 9}, days=370)
    drawn = draw(figure, Look(60))
    assert drawn[0] == "Tokens by day"
    grid = [text[4:] for text in drawn[2:9]]
    assert [text[:3] for text in drawn[2:9:2]] == ["Mon", "Wed", "Fri", "Sun"]
    assert sum(len(text.strip()) for text in grid) == 370
    assert (grid[0][0], grid[1][1]) == ("░", "▒") or (grid[0][0], grid[1][1]) == ("▒", "▓")
    assert "".join(grid).count("█") == 1
    assert drawn[1].split()[:3] == ["Dec", "Jan", "Feb"]
    wide = draw(figure, Look(120))
    assert len(wide[2]) > len(drawn[2])
    assert sum(len(text[4:].replace(" ", "")) for text in wide[2:9]) == 370


def test_a_calendar_that_does_not_fit_shows_its_end() -> None:
    """As a chart does."""
    drawn = draw(year({0: 1, 369: 2}), Look(30))
    assert drawn[0].startswith("Tokens by day, the last 26")
    assert max(map(len, drawn)) <= 30
    assert "".join(text[4:] for text in drawn[2:9]).count("█") == 1


def test_weeks_begin_as_asked() -> None:
    """The first row is that weekday."""
    drawn = draw(year({0: 1}, week_starts=7), Look(60))
    assert [text[:3] for text in drawn[2:9:2]] == ["Sun", "Tue", "Thu", "Sat"]


@given(st.lists(st.integers(1, 10**9), min_size=1, max_size=60))
def test_shades_rise_with_the_value(values: list[int]) -> None:
    """The largest day is darkest, equal days are alike, and each shade is in use where there are enough days."""
    figure = year(dict(enumerate(values)))
    levels = figure.levels()
    pairs = sorted((day.value, levels[day.on]) for day in figure.days)
    assert [level for _, level in pairs] == sorted(level for _, level in pairs)
    assert pairs[-1][1] == LEVELS
    assert len({(value, level) for value, level in pairs}) == len({value for value, _ in pairs})
    if len(set(values)) == len(values) >= LEVELS:
        assert set(levels.values()) == set(range(1, LEVELS + 1))


def test_days_of_nothing_have_no_shade() -> None:
    """They are as those that are not there."""
    assert year({0: 0}).levels() == {}


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        (Kind.TOKENS, 0, "0"),
        (Kind.TOKENS, 999, "999"),
        (Kind.TOKENS, 1_299, "1.2k"),
        (Kind.COUNT, 3_999_999, "3.9M"),
        (Kind.TOKENS, 5 * 10**12, "5,000.0B"),
        (Kind.MONEY, 12_340_000_000_000, "$12.34"),
    ],
)
def test_scales_are_short(kind: Kind, value: int, text: str) -> None:
    """And never say more than there was."""
    assert amount(kind, value) == text


def test_figures_are_parted_by_a_line() -> None:
    """So that a title is seen as one."""
    figure = line(1)
    both = list(lines_of((figure, replace(figure, title="Other")), Look(60)))
    assert both.count("") == 1
    assert both[both.index("") + 1] == "Other"
