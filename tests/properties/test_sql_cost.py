"""What the store says a call costs is what the cost rule says (`ccmeter.pricing.rule`), for any call at any price."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccmeter.domain.rates import UNBOUNDED, UNDATED
from ccmeter.domain.tokens import TokenCounts
from ccmeter.pricing.cards import NONE, OverridePrice, Overrides
from ccmeter.pricing.rule import REFUSAL_FREE_SINCE_US, Call, Part, PriceBook
from ccmeter.pricing.table import rate_table
from support import stores
from support.scale import scaled
from support.transcripts import Folder, Json, Line, joined, us

if TYPE_CHECKING:
    from collections.abc import Mapping

LIST = rate_table()
MODELS = sorted({rate.model for rate in LIST.rates})
CLAUDE = [model for model in MODELS if model.startswith("claude-")]
FIRST_US, LAST_US = us("2001-01-01T00:00:00+00:00"), us("2199-01-01T00:00:00+00:00")
EDGES_US = sorted(
    {
        edge + shift
        for rate in LIST.rates
        for edge in (rate.since_us, rate.until_us)
        if -UNBOUNDED < edge < UNBOUNDED
        for shift in (-1_000, 0)
    }
    | {REFUSAL_FREE_SINCE_US - 1_000, REFUSAL_FREE_SINCE_US}
)
EDGES_PROMPT = sorted({rate.over_prompt for rate in LIST.rates if rate.over_prompt})
SHAPES = (
    "{}",
    "{}-20251101",
    "{}[1m]",
    "{}-fast",
    "anthropic/{}",
    "us.anthropic.{}-v1:0",
    "global.anthropic.{}-v1:0",
    "{}@20251101",
    "{}:batch",
    "{}-latest",
)
UNKNOWN = ("", "?", "claude-opus-99", "gpt-unheard-of", "team-chat", "arn:aws:bedrock:x", "Ünknown", "claude")

models = (
    st.sampled_from(CLAUDE)
    | st.sampled_from(MODELS)
    | st.builds(str.format, st.sampled_from(SHAPES), st.sampled_from(CLAUDE))
    | st.sampled_from(UNKNOWN)
)
tokens = (
    st.sampled_from([0, 0, 1, 3, 10**9])
    | st.integers(0, 400_000)
    | st.sampled_from([edge + shift for edge in EDGES_PROMPT for shift in (-1, 0)])
)
usd_per_million = st.decimals(0, 100, allow_nan=False, allow_infinity=False, places=6)
prices = st.builds(
    OverridePrice,
    input=usd_per_million,
    output=usd_per_million,
    cache_read=st.none() | usd_per_million,
    cache_write=st.none() | usd_per_million,
)
own_prices = st.builds(
    Overrides,
    multiplier=st.decimals(0, 2, allow_nan=False, allow_infinity=False, places=6),
    models=st.dictionaries(st.sampled_from([*CLAUDE, "team-chat", "?"]), prices, max_size=3),
    aliases=st.dictionaries(st.sampled_from(["Ünknown", "arn:aws:bedrock:x"]), st.sampled_from(CLAUDE)),
    regional_premium=st.booleans(),
)


@dataclass(frozen=True, slots=True)
class Priced:
    """A call as it is logged, and as the rule takes it."""

    line: Line
    call: Call


@st.composite
def _parts(draw: st.DrawFn, own_model: str) -> tuple[list[Json], tuple[Part, ...]]:
    """Draw iterations, and those of them that are billed on top."""
    entries: list[Json] = []
    parts = []
    kinds = draw(st.lists(st.sampled_from(["advisor", "compaction", "declined", "message"]), max_size=3))
    for kind in kinds:
        counts = TokenCounts(*(draw(tokens) for _ in range(5)))
        unsplit = draw(st.integers(0, 50))
        named = draw(models)
        entry: Json = {
            "input_tokens": counts.input_tokens,
            "output_tokens": counts.output_tokens,
            "cache_read_input_tokens": counts.cache_read_tokens,
            "cache_creation_input_tokens": min(
                counts.cache_creation_5m_tokens + counts.cache_creation_1h_tokens + unsplit, 10**9
            ),
            "cache_creation": {
                "ephemeral_5m_input_tokens": counts.cache_creation_5m_tokens,
                "ephemeral_1h_input_tokens": counts.cache_creation_1h_tokens,
            },
        }
        missing = entry["cache_creation_input_tokens"] - sum(entry["cache_creation"].values())
        counts = counts._replace(
            cache_creation_5m_tokens=counts.cache_creation_5m_tokens + max(missing, 0),
        )
        if kind == "declined":
            entry |= {"type": "message", "model": named}
            is_billed = counts.output_tokens > 0 and named not in ("", own_model)
        elif kind == "compaction":
            entry |= {"type": "compaction"}
            named, is_billed = own_model, True
        elif kind == "advisor":
            entry |= {"type": "advisor_message", "model": named}
            named, is_billed = named or own_model, True
        else:
            entry |= {"type": "message", "model": own_model}
            is_billed = False
        entries.append(entry)
        if is_billed:
            parts.append(Part(kind, named, counts))
    if "declined" in kinds:
        entries.append({"type": "fallback_message", "model": own_model})
    return entries, tuple(parts)


@st.composite
def priced(draw: st.DrawFn) -> Priced:
    """Draw a call."""
    model = draw(models)
    counts = TokenCounts(*(draw(tokens) for _ in range(5)))
    at_us = draw(
        st.none()
        | st.sampled_from([edge for edge in EDGES_US if FIRST_US < edge < LAST_US])
        | st.integers(FIRST_US // 1_000, LAST_US // 1_000).map(lambda ms: ms * 1_000)
        | st.integers(1_700_000_000_000, 1_800_000_000_000).map(lambda ms: ms * 1_000)
    )
    speed = draw(st.sampled_from([None, "standard", "fast", "turbo"]))
    tier = draw(st.sampled_from([None, "standard", "batch", "priority"]))
    place = draw(st.sampled_from([None, "us", "global", "not_available"]))
    stop = draw(st.sampled_from([None, "end_turn", "refusal", "refusal"]))
    searches = draw(st.sampled_from([0, 0, 1, 7, 10**6]))
    entries, parts = draw(_parts(model))
    line = Line(
        model=model,
        at_us=at_us,
        input_tokens=counts.input_tokens,
        output_tokens=counts.output_tokens,
        cache_creation_tokens=min(counts.cache_creation_5m_tokens + counts.cache_creation_1h_tokens, 10**9),
        split=(counts.cache_creation_5m_tokens, counts.cache_creation_1h_tokens),
        cache_read_tokens=counts.cache_read_tokens,
        speed=speed,
        service_tier=tier,
        inference_geo=place,
        server_tools=(searches, 0) if searches else None,
        stop_reason=stop,
        iterations=entries or None,
    )
    call = Call(
        model,
        counts,
        UNDATED if at_us is None else at_us,
        speed or "",
        tier or "",
        place or "",
        searches,
        stop or "",
        parts,
    )
    return Priced(line, call)


@settings(max_examples=scaled(30))
@given(
    entries=st.lists(priced(), min_size=1, max_size=30),
    overrides=st.just(NONE) | own_prices,
)
def test_sql_costs_what_the_rule_says(
    tmp_path_factory: pytest.TempPathFactory, entries: list[Priced], overrides: Overrides
) -> None:
    """Each call's cost and unpriced tokens are the same to the last pico-dollar in SQL and in Python."""
    folder = tmp_path_factory.mktemp("cost")
    lines = [
        replace(entry.line, message_id=f"msg_{number}").assistant() for number, entry in enumerate(entries)
    ]
    Folder(folder / "logs").write("p/1.jsonl", joined(lines))
    stores.ingest(folder / "store", folder / "logs")
    book = PriceBook(rate_table(overrides), overrides)
    expected = {
        f"msg_{number}": (book.cost_pico(entry.call), book.unpriced_tokens(entry.call))
        for number, entry in enumerate(entries)
    }
    with stores.asking(folder / "store", overrides) as connection:
        found = {
            key: (cost, unpriced)
            for key, cost, unpriced in connection.execute(
                "select call_key, list_pico, unpriced_tokens from priced_call"
            ).fetchall()
        }
    assert found == expected
    shutil.rmtree(folder)


