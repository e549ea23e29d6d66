"""Bars of limits: what is used, how much of the window has passed, and where it is likely to end.

From the left: used (solid), what is uncertain of it (`▓`, while it is estimated), the forecast at the reset up to its tenth
percentile (`▒`) and on to its ninetieth (`░`); `┃` stands at the elapsed time, so that use to the left of it is slower than
the clock. All figures have fixed places, and the bar takes what is left over.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final, Literal, TypeAlias

from rich.segment import Segment
from textual.strip import Strip
from textual.widget import Widget

from ccmeter.reports import foreign

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.style import Style
    from textual.geometry import Size

USED, MAYBE, LIKELY, POSSIBLE, FREE, TICK = "█▓▒░·┃"
_FULL_BP: Final = 10_000
_LEAST_BAR: Final = 10
_GAP: Final = "  "

Level: TypeAlias = Literal["", "good", "warn", "bad"]
Piece: TypeAlias = tuple[str, str]
"""Text, and the part of the widget that it is drawn as."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bullet:
    """One bar. Hundredths of a percent; the text beside it must keep its width from answer to answer."""

    name: str
    used: str
    source: str
    """Where the number is from, and how old it is."""
    level: Level = ""
    used_bp: tuple[int, int] | None = None
    """What is surely used and what may be; None draws no bar, because nothing is known of now."""
    ends_bp: tuple[int, int] | None = None
    """The forecast; may be beyond 10,000."""
    elapsed_bp: int | None = None
    reset: str = ""
    """When it begins anew, in few words;"""
    detail: str = ""
    """and what else there is to say where there is room."""


def drawn(bullet: Bullet, width: int) -> Iterator[Piece]:
    """Draw the bar itself, exactly `width` cells wide."""
    if bullet.used_bp is None:
        yield FREE * width, "free"
        return
    low, high = bullet.used_bp
    first, last = bullet.ends_bp or (high, high)
    ends = [_cells(each, width) for each in (low, max(high, low), max(first, high), max(last, first, high))]
    tick = None if bullet.elapsed_bp is None else min(bullet.elapsed_bp * width // _FULL_BP, width - 1)
    looks = (
        (USED, bullet.level or "used"),
        (MAYBE, bullet.level or "used"),
        (LIKELY, "ahead"),
        (POSSIBLE, "ahead"),
    )
    for cell in range(width):
        if cell == tick:
            yield TICK, "tick"
            continue
        yield next((look for end, look in zip(ends, looks, strict=True) if cell < end), (FREE, "free"))


def _cells(share_bp: int, width: int) -> int:
    """Give how many cells a share fills: whatever is not nothing fills one, and only what is full fills all."""
    share_bp = min(max(share_bp, 0), _FULL_BP)
    cells = (share_bp * width + _FULL_BP // 2) // _FULL_BP
    if share_bp < _FULL_BP:
        cells = min(cells, width - 1)
    return max(cells, 1) if share_bp else 0


def line(bullet: Bullet, width: int, widths: Sequence[int]) -> list[Piece]:
    """Lay a line out: name, use, bar, reset, detail, source. Detail goes first where room is short."""
    name, used, reset, detail, source = widths
    fixed = name + used + reset + source + len(_GAP) * 4
    if width - fixed - detail - len(_GAP) < _LEAST_BAR * 2:
        detail = 0
    room = max(width - fixed - (detail + len(_GAP) if detail else 0), 1)
    pieces = [
        (_fit(bullet.name, name), "name"),
        (_GAP, ""),
        (_fit(bullet.used, used, right=True), bullet.level or "value"),
        (_GAP, ""),
        *drawn(bullet, room),
        (_GAP, ""),
        (_fit(bullet.reset, reset), "value"),
    ]
    if detail:
        pieces += [(_GAP, ""), (_fit(bullet.detail, detail), "note")]
    return [*pieces, (_GAP, ""), (_fit(bullet.source, source), "note")]


def _fit(text: str, width: int, *, right: bool = False) -> str:
    safe = foreign.head(foreign.steady(text, unicode=True), width)
    fill = " " * (width - foreign.cell_width(safe))
    return fill + safe if right else safe + fill


class Rail(Widget):
    """The bars, one below the other, and a line on which of them ends first."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"rail--{part}"
        for part in ("name", "value", "note", "used", "good", "warn", "bad", "ahead", "free", "tick", "said")
    }
    DEFAULT_CSS: ClassVar[str] = """
    Rail {
        height: auto;
        & > .rail--name { text-style: bold; }
        & > .rail--value { color: $foreground; }
        & > .rail--note { color: $foreground 60%; }
        & > .rail--used { color: $primary; }
        & > .rail--good { color: $text-success; }
        & > .rail--warn { color: $text-warning; text-style: bold; }
        & > .rail--bad { color: $text-error; text-style: bold; }
        & > .rail--ahead { color: $foreground 45%; }
        & > .rail--free { color: $foreground 25%; }
        & > .rail--tick { color: $foreground; text-style: bold; }
        & > .rail--said { color: $foreground; }
    }
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._bullets: tuple[Bullet, ...] = ()
        self._said: tuple[str, ...] = ()

    def tell(self, bullets: Sequence[Bullet], said: Sequence[str]) -> None:
        """Show other bars, and other sentences below them."""
        before = self._height(self.size.width)
        self._bullets, self._said = tuple(bullets), tuple(filter(None, said))
        self.refresh(layout=self._height(self.size.width) != before)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002 - Textual's signature
        """Give a line for each bar, and what sentences need."""
        return max(self._height(width), 1)

    def _height(self, width: int) -> int:
        return len(self._bullets) + len(self._lines(width))

    def _lines(self, width: int) -> list[str]:
        return [piece for text in self._said for piece in foreign.wrap(text, max(width, 20))]

    def render_line(self, y: int) -> Strip:
        """Draw one line."""
        width = self.size.width
        if y < len(self._bullets):
            pieces = line(self._bullets[y], width, self._widths())
        else:
            below = self._lines(width)
            place = y - len(self._bullets)
            pieces = [(below[place] if place < len(below) else "", "said")]
        styles = {
            part: self._style(part) for part in {part for _, part in pieces}
        }  # made anew when asked for
        return Strip([Segment(text, styles[part]) for text, part in pieces]).adjust_cell_length(
            width, self.rich_style
        )

    def _widths(self) -> tuple[int, ...]:
        """Give the widths of the texts: those of the longest, and never less than what comes and goes needs."""
        least = {"name": 4, "used": 6, "reset": 0, "detail": 0, "source": 12}
        return tuple(
            max(
                width,
                *(
                    foreign.cell_width(foreign.steady(getattr(each, name), unicode=True))
                    for each in self._bullets
                ),
            )
            for name, width in least.items()
        )

    def _style(self, part: str) -> Style:
        return (
            self.rich_style + self.get_component_rich_style(f"rail--{part}", partial=True)
            if part
            else self.rich_style
        )
