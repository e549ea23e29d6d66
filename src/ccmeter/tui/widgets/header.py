"""The line at the top of every screen: the limits with their source, the instant shown, filters; below it what is wrong.

Where the room ends, the least important goes as a whole: filters, then the ages of limits, then the limits that do not bind.
The instant always stays, and while the past is replayed so does that it is the past.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from rich.cells import cell_len
from textual.content import Content
from textual.widgets import Static

from ccmeter.reports.foreign import head

if TYPE_CHECKING:
    from textual.events import Resize

Level = Literal["", "good", "warn", "bad"]
_COLOURS: Final = {"": "", "good": "$text-success", "warn": "$text-warning", "bad": "$text-error"}
_GAP: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """A limit in few words."""

    window: str
    """`5h`, `week`."""
    used: str
    """`62%`; `60-65%` while it is estimated; `?` while nothing is known of now."""
    source: str
    """`official 12s`, `estimate`, `reset`."""
    level: Level = ""
    binds: bool = False
    """It ends first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Top:
    """What the line at the top says."""

    title: str = ""
    instant: str = ""
    """`15:30:05`, or `2026-11-20 14:05` in the past."""
    is_live: bool = True
    behind: str = ""
    """How far back: `25m ago`."""
    chips: tuple[Chip, ...] | None = None
    """None: not asked yet."""
    filters: str = ""
    doing: str = ""
    """What is under way: `reading logs 40%`."""


def laid_out(top: Top, width: int) -> Content:
    """Give the line in at most `width` cells."""
    left = _left(top)
    least = [
        _wide(chips) + _GAP for chips in _ways(top)[-1:]
    ]  # what is under way is cut before the limit that binds goes
    right = _right(top, width - _wide(left) - _GAP - sum(least))
    room = width - _wide(left) - _wide(right) - _GAP
    for chips in _ways(top):
        if _wide(chips) + _GAP <= room:
            break
    else:
        chips = []
    middle = [*left, *([("  ", ""), *chips] if chips else [])]
    rest = width - _wide(middle) - _wide(right)
    filters = f"  {top.filters}"
    if top.filters and cell_len(filters) + _GAP <= rest:
        middle.append((filters, "$text-accent"))
        rest -= cell_len(filters)
    return Content.assemble(*middle, (" " * max(rest, 0), ""), *right).truncate(width, ellipsis=True)


_Pieces = list[tuple[str, str]]


def _left(top: Top) -> _Pieces:
    return [(f" {top.title}", "bold")]


def _right(top: Top, room: int) -> _Pieces:
    clock = (
        (f"{top.instant} ", "dim")
        if top.is_live
        else (f" REPLAY {top.instant}, {top.behind} ", "bold reverse")
    )
    room -= _wide([clock]) + _GAP
    if not top.doing or room < 1:
        return [clock]
    doing = top.doing if cell_len(top.doing) <= room else f"{head(top.doing, room - 1)}…"
    return [(f"{doing}{' ' * _GAP}", "dim"), clock]


def _ways(top: Top) -> list[_Pieces]:
    """Give the limits in ever fewer words."""
    if top.chips is None:
        return []
    if not top.chips:
        return [[("limits: unknown", "dim")]]
    binding = tuple(chip for chip in top.chips if chip.binds) or top.chips[:1]
    return [
        _said(top.chips, with_source=True),
        _said(top.chips, with_source=False),
        _said(binding, with_source=True),
        _said(binding, with_source=False),
    ]


def _said(chips: tuple[Chip, ...], *, with_source: bool) -> _Pieces:
    pieces: _Pieces = []
    for chip in chips:
        pieces.append(("  " if pieces else "", ""))
        pieces.append((f"{chip.window} ", "dim"))
        pieces.append(
            (f"{chip.used}{'!' if chip.binds and len(chips) > 1 else ''}", f"bold {_COLOURS[chip.level]}")
        )
        if with_source:
            pieces.append((f" {chip.source}", "dim"))
    return pieces


def _wide(pieces: _Pieces) -> int:
    return sum(cell_len(text) for text, _ in pieces)


class TopLine(Static):
    """The line at the top."""

    top = Top()

    def tell(self, top: Top) -> None:
        """Say something else."""
        if top != self.top:
            self.top = top
            self._lay_out()

    def on_resize(self, _: Resize) -> None:
        """Use the room that there is."""
        self._lay_out()

    def _lay_out(self) -> None:
        if self.size.width:
            self.update(laid_out(self.top, self.size.width), layout=False)


class TroubleLine(Static):
    """What is wrong, and what to do about it. Not there while nothing is."""

    said = ""

    def __init__(self) -> None:
        super().__init__(markup=False)

    def tell(self, text: str) -> None:
        """Say what is wrong; nothing at all takes the line away."""
        if text != self.said:
            self.said = text
            self.update(text)
            self.set_class(bool(text), "-said")
