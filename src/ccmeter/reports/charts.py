"""Draws figures in characters, for a terminal and for Markdown's blocks of code.

Eighths of a block make small differences visible; without Unicode, and wherever colour is unwanted, the same chart is told
by its shape alone. A chart that has more steps than the width has cells shows the newest and says so: nothing is added up here.
"""

from __future__ import annotations

import calendar
import datetime as dt
from typing import TYPE_CHECKING, Final, NamedTuple

from ccmeter.reports.cells import for_people
from ccmeter.reports.figure import LEVELS, Bars, Calendar, Line
from ccmeter.reports.foreign import cell_width, cut_middle, head, steady, wrap
from ccmeter.reports.table import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ccmeter.reports.figure import Figure, Point

HEIGHT: Final = 8
"""Lines of a chart over time, without its axis."""
WIDEST_STEP: Final = 8
"""Cells of one step of it: few months need not fill a wide window."""
WIDEST_BAR: Final = 60
LONGEST_LABEL: Final = 30

_EIGHTHS: Final = " ▁▂▃▄▅▆▇█"
_ASCII_EIGHTHS: Final = " ...:::##"
_LYING: Final = " ▏▎▍▌▋▊▉█"
_ASCII_LYING: Final = "    ####"
_SHADES: Final = "·░▒▓█"
_ASCII_SHADES: Final = ".-+*#"
_WEEK: Final = 7
_MARGIN: Final = 4
"""Cells before a calendar's first week: `Mon `."""

_BOLD, _DIM, _GREEN, _YELLOW = "1", "2", "32", "33"


class Look(NamedTuple):
    """What the place of a chart can show."""

    width: int
    unicode: bool = True
    colour: bool = False

    def paint(self, text: str, style: str) -> str:
        """Give the text in a colour or weight, where there is any."""
        return f"\x1b[{style}m{text}\x1b[0m" if self.colour and text.strip() else text


def draw(figure: Figure, look: Look) -> list[str]:
    """Give the lines of a figure, none wider than the look's width."""
    if isinstance(figure, Bars):
        return _bars(figure, look)
    return _line(figure, look) if isinstance(figure, Line) else _calendar(figure, look)


def amount(kind: Kind, value: int) -> str:
    """Give a value in few cells: `$12.34`, `987`, `12.3k`, `4.5M`, `1.2B`."""
    if kind not in {Kind.TOKENS, Kind.COUNT}:
        return for_people(kind, value)
    for size, unit in ((10**9, "B"), (10**6, "M"), (10**3, "k")):
        if value >= size:
            tenths = value * 10 // size
            return f"{tenths // 10:,}.{tenths % 10}{unit}"
    return str(value)


def _bars(figure: Bars, look: Look) -> list[str]:
    labels = [_cut(steady(point.label, unicode=look.unicode), LONGEST_LABEL, look) for point in figure.points]
    values = [for_people(figure.kind, point.value) for point in figure.points]
    names = max(map(cell_width, labels), default=0)
    numbers = max(map(len, values), default=0)
    room = min(look.width - names - numbers - 4, WIDEST_BAR)
    most = _most(figure.points)
    lines = _title(figure.title, look)
    for label, value, point in zip(labels, values, figure.points, strict=True):
        bar = _lying(point.value or 0, most, max(room, 1), look)
        padding = " " * (names - cell_width(label))
        hue = _YELLOW if point.value is None else _DIM
        lines.append(
            f"{label}{padding}  {look.paint(value.rjust(numbers), hue)}  {look.paint(bar, _GREEN)}".rstrip()
        )
    return lines


