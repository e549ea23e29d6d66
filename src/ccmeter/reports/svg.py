"""Draws figures as inline SVG for a page, with nothing that runs, loads or has a style of its own.

The drawing is stretched to the width that there is, so its words stand beside it as HTML: text keeps its size on a
telephone. Colours are classes of the page's style sheet, which knows light and dark. Every mark has its value as `<title>`.
"""

from __future__ import annotations

import calendar
import datetime as dt
from html import escape
from typing import TYPE_CHECKING, Final

from ccmeter.reports import cells
from ccmeter.reports.figure import Bars, Calendar, Line
from ccmeter.reports.foreign import harmless

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ccmeter.reports.figure import Figure, Point
    from ccmeter.reports.table import Kind

_HEIGHT: Final = 100
_STEP: Final = 10
"""Units of one step of a chart over time, of which its bar takes four fifths."""
_TICKS: Final = 5
"""Dates under a chart over time, at most."""
_SQUARE: Final = 10
_WEEK: Final = 7


def draw(figure: Figure) -> str:
    """Give a figure as one HTML element."""
    if isinstance(figure, Bars):
        body = _bars(figure)
    else:
        body = _line(figure) if isinstance(figure, Line) else _calendar(figure)
    return f"<figure>\n<figcaption>{text(figure.title)}</figcaption>\n{body}\n</figure>"


def text(foreign: str) -> str:
    """Give any text as HTML: no control character, no tag, no entity of others."""
    return escape(harmless(foreign))


def _bars(figure: Bars) -> str:
    most = _most(figure.points)
    rows = "\n".join(
        f"<tr><th scope=row>{text(point.label)}</th>"
        f"<td class=bar>{_bar(point, most)}</td>"
        f"<td class=n>{_amount(figure.kind, point)}</td></tr>"
        for point in figure.points
    )
    return f"<table class=bars>\n{rows}\n</table>"


def _bar(point: Point, most: int) -> str:
    share = _part(point.value or 0, most, 100)
    return f'<svg role=presentation><rect class=ink width="{share}%" height="100%" rx="2"/></svg>'


def _line(figure: Line) -> str:
    """Draw values over time as columns, which show a single value and a hole as well as a hundred."""
    points = figure.points
    most = _most(points)
    marks = "".join(_columns(points, figure.kind, most))
    ticks = "".join(f"<span>{text(points[place].label)}</span>" for place in _ticks(len(points)))
    return (
        f"<p class=most>{text(cells.for_people(figure.kind, most))}</p>\n"
        f'<svg class=plot role=img viewBox="0 0 {max(len(points), 1) * _STEP} {_HEIGHT}" preserveAspectRatio=none>'
        f"<title>{text(figure.title)}</title>{marks}</svg>\n<p class=ticks>{ticks}</p>"
    )


def _columns(points: Sequence[Point], kind: Kind, most: int) -> Iterator[str]:
    for place, point in enumerate(points):
        height = _part(point.value or 0, most, _HEIGHT)
        yield (
            f"<g><title>{text(point.label)}: {_amount(kind, point)}</title>"
            f'<rect class=touch x="{place * _STEP}" width="{_STEP}" height="{_HEIGHT}"/>'
            f'<rect class=ink x="{place * _STEP + 1}" y="{_shown(_HEIGHT - float(height))}" width="{_STEP - 2}"'
            f' height="{height}"/></g>'
        )


def _ticks(count: int) -> list[int]:
    """Give the steps that are named: the first, the last and some between, evenly."""
    shown = min(count, _TICKS)
    return [round(place * (count - 1) / max(shown - 1, 1)) for place in range(shown)]


def _calendar(figure: Calendar) -> str:
    """Draw a square for each day, a column for each week."""
    levels = figure.levels()
    values = {day.on: day.value for day in figure.days}
    first = figure.first_on - dt.timedelta(days=(figure.first_on.isoweekday() - figure.week_starts) % _WEEK)
    weeks = (figure.last_on - first).days // _WEEK + 1
    squares = "".join(
        _square(on, first, levels.get(on, 0), f"{on}: {cells.for_people(figure.kind, values.get(on, 0))}")
        for on in _days(figure.first_on, figure.last_on)
    )
    names = "".join(
        f'<text x="-3" y="{row * (_SQUARE + 2) + 8}" text-anchor="end">'
        f"{calendar.day_abbr[(figure.week_starts - 1 + row) % _WEEK]}</text>"
        for row in range(0, _WEEK, 2)
    )
    months = "".join(
        f'<text x="{(on - first).days // _WEEK * (_SQUARE + 2)}" y="-4">{calendar.month_abbr[on.month]}</text>'
        for on in _days(figure.first_on, figure.last_on)
        if on.day == 1
    )
    size = f"{weeks * (_SQUARE + 2) + 26} {_WEEK * (_SQUARE + 2) + 16}"
    return (
        f'<div class=wide-chart><svg class=calendar role=img viewBox="-24 -14 {size}">'
        f"<title>{text(figure.title)}</title>{months}{names}{squares}</svg></div>"
    )


def _days(first: dt.date, last: dt.date) -> list[dt.date]:
    return [first + dt.timedelta(days=number) for number in range((last - first).days + 1)]


def _square(on: dt.date, first: dt.date, level: int, title: str) -> str:
    week, row = divmod((on - first).days, _WEEK)
    place = f'x="{week * (_SQUARE + 2)}" y="{row * (_SQUARE + 2)}"'
    return f'<rect class=l{level} {place} width="{_SQUARE}" height="{_SQUARE}" rx="2"><title>{text(title)}</title></rect>'


def _most(points: Sequence[Point]) -> int:
    return max((point.value or 0 for point in points), default=0)


def _amount(kind: Kind, point: Point) -> str:
    return text(cells.for_people(kind, point.value))


def _part(value: int, most: int, whole: int) -> str:
    """Give what part of a whole a value is: what is not nothing can be seen."""
    if value <= 0 or most <= 0:
        return "0"
    return _shown(max(value * whole / most, 0.5))


def _shown(number: float) -> str:
    return f"{number:.2f}".rstrip("0").rstrip(".")
