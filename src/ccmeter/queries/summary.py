"""How much was used in each period, in all and by model: the question behind most reports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import datetime as dt

    from ccmeter.domain.tokens import TokenCounts


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """What one cell of a summary adds up to. Every sum is made by the store."""

    counts: TokenCounts
    cost_pico: int
    """Of the priced calls, in pico-dollars."""
    unpriced_tokens: int
    """Of calls, or parts of calls, whose model has no rate card; contained in `counts` but not in `cost_pico`."""
    unpriced_models: tuple[str, ...]
    """Their models as logged, sorted."""
    calls: int
    nonfinal_calls: int
    """Calls whose final output count the log never got: `counts.output_tokens` is too low by an unknown amount."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelShare:
    """One model's part of a period."""

    model: str
    """As logged, with `-fast` appended for usage in fast mode; `unknown` where the log names none."""
    measures: Measures


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """One row of a summary: a period, and a project where asked by project."""

    starts_on: dt.date | None
    """First local day; None for usage whose lines carry no readable time."""
    project: str | None
    """The project's path when the summary is by project, else None."""
    measures: Measures
    models: tuple[ModelShare, ...]
    """By cost, dearest first; unpriced models last, by tokens."""
    models_seen: tuple[str, ...]
    """The same models in the order of their first use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """An answer: rows in the order asked for, and their total."""

    periods: tuple[Period, ...]
    total: Measures
    time_zone: str
    """IANA name of the zone whose days these are."""
