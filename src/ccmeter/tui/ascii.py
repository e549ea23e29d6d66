"""Turns what a terminal cannot show into ASCII, cell by cell, so that nothing moves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.cells import cell_len
from rich.segment import Segment
from textual.filter import LineFilter

if TYPE_CHECKING:
    from textual.color import Color

_BARS: Final = {**dict.fromkeys("█▉▊▋▇▆▅", "#"), **dict.fromkeys("▌▍▄▃", "="), **dict.fromkeys("▎▏▂▁", "-")}
_SHADES: Final = {"░": ".", "▒": ":", "▓": "%", "▀": "=", "▐": "#", "■": "#", "□": "."}
_LINES: Final = {
    **dict.fromkeys("─━╌╍┄┅┈┉═╴╶", "-"),
    **dict.fromkeys("│┃┆┇┊┋║╵╷▕", "|"),
    **dict.fromkeys("┌┐└┘├┤┬┴┼╭╮╰╯┏┓┗┛┠┨┯┷┿╔╗╚╝╪╫╬", "+"),
}
_SIGNS: Final = {
    **dict.fromkeys("–—−", "-"),
    **dict.fromkeys("•●○◦", "*"),
    **dict.fromkeys("·∙", "_"),
    **dict.fromkeys("▶▸►→", ">"),
    **dict.fromkeys("◀◂◄←", "<"),
    **dict.fromkeys("▲▴↑", "^"),
    **dict.fromkeys("▼▾↓", "v"),
    "…": ".",
    "×": "x",
    "±": "~",
    "≈": "~",
    "✓": "+",
    "✗": "x",
    "’": "'",
    "“": '"',
    "”": '"',
    "\xa0": " ",
    "\u202f": " ",
}
_TABLE: Final = {**_BARS, **_SHADES, **_LINES, **_SIGNS}


def to_ascii(text: str) -> str:
    """Give the text in ASCII, as many cells wide."""
    if text.isascii():
        return text
    return "".join(char if char.isascii() else _TABLE.get(char) or "?" * cell_len(char) for char in text)


class Ascii(LineFilter):
    """Does it to every line of the screen."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002 - Textual's signature
        """Give the segments in ASCII."""
        return [Segment(to_ascii(text), style, control) for text, style, control in segments]


ASCII: Final = Ascii()
