"""Rows of the rate table: windows, bands, surcharges, and a user's own numbers."""

import datetime as dt
from decimal import Decimal

import pytest

from ccmeter.domain.rates import NO_PRICE, UNBOUNDED, Rate, RateTable
from ccmeter.pricing import table
from ccmeter.pricing.cards import NONE, OverridePrice, Overrides, load_cards
from ccmeter.pricing.table import rate_table

LIST = rate_table()


def at(text: str) -> int:
    moment = dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)
    return (moment - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) // dt.timedelta(microseconds=1)


def rows(
    model: str, *, rates: RateTable = LIST, speed: str = "standard", place: str = "", tier: str = "standard"
) -> list[Rate]:
    wanted = (model, speed, place, tier)
    return [rate for rate in rates.rates if (rate.model, rate.speed, rate.place, rate.tier) == wanted]


def picos(rate: Rate) -> tuple[int, ...]:
    return rate[8:]


def test_web_searches_have_one_price() -> None:
    assert LIST.web_search_pico == 10**10
    assert rate_table(Overrides(multiplier=Decimal("0.5"))).web_search_pico == 10**10


def test_a_flat_model_is_one_row() -> None:
    (row,) = rows("claude-haiku-4-5")
    assert row[4:] == (
        -UNBOUNDED,
        UNBOUNDED,
        0,
        UNBOUNDED,
        1_000_000,
        5_000_000,
        1_250_000,
        2_000_000,
        100_000,
    )


def test_the_smallest_price_is_still_whole() -> None:
    (low, _) = rows("claude-haiku-5-5", tier="batch")
    assert low.cache_read_pico == 5_000
    assert min(pico for rate in LIST.rates for pico in rate[8:] if pico != NO_PRICE) == 5_000


def test_long_context_begins_one_token_over_the_threshold() -> None:
    before, low, high, after = rows("claude-sonnet-4")
    assert (before.until_us, after.since_us) == (at("2025-08-12"), at("2026-04-30"))
    assert (low.over_prompt, low.below_prompt) == (0, 200_001)
    assert (high.over_prompt, high.below_prompt) == (200_001, UNBOUNDED)
    assert picos(before) == picos(low) == picos(after)
    assert picos(high) == (6_000_000, 22_500_000, 7_500_000, 12_000_000, 600_000)


def test_a_request_before_the_first_card_is_priced_as_on_its_first_day() -> None:
    low, high, after = rows("claude-opus-4-6")
    assert low.since_us == high.since_us == -UNBOUNDED
    assert low.until_us == high.until_us == after.since_us == at("2026-03-13")
    (fast,) = rows("claude-opus-5", speed="fast")
    assert picos(fast) == (10_000_000, 50_000_000, 12_500_000, 20_000_000, 1_000_000)


def test_fast_without_a_fast_price_is_standard() -> None:
    assert [row[4:] for row in rows("claude-sonnet-4-6", speed="fast")] == [
        row[4:] for row in rows("claude-sonnet-4-6")
    ]
    before, fast, after = rows("claude-opus-4-7", speed="fast")
    assert (fast.since_us, fast.until_us) == (at("2026-05-12"), at("2026-07-24"))
    assert picos(before) == picos(after) == picos(rows("claude-opus-4-7")[0])
    assert picos(fast) == (30_000_000, 150_000_000, 37_500_000, 60_000_000, 3_000_000)


def test_fast_keeps_the_cards_cache_ratio() -> None:
    (fast,) = rows("claude-fable-5-2", speed="fast")
    assert picos(fast) == (16_000_000, 80_000_000, 20_000_000, 32_000_000, 400_000)


def test_fast_in_a_batch_is_standard() -> None:
    fast, standard = rows("claude-opus-5", speed="fast", tier="batch"), rows("claude-opus-5", tier="batch")
    assert [row[4:] for row in fast] == [row[4:] for row in standard]


