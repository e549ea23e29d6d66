"""The comparison: two ranges, models or projects side by side, with what lies between them.

Both sides are summaries of their own, so each number is the one that `daily` gives for the same limits. The difference is
second minus first; a change in per cent needs a first side that is not zero. A cost with unpriced usage in it is a lower
bound, and a difference to it is none at all: it is left open.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ccmeter.domain.money import usd_exact
from ccmeter.reports import cells
from ccmeter.reports.foreign import cell_width, harmless
from ccmeter.reports.table import Amount, Column, Kind, Note, Report, Row, Table
from ccmeter.reports.usage_document import SCHEMA_VERSION, priced_pico, totals_of
from ccmeter.reports.usage_table import CACHE_CREATION, CACHE_READ, COST, INPUT, OUTPUT, TOTAL

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterator

    from ccmeter.queries.summary import Measures
    from ccmeter.reports.table import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of the two that are compared."""

    name: str
    """As it was asked for: a range, a model, a project."""
    total: Measures
    active_days: int
    """Local days with usage."""
    since_on: dt.date | None = None
    until_on: dt.date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two sides, first and second."""

    of: str
    """`ranges`, `models` or `projects`."""
    first: Side
    second: Side
    time_zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """One measure of both sides; None where a side has none."""

    key: str
    title: str
    kind: Kind
    values: tuple[int | None, int | None]
    is_comparable: bool
    is_low: tuple[bool, bool]

    @property
    def difference(self) -> int | None:
        first, second = self.values
        if first is None or second is None or not self.is_comparable:
            return None
        return second - first

    @property
    def share(self) -> int | None:
        """The change in ten-thousandths of the first side."""
        if self.difference is None or not self.values[0]:
            return None
        return round_half_up(self.difference * 10_000, self.values[0])


_LONGEST_TITLE: Final = 14
_CAN_BE_LOW: Final = {OUTPUT.key: "*", COST.key: "+"}
_READ: Final[dict[str, tuple[str, Kind, Callable[[Measures], int | None]]]] = {
    INPUT.key: ("Input", Kind.TOKENS, lambda total: total.counts.input_tokens),
    OUTPUT.key: ("Output", Kind.TOKENS, lambda total: total.counts.output_tokens),
    CACHE_CREATION.key: (
        "Cache create",
        Kind.TOKENS,
        lambda total: total.counts.cache_creation_5m_tokens + total.counts.cache_creation_1h_tokens,
    ),
    CACHE_READ.key: ("Cache read", Kind.TOKENS, lambda total: total.counts.cache_read_tokens),
    TOTAL.key: ("Total tokens", Kind.TOKENS, lambda total: total.counts.total_tokens),
    "messages": ("Messages", Kind.COUNT, lambda total: total.calls),
    COST.key: ("Cost", Kind.MONEY, priced_pico),
}


def lay_out(comparison: Comparison, *, no_cost: bool = False, empty: str = "No usage found.") -> Report:
    """Give both sides with a line for each measure."""
    lines = list(_lines(comparison, no_cost=no_cost))
    has_any = comparison.first.total.calls or comparison.second.total.calls
    table = Table(
        title=f"{comparison.first.name} and {comparison.second.name}",
        caption=comparison.time_zone,
        columns=_columns(comparison),
        rows=tuple(_row(line) for line in lines) if has_any else (),
        notes=tuple(_notes(comparison, no_cost=no_cost)) if has_any else (Note(text=empty),),
    )
    return Report(table=table, document=_document(comparison, lines, no_cost=no_cost))


def round_half_up(dividend: int, divisor: int) -> int:
    """Give a quotient as the nearest whole number."""
    return (2 * dividend + divisor) // (2 * divisor)


def _columns(comparison: Comparison) -> tuple[Column, ...]:
    def shown(key: str, title: str, drop: int = 0) -> Column:
        return Column(key=key, title=title, kind=Kind.TEXT, drop=drop, is_right=True, only_for_people=True)

    names = (comparison.first.name, comparison.second.name)
    # the title above has them in this order
    titles = names if all(cell_width(name) <= _LONGEST_TITLE for name in names) else ("First", "Second")
    return (
        Column(key="measure_shown", title="", kind=Kind.TEXT, only_for_people=True),
        shown("first_shown", harmless(titles[0])),
        shown("second_shown", harmless(titles[1])),
        shown("difference_shown", "Difference", 1),
        shown("change_shown", "Change"),
        *(
            Column(key=key, title=key, kind=Kind.TEXT, only_in_files=True)
            for key in ("measure", "first", "second", "difference", "change")
        ),
    )


def _lines(comparison: Comparison, *, no_cost: bool) -> Iterator[_Line]:
    sides = (comparison.first, comparison.second)
    for key, (title, kind, read) in _READ.items():
        if key == COST.key and no_cost:
            continue
        is_low = tuple(bool(_low(key, side.total)) for side in sides)
        yield _Line(
            key=key,
            title=title,
            kind=kind,
            values=(read(sides[0].total), read(sides[1].total)),
            is_comparable=key != COST.key or not any(is_low),
            is_low=(is_low[0], is_low[1]),
        )
    days = (comparison.first.active_days, comparison.second.active_days)
    yield _Line(
        key="active_days",
        title="Active days",
        kind=Kind.COUNT,
        values=days,
        is_comparable=True,
        is_low=(False, False),
    )


def _low(key: str, total: Measures) -> int:
    return {OUTPUT.key: total.nonfinal_calls, COST.key: total.unpriced_tokens}.get(key, 0)


def _row(line: _Line) -> Row:
    mark = _CAN_BE_LOW.get(line.key, "")
    sides = (
        Amount(kind=line.kind, value=value, after=mark if is_low and value is not None else "")
        for value, is_low in zip(line.values, line.is_low, strict=True)
    )
    changes = ((line.kind, line.difference), (Kind.SHARE, line.share))
    exact = (*((line.kind, value) for value in line.values), *changes)
    return Row(
        cells=(
            line.title,
            *sides,
            *(Amount(kind=kind, value=value, is_change=True) for kind, value in changes),
            line.key,
            *("" if value is None else cells.for_files(kind, value) for kind, value in exact),
        )
    )


def _notes(comparison: Comparison, *, no_cost: bool) -> Iterator[Note]:
    first, second = comparison.first, comparison.second
    if first.total.nonfinal_calls or second.total.nonfinal_calls:
        messages = (
            f"{cells.counted(side.total.nonfinal_calls, 'message')} of {side.name}"
            for side in (first, second)
        )
        yield Note(
            mark="*",
            text=f"Output is a lower bound: the log never got the final count of {' and '.join(messages)}.",
        )
    if not no_cost and (first.total.unpriced_tokens or second.total.unpriced_tokens):
        models = sorted({*first.total.unpriced_models, *second.total.unpriced_models})
        yield Note(
            mark="+",
            text="Cost is a lower bound, and its difference unknown: some tokens have no known price "
            f"({', '.join(models)}).",
        )
    if comparison.of == "ranges":
        yield from _fairness(first, second)


def _fairness(first: Side, second: Side) -> Iterator[Note]:
    """Say where two ranges are not to be compared without a thought."""
    if first.since_on is None or first.until_on is None or second.since_on is None or second.until_on is None:
        return
    shared = min(first.until_on, second.until_on) - max(first.since_on, second.since_on)
    if shared.days >= 0:
        yield Note(text=f"The two ranges share {cells.counted(shared.days + 1, 'day')}.")
    lengths = [(first.until_on - first.since_on).days + 1, (second.until_on - second.since_on).days + 1]
    if lengths[0] != lengths[1]:
        yield Note(text=f"The ranges are not of one length: {lengths[0]:,} and {lengths[1]:,} days.")


def _document(comparison: Comparison, lines: list[_Line], *, no_cost: bool) -> Json:
    return {
        "schemaVersion": SCHEMA_VERSION,
        "timeZone": comparison.time_zone,
        "of": comparison.of,
        "sides": [_side(side, no_cost=no_cost) for side in (comparison.first, comparison.second)],
        "differences": {_camel(line.key): _difference(line) for line in lines},
    }


def _side(side: Side, *, no_cost: bool) -> Json:
    return {
        "name": side.name,
        "since": side.since_on.isoformat() if side.since_on else None,
        "until": side.until_on.isoformat() if side.until_on else None,
        "activeDays": side.active_days,
        "totals": totals_of(side.total, no_cost=no_cost),
    }


def _difference(line: _Line) -> Json:
    """Give a difference, exact, and relative to the first side; null where there is none."""
    absolute: Json = line.difference
    if line.kind is Kind.MONEY and line.difference is not None:
        absolute = usd_exact(line.difference)
    first = line.values[0]
    has_share = line.difference is not None and first
    relative = line.difference / first if has_share and line.difference is not None and first else None
    return {"absolute": absolute, "relative": relative}


def _camel(key: str) -> str:
    first, *others = key.split("_")
    return {"cost_usd": "costExact"}.get(key, first + "".join(word.title() for word in others))
