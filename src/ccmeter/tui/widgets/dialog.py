"""The base of every dialog: a title, fields, one line for what is wrong; Enter does it, Escape leaves it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Label, Static

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One line that a person fills in."""

    key: str
    label: str
    value: str = ""
    hint: str = ""
    """Stands in it while it is empty."""


Made = TypeVar("Made")


class Dialog(ModalScreen[Made | None], Generic[Made]):
    """Asks for some lines of text, and gives what a subclass makes of them, or None if it was left.

    A subclass may refuse them in `wrong`; `self.app.push_screen(Dialog(...), callback)` shows it.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Cancel"),
        Binding("down", "app.focus_next", "Next", show=False),
        Binding("up", "app.focus_previous", "Previous", show=False),
    ]

    def __init__(self, title: str, fields: tuple[Field, ...], *, advice: str = "") -> None:
        super().__init__()
        self._title = title
        self._fields = fields
        self._advice = advice

    def compose(self) -> ComposeResult:
        """Lay it out."""
        with Vertical(classes="dialog") as box:
            box.border_title = self._title
            for field in self._fields:
                with Vertical(classes="field"):
                    yield Label(field.label, markup=False)
                    yield Input(field.value, placeholder=field.hint, id=f"field-{field.key}", compact=True)
            yield Static(self._advice, classes="muted advice", markup=False)
            yield Static("", classes="bad wrong", markup=False)
            yield Static("Enter: do it   Escape: leave it", classes="muted", markup=False)

    def wrong(self, values: dict[str, str]) -> str:  # noqa: ARG002 - for subclasses
        """Give what is wrong with what was filled in; empty if nothing is."""
        return ""

    def made(self, values: dict[str, str]) -> Made:
        """Give what was filled in, by key."""
        raise NotImplementedError

    def on_input_submitted(self) -> None:
        """Take what was filled in, unless something is wrong with it."""
        values = {
            field.key: self.query_one(f"#field-{field.key}", Input).value.strip() for field in self._fields
        }
        if reason := self.wrong(values):
            self.query_one(".wrong", Static).update(reason)
        else:
            self.dismiss(self.made(values))

    def action_leave(self) -> None:
        """Change nothing."""
        self.dismiss(None)
