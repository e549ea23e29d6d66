"""Dated rate cards: what each model has cost since when, as read from package data and the user's settings.

A card says only what its source says: a price that nobody stated is None and never filled in, and a change that
was announced is no card until it takes effect (a rise announced for 2026-09-01 never came). The files are read
on first use, not at import, because most commands need no prices.
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

DATA = Path(__file__).with_name("data")
FILES = ("claude.json", "others.json")

CACHE_READ_X = Decimal("0.1")
"""Of the input price, where an override names no cache read price."""
CACHE_WRITE_X = Decimal("1.25")
"""Of the input price, where an override names no cache write price."""


class LongContext(NamedTuple):
    """What a long prompt does to the price of the whole request."""

    over_prompt_tokens: int
    """A prompt (cache included) with strictly more tokens than this is long."""
    input_x: Decimal
    """Multiplies the input price, and with it the cache prices."""
    output_x: Decimal
    since: dt.date | None = None
    """First UTC day; None as long as the card it belongs to."""
    until: dt.date | None = None
    """Exclusive; None as long as the card it belongs to."""


class FastPrice(NamedTuple):
    """The price of fast mode in one window of time. Cache prices keep the card's ratio to its input price."""

    input: Decimal
    output: Decimal
    since: dt.datetime
    """Aware UTC instant."""
    until: dt.datetime | None
    """Exclusive; None while in force."""
    long: LongContext | None
    """None where one price holds for every prompt length."""
    sure: bool
    note: str


class Card(NamedTuple):
    """The price of one model in one window of time, in USD per million tokens."""

    model: str
    family: str
    since: dt.date | None
    """First UTC day; None where none is known. Requests before a model's first card use it all the same."""
    until: dt.date | None
    """Exclusive; None while in force."""
    input: Decimal
    output: Decimal
    cache_creation_5m: Decimal | None
    """None, here and below: no price was stated, so such tokens are unpriced."""
    cache_creation_1h: Decimal | None
    cache_read: Decimal | None
    long: LongContext | None
    fast: tuple[FastPrice, ...]
    """Those in force at some time while the card is."""
    us: bool
    """Inference kept in the US costs more."""
    regional: bool
    """A regional endpoint of Bedrock or Vertex costs more."""
    retired: dt.date | None
    """The day the vendor stopped serving the model. Its cards stay, for old logs."""
    note: str
    sure: bool
    """False where the vendor's own pages do not settle a date or a price; `note` says which."""
    source: str
    """`package` or `config`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OverridePrice:
    """A user's own price for a model, in USD per million tokens, finite and not negative.

    It holds for every day and prompt length, takes no fast, US or regional surcharge, and has one price for cache
    writes of either lifetime: the shape of Claude Code's `modelPricing.overrides`, so that one table serves both.
    """

    input: Decimal
    output: Decimal
    cache_read: Decimal | None = None
    """None: a tenth of `input`."""
    cache_write: Decimal | None = None
    """None: 1.25 times `input`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overrides:
    """What a user's settings change about prices. Whoever builds it has checked the numbers."""

    multiplier: Decimal = Decimal(1)
    """Scales every price per token, `models` included, as Claude Code's `modelPricing.multiplier` does.
    Web searches are left alone."""
    models: Mapping[str, OverridePrice] = field(default_factory=dict)
    """By model id as logged, or by model name. Replaces every card of that model."""
    regional_premium: bool = False
    """Add the 10 % of regional Bedrock and Vertex endpoints. Off, because an id alone does not prove the endpoint."""
    aliases: Mapping[str, str] = field(default_factory=dict)
    """From ids that carry no model (inference profiles, deployment names) to ids that do."""


NONE = Overrides()
"""List prices as they are."""


def load_cards(overrides: Overrides = NONE) -> tuple[Card, ...]:
    """Give all cards, each model's together and oldest first. A model with an override has that one card only."""
    package = _package()
    families = {card.model: card.family for card in package}
    replaced = {
        model: _config_card(model, families.get(model, ""), overrides.models[model])
        for model in overrides.models
    }
    kept = tuple(card for card in package if card.model not in replaced)
    return kept + tuple(replaced.values())


@cache
def as_of() -> dt.date:
    """Give the day on which the package's cards were last compared with their sources."""
    return min(dt.date.fromisoformat(_read(name)["as_of"]) for name in FILES)


@cache
def _package() -> tuple[Card, ...]:
    return tuple(
        card
        for name in FILES
        for model, entry in _read(name)["models"].items()
        for card in _model_cards(model, entry)
    )


@cache
def _read(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((DATA / name).read_bytes())
    return content


def _model_cards(model: str, entry: dict[str, Any]) -> list[Card]:
    fast = tuple(_fast_price(window) for window in entry.get("fast", ()))
    return [_card(model, entry, stated, fast) for stated in entry["cards"]]


def _card(model: str, entry: dict[str, Any], stated: dict[str, Any], fast: tuple[FastPrice, ...]) -> Card:
    since, until = _day(stated.get("from")), _day(stated.get("to"))
    return Card(
        model=model,
        family=entry["family"],
        since=since,
        until=until,
        input=Decimal(stated["input"]),
        output=Decimal(stated["output"]),
        cache_creation_5m=_price(stated["cache_creation_5m"]),
        cache_creation_1h=_price(stated["cache_creation_1h"]),
        cache_read=_price(stated["cache_read"]),
        long=_long_context(stated.get("long")),
        fast=tuple(price for price in fast if _overlaps(price, since, until)),
        us=entry["us"],
        regional=entry["regional"],
        retired=_day(entry.get("retired")),
        note=stated.get("note", ""),
        sure=stated.get("sure", True),
        source="package",
    )


def _config_card(model: str, family: str, price: OverridePrice) -> Card:
    write = price.input * CACHE_WRITE_X if price.cache_write is None else price.cache_write
    return Card(
        model=model,
        family=family,
        since=None,
        until=None,
        input=price.input,
        output=price.output,
        cache_creation_5m=write,
        cache_creation_1h=write,
        cache_read=price.input * CACHE_READ_X if price.cache_read is None else price.cache_read,
        long=None,
        fast=(),
        us=False,
        regional=False,
        retired=None,
        note="",
        sure=True,
        source="config",
    )


def _fast_price(window: dict[str, Any]) -> FastPrice:
    until = window.get("to")
    return FastPrice(
        input=Decimal(window["input"]),
        output=Decimal(window["output"]),
        since=_instant(window["from"]),
        until=None if until is None else _instant(until),
        long=_long_context(window.get("long")),
        sure=window.get("sure", True),
        note=window.get("note", ""),
    )


def _long_context(stated: dict[str, Any] | None) -> LongContext | None:
    if stated is None:
        return None
    return LongContext(
        stated["over_prompt_tokens"],
        Decimal(stated["input_x"]),
        Decimal(stated["output_x"]),
        _day(stated.get("from")),
        _day(stated.get("to")),
    )


def _overlaps(price: FastPrice, since: dt.date | None, until: dt.date | None) -> bool:
    begins_in_time = until is None or price.since < _midnight(until)
    ends_in_time = price.until is None or since is None or price.until > _midnight(since)
    return begins_in_time and ends_in_time


def _price(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _day(text: str | None) -> dt.date | None:
    return None if text is None else dt.date.fromisoformat(text)


def _instant(text: str) -> dt.datetime:
    """Read a day or an instant; a day begins at midnight UTC."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime(day.year, day.month, day.day, tzinfo=dt.UTC)
