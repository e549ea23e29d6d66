"""What the reports on periods share: usage per day, week or month, laid out as one table and one document.

A report says only what its periods are called; columns, totals, marks and notes are made here, so that a day and
the month around it cannot be told in different words. Nothing is added up here: the store made every sum.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from ccmeter.reports.table import Column, Kind, Note, Report, Role, Row, Table
from ccmeter.reports.usage_document import document_of, priced_pico, project_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ccmeter.queries.summary import By, Measures, Period, Summary
    from ccmeter.reports.table import Cell


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageOptions:
    """What a person chose to see."""

    breakdown: bool = False
    """A line for each model under its row."""
    by_project: bool = False
    compact: bool = False
    """Only models, input, output and cost."""
    no_cost: bool = False
    empty: str = "No usage found."
    """What to say, and what to do next, when there is no row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodShape:
    """What tells one report on periods from another."""

    name: str
    """Of the command, and of the list in the document."""
    title: str
    period: Column
    """The column that says which period a row is."""
    by: By
    """What the store groups by."""
    unit: Literal["day", "week", "month"] = "day"
    """What `--last` counts."""
    nameless: str = ""
    """What a row is called whose key is the empty text."""


PROJECT = Column(key="project", title="Project", kind=Kind.TEXT, is_foreign=True, only_in_files=True)
"""Its path; people read its name."""
PROJECT_NAME = Column(
    key="project_name",
    title="Project",
    kind=Kind.TEXT,
    is_foreign=True,
    is_heading=True,
    only_for_people=True,
)
MODELS = Column(key="models", title="Models", kind=Kind.NAMES, drop=5, is_foreign=True)
INPUT = Column(key="input_tokens", title="Input", kind=Kind.TOKENS, drop=3)
OUTPUT = Column(key="output_tokens", title="Output", kind=Kind.TOKENS, drop=6, mark="*")
CACHE_CREATION = Column(
    key="cache_creation_tokens", title="Cache create", kind=Kind.TOKENS, drop=1, is_secondary=True
)
CACHE_READ = Column(key="cache_read_tokens", title="Cache read", kind=Kind.TOKENS, drop=2, is_secondary=True)
TOTAL = Column(key="total_tokens", title="Total", kind=Kind.TOKENS, drop=4)
COST = Column(key="cost_usd", title="Cost", kind=Kind.MONEY, mark="+")
FOR_FILES = (
    Column(key="unpriced_tokens", title="Unpriced", kind=Kind.TOKENS, only_in_files=True),
    Column(key="messages", title="Messages", kind=Kind.COUNT, only_in_files=True),
    Column(key="non_final_messages", title="Non-final", kind=Kind.COUNT, only_in_files=True),
)


def lay_out(summary: Summary, *, shape: PeriodShape, options: UsageOptions) -> Report:
    """Give the summary as a report: rows in the order given, undated usage last, by project grouped by project."""
    summary = replace(summary, periods=_in_order(summary.periods, options))
    columns = _columns(shape, options)
    rows = [
        row for period in summary.periods for row in _rows(period, columns, shape, options, summary.names)
    ]
    total = row_of(summary.total, columns, {}, role=Role.TOTAL)
    table = Table(
        title=shape.title,
        caption=summary.time_zone,
        columns=columns,
        rows=(*rows, total) if rows else (),
        notes=tuple(notes_of(summary.total, options)) if rows else (Note(text=options.empty),),
    )
    document = document_of(
        summary,
        name=shape.name,
        period=shape.period,
        by_project=options.by_project,
        no_cost=options.no_cost,
    )
    return Report(table=table, document=document)


def _in_order(periods: tuple[Period, ...], options: UsageOptions) -> tuple[Period, ...]:
    """Keep the order given, but undated usage last; by project, projects in the order of their first row."""
    ordered = sorted(periods, key=lambda period: period.key is None)
    if options.by_project:
        ranks = {project: rank for rank, project in enumerate(dict.fromkeys(map(project_of, periods)))}
        ordered.sort(key=lambda period: ranks[project_of(period)])
    return tuple(ordered)


