"""The line at the bottom: the screens on their keys, then the keys of the page, as many as there is room for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rich.cells import cell_len
from textual.binding import Binding
from textual.content import Content
from textual.widgets import Static

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.events import Resize
    from textual.screen import Screen

Key = tuple[str, str, str, bool]
"""The key, what it does in a word, the action, whether it is where we are."""
LAST: Final[tuple[Key, ...]] = (
    ("?", "Help", "app.help", False),
    ("q", "Quit", "app.quit", False),
)


def laid_out(screens: Sequence[Key], own: Sequence[Key], width: int) -> Content:
    """Give the line in at most `width` cells: names of screens shrink to digits before keys of the page go."""
    short = [(key, word if here else "", action, here) for key, word, action, here in screens]
    for named in (screens, short):
        for kept in range(len(own), -1, -1):
            keys = [*named, *own[:kept], *LAST]
            if _wide(keys) <= width and (kept == len(own) or named is not screens):
                return Content.assemble(*map(_piece, keys))
    return Content.assemble(*map(_piece, short))


def _wide(keys: Sequence[Key]) -> int:
    return sum(cell_len(_text(key)) for key in keys)


def _text(key: Key) -> str:
    return f" {key[0]} {key[1]} " if key[1] else f" {key[0]} "


def _piece(key: Key) -> Content:
    name, word, action, is_here = key
    text = Content.assemble((f" {name} ", "$accent bold"), f"{word} " if word else "")
    if is_here:
        text = text.stylize("reverse")
    return text.stylize(f"@click={action}")


class KeyLine(Static):
    """The line at the bottom."""

    def on_mount(self) -> None:
        """Say which keys there are."""
        self.tell()

    def on_resize(self, _: Resize) -> None:
        """Use the room that there is."""
        self.tell()

    def tell(self) -> None:
        """Lay the keys out anew."""
        if not self.size.width:
            return
        screens: list[Key] = []
        current = self.app.current_mode
        for binding in self.app._bindings.key_to_bindings.values():  # noqa: SLF001 - what `bind` made
            for each in binding:
                if each.action.startswith("show("):
                    name = each.action[6:-2]
                    screens.append((each.key, each.description, f"app.{each.action}", name == current))
        own = own_keys(self.screen)
        self.update(laid_out(screens, own, self.size.width), layout=False)


def own_keys(page: Screen[Any]) -> list[Key]:
    """Give the keys that a page has of its own and wants known."""
    return [
        (raw.key_display or _short(raw.key), raw.description, f"screen.{raw.action}", False)
        for raw in type(page).__dict__.get("BINDINGS", ())
        if isinstance(raw, Binding) and raw.show and raw.description
    ]


def _short(key: str) -> str:
    return {"enter": "Enter", "escape": "Esc", "slash": "/", "question_mark": "?", "space": "Space"}.get(
        key.partition(",")[0], key.partition(",")[0]
    )
