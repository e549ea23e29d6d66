"""The help panel: what this screen shows, its keys, and the keys of the whole monitor."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

KEYS: Final = (
    ("1-8", "the screens"),
    ("ctrl+p", "everything by name"),
    ("r", "read the logs now"),
    ("g", "other days, project, model"),
    ("[ ]", "5 minutes back or on: the whole screen as it was then"),
    ("{ }", "a day back or on"),
    ("\\", "back to now"),
    ("/", "filter, where a screen can"),
    ("j k", "down and up, as the arrows"),
    ("tab", "to the next part"),
    ("y", "copy the row under the cursor"),
    ("p", "a picture of the screen (SVG) into this folder"),
    ("t", "next theme"),
    ("c", "compact, and back"),
    ("q", "quit"),
)
"""The keys of the whole monitor, as people read them."""


class Help(ModalScreen[None]):
    """The help panel."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,f1,enter", "dismiss", "Close"),
        Binding("j", "scroll('down')", show=False),
        Binding("k", "scroll('up')", show=False),
    ]

    def __init__(self, title: str, text: str, own: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self._title = title
        self._text = text
        self._own = own

    def compose(self) -> ComposeResult:
        """Lay it out."""
        with VerticalScroll(classes="dialog help") as box:
            box.border_title = self._title
            box.border_subtitle = "Escape closes"
            yield Static(self._text, markup=False)
            if self._own:
                yield Static(_listed("On this screen", self._own))
            yield Static(_listed("Everywhere", KEYS))

    def action_scroll(self, way: str) -> None:
        """Scroll by a line."""
        box = self.query_one(VerticalScroll)
        box.scroll_relative(y=1 if way == "down" else -1, animate=False)


def _listed(title: str, keys: Sequence[tuple[str, str]]) -> Content:
    lines = [Content.assemble("\n", (title, "bold"))]
    lines += [Content.assemble((f"{key:>8}", "$accent bold"), f"  {word}") for key, word in keys]
    return Content("\n").join(lines)
