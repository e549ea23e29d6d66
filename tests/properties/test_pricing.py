"""What holds for every price table and every call, whatever the numbers."""

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from ccmeter.domain.rates import NO_PRICE, UNBOUNDED, UNDATED, Rate, RateTable
from ccmeter.domain.tokens import TokenCounts
from ccmeter.pricing.cards import OverridePrice, Overrides
from ccmeter.pricing.rule import Call, Part, PriceBook
from ccmeter.pricing.table import PLACES, SPEEDS, TIERS, rate_table

LIST = rate_table()
BOOK = PriceBook(LIST)
MODELS = sorted({rate.model for rate in LIST.rates})
CLAUDE = [model for model in MODELS if model.startswith("claude-")]

EDGES_US = sorted({edge for rate in LIST.rates for edge in (rate.since_us, rate.until_us - 1)})
EDGES_PROMPT = sorted({edge for rate in LIST.rates for edge in (rate.over_prompt, rate.below_prompt - 1)})
instants_us = st.sampled_from(EDGES_US) | st.integers(-UNBOUNDED, UNBOUNDED - 1)
days_us = st.integers(1_700_000_000_000_000, 1_800_000_000_000_000)
prompts = st.sampled_from(EDGES_PROMPT) | st.integers(0, 2_000_000) | st.integers(0, UNBOUNDED - 1)
usd_per_million = st.decimals(0, 1_000, allow_nan=False, allow_infinity=False, places=7)
prices = st.builds(
    OverridePrice,
    input=usd_per_million,
    output=usd_per_million,
    cache_read=st.none() | usd_per_million,
    cache_write=st.none() | usd_per_million,
)
all_overrides = st.builds(
    Overrides,
    multiplier=st.decimals(0, 10, allow_nan=False, allow_infinity=False, places=6),
    models=st.dictionaries(st.sampled_from([*MODELS, "team-chat"]), prices, max_size=3),
    regional_premium=st.booleans(),
)
tokens = st.integers(0, 300_000)
counts = st.builds(TokenCounts, tokens, tokens, tokens, tokens, tokens)
parts = st.builds(
    Part, st.sampled_from(["advisor", "compaction", "declined"]), st.sampled_from([*CLAUDE, "?"]), counts
)
calls = st.builds(
    Call,
    model=st.sampled_from([*CLAUDE, "claude-opus-6", "<synthetic>", "us.anthropic.claude-opus-5"]),
    counts=counts,
    logged_us=days_us | st.just(UNDATED),
    speed=st.sampled_from(["", "standard", "fast"]),
    service_tier=st.sampled_from(["", "standard", "batch", "priority"]),
    inference_geo=st.sampled_from(["", "us", "global", "not_available"]),
    web_searches=st.integers(0, 5),
    stop_reason=st.sampled_from(["end_turn", "refusal"]),
    parts=st.lists(parts, max_size=3).map(tuple),
)


def matches(table: RateTable, situation: tuple[str, str, str, str], at_us: int, prompt: int) -> list[Rate]:
    return [
        rate
        for rate in table.rates
        if (rate.model, rate.speed, rate.place, rate.tier) == situation
        and rate.since_us <= at_us < rate.until_us
        and rate.over_prompt <= prompt < rate.below_prompt
    ]


situations = st.tuples(
    st.sampled_from(MODELS), st.sampled_from(SPEEDS), st.sampled_from(PLACES), st.sampled_from(TIERS)
)


@given(situations, instants_us, prompts)
def test_exactly_one_row_matches(situation: tuple[str, str, str, str], at_us: int, prompt: int) -> None:
    assert len(matches(LIST, situation, at_us, prompt)) == 1


def test_exactly_one_row_matches_at_every_edge() -> None:
    """Every corner of every row is matched by that row alone, so rows neither overlap nor leave a gap at an edge."""
    rows: dict[tuple[str, str, str, str], list[Rate]] = {}
    for rate in LIST.rates:
        rows.setdefault((rate.model, rate.speed, rate.place, rate.tier), []).append(rate)
    assert len(rows) == len(MODELS) * len(SPEEDS) * len(PLACES) * len(TIERS)
    for group in rows.values():
        edges_us = {edge for rate in group for edge in (rate.since_us, rate.until_us - 1)}
        edges_prompt = {edge for rate in group for edge in (rate.over_prompt, rate.below_prompt - 1)}
        assert {-UNBOUNDED, UNBOUNDED - 1} <= edges_us
        assert {0, UNBOUNDED - 1} <= edges_prompt
        for at_us in edges_us:
            for prompt in edges_prompt:
                found = [
                    rate
                    for rate in group
                    if rate.since_us <= at_us < rate.until_us
                    and rate.over_prompt <= prompt < rate.below_prompt
                ]
                assert len(found) == 1


