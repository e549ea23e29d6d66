"""The blocks report: what each billing block used and cost, how fast the active one burns, and where that leads.

Blocks are ours, found by ccusage's rule: the note below the table says that official windows may lie elsewhere. The
active block's average and the true rates of the last minutes stand beside each other, because the average of a block that
began with a burst says little about now.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from ccmeter.domain.blocks import instant
from ccmeter.reports import blocks_document, cells
from ccmeter.reports.burn import average_of, projection_of
from ccmeter.reports.table import Amount, Column, Kind, Note, Report, Role, Row, Table
from ccmeter.reports.usage_document import priced_pico
from ccmeter.reports.usage_table import (
    CACHE_CREATION,
    CACHE_READ,
    COST,
    FOR_FILES,
    INPUT,
    MODELS,
    OUTPUT,
    TOTAL,
    UsageOptions,
    notes_of,
    row_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ccmeter.queries.blocks import Blocks, BlockUsage, Burn
    from ccmeter.reports.table import Cell


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockOptions:
    """What a person chose to see."""

    usage: UsageOptions
    limit_tokens: int | None = None
    """What the blocks are measured by; None: by the largest of the answer, if that was asked for."""
    only_active: bool = False
    newest_first: bool = False


START: Final = Column(key="block_start", title="Block", kind=Kind.TIME)
STATE: Final = Column(key="state", title="State", kind=Kind.TEXT, drop=7)
SPAN: Final = Column(key="span_s", title="Span", kind=Kind.DURATION, drop=1, is_secondary=True)
LIMIT: Final = Column(key="limit_share", title="Of limit", kind=Kind.SHARE, drop=8)
ACTIVE, GAP = "active", "gap"
_SHARES: Final = 10_000
_SECOND_US: Final = 1_000_000
ESTIMATE: Final = (
    "Blocks are an estimate: they are found by the time of usage, and the official windows do not follow "
    "this rule exactly."
)


def lay_out(answer: Blocks, options: BlockOptions) -> Report:
    """Give the blocks as a report: oldest first unless asked otherwise, gaps between them, undated usage last."""
    if options.limit_tokens is None:
        options = replace(options, limit_tokens=answer.largest_tokens)
    columns = _columns(options)
    rows = tuple(_rows(answer, columns, options))
    active = next((each for each in answer.blocks if each.is_active), None)
    table = Table(
        title="Billing blocks",
        caption=f"{answer.length_hours} hours each, {answer.time_zone}",
        columns=columns,
        rows=rows,
        notes=tuple(_notes(answer, options)) if rows else (Note(text=_empty(answer, options)),),
    )
    return Report(
        table=table,
        document=blocks_document.document_of(
            answer,
            limit_tokens=options.limit_tokens,
            no_cost=options.usage.no_cost,
            newest_first=options.newest_first,
        ),
        further=() if active is None else (_burn_table(answer, active, options),),
    )


def _columns(options: BlockOptions) -> tuple[Column, ...]:
    return (
        START,
        STATE,
        replace(SPAN, only_in_files=options.usage.compact),
        MODELS,
        INPUT,
        OUTPUT,
        *(replace(each, only_in_files=options.usage.compact) for each in (CACHE_CREATION, CACHE_READ)),
        # what a limit is about: the last of the counts to go
        replace(TOTAL, drop=9, only_in_files=options.usage.compact),
        *(() if options.limit_tokens is None else (LIMIT,)),
        *(() if options.usage.no_cost else (COST,)),
        *FOR_FILES,
    )


def _rows(answer: Blocks, columns: tuple[Column, ...], options: BlockOptions) -> Iterator[Row]:
    rows = list(_block_rows(answer, columns, options))
    yield from reversed(rows) if options.newest_first else rows
    if answer.undated is not None:
        yield row_of(answer.undated, columns, {STATE.key: "", MODELS.key: ()})
    if answer.total.calls:
        yield row_of(answer.total, columns, {}, role=Role.TOTAL)


def _block_rows(answer: Blocks, columns: tuple[Column, ...], options: BlockOptions) -> Iterator[Row]:
    """Give the blocks, each after the gap before it."""
    zone = ZoneInfo(answer.time_zone)
    for each in answer.blocks:
        if each.gap is not None:
            span_s = (each.gap.end_us - each.gap.start_us) // _SECOND_US
            gap: dict[str, Cell] = {START.key: instant(each.gap.start_us).astimezone(zone), STATE.key: GAP}
            # no text, where None would say that usage has no price
            known = {**gap, MODELS.key: (), SPAN.key: span_s, COST.key: ""}
            yield Row(cells=tuple(known.get(column.key) for column in columns))
        labels: dict[str, Cell] = {
            START.key: instant(each.block.start_us).astimezone(zone),
            STATE.key: ACTIVE if each.is_active else "",
            SPAN.key: (each.last_us - each.first_us) // _SECOND_US,
            MODELS.key: each.models_seen,
            LIMIT.key: _share(each.measures.counts.total_tokens, options.limit_tokens),
        }
        yield row_of(each.measures, columns, labels)


def _share(tokens: int, limit_tokens: int | None) -> int | None:
    return None if not limit_tokens else tokens * _SHARES // limit_tokens


def _empty(answer: Blocks, options: BlockOptions) -> str:
    """Say why there is no block to show."""
    if not options.only_active or answer.latest is None:
        return options.usage.empty
    if answer.latest.is_active(answer.now_us):
        return "The active block has no usage that fits these filters."
    last = instant(answer.latest.last_us).astimezone(ZoneInfo(answer.time_zone))
    return f"No block is active: the last usage was {last:%Y-%m-%d %H:%M} ({answer.time_zone})."


def _notes(answer: Blocks, options: BlockOptions) -> Iterator[Note]:
    yield from notes_of(answer.total, options.usage)
    if answer.undated is not None:
        tokens = cells.counted(answer.undated.counts.total_tokens, "token")
        messages = cells.counted(answer.undated.calls, "message")
        yield Note(text=f"{tokens} in {messages} have no readable time and belong to no block.")
    if options.limit_tokens is not None:
        yield Note(text=f"The limit is {options.limit_tokens:,} tokens.")
    yield Note(text=ESTIMATE)


def _burn_table(answer: Blocks, active: BlockUsage, options: BlockOptions) -> Table:
    """Give the rates of the active block: on average, and in the last minutes."""
    cost = Column(key="cost_per_hour", title="Cost/hour", kind=Kind.MONEY, mark="+")
    columns = (
        Column(key="span", title="Burn rate over", kind=Kind.TEXT),
        Column(key="uncached_tokens_per_minute", title="Tokens/min", kind=Kind.COUNT),
        Column(key="tokens_per_minute", title="With cache reads", kind=Kind.COUNT),
        *(() if options.usage.no_cost else (cost,)),
    )
    zone = ZoneInfo(answer.time_zone)
    left_s = max(active.block.end_us - answer.now_us, 0) // _SECOND_US
    begin, end = (instant(at_us).astimezone(zone) for at_us in (active.block.start_us, active.block.end_us))
    return Table(
        title="The active block",
        caption=f"{begin:%H:%M} to {end:%H:%M}, {cells.for_people(Kind.DURATION, left_s)} left",
        columns=columns,
        rows=tuple(
            replace(row, cells=row.cells[: len(columns)]) for row in _rates(answer.burn, active, cost.key)
        ),
        notes=tuple(_outlook(answer, active, options)),
    )


def _rates(burns: tuple[Burn, ...], active: BlockUsage, cost_key: str) -> Iterator[Row]:
    """Give the average of the block, where it has one, then the true rates."""

    def rate(span: str, uncached: int, tokens: int, cost_pico: int, unpriced: int) -> Row:
        cost = None if unpriced and not cost_pico else cost_pico
        return Row(cells=(span, uncached, tokens, cost), marks=frozenset({cost_key} if unpriced else ()))

    average, measures = average_of(active), active.measures
    if average is not None:
        counts = measures.counts
        yield rate(
            "block so far",
            average.per_minute(counts.total_tokens - counts.cache_read_tokens),
            average.per_minute(counts.total_tokens),
            average.per_hour(measures.cost_pico),
            measures.unpriced_tokens,
        )
    for burn in burns:
        yield rate(
            f"last {burn.minutes} minutes",
            burn.uncached_tokens // burn.minutes,
            burn.tokens // burn.minutes,
            burn.cost_pico * 60 // burn.minutes,
            burn.unpriced_tokens,
        )


def _outlook(answer: Blocks, active: BlockUsage, options: BlockOptions) -> Iterator[Note]:
    """Say where the block's average leads."""
    projection = projection_of(active, answer.now_us)
    if projection is None:
        return
    cost, amounts = "", [Amount(kind=Kind.TOKENS, value=projection.tokens)]
    if not options.usage.no_cost and priced_pico(active.measures) is not None:
        cost = " and {}"
        amounts.append(Amount(kind=Kind.MONEY, value=projection.cost_pico))
    limit = ""
    if options.limit_tokens:
        limit = ": {} of the limit"
        share = projection.tokens * _SHARES // options.limit_tokens
        amounts.append(Amount(kind=Kind.SHARE, value=share))
    yield Note(text=f"At the block's average it ends with {{}} tokens{cost}{limit}.", amounts=tuple(amounts))
