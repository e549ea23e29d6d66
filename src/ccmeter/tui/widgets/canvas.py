"""What the drawings of blocks and weeks share: a grid of characters with roles, and the widget that shows one line by line.

Every shape is told by its character, and colour only repeats it, so a drawing reads alike without colour.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Literal, TypeAlias

from rich.segment import Segment
from textual.strip import Strip
from textual.widget import Widget

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ccmeter.domain.limits import Band

Role: TypeAlias = Literal["", "line", "band", "middle", "usual", "mark", "axis", "here", "guess", "heat"]
Drawing: TypeAlias = "list[list[tuple[str, Role]]]"
"""Lines of cells, each one character wide."""
BAND, MIDDLE, USUAL, HIT, NOW = "░", "╌", "·", "×", "│"
_FULL, _UPPER, _LOWER = "█", "▀", "▄"


@dataclass(frozen=True, slots=True, kw_only=True)
class Curves:
    """What a plot shows, a value for every column or None where there is none; from 0 to `top`."""

    top: int
    line: Sequence[int | None]
    band: Sequence[Band | None]
    usual: Sequence[int | None] = ()
    marks: Sequence[tuple[int, str]] = ()
    """Columns and the character that stands at the foot of each."""
    now: int | None = None
    """The column of now."""


@dataclass(slots=True)
class Grid:
    """Cells that later ones overwrite."""

    width: int
    height: int
    cells: Drawing = field(init=False)

    def __post_init__(self) -> None:
        """Begin empty."""
        self.cells = [[(" ", "")] * self.width for _ in range(self.height)]

    def put(self, x: int, y: int, text: str, role: Role) -> None:
        """Write text from a cell on; what lies outside is left out."""
        if 0 <= y < self.height:
            for place, char in enumerate(text, x):
                if 0 <= place < self.width:
                    self.cells[y][place] = (char, role)


def plotted(curves: Curves, width: int, height: int) -> Grid:
    """Draw curves: a band, its middle, what is usual as dots, the line in half cells, and marks at the foot."""
    grid = Grid(width, height)
    top = max(curves.top, 1)

    def half(value: int) -> int:
        """Give which half row a value lies in, counted from the foot."""
        return min(max(value, 0) * (2 * height - 1) // top, 2 * height - 1)

    for x, band in enumerate(curves.band[:width]):
        if band is not None:
            for row in range(half(band.low) // 2, half(band.high) // 2 + 1):
                grid.put(x, height - 1 - row, BAND, "band")
            grid.put(x, height - 1 - half(band.middle) // 2, MIDDLE, "middle")
    if curves.now is not None:
        for y in range(height):
            grid.put(curves.now, y, NOW, "axis")
    for x, value in enumerate(curves.usual[:width]):
        if value is not None:
            grid.put(x, height - 1 - half(value) // 2, USUAL, "usual")
    _line(grid, [None if value is None else half(value) for value in curves.line[:width]])
    for x, char in curves.marks:
        grid.put(x, height - 1, char, "mark")
    return grid


def _line(grid: Grid, halves: Sequence[int | None]) -> None:
    before: int | None = None
    for x, here in enumerate(halves):
        if here is not None:
            low, high = (here, here) if before is None else _span(before, here)
            for row in range(low // 2, high // 2 + 1):
                has_lower, has_upper = low <= 2 * row, high >= 2 * row + 1
                char = _FULL if has_lower and has_upper else _LOWER if has_lower else _UPPER
                grid.put(x, grid.height - 1 - row, char, "line")
        before = here


def _span(before: int, here: int) -> tuple[int, int]:
    """Give the half rows that a line takes from one column to the next: none twice, and no hole."""
    if here > before:
        return min(before + 1, here), here
    return here, max(before - 1, here)


def sampled(columns: int, points: int) -> list[int]:
    """Give for every column the point that it shows, the first and the last among them."""
    return [x * (points - 1) // max(columns - 1, 1) for x in range(columns)]


def beside(left: Sequence[str], grid: Grid, foot: str) -> Drawing:
    """Put labels before the lines of a plot and a line of labels below it."""
    room = max(map(len, left), default=0)
    lines: Drawing = []
    for label, cells in zip(left, grid.cells, strict=True):
        said: list[tuple[str, Role]] = [(char, "axis") for char in f"{label:>{room}} "]
        lines.append([*said, *cells])
    lines.append([(char, "axis") for char in " " * (room + 1) + foot])
    return lines


class Canvas(Widget):
    """Shows a drawing that is made anew for what it shows and the room there is, and for nothing else."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"canvas--{role}"
        for role in ("line", "band", "middle", "usual", "mark", "axis", "here", "guess", "heat")
    }
    DEFAULT_CSS: ClassVar[str] = """
    Canvas {
        height: 1fr;
        & > .canvas--line { color: $primary; text-style: bold; }
        & > .canvas--band { color: $foreground 40%; }
        & > .canvas--middle { color: $foreground 70%; }
        & > .canvas--usual { color: $text-warning; }
        & > .canvas--mark { color: $text-error; text-style: bold; }
        & > .canvas--axis { color: $foreground 60%; }
        & > .canvas--here { color: $text-accent; text-style: bold; }
        & > .canvas--guess { color: $secondary; }
        & > .canvas--heat { color: $primary; }
    }
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, classes=classes)
        self._draw: Callable[[int, int], Drawing] | None = None
        self._made: Drawing = []
        self._made_for = (-1, -1)

    def draw(self, draw: Callable[[int, int], Drawing]) -> None:
        """Show what `draw` makes for a width and a height."""
        self._draw = draw
        self._made_for = (-1, -1)
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Give one line."""
        width, height = self.size
        if self._made_for != (width, height):
            self._made = self._draw(width, height) if self._draw is not None and width > 0 else []
            self._made_for = (width, height)
        if y >= len(self._made):
            return Strip.blank(width, self.rich_style)
        return Strip(self._segments(self._made[y])).adjust_cell_length(width, self.rich_style)

    def _segments(self, cells: Sequence[tuple[str, Role]]) -> list[Segment]:
        segments: list[Segment] = []
        text, role = "", ""
        for char, named in [*cells, ("", "end")]:
            if named != role and text:
                style = self.get_component_rich_style(f"canvas--{role}", partial=True) if role else None
                segments.append(Segment(text, self.rich_style + style if style else self.rich_style))
                text = ""
            role = named
            text += char
        return segments