@pytest.mark.parametrize("model", MODELS)
def test_every_card_edge(model: str, tmp_path: Any) -> None:
    """Around every date and prompt length at which a price changes, in every situation, SQL follows the rule."""
    book = PriceBook(LIST)
    calls: dict[str, Call] = {}
    lines = []
    rates = [rate for rate in LIST.rates if rate.model == model]
    moments = {rate.since_us for rate in rates} | {rate.until_us for rate in rates}
    lengths = {rate.over_prompt for rate in rates} | {rate.below_prompt for rate in rates}
    for speed, tier, place in {(rate.speed, rate.tier, rate.place) for rate in rates}:
        for moment in moments:
            for length in lengths:
                for at_us, prompt in ((moment - 1_000, length - 1), (moment, length)):
                    if place == "regional" or not FIRST_US < at_us < LAST_US or not 0 <= prompt <= 10**9:
                        continue
                    key = f"msg_{len(calls)}"
                    counts = TokenCounts(prompt, 7)
                    calls[key] = Call(model, counts, at_us, speed, tier, place)
                    line = Line(
                        message_id=key,
                        model=model,
                        at_us=at_us,
                        input_tokens=prompt,
                        output_tokens=7,
                        speed=speed,
                        service_tier=tier,
                        inference_geo=place,
                        stop_reason="end_turn",
                    )
                    lines.append(line.assistant())
    lines.append(Line(message_id="msg_undated", model=model, at_us=None).assistant())
    calls["msg_undated"] = Call(model, TokenCounts(3, 10))
    Folder(tmp_path / "logs").write("p/1.jsonl", joined(lines))
    stores.ingest(tmp_path / "store", tmp_path / "logs")
    with stores.asking(tmp_path / "store") as connection:
        found: Mapping[str, int] = dict(
            connection.execute("select call_key, list_pico from priced_call").fetchall()
        )
    assert found == {key: book.cost_pico(call) for key, call in calls.items()}
