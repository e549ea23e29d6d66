"""A box with facts in columns that Escape closes: the details of a prompt, two sessions side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from ccmeter.reports import foreign

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

Line = tuple[str, ...]
"""A name, then a value for each column."""


def laid_out(lines: Sequence[Line], width: int) -> list[str]:
    """Give the lines with their columns under each other, in at most `width` cells: the widest column gives way."""
    rows = [tuple(foreign.steady(cell, unicode=True) for cell in line) for line in lines]
    count = max(map(len, rows), default=0)
    widths = [
        max((foreign.cell_width(row[i]) for row in rows if i < len(row)), default=0) for i in range(count)
    ]
    while sum(widths) + 2 * (count - 1) > width and max(widths, default=0) > 1:
        widths[widths.index(max(widths))] -= 1
    return ["  ".join(_cell(cell, widths[i]) for i, cell in enumerate(row)).rstrip() for row in rows]


def _cell(text: str, width: int) -> str:
    cut = foreign.cut_middle(text, width, "…")
    return cut + " " * (width - foreign.cell_width(cut))


class Facts(ModalScreen[None]):
    """The box."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter,q", "dismiss", "Close"),
        Binding("down,j", "scroll(1)", "Down", show=False),
        Binding("up,k", "scroll(-1)", "Up", show=False),
    ]
    DEFAULT_CSS: ClassVar[str] = """
    Facts { align: center middle; background: $background 60%; }
    Facts > VerticalScroll {
        width: auto; max-width: 96%; height: auto; max-height: 94%;
        border: round $primary; background: $surface; padding: 0 1;
    }
    Facts Static { width: auto; height: auto; }
    """

    def __init__(self, title: str, lines: Sequence[Line], *, note: str = "") -> None:
        super().__init__()
        self._title = foreign.steady(title, unicode=True)
        self._lines = tuple(lines)
        self._note = note

    def compose(self) -> ComposeResult:
        """Lay it out; the width is known once it is mounted."""
        with VerticalScroll() as box:
            box.border_title = Content(self._title)
            box.border_subtitle = "Escape: close"
            yield Static(id="facts", markup=False)

    def on_mount(self) -> None:
        """Write the facts."""
        self._write(self.app.size.width)

    def on_resize(self) -> None:
        """Write them anew for the room that there is."""
        self._write(self.app.size.width)

    def _write(self, width: int) -> None:
        room = max(width * 96 // 100 - 4, 20)
        note = foreign.wrap(self._note, min(room, 72)) if self._note else []
        text = "\n".join([*laid_out(self._lines, room), *([""] if note else []), *note])
        self.query_one("#facts", Static).update(text)

    def action_scroll(self, lines: int) -> None:
        """Move by lines."""
        self.query_one(VerticalScroll).scroll_relative(y=lines, animate=False)
