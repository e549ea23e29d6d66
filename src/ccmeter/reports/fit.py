"""Which columns a width has room for, and how much each gets.

First what can be said shorter is said shorter (a list of names), then whole columns go, the dearest staying while
there is room, and only when none may go any more is text cut. A number is shown whole or not at all: a cut number is a wrong one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

GAP = 2
"""Cells between two columns."""
_NEVER = 1_000
"""Stands for a `drop` of 0 where columns are sorted by how long they stay."""


class Demand(NamedTuple):
    """How much room a column asks for, in terminal cells."""

    natural: int
    """To say everything."""
    least: int
    """To say it short."""
    drop: int
    """As in `Column`."""
    can_be_cut: bool
    """Text may lose letters when nothing else helps; a number may not."""


def fit(demands: Sequence[Demand], width: int) -> dict[int, int]:
    """Give the columns that stay, by position from left to right, each with its width in cells."""
    kept: set[int] = set()
    for position in sorted(range(len(demands)), key=lambda position: -(demands[position].drop or _NEVER)):
        least = [demands[each].least for each in (*kept, position)]
        if not demands[position].drop or _taken(least) <= width:
            kept.add(position)
    spare = width - _taken([demands[each].least for each in kept])
    widths: dict[int, int] = {}
    for position in sorted(kept):
        each = demands[position]
        given = min(each.natural - each.least, spare)
        if given < 0:
            given = max(given, 1 - each.least) if each.can_be_cut else 0
        widths[position] = each.least + given
        spare -= given
    return widths


def _taken(widths: Sequence[int]) -> int:
    return sum(widths) + GAP * max(len(widths) - 1, 0)
