"""The line that filters a page: what is typed counts at once, Enter keeps it, Escape takes it back."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.widgets import Input

if TYPE_CHECKING:
    from textual.widget import Widget


class Finder(Input):
    """Stands above the keys of a page while there is something in it."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "close", "Show all", show=False)]

    def __init__(self) -> None:
        super().__init__(placeholder="filter", compact=True, select_on_focus=False)
        self._before: Widget | None = None

    def on_mount(self) -> None:
        """Take the keys."""
        self._before = self.screen.focused
        self.focus()

    def on_input_submitted(self) -> None:
        """Keep the filter and give the keys back; an empty one goes."""
        if not self.value.strip():
            self.remove()
        self._give_back()

    def action_close(self) -> None:
        """Show all again."""
        self.value = ""
        self.remove()
        self._give_back()

    def _give_back(self) -> None:
        if self._before is not None and self._before.is_attached:
            self.screen.set_focus(self._before)
        else:
            self.screen.focus_next()
