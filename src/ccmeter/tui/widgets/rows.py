"""A table of any length that costs what is on the screen: cells become text when their line is drawn.

Rows are known by a key. New rows take the place of old ones with the cursor on the same row and that row on the same line,
so that nothing jumps while somebody reads; whoever stands at the top stays there. Columns that do not fit are left out
whole, the least important first, and never a number is cut.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final, Generic, Literal, TypeAlias, TypeVar

from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from ccmeter.reports import foreign

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.binding import BindingType
    from textual.events import Click

Row = TypeVar("Row")
Tone: TypeAlias = Literal["", "muted", "warn", "bar", "second"]
"""How a cell stands out, if colours are shown at all."""
Piece: TypeAlias = tuple[str, Tone]
CUT: Final = "…"
_HERE: Final = "▶ "
_GAP: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Column(Generic[Row]):
    """One column. Its text is asked for when a line is drawn, with the cells that it may take."""

    key: str
    title: str
    text: Callable[[Row], str]
    width: int
    """In cells; of a column that grows, the least."""
    is_number: bool = False
    grows: bool = False
    """Takes what is left over; of several, all take the same."""
    drop: int = 0
    """The greatest goes first where room is short; 0 stays."""
    cut: Literal["end", "start", "middle"] = "end"
    tone: Callable[[Row], Tone] | None = None
    draw: Callable[[Row, int], Sequence[Piece]] | None = None
    """Draws the cell itself, exactly as wide as it is told."""
    head: Callable[[int], str] | None = None
    """Gives a title for the width that the column has."""


class Rows(ScrollView, Generic[Row], can_focus=True):
    """The table. `Moved` says that the cursor stands on another row, `Opened` that somebody wants more of it."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "rows--head",
        "rows--cursor",
        "rows--muted",
        "rows--warn",
        "rows--bar",
        "rows--second",
    }
    DEFAULT_CSS: ClassVar[str] = """
    Rows {
        height: 1fr;
        background: $background;
        scrollbar-size: 1 1;
        scrollbar-background: $surface;
        & > .rows--head { text-style: bold; color: $text-muted; }
        & > .rows--cursor { background: $panel; text-style: bold; }
        &:focus > .rows--cursor { background: $primary-muted; color: $foreground; }
        &:ansi > .rows--cursor { background: ansi_default; color: ansi_default; text-style: bold; }
        &:ansi:focus > .rows--cursor { background: ansi_default; color: ansi_default; text-style: reverse; }
        & > .rows--muted { color: $text-muted; }
        & > .rows--warn { color: $text-warning; text-style: bold; }
        & > .rows--bar { color: $primary; }
        & > .rows--second { color: $secondary; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "cursor_up", "Up", show=False),
        Binding("down", "cursor_down", "Down", show=False),
        Binding("pageup", "cursor_by(-1)", "Page up", show=False),
        Binding("pagedown", "cursor_by(1)", "Page down", show=False),
        Binding("home", "cursor_to(0)", "First", show=False),
        Binding("end", "cursor_to(-1)", "Last", show=False),
        Binding("enter", "open", "Open"),
    ]

    class Moved(Message, bubble=True):
        """The cursor stands on another row: somebody moved it, or the row is gone."""

        def __init__(self, rows: Rows[Any]) -> None:
            super().__init__()
            self.rows = rows

        @property
        def control(self) -> Rows[Any]:
            """The table."""
            return self.rows

    class Opened(Moved):
        """Somebody wants more of the row under the cursor."""

    def __init__(
        self,
        columns: Sequence[Column[Row]],
        key: Callable[[Row], str],
        *,
        id: str | None = None,  # noqa: A002 - Textual's name
        classes: str | None = None,
        follows: bool = False,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._columns = tuple(columns)
        self._key = key
        self._rows: tuple[Row, ...] = ()
        self._places: dict[str, int] = {}
        self._cursor = 0
        self._follows = follows
        """A stream: the cursor stays on the newest row, the first, until somebody goes down."""

    @property
    def rows(self) -> tuple[Row, ...]:
        """What it holds."""
        return self._rows

    @property
    def cursor(self) -> int:
        """The number of the row under the cursor, from 0."""
        return self._cursor

    @property
    def current(self) -> Row | None:
        """The row under the cursor; None if there is none."""
        return self._rows[self._cursor] if self._rows else None

    def put(self, rows: Sequence[Row], columns: Sequence[Column[Row]] | None = None) -> None:
        """Take other rows, and other columns if they changed; the cursor stays on its row, and the row on its line."""
        before = self._key(self._rows[self._cursor]) if self._rows and not self._is_following else None
        if columns is not None:
            self._columns = tuple(columns)
        self._rows = tuple(rows)
        self._places = {self._key(row): place for place, row in enumerate(self._rows)}
        place = self._places.get(before, -1) if before is not None else -1
        moved_by = place - self._cursor if place >= 0 else 0
        self._cursor = place if place >= 0 else min(self._cursor, max(len(self._rows) - 1, 0))
        self._resize()
        at_top = self.scroll_offset.y == 0 and place < self._room
        if moved_by and not at_top:
            self.scroll_to(y=self.scroll_offset.y + moved_by, animate=False, force=True, immediate=True)
        self._keep_in_sight()
        self.refresh()
        if self._rows and place < 0:
            self.post_message(self.Moved(self))

    @property
    def _is_following(self) -> bool:
        return self._follows and self._cursor == 0

    def go(self, key: str) -> None:
        """Put the cursor on a row, if there is one of this key."""
        if key in self._places:
            self._move(self._places[key])

    def text(self, row: Row) -> str:
        """Give a row as text, its cells parted by tabs."""
        return "\t".join(column.text(row).strip() for column in self._columns if column.draw is None)

    def action_cursor_up(self) -> None:
        """Go to the row above."""
        self._move(self._cursor - 1)

    def action_cursor_down(self) -> None:
        """Go to the row below."""
        self._move(self._cursor + 1)

    def action_cursor_by(self, pages: int) -> None:
        """Go by as many rows as are in sight."""
        self._move(self._cursor + pages * max(self._room - 1, 1))

    def action_cursor_to(self, place: int) -> None:
        """Go to a row by its number; -1 is the last."""
        self._move(place if place >= 0 else len(self._rows) + place)

    def action_open(self) -> None:
        """Ask for more of the row under the cursor."""
        if self._rows:
            self.post_message(self.Opened(self))

    def on_click(self, event: Click) -> None:
        """Go to the row that was clicked; a click on where the cursor is opens it."""
        place = self.scroll_offset.y + event.y - 1
        if event.y < 1 or not 0 <= place < len(self._rows):
            return
        if place == self._cursor:
            self.action_open()
        else:
            self._move(place)

    def on_resize(self) -> None:
        """Keep the cursor in sight."""
        self._resize()
        self._keep_in_sight()

    @property
    def _room(self) -> int:
        """How many rows are in sight, below the titles."""
        return max(self.scrollable_content_region.height - 1, 1)

    def _resize(self) -> None:
        self.virtual_size = Size(self.scrollable_content_region.width, len(self._rows) + 1)

    def _move(self, place: int) -> None:
        place = min(max(place, 0), max(len(self._rows) - 1, 0))
        if place != self._cursor:
            self._cursor = place
            self._keep_in_sight()
            self.refresh()
            self.post_message(self.Moved(self))

    def _keep_in_sight(self) -> None:
        top = self.scroll_offset.y
        wanted = min(max(top, self._cursor - self._room + 1), self._cursor)
        if wanted != top:
            self.scroll_to(y=wanted, animate=False, force=True, immediate=True)

    def render_line(self, y: int) -> Strip:
        """Draw one line: the titles, then the rows in sight."""
        width = self.scrollable_content_region.width
        shown = fitted(self._columns, width - len(_HERE))
        if y == 0:
            return _strip(self._head(shown), width, self.rich_style)
        place = self.scroll_offset.y + y - 1
        if place >= len(self._rows):
            return Strip.blank(width, self.rich_style)
        return _strip(self._line(place, shown), width, self.rich_style)

    def _head(self, shown: Sequence[tuple[Column[Row], int]]) -> list[Segment]:
        style = self.get_component_rich_style("rows--head")
        titles = [
            padded(column.head(width) if column.head else column.title, width, column)
            for column, width in shown
        ]
        return [Segment(" " * len(_HERE) + (" " * _GAP).join(titles), style)]

    def _line(self, place: int, shown: Sequence[tuple[Column[Row], int]]) -> list[Segment]:
        row, is_here = self._rows[place], place == self._cursor
        over = self.get_component_rich_style("rows--cursor") if is_here else Style.null()
        plain = self.rich_style
        segments = [Segment(_HERE if is_here else " " * len(_HERE), plain + over)]
        for number, (column, width) in enumerate(shown):
            if number:
                segments.append(Segment(" " * _GAP, plain + over))
            tone: Tone = column.tone(row) if column.tone else ""
            pieces = (
                column.draw(row, width) if column.draw else [(padded(column.text(row), width, column), tone)]
            )
            segments += [
                Segment(text, plain + over + self._tone(name if text.strip() else ""))
                for text, name in pieces
            ]
        return segments

    def _tone(self, name: Tone) -> Style:
        if not name:
            return Style.null()
        made = self.get_component_rich_style(f"rows--{name}")
        return Style(color=made.color, bold=made.bold or None)


def fitted(columns: Sequence[Column[Row]], width: int) -> list[tuple[Column[Row], int]]:
    """Give the columns that fit into so many cells, with the width of each."""
    left = list(columns)
    while (needed := _needed(left)) > width and (droppable := [each for each in left if each.drop]):
        left.remove(max(droppable, key=lambda each: each.drop))
    over = width - needed
    growing = [each.key for each in left if each.grows]
    spare = dict.fromkeys(growing, max(over, 0) // len(growing)) if growing else {}
    if growing:
        spare[growing[0]] += max(over, 0) % len(growing)
    if over < 0 and growing:
        spare[growing[0]] = over
    return [(each, max(each.width + spare.get(each.key, 0), 1)) for each in left]


def padded(text: str, width: int, column: Column[Row]) -> str:
    """Give a cell's text exactly so wide, harmless and cut where it is too long."""
    safe = foreign.steady(text, unicode=True)
    if foreign.cell_width(safe) > width:
        if column.cut == "start":
            safe = foreign.cut_start(safe, width, CUT)
        elif column.cut == "middle":
            safe = foreign.cut_middle(safe, width, CUT)
        else:
            safe = foreign.head(safe, width - 1) + CUT
    fill = " " * (width - foreign.cell_width(safe))
    return fill + safe if column.is_number else safe + fill


def _needed(columns: Sequence[Column[Row]]) -> int:
    return sum(column.width for column in columns) + _GAP * (len(columns) - 1)


def _strip(segments: list[Segment], width: int, fill: Style) -> Strip:
    return Strip(segments).adjust_cell_length(width, fill)
