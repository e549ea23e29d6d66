"""The golden cost cases and the worked cases of the price facts, to the last digit."""

import datetime as dt
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ccmeter.domain.money import usd
from ccmeter.domain.tokens import TokenCounts
from ccmeter.pricing.cards import Overrides
from ccmeter.pricing.foreign import codex_counts, gemini_counts, opencode_counts
from ccmeter.pricing.rule import Call, Part, PriceBook
from ccmeter.pricing.table import rate_table

GOLDEN = Path(__file__).parents[3] / "fixtures" / "pricing" / "golden_costs.json"
CASES: list[dict[str, Any]] = json.loads(GOLDEN.read_text(encoding="utf-8"))["cases"]
KINDS = {"advisor_message": "advisor", "compaction": "compaction", "message": "declined"}


def instant_us(text: str) -> int:
    moment = dt.datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=dt.UTC)
    return (moment - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) // dt.timedelta(microseconds=1)


def claude_counts(usage: dict[str, Any]) -> TokenCounts:
    total = usage.get("cache_creation_input_tokens", 0)
    split = usage.get("cache_creation", {})
    written_1h = split.get("ephemeral_1h_input_tokens", 0)
    written_5m = max(split.get("ephemeral_5m_input_tokens", 0), total - written_1h)
    return TokenCounts(
        usage["input_tokens"],
        usage["output_tokens"],
        written_5m,
        written_1h,
        usage.get("cache_read_input_tokens", 0),
    )


def is_billed_apart(iteration: dict[str, Any], model: str) -> bool:
    if iteration["type"] == "message":
        return bool(iteration.get("model", model) != model and iteration["output_tokens"] > 0)
    return iteration["type"] in KINDS


def claude_call(case: dict[str, Any]) -> Call:
    usage, model = case["usage"], case["model"]
    return Call(
        model=model,
        counts=claude_counts(usage),
        logged_us=instant_us(case["timestamp"]),
        speed=usage.get("speed", ""),
        service_tier=usage.get("service_tier", ""),
        inference_geo=usage.get("inference_geo", ""),
        web_searches=usage.get("server_tool_use", {}).get("web_search_requests", 0),
        stop_reason=case.get("stop_reason", ""),
        parts=tuple(
            Part(KINDS[iteration["type"]], iteration.get("model", model), claude_counts(iteration))
            for iteration in usage.get("iterations", ())
            if is_billed_apart(iteration, model)
        ),
    )


def foreign_call(case: dict[str, Any]) -> Call:
    usage = case["usage"]
    match case["agent"]:
        case "codex":
            classes = ("input_tokens", "output_tokens", "cached_input_tokens", "cache_write_input_tokens")
            counts = codex_counts(**{name: usage.get(name, 0) for name in classes})
        case "gemini-cli":
            names = ("input", "output", "cached", "thoughts", "tool")
            counts = gemini_counts(**{f"{name}_tokens": usage[name] for name in names})
        case _:
            counts = opencode_counts(
                input_tokens=usage["input"],
                output_tokens=usage["output"],
                cache_read_tokens=usage["cache"]["read"],
                cache_write_tokens=usage["cache"]["write"],
            )
    return Call(case["model"], counts, instant_us(case["timestamp"]))


def price_book(*, regional_premium: bool = False) -> PriceBook:
    overrides = Overrides(regional_premium=regional_premium)
    return PriceBook(rate_table(overrides), overrides)


def test_all_cases_are_there() -> None:
    assert len(CASES) == 40


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_golden_case(case: dict[str, Any]) -> None:
    book = price_book(regional_premium="multiplier_premium" in case)
    call = claude_call(case) if case["agent"] == "claude-code" else foreign_call(case)
    cost_pico = book.cost_pico(call)
    assert cost_pico is not None
    assert usd(cost_pico) == Decimal(case["expected_usd"])
    assert book.unpriced_tokens(call) == 0
    assert book.name(call.model).model == case.get("canonical_model", case["model"])


def test_regional_endpoints_cost_list_price_unless_asked() -> None:
    case = next(case for case in CASES if case["id"] == "G47")
    cost_pico = price_book().cost_pico(claude_call(case))
    assert cost_pico is not None
    assert usd(cost_pico) == Decimal("0.0183")


def call(model: str, day: str, counts: TokenCounts, **facts: Any) -> Call:
    return Call(model, counts, instant_us(day), **facts)


T = TokenCounts
ADVISED = (Part("advisor", "claude-opus-4-7", T(159_419, 7_805)),)
COMPACTED = (Part("compaction", "claude-opus-4-6", T(180_000, 3_500)),)
DECLINED = (Part("declined", "claude-fable-5", T(535, 120)),)

