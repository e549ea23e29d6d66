"""Advice from logs: each kind of finding on usage made for it, and nothing on usage that gives no reason."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ccmeter.domain.filters import Filters
from ccmeter.queries.advice import advice
from support import stores
from support.claude_records import prompt
from support.transcripts import Folder, Line, joined, us

if TYPE_CHECKING:
    from pathlib import Path

    from ccmeter.queries.advice import Advice

MINUTE = 60_000_000
AT = us("2026-06-01T10:00:00+00:00")
TODAY = dt.date(2026, 6, 2)
OPUS, HAIKU = "claude-opus-4-5-20251101", "claude-haiku-4-5-20251001"
EVERYTHING = Filters(time_zone="UTC")


def call(minute: float, *, read: int = 0, written: int = 0, **more: object) -> Line:
    """Make a call of opus 4.5 so many minutes after ten o'clock, with so much of its prompt from and into the cache."""
    at_us = AT + int(minute * MINUTE)
    line = Line(
        message_id=f"msg_{at_us}_{more.get('session', '')}",
        request_id=None,
        at_us=at_us,
        cache_read_tokens=read,
        cache_creation_tokens=written,
        split=(written, 0),
        stop_reason="end_turn",
    )
    return replace(line, **more)  # type: ignore[arg-type]  # fields of a line, by name


def asked(tmp_path: Path, *records: bytes, filters: Filters = EVERYTHING, today: dt.date = TODAY) -> Advice:
    logs, store = Folder(tmp_path / "logs"), tmp_path / "store"
    logs.write("p/one.jsonl", joined(list(records)))
    stores.ingest(store, logs.path)
    with stores.asking(store) as connection:
        return advice(connection, filters, today=today)


def test_a_cache_that_a_pause_lost_is_found_with_its_price(tmp_path: Path) -> None:
    """50,000 tokens were read from the cache, and ten minutes later written again: 6.25 USD a million, not 0.50."""
    found = asked(
        tmp_path,
        call(0, written=50_000).assistant(),
        call(1, read=50_000).assistant(),
        call(11, written=50_000).assistant(),
    )
    (finding,) = found.findings
    assert (finding.kind, finding.cases, finding.tokens) == ("idle_cache", 1, 50_000)
    assert finding.wasted_pico == 50_000 * (6_250_000 - 500_000)
    assert finding.evidence[0].pause_s == 600
    assert (found.calls, found.since_on) == (3, dt.date(2026, 5, 4))


def test_a_cache_lost_without_a_pause_is_another_finding(tmp_path: Path) -> None:
    """Within five minutes the cache was there: the prompt's beginning had changed."""
    found = asked(tmp_path, call(0, written=50_000).assistant(), call(2, written=60_000).assistant())
    (finding,) = found.findings
    assert (finding.kind, finding.tokens) == ("broken_cache", 50_000)


def test_an_hourly_cache_outlives_half_an_hour(tmp_path: Path) -> None:
    """A cache of the hour class that is gone after half an hour was not lost by the pause."""
    hourly = call(0, written=50_000, split=(0, 50_000))
    found = asked(
        tmp_path,
        hourly.assistant(),
        call(1, read=50_000).assistant(),
        call(31, written=50_000, split=(0, 50_000)).assistant(),
    )
    (finding,) = found.findings
    assert finding.kind == "broken_cache"
    assert finding.wasted_pico == 50_000 * (10_000_000 - 500_000)


@pytest.mark.parametrize(
    "after",
    [
        call(11, written=20_000),  # compacted: the prompt shrank
        call(11, written=50_000, model=HAIKU),  # another model, another cache
        call(11, read=50_000, written=1_000),  # it was there
        call(11, written=50_000, session="another"),
        call(11, written=50_000, agent="a1", is_sidechain=True),
    ],
)
def test_what_gives_no_reason_is_no_finding(after: Line, tmp_path: Path) -> None:
    """Compaction, another model, a hit, and other threads are not a lost cache."""
    assert asked(tmp_path, call(0, written=50_000).assistant(), after.assistant()).findings == ()


def test_small_caches_are_not_worth_a_word(tmp_path: Path) -> None:
    """Under 20,000 tokens there is nothing to gain."""
    assert (
        asked(tmp_path, call(0, written=19_000).assistant(), call(11, written=19_000).assistant()).findings
        == ()
    )


def test_a_dear_model_on_a_small_turn_is_priced_by_the_persons_cheaper_one(tmp_path: Path) -> None:
    """As an upper bound, and only if there is a model of theirs at half the price or less."""
    small = call(1, input_tokens=1_000, output_tokens=100)
    records = [prompt(call(0)), small.assistant()]
    assert asked(tmp_path / "alone", *records).findings == ()
    long = call(30, model=HAIKU, output_tokens=5_000, session="other")
    (finding,) = asked(tmp_path / "both", *records, long.assistant()).findings
    assert (finding.kind, finding.is_upper_bound) == ("strong_model", True)
    assert finding.evidence[0].instead == "claude-haiku-4-5"
    assert finding.wasted_pico == 1_000 * (5_000_000 - 1_000_000) + 100 * (25_000_000 - 5_000_000)


def test_a_long_turn_may_need_a_dear_model(tmp_path: Path) -> None:
    """Three calls, or a page of text, are no small turn."""
    haiku = call(200, model=HAIKU, session="other", output_tokens=5_000).assistant()
    long = [prompt(call(0)), call(1, output_tokens=601).assistant()]
    many = [prompt(call(0)), *(call(minute, output_tokens=10).assistant() for minute in (1, 2, 3))]
    assert asked(tmp_path / "long", *long, haiku).findings == ()
    assert asked(tmp_path / "many", *many, haiku).findings == ()


def test_a_day_that_stands_out_names_its_dearest_session(tmp_path: Path) -> None:
    """Days before the range are its baseline, and no finding themselves."""
    day = 24 * 60
    calm = [call(number * day, output_tokens=1_000, session=f"s{number}") for number in range(-9, 0)]
    dear = call(0, output_tokens=60_000, session="dear")
    also = call(5, output_tokens=100, session="also")
    limits = Filters(time_zone="UTC", since_on=dt.date(2026, 6, 1))
    found = asked(tmp_path, *(each.assistant() for each in (*calm, dear, also)), filters=limits)
    (finding,) = found.findings
    assert (finding.kind, finding.evidence[0].session_id) == ("spike", "dear")
    assert finding.wasted_pico == found.cost_pico - (1_000 * 25_000_000 + 3 * 5_000_000)


def test_replay_knows_nothing_of_what_came_later(tmp_path: Path) -> None:
    """As of an instant before the second write there is no finding."""
    records = [call(0, written=50_000).assistant(), call(11, written=50_000).assistant()]
    limits = Filters(time_zone="UTC", before_us=AT + 10 * MINUTE)
    assert asked(tmp_path, *records, filters=limits).findings == ()


def test_nothing_used_gives_no_advice(tmp_path: Path) -> None:
    """An empty store has an empty answer."""
    found = asked(tmp_path)
    assert (found.findings, found.calls, found.cost_pico) == ((), 0, 0)


def test_days_without_a_price_are_no_reason_to_fail(tmp_path: Path) -> None:
    """All that a session used on a day may be of a model that has no price: that day costs nothing that is known."""
    found = asked(tmp_path, call(0, written=50_000, model="somebodys-model").assistant())
    assert (found.findings, found.calls, found.cost_pico) == ((), 1, 0)
