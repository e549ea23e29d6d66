"""What one call costs beyond its tokens: refusals, searches, parts, and what has no price."""

import datetime as dt
from decimal import Decimal

import pytest

from ccmeter.domain.rates import UNDATED
from ccmeter.domain.tokens import TokenCounts
from ccmeter.pricing.cards import OverridePrice, Overrides
from ccmeter.pricing.rule import REFUSAL_FREE_SINCE_US, Call, Part, PriceBook
from ccmeter.pricing.table import rate_table

BOOK = PriceBook(rate_table())
ONE = TokenCounts(input_tokens=1_000)
BEFORE, SINCE = REFUSAL_FREE_SINCE_US - 1, REFUSAL_FREE_SINCE_US
OPUS_PICO = 5_000_000 * 1_000
"""What `ONE` costs on Opus 4.6 and 4.8 at standard speed."""


def test_the_refusal_date() -> None:
    assert dt.datetime.fromtimestamp(REFUSAL_FREE_SINCE_US / 1e6, dt.UTC) == dt.datetime(
        2026, 6, 2, tzinfo=dt.UTC
    )


@pytest.mark.parametrize(
    ("logged_us", "output_tokens", "stop_reason", "cost_pico"),
    [
        (BEFORE, 0, "refusal", OPUS_PICO),
        (SINCE, 0, "refusal", 0),
        (UNDATED, 0, "refusal", 0),
        (SINCE, 1, "refusal", OPUS_PICO + 25_000_000),
        (SINCE, 0, "end_turn", OPUS_PICO),
    ],
)
def test_refusals(logged_us: int, output_tokens: int, stop_reason: str, cost_pico: int) -> None:
    call = Call("claude-opus-4-8", TokenCounts(1_000, output_tokens), logged_us, stop_reason=stop_reason)
    assert BOOK.cost_pico(call) == cost_pico
    assert BOOK.unpriced_tokens(call) == 0


def test_parts_of_a_free_refusal_are_billed() -> None:
    part = Part("declined", "claude-fable-5", TokenCounts(100, 10))
    call = Call("claude-opus-4-8", ONE, SINCE, stop_reason="refusal", parts=(part,))
    assert BOOK.cost_pico(call) == 100 * 10_000_000 + 10 * 50_000_000


def test_synthetic_lines_cost_nothing_and_hide_nothing() -> None:
    call = Call("<synthetic>", ONE)
    assert (BOOK.cost_pico(call), BOOK.unpriced_tokens(call)) == (0, 0)


def test_an_unknown_model_is_unpriced_with_its_parts() -> None:
    call = Call("claude-opus-6", ONE, SINCE, parts=(Part("advisor", "claude-opus-4-8", TokenCounts(7)),))
    assert (BOOK.cost_pico(call), BOOK.unpriced_tokens(call)) == (None, 1_007)


def test_a_refusal_of_an_unknown_model_is_not_called_free() -> None:
    assert BOOK.cost_pico(Call("claude-opus-6", ONE, SINCE, stop_reason="refusal")) is None


def test_an_unpriced_part_is_left_out_and_counted() -> None:
    parts = (
        Part("advisor", "claude-opus-6", TokenCounts(3, 4)),
        Part("advisor", "claude-opus-4-7", TokenCounts(1)),
    )
    call = Call("claude-opus-4-8", ONE, SINCE, parts=parts)
    assert (BOOK.cost_pico(call), BOOK.unpriced_tokens(call)) == (OPUS_PICO + 5_000_000, 7)


def test_a_class_without_a_price_makes_its_request_unpriced() -> None:
    counts = TokenCounts(10, 10, 0, 0, 5)
    assert BOOK.cost_pico(Call("gpt-5.4-mini", counts)) is None
    assert BOOK.unpriced_tokens(Call("gpt-5.4-mini", counts)) == 25
    assert (
        BOOK.cost_pico(Call("gpt-5.4-mini", counts._replace(cache_read_tokens=0)))
        == 10 * 750_000 + 10 * 4_500_000
    )


def test_searches_are_never_multiplied() -> None:
    call = Call(
        "claude-opus-5", TokenCounts(), SINCE, service_tier="batch", inference_geo="us", web_searches=3
    )
    assert BOOK.cost_pico(call) == 3 * 10**10


def test_an_undated_call_takes_the_newest_card() -> None:
    counts = TokenCounts(cache_read_tokens=1_000)
    assert BOOK.cost_pico(Call("claude-sonnet-5-5", counts)) == 100_000 * 1_000


def test_an_advisor_is_never_fast_and_other_parts_are_as_fast_as_the_call() -> None:
    def cost_pico(kind: str, speed: str) -> int:
        cost = BOOK.cost_pico(
            Call(
                "claude-opus-4-8",
                TokenCounts(),
                SINCE,
                speed=speed,
                parts=(Part(kind, "claude-opus-4-8", ONE),),
            )
        )
        assert cost is not None
        return cost

    assert cost_pico("advisor", "fast") == cost_pico("advisor", "standard") == OPUS_PICO
    assert cost_pico("compaction", "standard") == cost_pico("declined", "standard") == OPUS_PICO
    assert cost_pico("compaction", "fast") == cost_pico("declined", "fast") == 2 * OPUS_PICO


def test_parts_share_place_and_tier_but_not_the_prompt_length() -> None:
    part = Part("compaction", "claude-haiku-5-5", TokenCounts(100_001))
    call = Call("claude-haiku-5-5", ONE, service_tier="batch", inference_geo="us", parts=(part,))
    assert BOOK.cost_pico(call) == 1_000 * 55_000 + 100_001 * 275_000


def test_priority_and_unknown_words_cost_the_standard_price() -> None:
    call = Call(
        "claude-opus-4-8", ONE, SINCE, speed="warp", service_tier="priority", inference_geo="not_available"
    )
    assert BOOK.cost_pico(call) == OPUS_PICO


def test_the_id_may_say_fast_and_batch() -> None:
    assert BOOK.cost_pico(Call("anthropic/claude-opus-4.8-fast", ONE, SINCE)) == 2 * OPUS_PICO
    assert BOOK.cost_pico(Call("anthropic/claude-opus-4.8:batch", ONE, SINCE)) == OPUS_PICO // 2


def test_the_us_comes_before_a_region() -> None:
    raw = "us.anthropic.claude-opus-4-8"
    assert BOOK.cost_pico(Call(raw, ONE, SINCE, inference_geo="us")) == OPUS_PICO * 11 // 10
    assert BOOK.cost_pico(Call(raw, ONE, SINCE)) == OPUS_PICO


def test_aliases_and_overrides_reach_the_call() -> None:
    overrides = Overrides(
        models={
            "us.anthropic.claude-opus-4-8": OverridePrice(input=Decimal(1), output=Decimal(2)),
            "claude-opus-4-7": OverridePrice(input=Decimal(3), output=Decimal(4)),
        },
        aliases={"deployment-7": "claude-opus-4-8"},
    )
    book = PriceBook(rate_table(overrides), overrides)
    assert book.cost_pico(Call("deployment-7", ONE, SINCE)) == OPUS_PICO
    assert book.cost_pico(Call("us.anthropic.claude-opus-4-8", ONE, SINCE)) == 1_000 * 1_000_000
    assert book.cost_pico(Call("eu.anthropic.claude-opus-4-7", ONE, SINCE)) == 1_000 * 3_000_000
    assert book.name("deployment-7") is book.name("deployment-7")
