"""How prices are laid out. `CCMETER_UPDATE_GOLDEN=1 pytest tests/unit/reports` writes the golden files anew."""

import datetime as dt
import os
from decimal import Decimal
from pathlib import Path

import pytest

from ccmeter.pricing.cards import Card, FastPrice, LongContext
from ccmeter.queries.health import UnpricedModel
from ccmeter.reports import prices
from ccmeter.reports.formats import RenderOptions, render
from ccmeter.reports.table import Report
from support.rendered import text

GOLDEN = Path(__file__).parents[2] / "golden" / "prices"
DAY = dt.date(2026, 11, 21)


def card(
    model: str,
    *usd: str | None,
    since: dt.date | None = None,
    long: LongContext | None = None,
    fast: tuple[FastPrice, ...] = (),
    us: bool = False,
    retired: dt.date | None = None,
    sure: bool = True,
    source: str = "package",
) -> Card:
    first, output, *cache = (None if each is None else Decimal(each) for each in usd)
    assert first is not None
    assert output is not None
    return Card(
        model=model,
        family="",
        since=since,
        until=None,
        input=first,
        output=output,
        cache_creation_5m=cache[0],
        cache_creation_1h=cache[1],
        cache_read=cache[2],
        long=long,
        fast=fast,
        us=us,
        regional=False,
        retired=retired,
        note="",
        sure=sure,
        source=source,
    )


def cards() -> tuple[Card, ...]:
    """Give one of every sort."""
    long = LongContext(200_000, Decimal(2), Decimal("1.5"))
    fast = FastPrice(
        Decimal(30),
        Decimal(150),
        dt.datetime(2026, 2, 7, tzinfo=dt.UTC),
        until=None,
        long=None,
        sure=True,
        note="",
    )
    return (
        card(
            *("claude-sonnet-4", "3", "15", "3.75", "6", "0.3"),
            since=dt.date(2025, 5, 22),
            long=long,
            retired=dt.date(2026, 6, 15),
        ),
        card(
            *("claude-opus-4-6", "5", "25", "6.25", "10", "0.5"),
            since=dt.date(2026, 3, 13),
            fast=(fast,),
            us=True,
        ),
        card("claude-haiku-5-5", "0.1", "0.5", "0.125", "0.2", "0.01", since=dt.date(2026, 10, 7)),
        card("gpt-5.5", "5", "100", None, None, "0.5", sure=False),
        card("=HYPERLINK(1)", "0", "0", "0", "0", "0", source="config"),
    )


def report() -> Report:
    return prices.lay_out(cards(), on=DAY, as_of=dt.date(2026, 11, 20), today=DAY)


CASES = [
    *(("table", f"table-{width}.txt", RenderOptions(width=width)) for width in (60, 80, 120)),
    ("table", "table-colour-80.txt", RenderOptions(width=80, colour=True)),
    ("csv", "csv.csv", RenderOptions()),
    ("json", "json.json", RenderOptions()),
    ("markdown", "markdown.md", RenderOptions()),
]


@pytest.mark.parametrize(("name", "file", "options"), CASES, ids=lambda each: str(each)[:20])
def test_prices_are_the_golden_ones(name: str, file: str, options: RenderOptions) -> None:
    """Point stands under point, an unstated price is empty, and what changes a price is said."""
    shown = text(render(name, report(), options)).encode()
    if os.environ.get("CCMETER_UPDATE_GOLDEN"):
        GOLDEN.mkdir(exist_ok=True)
        (GOLDEN / file).write_bytes(shown)
    assert (GOLDEN / file).read_bytes() == shown


@pytest.mark.parametrize("name", ["table", "csv", "json", "markdown"])
def test_unpriced_models_are_listed_in_every_format(name: str) -> None:
    """With how much is missing from the costs."""
    models = (UnpricedModel(model="gpt-7", calls=12, tokens=1_234_567),)
    shown = text(render(name, prices.lay_out_unpriced(models), RenderOptions()))
    assert "gpt-7" in shown
    assert "1234567" in shown.replace(",", "")


def test_no_card_and_no_gap_are_said_in_words() -> None:
    """An empty table would leave doubt."""
    none = prices.lay_out((), on=DAY, as_of=DAY, today=DAY)
    assert "No model with this name had a price on 2026-11-21." in render("table", none, RenderOptions())
    assert render("table", prices.lay_out_unpriced(()), RenderOptions()) == "Every model met has a price.\n"
