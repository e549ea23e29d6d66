"""From dated cards to rows in which every request finds its price exactly once.

All conditions (time, prompt length, speed, place, tier) are worked out here, so that applying a price is one lookup
and five products, the same in Python and in SQL. Prices are whole pico-dollars per token: every product of the
package's cards is a whole number, which is asserted; a user's own numbers are rounded half to even, once.
"""

from __future__ import annotations

import datetime as dt
from decimal import ROUND_HALF_EVEN, Decimal
from functools import cache
from itertools import groupby, pairwise, product
from operator import attrgetter
from typing import NamedTuple

from ccmeter.domain.rates import NO_PRICE, UNBOUNDED, Rate, RateTable
from ccmeter.pricing.cards import NONE, Card, FastPrice, LongContext, Overrides, load_cards

SPEEDS = ("standard", "fast")
PLACES = ("", "us", "regional")
TIERS = ("standard", "batch")

US_X = Decimal("1.1")
"""`inference_geo: us`, on all token classes (Anthropic, Pricing)."""
REGIONAL_X = Decimal("1.1")
"""Regional endpoints of Bedrock and Vertex, on all token classes (Anthropic, Pricing)."""
BATCH_X = Decimal("0.5")
"""`service_tier: batch`, on all token classes (Anthropic, Pricing)."""
WEB_SEARCH_PICO = 10**10
"""0.01 USD per web search request (Anthropic, Pricing)."""
_LIST_FACTORS = frozenset({Decimal(1), US_X, REGIONAL_X, BATCH_X, US_X * BATCH_X, REGIONAL_X * BATCH_X})
_PICO_PER_TOKEN = 10**6  # 1 USD per million tokens
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)

_Prices = tuple[Decimal | None, ...]
"""In USD per million tokens and the order of `TokenCounts`."""


class _Window(NamedTuple):
    """A stretch of time in which no price of a model changes, and the card in force."""

    since_us: int
    until_us: int
    at_us: int
    """An instant whose prices hold all through."""
    card: Card


class _Band(NamedTuple):
    """A range of prompt lengths and its rates."""

    over_prompt: int
    below_prompt: int
    rates_pico: tuple[int, ...]


class _Span(NamedTuple):
    """A stretch of time and the bands that hold all through it."""

    since_us: int
    until_us: int
    bands: tuple[_Band, ...]


def rate_table(overrides: Overrides = NONE) -> RateTable:
    """Give all prices in force, in pico-dollars per token, for every speed, place and tier of every model.

    A rate of `NO_PRICE` means that the class has none. Fast mode without a fast price, and fast mode in a batch
    (which the vendor does not offer), cost the standard price. Raises AssertionError when a package card does not
    come out in whole pico-dollars.
    """
    rates: list[Rate] = []
    for model, cards in groupby(load_cards(overrides), attrgetter("model")):
        rates.extend(_model_rates(model, list(cards), overrides))
    return RateTable(rates=tuple(rates), web_search_pico=WEB_SEARCH_PICO)


def _model_rates(model: str, cards: list[Card], overrides: Overrides) -> list[Rate]:
    windows = _windows(cards)
    rates: list[Rate] = []
    found: dict[tuple[bool, tuple[Decimal, ...]], list[_Span]] = {}
    for speed, place, tier in product(SPEEDS, PLACES, TIERS):
        is_fast = speed == "fast" and tier != "batch" and any(card.fast for card in cards)
        factors = tuple(_factor(window.card, place, tier, overrides) for window in windows)
        # most situations cost what another one costs, and working out a span is the slow part
        if (is_fast, factors) not in found:
            found[is_fast, factors] = _spans(windows, factors, is_fast=is_fast)
        rates += [
            Rate(model, speed, place, tier, since_us, until_us, over_prompt, below_prompt, *rates_pico)
            for since_us, until_us, bands in found[is_fast, factors]
            for over_prompt, below_prompt, rates_pico in bands
        ]
    return rates


def _windows(cards: list[Card]) -> list[_Window]:
    """Cut all of time where any price of the model changes. What holds when the first card starts held before."""
    first_us = -UNBOUNDED if cards[0].since is None else _us(cards[0].since)
    edges = sorted({edge for card in cards for edge in _edges(card) if edge > first_us})
    return [
        _Window(since_us, until_us, max(since_us, first_us), _card_at(cards, max(since_us, first_us)))
        for since_us, until_us in pairwise([-UNBOUNDED, *edges, UNBOUNDED])
    ]