def _lying(value: int, most: int, room: int, look: Look) -> str:
    """Give a bar from left to right; whatever is more than nothing can be seen."""
    eighths = max(value * room * 8 // most, 1) if value else 0
    whole, rest = divmod(eighths, 8)
    parts, full = (_LYING, "█") if look.unicode else (_ASCII_LYING, "#")
    if not look.unicode and not whole and rest:
        return "|"
    return (full * whole + (parts[rest] if rest else "")).rstrip()


def _line(figure: Line, look: Look) -> list[str]:
    points, margin, scale = _fitting(figure, look.width)
    most = _most(points)
    room = max(look.width - margin - 2, 1)
    left_out = len(figure.points) - len(points)
    title = (
        f"{figure.title}, the last {len(points):,} of {len(figure.points):,}" if left_out else figure.title
    )
    step = min(room // max(len(points), 1), WIDEST_STEP)
    bar = max(step - 1, 1)
    lines = _title(title, look)
    ticks = {HEIGHT - 1: scale[0], HEIGHT // 2 - 1: scale[1]}
    for row in reversed(range(HEIGHT)):
        columns = "".join((_standing(point, most, row, look) * bar).ljust(step) for point in points)
        tick = look.paint(f"{ticks.get(row, ''):>{margin}} {_edge(look)}", _DIM)
        lines.append(f"{tick}{look.paint(columns.rstrip(), _GREEN)}".rstrip())
    corner, rule = ("└", "─") if look.unicode else ("+", "-")
    lines.append(look.paint(f"{scale[2]:>{margin}} {corner}{rule * (step * len(points))}", _DIM))
    lines.append(look.paint(" " * (margin + 2) + _dates(points, step, room, look), _DIM).rstrip())
    return lines


def _fitting(figure: Line, width: int) -> tuple[tuple[Point, ...], int, tuple[str, str, str]]:
    """Give the newest points that fit beside their scale, the cells of the scale, and its top, middle and bottom."""
    points = figure.points[-max(width, 1) :]
    while True:
        most = _most(points)
        scale = (amount(figure.kind, most), amount(figure.kind, most // 2) if most > 1 else "", "0")
        margin = max(map(len, scale))
        if len(points) <= max(width - margin - 2, 1):
            return points, margin, scale
        points = points[1:]


def _edge(look: Look) -> str:
    return "│" if look.unicode else "|"


def _standing(point: Point, most: int, row: int, look: Look) -> str:
    """Give the part of a bar that stands in one line, 0 at the bottom; `?` where the value is unknown."""
    if point.value is None:
        return " " if row else "?"
    eighths = max(point.value * HEIGHT * 8 // most, 1) if point.value else 0
    return (_EIGHTHS if look.unicode else _ASCII_EIGHTHS)[min(max(eighths - row * 8, 0), 8)]


def _dates(points: Sequence[Point], step: int, room: int, look: Look) -> str:
    """Give as many labels as there is room for, each beginning under its bar."""
    text = ""
    for place, point in enumerate(points):
        label = steady(point.label, unicode=look.unicode)
        at = place * step
        if (not text or at >= cell_width(text) + 2) and at + cell_width(label) <= room:
            text = text + " " * (at - cell_width(text)) + label
    return text


def _calendar(figure: Calendar, look: Look) -> list[str]:
    begin = _week_of(figure.first_on, figure.week_starts)
    weeks = (figure.last_on - begin).days // _WEEK + 1
    room = max(look.width - _MARGIN, 1)
    cell = 2 if weeks * 2 <= room else 1
    shown = min(weeks, room // cell)
    begin += dt.timedelta(weeks=weeks - shown)
    title = f"{figure.title}, the last {shown} of {weeks} weeks" if shown < weeks else figure.title
    lines = [
        *_title(title, look),
        look.paint(" " * _MARGIN + _months(figure, begin, shown, cell), _DIM).rstrip(),
    ]
    levels = figure.levels()
    for row in range(_WEEK):
        days = [begin + dt.timedelta(days=week * _WEEK + row) for week in range(shown)]
        name = calendar.day_abbr[days[0].weekday()] if row % 2 == 0 else ""
        squares = "".join(_square(figure, levels, day, cell, look) for day in days)
        lines.append(f"{look.paint(name.ljust(_MARGIN), _DIM)}{squares}".rstrip())
    shades = _shades(look)
    legend = f"none {shades[0]}  least {' '.join(shades[1:])} most: a quarter of the days with usage each"
    return [*lines, *(look.paint(" " * _MARGIN + line, _DIM) for line in wrap(legend, room))]


def _shades(look: Look) -> str:
    shades = _SHADES if look.unicode else _ASCII_SHADES
    assert len(shades) == LEVELS + 1
    return shades


def _square(figure: Calendar, levels: dict[dt.date, int], day: dt.date, cell: int, look: Look) -> str:
    if not figure.first_on <= day <= figure.last_on:
        return " " * cell
    level = levels.get(day, 0)
    return look.paint(_shades(look)[level], _GREEN if level else _DIM).rjust(1) + " " * (cell - 1)


def _months(figure: Calendar, begin: dt.date, weeks: int, cell: int) -> str:
    """Give the names of the months over the weeks in which they begin, as far as there is room."""
    text = ""
    for week in range(weeks):
        first, last = (begin + dt.timedelta(days=week * _WEEK + day) for day in (0, _WEEK - 1))
        begins = last.day <= _WEEK and last <= figure.last_on
        at = week * cell
        if (begins or (week == 0 and first.day < _WEEK * 2)) and (not text or at > len(text)):
            text = text.ljust(at) + calendar.month_abbr[last.month]
    return text[: weeks * cell + 1]


def _week_of(day: dt.date, starts: int) -> dt.date:
    return day - dt.timedelta(days=(day.isoweekday() - starts) % _WEEK)


def _title(title: str, look: Look) -> list[str]:
    return [look.paint(head(steady(title, unicode=look.unicode), look.width), _BOLD)]


def _cut(text: str, width: int, look: Look) -> str:
    return cut_middle(text, width, "…" if look.unicode else "~")


def _most(points: Sequence[Point]) -> int:
    return max((point.value or 0 for point in points), default=0) or 1


def lines_of(figures: Sequence[Figure], look: Look) -> Iterator[str]:
    """Give all figures, an empty line between them."""
    for number, figure in enumerate(figures):
        yield from [""] if number else []
        yield from draw(figure, look)
