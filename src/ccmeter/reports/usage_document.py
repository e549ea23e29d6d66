"""Usage as a JSON document: ccusage's shape, key for key, with our own keys beside them.

Scripts written for `ccusage claude daily --json` read it unchanged (facts/ccusage.md, section 2). `totalCost` and
`cost` are the doubles nearest to the exact amounts, as there; `costExact` is the amount itself as decimal text, so
that parts add up to their total to the last digit. It is null where nothing could be priced: that is not $0.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Protocol

from ccmeter.domain.money import PICO_PER_USD, usd_exact
from ccmeter.reports.cells import for_files

if TYPE_CHECKING:
    from ccmeter.queries.summary import Measures, ModelShare, Period, Summary
    from ccmeter.reports.table import Column, Json

SCHEMA_VERSION = 1
"""Rises when a key goes away or changes its meaning; new keys may come at any time."""
UNKNOWN_PROJECT = "unknown"


class Used(Protocol):
    """A row of usage, whatever it is by."""

    @property
    def measures(self) -> Measures:
        """What it adds up to."""

    @property
    def models(self) -> tuple[ModelShare, ...]:
        """By cost, dearest first."""

    @property
    def models_seen(self) -> tuple[str, ...]:
        """The same models in the order of their first use."""


def priced_pico(measures: Measures) -> int | None:
    """Give what the priced part cost in pico-dollars; None when there is usage and no part of it has a price."""
    is_unpriced = measures.unpriced_tokens and measures.unpriced_tokens == measures.counts.total_tokens
    return None if is_unpriced and not measures.cost_pico else measures.cost_pico


def project_of(period: Period) -> str:
    """Give the project's name; usage outside of any project is kept under `unknown`."""
    return period.project or UNKNOWN_PROJECT


def document_of(summary: Summary, *, name: str, period: Column, by_project: bool, no_cost: bool) -> Json:
    """Give the report `name` (`daily`) as JSON; the first day of each row stands under the key of `period`.

    By project, `{"projects": {project: [row]}}` takes the place of `{name: [row]}`.
    """
    document: dict[str, Json] = {
        "schemaVersion": SCHEMA_VERSION,
        "timeZone": summary.time_zone,
        "totals": totals_of(summary.total, no_cost=no_cost),
    }
    rows: list[Json] = []
    projects: dict[str, list[Json]] = {}
    for each in summary.periods:
        row = usage_of(each, no_cost=no_cost)
        row[period.key] = for_files(period.kind, each.key)
        rows.append(row)
        if by_project:
            row["project"] = project_of(each)
            projects.setdefault(project_of(each), []).append(row)
    document |= {"projects": projects} if by_project else {name: rows}
    return document


def usage_of(used: Used, *, no_cost: bool) -> dict[str, Json]:
    """Give what a row used, in all and by model."""
    row = counts_of(
        used.measures
    )  # filled in place: of thousands of rows, merging parts is a third of the time
    row |= cost_of(used.measures, key="totalCost", no_cost=no_cost)
    row["totalTokens"] = used.measures.counts.total_tokens
    row["modelsUsed"] = used.models_seen
    row["modelBreakdowns"] = [share_of(each, no_cost=no_cost) for each in used.models]
    return row


def share_of(share: ModelShare, *, no_cost: bool) -> dict[str, Json]:
    """Give one model's part, as in `modelBreakdowns`."""
    part = counts_of(share.measures)
    part |= cost_of(share.measures, key="cost", no_cost=no_cost)
    if share.measures.unpriced_models:
        part["missingPricing"] = True
    part["modelName"] = share.model
    return part


def totals_of(total: Measures, *, no_cost: bool) -> dict[str, Json]:
    """Give what everything adds up to."""
    unpriced: dict[str, Json] = {"unpricedModels": total.unpriced_models} if total.unpriced_models else {}
    return {
        **counts_of(total),
        **cost_of(total, key="totalCost", no_cost=no_cost),
        **unpriced,
        "totalTokens": total.counts.total_tokens,
    }


def counts_of(measures: Measures) -> dict[str, Json]:
    """Give the counts that every row has."""
    counts = measures.counts
    return {
        "inputTokens": counts.input_tokens,
        "outputTokens": counts.output_tokens,
        "cacheCreationTokens": counts.cache_creation_5m_tokens + counts.cache_creation_1h_tokens,
        "cacheReadTokens": counts.cache_read_tokens,
        "messages": measures.calls,
        "nonFinalMessages": measures.nonfinal_calls,
        "unpricedTokens": measures.unpriced_tokens,
    }


def cost_of(measures: Measures, *, key: str, no_cost: bool) -> dict[str, Json]:
    """Give the cost as the nearest double (a quotient of two ints is that) and as exact text."""
    if no_cost:
        return {}
    exact_pico = priced_pico(measures)
    return {
        key: measures.cost_pico / PICO_PER_USD,
        "costExact": None if exact_pico is None else usd_exact(exact_pico),
    }


def utc(at: dt.datetime | None) -> str | None:
    """Give an instant as ccusage does: `2026-06-01T10:00:00.000Z`."""
    if at is None:
        return None
    return at.astimezone(dt.UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"