@settings(deadline=None)
@given(all_overrides, instants_us, prompts, st.data())
def test_overrides_keep_the_partition_and_whole_numbers(
    overrides: Overrides, at_us: int, prompt: int, data: st.DataObject
) -> None:
    table = rate_table(overrides)
    models = sorted({rate.model for rate in table.rates})
    assert set(overrides.models) <= set(models)
    situation = data.draw(st.tuples(st.sampled_from(models), *map(st.sampled_from, (SPEEDS, PLACES, TIERS))))
    (rate,) = matches(table, situation, at_us, prompt)
    assert all(type(pico) is int for pico in rate[8:])
    assert min(rate[8:]) >= (
        NO_PRICE if rate.model not in overrides.models and rate.model not in CLAUDE else 0
    )


def test_every_list_rate_is_a_whole_number_or_marked_as_missing() -> None:
    for rate in LIST.rates:
        assert all(type(pico) is int for pico in rate[8:])
        assert all(pico > 0 or (pico == NO_PRICE and rate.model not in CLAUDE) for pico in rate[8:])


def test_neighbouring_rows_differ() -> None:
    seen: dict[tuple[str | int, ...], Rate] = {}
    for rate in LIST.rates:
        key = (*rate[:4], *rate[6:])
        assert key not in seen or seen[key].until_us < rate.since_us
        seen[key] = rate


@given(counts, st.sampled_from(CLAUDE), days_us)
def test_cost_is_the_sum_of_the_classes_at_one_rate(counted: TokenCounts, model: str, at_us: int) -> None:
    (rate,) = matches(LIST, (model, "standard", "", "standard"), at_us, counted.prompt_tokens)
    assert BOOK.cost_pico(Call(model, counted, at_us)) == sum(
        number * pico for number, pico in zip(counted, map(int, rate[8:]), strict=True)
    )


@given(calls)
def test_parts_add_up(call: Call) -> None:
    """A call costs what it costs alone plus what each part adds, to the last digit."""
    alone = call._replace(parts=())
    own_pico, whole_pico = BOOK.cost_pico(alone), BOOK.cost_pico(call)
    assert (own_pico is None) == (whole_pico is None)
    if own_pico is not None:
        assert whole_pico is not None
        added = [BOOK.cost_pico(call._replace(parts=(part,))) for part in call.parts]
        assert whole_pico == own_pico + sum(pico - own_pico for pico in added if pico is not None)
        assert own_pico >= 0


@given(calls)
def test_every_token_is_priced_or_counted_as_unpriced(call: Call) -> None:
    everything = call.counts.total_tokens + sum(part.counts.total_tokens for part in call.parts)
    unpriced = BOOK.unpriced_tokens(call)
    assert 0 <= unpriced <= everything
    if BOOK.cost_pico(call) is None:
        assert unpriced == everything


@given(calls.filter(lambda call: call.stop_reason != "refusal"), st.integers(2, 9))
def test_the_same_prompt_length_scales(call: Call, times: int) -> None:
    """Output never moves a request into another price."""
    more = call._replace(counts=call.counts._replace(output_tokens=call.counts.output_tokens * times))
    none = call._replace(counts=call.counts._replace(output_tokens=0))
    base_pico, cost_pico, more_pico = (BOOK.cost_pico(each) for each in (none, call, more))
    if base_pico is not None and cost_pico is not None and more_pico is not None:
        assert more_pico - base_pico == times * (cost_pico - base_pico)


@settings(deadline=None)
@given(st.decimals(0, 10, allow_nan=False, allow_infinity=False, places=3))
def test_a_multiplier_scales_every_rate(multiplier: Decimal) -> None:
    scaled = PriceBook(rate_table(Overrides(multiplier=multiplier)))
    cost_pico = scaled.cost_pico(Call("claude-opus-5", TokenCounts(1_000)))
    assert cost_pico == 1_000 * 5_000_000 * multiplier