def _spans(windows: list[_Window], factors: tuple[Decimal, ...], *, is_fast: bool) -> list[_Span]:
    """Give the bands of every window, as one span where nothing changes from one to the next."""
    spans: list[_Span] = []
    for window, factor in zip(windows, factors, strict=True):
        bands = _bands(window.card, window.at_us, factor, is_fast=is_fast)
        if spans and spans[-1].bands == bands:
            spans[-1] = spans[-1]._replace(until_us=window.until_us)
        else:
            spans.append(_Span(window.since_us, window.until_us, bands))
    return spans


def _edges(card: Card) -> list[int]:
    moments: list[dt.date | None] = [card.since, card.until]
    if card.long is not None:
        moments += [card.long.since, card.long.until]
    for price in card.fast:
        moments += [price.since, price.until]
    return [_us(moment) for moment in moments if moment is not None]


def _card_at(cards: list[Card], at_us: int) -> Card:
    return next(card for card in reversed(cards) if _is_within(at_us, card.since, card.until))


def _bands(card: Card, at_us: int, factor: Decimal, *, is_fast: bool) -> tuple[_Band, ...]:
    """Give the rates of one instant for all prompt lengths."""
    fast = _fast_at(card, at_us) if is_fast else None
    if fast is None:
        prices: _Prices = card[4:9]
        long = card.long
    else:
        prices, long = _fast_prices(card, fast), fast.long
    is_exact = card.source == "package" and factor in _LIST_FACTORS
    rates = _rates(prices, factor, is_exact=is_exact)
    if long is None or not _is_within(at_us, long.since, long.until):
        return (_Band(0, UNBOUNDED, rates),)
    long_rates = _rates(_long_prices(prices, long), factor, is_exact=is_exact)
    first_long = long.over_prompt_tokens + 1
    return (_Band(0, first_long, rates), _Band(first_long, UNBOUNDED, long_rates))


def _fast_at(card: Card, at_us: int) -> FastPrice | None:
    return next((price for price in card.fast if _is_within(at_us, price.since, price.until)), None)


def _fast_prices(card: Card, fast: FastPrice) -> _Prices:
    cache = (card.cache_creation_5m, card.cache_creation_1h, card.cache_read)
    return (
        fast.input,
        fast.output,
        *(None if price is None else price * fast.input / card.input for price in cache),
    )


def _long_prices(prices: _Prices, long: LongContext) -> _Prices:
    multipliers = (long.input_x, long.output_x, long.input_x, long.input_x, long.input_x)
    return tuple(None if price is None else price * x for price, x in zip(prices, multipliers, strict=True))


def _factor(card: Card, place: str, tier: str, overrides: Overrides) -> Decimal:
    factor = overrides.multiplier
    if place == "us" and card.us:
        factor *= US_X
    if place == "regional" and card.regional and overrides.regional_premium:
        factor *= REGIONAL_X
    return factor * BATCH_X if tier == "batch" else factor


def _rates(prices: _Prices, factor: Decimal, *, is_exact: bool) -> tuple[int, ...]:
    rates = []
    for price in prices:
        if price is None:
            rates.append(NO_PRICE)
            continue
        exact = price * factor * _PICO_PER_TOKEN
        rate = int(exact.to_integral_value(ROUND_HALF_EVEN))
        assert rate == exact or not is_exact, f"{exact} pico-dollars per token is not a whole number"
        rates.append(rate)
    return tuple(rates)


def _is_within(at_us: int, since: dt.date | None, until: dt.date | None) -> bool:
    return (since is None or _us(since) <= at_us) and (until is None or at_us < _us(until))


@cache
def _us(moment: dt.date) -> int:
    """Give a day's first instant, or an instant, in microseconds since 1970 UTC."""
    if not isinstance(moment, dt.datetime):
        moment = dt.datetime(moment.year, moment.month, moment.day, tzinfo=dt.UTC)
    return (moment - _EPOCH) // _MICROSECOND
