"""`ccmeter prices`: what models cost, where each price is from, and which models have none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccmeter.reports.cells import counted
from ccmeter.reports.table import Column, Kind, Note, Report, Row, Table

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence
    from decimal import Decimal

    from ccmeter.pricing.cards import Card
    from ccmeter.queries.health import UnpricedModel

_CARD_COLUMNS = (
    Column(key="model", title="Model", kind=Kind.TEXT, is_foreign=True),
    Column(key="since", title="Since", kind=Kind.TEXT, drop=3, is_secondary=True),
    Column(key="input_usd", title="Input", kind=Kind.PRICE, mark="?"),
    Column(key="output_usd", title="Output", kind=Kind.PRICE),
    Column(key="cache_creation_5m_usd", title="Write 5m", kind=Kind.PRICE, drop=4),
    Column(key="cache_creation_1h_usd", title="Write 1h", kind=Kind.PRICE, drop=5),
    Column(key="cache_read_usd", title="Read", kind=Kind.PRICE),
    Column(key="remarks", title="Remarks", kind=Kind.TEXT, drop=2, is_secondary=True, wraps=True),
    Column(key="source", title="From", kind=Kind.TEXT, drop=1, is_secondary=True),
    Column(key="sure", title="Sure", kind=Kind.TEXT, only_in_files=True),
)
_UNPRICED_COLUMNS = (
    Column(key="model", title="Model", kind=Kind.TEXT, is_foreign=True),
    Column(key="messages", title="Messages", kind=Kind.COUNT),
    Column(key="tokens", title="Tokens", kind=Kind.TOKENS),
)


def lay_out(cards: Sequence[Card], *, on: dt.date, as_of: dt.date, today: dt.date) -> Report:
    """Give the cards in force on a day, with the age of the package's table."""
    age = counted(max((today - as_of).days, 0), "day")
    notes = [
        Note(text=f"USD per million tokens. Packaged prices are of {as_of}, {age} old."),
        Note(
            text="Web searches cost $0.01 each. `ccmeter prices --unpriced` lists the models met without a price."
        ),
    ]
    if any(not card.sure for card in cards):
        notes.append(Note(mark="?", text="A price or its first day rests on third parties alone."))
    if not cards:
        notes = [Note(text=f"No model with this name had a price on {on}. `ccmeter prices` lists them all.")]
    return Report(
        table=Table(
            title="Prices",
            caption=f"on {on}",
            columns=_CARD_COLUMNS,
            rows=tuple(map(_card_row, cards)),
            notes=tuple(notes),
        ),
        document={
            "schemaVersion": 1,
            "on": on.isoformat(),
            "asOf": as_of.isoformat(),
            "unit": "USD per million tokens",
            "prices": [_card_document(card) for card in cards],
        },
    )


def lay_out_unpriced(models: Sequence[UnpricedModel]) -> Report:
    """Give the models met without a rate card."""
    notes = [
        Note(
            text='Their tokens are counted, their cost is not. `[pricing.models."NAME"]` in the settings prices one.'
        ),
    ]
    if not models:
        notes = [Note(text="Every model met has a price.")]
    return Report(
        table=Table(
            title="Models without a price",
            columns=_UNPRICED_COLUMNS,
            rows=tuple(Row(cells=(entry.model, entry.calls, entry.tokens)) for entry in models),
            notes=tuple(notes),
        ),
        document={
            "schemaVersion": 1,
            "unpriced": [
                {"model": entry.model, "messages": entry.calls, "tokens": entry.tokens} for entry in models
            ],
        },
    )


def _card_row(card: Card) -> Row:
    return Row(cells=_card_cells(card), marks=frozenset(() if card.sure else ("input_usd",)))


def _card_cells(card: Card) -> tuple[str, ...]:
    return (
        card.model,
        card.since.isoformat() if card.since else "",
        _price(card.input),
        _price(card.output),
        _price(card.cache_creation_5m),
        _price(card.cache_creation_1h),
        _price(card.cache_read),
        "; ".join(_remarks(card)),
        card.source,
        "yes" if card.sure else "no",
    )


def _remarks(card: Card) -> list[str]:
    """Give what changes the price of a request, and the end of a model, in a few words each."""
    told = []
    if card.long is not None:
        threshold = f"over {card.long.over_prompt_tokens // 1000}k"
        told.append(f"{threshold} ×{card.long.input_x} in, ×{card.long.output_x} out")
    told += [f"fast {_price(fast.input)}/{_price(fast.output)}" for fast in card.fast[-1:]]
    if card.us:
        told.append("US ×1.1")
    if card.retired:
        told.append(f"retired {card.retired}")
    return told


def _card_document(card: Card) -> dict[str, str | bool | list[str] | None]:
    return {
        "model": card.model,
        "since": card.since.isoformat() if card.since else None,
        "until": card.until.isoformat() if card.until else None,
        "input": _price(card.input),
        "output": _price(card.output),
        "cacheCreation5m": _price(card.cache_creation_5m) or None,
        "cacheCreation1h": _price(card.cache_creation_1h) or None,
        "cacheRead": _price(card.cache_read) or None,
        "remarks": _remarks(card),
        "note": card.note,
        "sure": card.sure,
        "source": card.source,
    }


def _price(usd: Decimal | None) -> str:
    if usd is None:
        return ""
    text = f"{usd.normalize():f}"
    whole, _, part = text.partition(".")
    return f"{whole}.{part:0<2}"
