"""What the page of statistics asks beside sums: weekdays, hours, and what caching saved, exactly."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from ccmeter.domain.filters import Filters
from ccmeter.domain.rates import UNDATED
from ccmeter.domain.tokens import TokenCounts
from ccmeter.pricing.rule import Call, PriceBook
from ccmeter.pricing.table import rate_table
from ccmeter.queries.stats import Stats, ask_stats
from ccmeter.queries.summary import summarize
from support import fortnight, stores
from support.transcripts import Folder, Line, joined, us

if TYPE_CHECKING:
    from pathlib import Path

LIST = PriceBook(rate_table())


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fortnight.make(tmp_path_factory.mktemp("stats"))


def asked(store: Path, zone: str = "UTC", **limits: Any) -> Stats:
    with stores.asking(store) as connection:
        return ask_stats(connection, Filters(time_zone=zone, **limits))


def counts(line: Line) -> TokenCounts:
    short, long = line.split or (line.cache_creation_tokens, 0)
    return TokenCounts(line.input_tokens, line.output_tokens, short, long, line.cache_read_tokens)


def saved_pico(line: Line) -> int | None:
    """Give what the cost rule would ask without any cache, less what it asks."""
    there = counts(line)
    plain = TokenCounts(there.prompt_tokens, there.output_tokens)
    calls = [
        Call(
            line.model,
            each,
            logged_us=UNDATED if line.at_us is None else line.at_us,
            speed=line.speed or "",
            service_tier=line.service_tier or "",
            inference_geo=line.inference_geo or "",
            stop_reason=line.stop_reason or "",
        )
        for each in (plain, there)
    ]
    without, billed = map(LIST.cost_pico, calls)
    return None if without is None or billed is None else without - billed


def test_what_caching_saved_is_the_difference_to_plain_input(store: Path) -> None:
    """To the pico-dollar, by the cost rule itself; tokens at unknown prices are counted, not guessed."""
    lines = list(fortnight.lines())
    found = asked(store).all
    assert found.saved_pico == sum(saved_pico(line) or 0 for line in lines)
    unknown = [counts(line) for line in lines if saved_pico(line) is None]
    assert found.unknown_cached_tokens == sum(each.prompt_tokens - each.input_tokens for each in unknown)
    assert unknown


HARD = Line(model="claude-sonnet-4-5-20250929", at_us=us("2026-08-15T09:00:00+00:00"), stop_reason="end_turn")


@pytest.mark.parametrize(
    "line",
    [
        replace(HARD, cache_read_tokens=10**6),
        replace(HARD, input_tokens=150_000, cache_read_tokens=60_000),
        replace(HARD, cache_creation_tokens=900, split=(900, 0)),
        replace(HARD, cache_creation_tokens=900, split=(0, 900)),
        replace(HARD, model="claude-opus-4-6", speed="fast", cache_read_tokens=5_000),
        replace(HARD, service_tier="batch", cache_read_tokens=5_000),
        replace(HARD, model="claude-opus-4-6", inference_geo="us", cache_read_tokens=5_000),
        replace(HARD, stop_reason="refusal", output_tokens=0, cache_read_tokens=5_000),
        replace(HARD, at_us=None, cache_read_tokens=77),
        replace(HARD, server_tools=(3, 1), cache_read_tokens=5),
    ],
    ids=lambda line: f"{line.model}-{line.cache_read_tokens}",
)
def test_every_situation_saves_at_its_own_rates(line: Line, tmp_path: Path) -> None:
    """Long prompts, fast mode, batches, regions, refusals that are free, and both kinds of cache writes."""
    Folder(tmp_path / "logs").write("p/1.jsonl", joined([line.assistant()]))
    stores.ingest(tmp_path / "store", tmp_path / "logs")
    assert asked(tmp_path / "store").all.saved_pico == saved_pico(line)
    writes_only = line.cache_creation_tokens and not line.cache_read_tokens
    assert ((saved_pico(line) or 0) < 0) == bool(writes_only)


@pytest.mark.parametrize("zone", ["UTC", "Australia/Lord_Howe", "America/New_York"])
def test_weekdays_and_hours_are_those_of_the_zone(zone: str, store: Path) -> None:
    """Each dated call counts for one weekday and one hour."""
    found = asked(store, zone)
    there = ZoneInfo(zone)
    times = [
        dt.datetime.fromtimestamp(line.at_us // 1_000_000, there)
        for line in fortnight.lines()
        if line.at_us is not None
    ]
    assert {key: tally.calls for key, tally in found.weekdays.items()} == Counter(
        at.isoweekday() for at in times
    )
    assert {key: tally.calls for key, tally in found.hours.items()} == Counter(at.hour for at in times)
    for tallies in (found.weekdays, found.hours):
        assert sum(tally.tokens for tally in tallies.values()) == found.all.dated_tokens
        assert sum(tally.cost_pico for tally in tallies.values()) == found.all.dated_cost_pico
    assert found.all.dated_calls == len(times) == found.all.calls - 1


@pytest.mark.parametrize(
    "limits", [{}, {"models": ("opus",)}, {"projects": ("beta",)}, {"since_on": dt.date(2026, 11, 12)}]
)
def test_sums_are_those_of_daily(limits: dict[str, Any], store: Path) -> None:
    """The page and the report on days are one answer."""
    found = asked(store, **limits)
    with stores.asking(store) as connection:
        daily = summarize(connection, Filters(time_zone="UTC", **limits))
    assert found.days == daily
    assert found.weeks.total == found.months.total == found.models.total == daily.total
    assert (found.all.tokens, found.all.calls) == (daily.total.counts.total_tokens, daily.total.calls)
    assert (found.all.cost_pico, found.all.unpriced_tokens) == (
        daily.total.cost_pico,
        daily.total.unpriced_tokens,
    )


def test_output_without_a_price_is_not_divided_by(store: Path) -> None:
    """Else the cost per 1,000 output tokens would look lower than it is."""
    found = asked(store).all
    priced = [line for line in fortnight.lines() if line.model != "somebodys-model-9"]
    assert found.priced_output_tokens == sum(line.output_tokens for line in priced)


def test_no_usage_is_no_trouble(store: Path) -> None:
    """Everything is zero."""
    found = asked(store, sessions=("nobody",))
    assert (found.weekdays, found.hours, found.all.calls, found.all.saved_pico) == ({}, {}, 0, 0)