WORKED = [
    (call("claude-haiku-4-5", "2026-09-14", T(368, 516, 0, 9_149, 106_786)), "0.0319246"),
    (call("claude-sonnet-4-6", "2026-07-12", T(9, 2_086, 0, 46_404, 240_177)), "0.3817941"),
    (call("claude-sonnet-4", "2025-08-20", T(100, 1_000, 50_000, 0, 149_900)), "0.24777"),
    (call("claude-sonnet-4", "2025-08-20", T(101, 1_000, 50_000, 0, 149_900)), "0.488046"),
    (call("claude-opus-4-6[1m]", "2026-03-13", T(300_000, 1_000)), "1.525"),
    (call("claude-opus-4-6[1m]", "2026-02-20", T(300_000, 1_000)), "3.0375"),
    (call("claude-opus-5-5", "2026-10-01", T(1_000, 2_000, 3_000, 0, 400_000), speed="fast"), "0.278"),
    (call("claude-sonnet-5", "2026-09-15", T(4_000, 5_000, 6_000, 0, 7_000), inference_geo="us"), "0.08184"),
    (call("claude-sonnet-5-5", "2026-10-06", T(10, 1_000, 0, 0, 1_000_000)), "0.21002"),
    (call("claude-sonnet-5-5", "2026-10-07", T(10, 1_000, 0, 0, 1_000_000)), "0.11002"),
    (call("claude-haiku-5-5", "2026-10-20", T(50_000, 1_000, 20_000, 0, 30_000)), "0.0083"),
    (call("claude-haiku-5-5", "2026-10-20", T(50_001, 1_000, 20_000, 0, 30_000)), "0.0415005"),
    (
        call(
            "claude-opus-5", "2026-08-01", T(105, 6_039, 7_345, 0, 7_123), inference_geo="us", web_searches=3
        ),
        "0.251064525",
    ),
    (
        call("claude-opus-4-8", "2026-08-01", T(1_000, 1_000, 0, 1_000, 1_000), service_tier="batch"),
        "0.02025",
    ),
    (call("claude-opus-4-7", "2026-04-20", T(10, 20, 400, 600)), "0.00905"),
    (call("claude-sonnet-4-6", "2026-05-22", T(2, 491, 7_853, 0, 226_584), parts=ADVISED), "1.09701495"),
    (call("claude-opus-4-6", "2026-04-01", T(23_000, 1_000), parts=COMPACTED), "1.1275"),
    (call("claude-opus-4-8", "2026-07-25", T(900, 264), parts=DECLINED), "0.02245"),
    (call("claude-opus-4-8", "2026-07-25", T(412, 264)), "0.00866"),
    (call("claude-opus-5", "2026-08-01", T(10_000, 15_000, 0, 0, 40_000)), "0.445"),
    # Opus 4.6 in fast mode: half price at launch, its own step over 200,000 tokens, gone after 2026-06-28
    (call("claude-opus-4-6", "2026-02-06", T(1_000, 1_000), speed="fast"), "0.03"),
    (call("claude-opus-4-6", "2026-02-07", T(200_001, 1_000), speed="fast"), "6.11253"),
    (call("claude-opus-4-6", "2026-02-17T07:59:59.999999Z", T(1_000, 1_000), speed="fast"), "0.09"),
    (call("claude-opus-4-6", "2026-02-17T08:00:00Z", T(1_000, 1_000), speed="fast"), "0.18"),
    (call("claude-opus-4-6", "2026-02-19", T(200_001, 1_000), speed="fast"), "12.22506"),
    (call("claude-opus-4-6", "2026-02-20", T(200_001, 1_000), speed="fast"), "6.15003"),
    (call("claude-opus-4-6", "2026-06-28", T(1_000, 1_000), speed="fast"), "0.18"),
    (call("claude-opus-4-6", "2026-06-29", T(1_000, 1_000), speed="fast"), "0.03"),
    # the other agents' cases
    (call("gpt-5.5", "2026-11-10", T(24_653, 283, 0, 0, 2_048)), "0.132779"),
    (call("gpt-6.1-sol", "2026-11-10", T(5_000, 2_000, 15_000, 0, 80_000)), "0.0755"),
    (call("gpt-6.1-sol", "2026-11-10", T(72_001, 1_000, 0, 0, 200_000)), "0.343004"),
    (call("gpt-5.4-mini", "2026-11-10", T(1_000_000, 100_000)), "1.2"),
    (call("gemini-2.5-pro", "2026-11-10", T(40_200, 1_500, 0, 0, 60_000)), "0.07275"),
]


@pytest.mark.parametrize(("worked", "expected_usd"), WORKED)
def test_worked_case(worked: Call, expected_usd: str) -> None:
    cost_pico = price_book().cost_pico(worked)
    assert cost_pico is not None
    assert usd(cost_pico) == Decimal(expected_usd)
