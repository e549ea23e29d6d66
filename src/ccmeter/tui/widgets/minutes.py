"""A column for every minute, stacked by model: as many minutes as there is room for, the running one on the right.

Eighths of a cell are drawn; where two models meet within a cell, one is its ground. Without colours each model has a
pattern instead. The scale goes by 1, 2 and 5, so that it changes rarely, and a model keeps its colour.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from ccmeter.reports import foreign

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

EIGHTHS: Final = " ▁▂▃▄▅▆▇█"
PATTERNS: Final = "█▒░▓"
MOST: Final = len(PATTERNS)
"""So many models are told apart; of more, the smallest stand together."""
_AXIS: Final = 8
_FULL: Final = 8
_MARK_EVERY: Final = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """What the chart shows."""

    title: str
    names: tuple[str, ...] = ()
    values: tuple[tuple[int, ...], ...] = ()
    """Of each name, of each minute, oldest first; as many for each."""
    write: Callable[[int], str] = str
    """Writes a value at the axis, in at most seven cells."""


def gathered(
    names: Sequence[str], values: Sequence[tuple[int, ...]]
) -> tuple[tuple[str, ...], tuple[tuple[int, ...], ...]]:
    """Give at most `MOST` names in the order of the alphabet, those beyond as `others`; they come largest first."""
    kept = list(zip(names, values, strict=True))
    if len(kept) > MOST:
        rest = tuple(map(sum, zip(*(each for _, each in kept[MOST - 1 :]), strict=True)))
        kept = [*sorted(kept[: MOST - 1]), ("others", rest)]
    else:
        kept.sort()
    return tuple(name for name, _ in kept), tuple(each for _, each in kept)


def scale(greatest: int) -> int:
    """Give the next of 1, 2, 5, 10, 20 and so on; 1 for nothing."""
    size = 1
    while True:
        for step in (1, 2, 5):
            if step * size >= greatest:
                return step * size
        size *= 10


def heights(column: Sequence[int], top: int, rows: int) -> list[int]:
    """Give where each value of a column ends, in eighths of a cell from below; what is not nothing shows at all."""
    total = sum(column)
    full = rows * _FULL
    tall = min(max((total * full + top // 2) // top, 1), full) if total else 0
    ends, passed = [], 0
    for value in column:
        passed += value
        ends.append(tall * passed // total if total else 0)
    return ends


def cell(ends: Sequence[int], row: int, *, has_colours: bool) -> tuple[str, int, int]:
    """Give the character of a cell, `row` from below, the number of its colour and that of its ground (-1: none)."""
    floor, roof = row * _FULL, (row + 1) * _FULL
    shares: list[tuple[int, int]] = []
    begin = 0
    for number, end in enumerate(ends):
        inside = min(end, roof) - max(begin, floor)
        if inside > 0:
            shares.append((number, inside))
        begin = end
    if not shares:
        return " ", -1, -1
    filled = sum(share for _, share in shares)
    if not has_colours:
        number = max(shares, key=lambda share: share[1])[0]
        return (PATTERNS[number] if filled >= _FULL // 2 or row == 0 else " "), number, -1
    if len(shares) == 1 or filled < _FULL:  # the top of a column: what is above must stay empty
        number = max(shares, key=lambda share: share[1])[0]
        return EIGHTHS[filled], number, -1
    lower, upper = shares[0], max(shares[1:], key=lambda share: share[1])
    return EIGHTHS[lower[1]], lower[0], upper[0]


class MinuteStack(Widget):
    """The chart. Its last two lines are the axis of time."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "minutes--note",
        *(f"minutes--m{number}" for number in range(MOST)),
    }
    DEFAULT_CSS: ClassVar[str] = """
    MinuteStack {
        height: 7;
        & > .minutes--note { color: $foreground 60%; }
        & > .minutes--m0 { color: $primary; }
        & > .minutes--m1 { color: $accent; }
        & > .minutes--m2 { color: $secondary; }
        & > .minutes--m3 { color: $foreground 70%; }
    }
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._stack = Stack(title="")
        self._has_colours = True

    def tell(self, stack: Stack, *, has_colours: bool) -> None:
        """Show something else."""
        self._stack, self._has_colours = stack, has_colours
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draw one line: the legend, the columns, the axis."""
        width, height = self.size.width, self.size.height
        if y == 0:
            segments = self._legend(width)
        elif y == height - 1:
            segments = [Segment(axis(width - _AXIS), self._style("note"))]
            segments.insert(0, Segment(" " * _AXIS, self.rich_style))
        else:
            segments = self._columns(height - 2 - y, max(height - 2, 1), max(width - _AXIS, 1))
        return Strip(segments).adjust_cell_length(width, self.rich_style)

    def _legend(self, width: int) -> list[Segment]:
        """Name the models that are in sight, each in as many cells as there are for it."""
        made = [Segment(self._stack.title, self._style("note"))]
        seen = [number for number, each in enumerate(self._stack.values) if any(each[_AXIS - width :])]
        room = (width - len(self._stack.title)) // max(len(seen), 1) - 4
        for number in seen:
            sign = PATTERNS[0] if self._has_colours else PATTERNS[number]
            name = foreign.cut_middle(
                foreign.steady(self._stack.names[number], unicode=True), max(room, 1), "…"
            )
            made += [Segment(f"  {sign} ", self._style(f"m{number}")), Segment(name, self.rich_style)]
        return made

    def _columns(self, row: int, rows: int, width: int) -> list[Segment]:
        stack = self._stack
        shown = [each[-width:] for each in stack.values]
        columns = list(zip(*shown, strict=True))
        top = scale(max(map(sum, columns), default=0))
        label = stack.write(top) if row == rows - 1 else "0" if row == 0 else ""
        plain = self.rich_style
        made = [Segment(f"{label:>{_AXIS - 1}} ", self._style("note"))]
        made.append(Segment(" " * (width - len(columns)), plain))
        looks: dict[tuple[int, int], Style] = {
            (-1, -1): plain
        }  # a style is made anew whenever it is asked for
        for column in columns:
            char, colour, ground = cell(heights(column, top, rows), row, has_colours=self._has_colours)
            if (colour, ground) not in looks:
                looks[colour, ground] = self._look(colour, ground)
            made.append(Segment(char, looks[colour, ground]))
        return made

    def _look(self, colour: int, ground: int) -> Style:
        style = self._style(f"m{colour}")
        return style + Style(bgcolor=self._style(f"m{ground}").color) if ground >= 0 else style

    def _style(self, part: str) -> Style:
        return self.rich_style + self.get_component_rich_style(f"minutes--{part}", partial=True)


def axis(width: int) -> str:
    """Give the line below the columns: how many minutes ago, each where it was; the running one is `now`."""
    line = [" "] * width
    for minutes in range(0, width, _MARK_EVERY):
        text = f"-{minutes}m" if minutes else "now"
        end = width - minutes
        if end - len(text) >= 0:
            line[end - len(text) : end] = text
    return "".join(line)