def test_opus_4_6_fast_has_its_own_steps() -> None:
    found = [
        (row.since_us, row.over_prompt, row.input_pico, row.output_pico)
        for row in rows("claude-opus-4-6", speed="fast")
    ]
    assert found == [
        (-UNBOUNDED, 0, 5_000_000, 25_000_000),
        (-UNBOUNDED, 200_001, 10_000_000, 37_500_000),
        (at("2026-02-07"), 0, 15_000_000, 75_000_000),
        (at("2026-02-07"), 200_001, 30_000_000, 112_500_000),
        (at("2026-02-17T08:00"), 0, 30_000_000, 150_000_000),
        (at("2026-02-17T08:00"), 200_001, 60_000_000, 225_000_000),
        (at("2026-02-20"), 0, 30_000_000, 150_000_000),
        (at("2026-06-29"), 0, 5_000_000, 25_000_000),
    ]


def test_us_costs_more_from_generation_4_6_on() -> None:
    assert rows("claude-sonnet-5", place="us")[0].input_pico == 2_200_000
    assert rows("claude-sonnet-4-5", place="us")[0].input_pico == 3_000_000
    assert rows("claude-opus-5", place="us", tier="batch")[0].input_pico == 2_750_000


def test_regional_costs_more_only_when_asked() -> None:
    asked = rate_table(Overrides(regional_premium=True))
    assert rows("claude-sonnet-4-5", place="regional")[0].input_pico == 3_000_000
    assert rows("claude-sonnet-4-5", rates=asked, place="regional")[0].input_pico == 3_300_000
    assert rows("claude-opus-4-1", rates=asked, place="regional")[0].input_pico == 15_000_000
    assert rows("claude-sonnet-4-5", rates=asked)[0].input_pico == 3_000_000


def test_a_price_that_nobody_stated_is_marked() -> None:
    (row,) = rows("gpt-5.4-mini", tier="batch")
    assert picos(row) == (375_000, 2_250_000, NO_PRICE, NO_PRICE, NO_PRICE)
    _, long = rows("gpt-6.1-sol", place="us")
    assert picos(long) == (4_000_000, 15_000_000, 5_000_000, NO_PRICE, 200_000)


def test_an_override_takes_batch_and_multiplier_but_no_surcharge() -> None:
    price = OverridePrice(input=Decimal(4), output=Decimal(20), cache_read=Decimal(1), cache_write=Decimal(8))
    rates = rate_table(
        Overrides(multiplier=Decimal("0.8"), models={"claude-opus-4-6": price}, regional_premium=True)
    )
    for speed in ("standard", "fast"):
        for place in ("", "us", "regional"):
            (row,) = rows("claude-opus-4-6", rates=rates, speed=speed, place=place)
            assert row[4:] == (
                -UNBOUNDED,
                UNBOUNDED,
                0,
                UNBOUNDED,
                3_200_000,
                16_000_000,
                6_400_000,
                6_400_000,
                800_000,
            )
    (batch,) = rows("claude-opus-4-6", rates=rates, tier="batch")
    assert batch.input_pico == 1_600_000


def test_a_users_numbers_are_rounded_half_to_even() -> None:
    price = OverridePrice(input=Decimal("0.0000005"), output=Decimal("0.0000015"))
    (row,) = rows("mine", rates=rate_table(Overrides(models={"mine": price})))
    assert (row.input_pico, row.output_pico) == (0, 2)
    third = rate_table(Overrides(multiplier=Decimal("0.3333333333")))
    assert rows("claude-haiku-4-5", rates=third)[0].input_pico == 333_333


def test_a_package_card_that_is_not_whole_is_a_bug(monkeypatch: pytest.MonkeyPatch) -> None:
    odd = load_cards()[0]._replace(input=Decimal("0.0000001"))
    monkeypatch.setattr(table, "load_cards", lambda _: (odd,))
    with pytest.raises(AssertionError, match="not a whole number"):
        rate_table()


def test_the_table_stays_small() -> None:
    assert len(LIST.rates) < 600
    assert rate_table(NONE) == LIST