def _columns(shape: PeriodShape, options: UsageOptions) -> tuple[Column, ...]:
    return (
        shape.period,
        *((PROJECT, PROJECT_NAME) if options.by_project else ()),
        *(() if shape.period.kind is Kind.NAMES else (_models(options),)),
        INPUT,
        OUTPUT,
        *(replace(each, only_in_files=options.compact) for each in (CACHE_CREATION, CACHE_READ, TOTAL)),
        *(() if options.no_cost else (COST,)),
        *FOR_FILES,
    )


def _models(options: UsageOptions) -> Column:
    """Give the column of models; a line of a breakdown is nothing without its model, so there it never goes."""
    return replace(MODELS, drop=0) if options.breakdown else MODELS


def _rows(
    period: Period,
    columns: tuple[Column, ...],
    shape: PeriodShape,
    options: UsageOptions,
    project_names: Mapping[str, str],
) -> Iterator[Row]:
    """Give a period's row, and with a breakdown a row for each of its models when there are several."""
    key: Cell = shape.nameless if period.key == "" else period.key
    if shape.period.kind is Kind.NAMES:
        key = (str(key),)
    project = project_of(period)
    labels: dict[str, Cell] = {
        shape.period.key: key,
        PROJECT.key: project,
        PROJECT_NAME.key: project_names.get(project, project),
    }
    names = tuple(share.model for share in period.models)
    yield row_of(period.measures, columns, {**labels, MODELS.key: names})
    for share in period.models if options.breakdown and len(names) > 1 else ():
        yield row_of(share.measures, columns, {**labels, MODELS.key: (share.model,)}, role=Role.DETAIL)


def row_of(
    measures: Measures, columns: tuple[Column, ...], labels: dict[str, Cell], *, role: Role = Role.BODY
) -> Row:
    """Give a row of usage: what is measured, and what stands in `labels`, under the columns that there are."""
    cells = {**labels, **cells_of(measures)}
    low = {OUTPUT.key: measures.nonfinal_calls, COST.key: measures.unpriced_tokens}
    return Row(
        cells=tuple(cells.get(column.key) for column in columns),
        role=role,
        marks=frozenset(column.key for column in columns if low.get(column.key)),
    )


def cells_of(measures: Measures) -> dict[str, Cell]:
    """Give measures as cells, by column."""
    counts = measures.counts
    return {
        INPUT.key: counts.input_tokens,
        OUTPUT.key: counts.output_tokens,
        CACHE_CREATION.key: counts.cache_creation_5m_tokens + counts.cache_creation_1h_tokens,
        CACHE_READ.key: counts.cache_read_tokens,
        TOTAL.key: counts.total_tokens,
        COST.key: priced_pico(measures),
        "unpriced_tokens": measures.unpriced_tokens,
        "messages": measures.calls,
        "non_final_messages": measures.nonfinal_calls,
    }


def notes_of(total: Measures, options: UsageOptions) -> Iterator[Note]:
    """Say what the marks mean, and how much they are about."""
    if total.nonfinal_calls:
        messages = "message" if total.calls == 1 else "messages"
        yield Note(
            mark=OUTPUT.mark,
            text=f"Output is a lower bound: the log never got the final count of {total.nonfinal_calls:,} "
            f"of {total.calls:,} {messages}. Run ccmeter doctor for an estimate.",
        )
    if total.unpriced_tokens and not options.no_cost:
        is_known_in_part = priced_pico(total) is not None
        tokens = "token has" if total.unpriced_tokens == 1 else "tokens have"
        yield Note(
            mark=COST.mark if is_known_in_part else "",
            text=f"Cost is {'a lower bound' if is_known_in_part else 'unknown'}: {total.unpriced_tokens:,} {tokens} "
            f"no known price ({', '.join(total.unpriced_models)}).",
        )
