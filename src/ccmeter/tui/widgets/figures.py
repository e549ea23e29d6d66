"""The figures of now: what the last 5, 15 and 60 minutes come to, and the running window, each at a place of its own.

Where there is room the money is written in digits of three lines.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from rich.segment import Segment
from textual.renderables.digits import DIGITS, DIGITS3X3
from textual.strip import Strip
from textual.widget import Widget

from ccmeter.reports import foreign

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.style import Style
    from textual.geometry import Size

_LABEL: Final = 10
_COLUMN: Final = 9
_BIG_COLUMN: Final = 19
_BIG_WIDTH: Final = _LABEL + 3 * _BIG_COLUMN + 4 + 24
_GAP: Final = "  "
_DIGIT_LINES: Final = 3
_PLAIN_LINES: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One column."""

    title: str
    money: str
    plain: str
    """Tokens of input and output,"""
    cache: str
    """and those of the cache."""


def big(text: str) -> list[str]:
    """Write a number in digits of three lines; what there are no digits for stands on the last line."""
    lines = ["", "", ""]
    for char in text:
        place = DIGITS.find(char) if char.isdigit() or char == "$" else -1
        if place < 0:
            rows: Sequence[str] = (" ", " ", char)
        else:
            rows = [row.ljust(3) for row in DIGITS3X3[place * 3 : place * 3 + 3]]
        for number, row in enumerate(rows):
            lines[number] += row
    return lines


class Figures(Widget):
    """The columns."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "figures--title",
        "figures--money",
        "figures--value",
        "figures--note",
    }
    DEFAULT_CSS: ClassVar[str] = """
    Figures {
        height: auto;
        & > .figures--title { color: $foreground 60%; }
        & > .figures--note { color: $foreground 60%; }
        & > .figures--money { color: $foreground; text-style: bold; }
        & > .figures--value { color: $foreground; }
    }
    """
    is_roomy = False
    """There are lines enough for large digits."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._figures: tuple[Figure, ...] = ()
        self._block: tuple[str, ...] = ()

    def tell(self, figures: Sequence[Figure], block: Sequence[str], *, is_roomy: bool) -> None:
        """Show other figures. The lines of the block stand on the right: title, money, time left, tokens."""
        before = self._is_big(self.size.width)
        self._figures, self._block, self.is_roomy = tuple(figures), tuple(block), is_roomy
        self.refresh(layout=self._is_big(self.size.width) != before)

    def _is_big(self, width: int) -> bool:
        has_room = self.is_roomy and width >= _BIG_WIDTH
        return has_room and all(len(big(each.money)[0]) < _BIG_COLUMN for each in self._figures)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002 - Textual's signature
        """Give four lines, two more for large digits."""
        return _PLAIN_LINES + (_DIGIT_LINES - 1 if self._is_big(width) else 0)

    def render_line(self, y: int) -> Strip:
        """Draw one line."""
        width = self.size.width
        lines = self._laid_out(is_big=self._is_big(width))
        pieces = lines[y] if y < len(lines) else []
        styles = {
            part: self._style(part) for part in {part for _, part in pieces}
        }  # made anew when asked for
        return Strip([Segment(text, styles[part]) for text, part in pieces]).adjust_cell_length(
            width, self.rich_style
        )

    def _laid_out(self, *, is_big: bool) -> list[list[tuple[str, str]]]:
        column = _BIG_COLUMN if is_big else _COLUMN
        each = self._figures
        rows = [("", [figure.title for figure in each], "title")]
        if is_big:
            wide = [big(figure.money) for figure in each]
            rows += [
                ("$/hour" if number == 1 else "", [lines[number] for lines in wide], "money")
                for number in range(3)
            ]
        else:
            rows.append(("$/hour", [figure.money for figure in each], "money"))
        rows.append(("in+out/min", [figure.plain for figure in each], "value"))
        rows.append(("cache/min", [figure.cache for figure in each], "value"))
        beside = self._beside(len(rows))
        return [
            [
                (label.ljust(_LABEL), "note"),
                *((_fit(value, column), part) for value in values),
                (_GAP * 2, ""),
                beside[number],
            ]
            for number, (label, values, part) in enumerate(rows)
        ]

    def _beside(self, lines: int) -> list[tuple[str, str]]:
        parts = ("title", "money", "value", "note")
        told = list(zip(self._block, parts, strict=False))
        return [*told, *[("", "")] * (lines - len(told))]

    def _style(self, part: str) -> Style:
        if not part:
            return self.rich_style
        return self.rich_style + self.get_component_rich_style(f"figures--{part}", partial=True)


def _fit(text: str, width: int) -> str:
    return " " * (width - foreign.cell_width(text)) + text
