"""What the palette offers: the screens, what the keys do, and every look."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from textual.app import SystemCommand
from textual.binding import Binding
from textual.keys import format_key

from ccmeter.tui import screens, themes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textual.screen import Screen

    from ccmeter.tui.app import Monitor


def commands(app: Monitor, screen: Screen[object]) -> Iterator[SystemCommand]:
    """Give everything that can be done by name."""
    for number, name in enumerate(screens.ORDER, 1):
        if name in screens.names():
            yield SystemCommand(name.title(), f"Screen on the key {number}", partial(app.action_show, name))
    for binding in app.BINDINGS:
        if isinstance(binding, Binding):
            action = partial(app.run_action, binding.action)
            yield SystemCommand(binding.description, f"Key {_key(binding.key)}", action)
    for name in themes.names():
        yield SystemCommand(f"Theme {name}", "Change the look", partial(setattr, app, "theme", name))
    if screen.maximized is not None:
        yield SystemCommand("Minimize", "Back to its size", screen.action_minimize)


def _key(keys: str) -> str:
    return " or ".join(format_key(key) for key in keys.split(","))
