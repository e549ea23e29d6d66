import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccmeter.domain.currency import Currency, in_force
from ccmeter.domain.money import PICO_PER_USD, usd

EUR = Currency(code="EUR", per_usd=Decimal("0.92"), since_on=dt.date(2026, 1, 1))


@pytest.mark.parametrize(
    ("code", "rate", "pico", "text"),
    [
        ("EUR", "0.92", 12 * PICO_PER_USD, "€11.04"),
        ("EUR", "0.92", 1, "<€0.01"),
        ("EUR", "0.92", 0, "€0.00"),
        ("EUR", "0.92", -PICO_PER_USD, "-€0.92"),
        ("CHF", "0.8", 12_345 * PICO_PER_USD, "CHF 9,876.00"),
        ("JPY", "150", PICO_PER_USD, "¥150"),
        ("JPY", "150", 1, "<¥1"),
    ],
)
def test_money_is_told_as_its_country_does(code: str, rate: str, pico: int, text: str) -> None:
    """Whole coins, and never nothing for something that did cost."""
    assert Currency(code=code, per_usd=Decimal(rate)).text(pico) == text


def test_without_its_sign_a_currency_has_its_code() -> None:
    """A terminal that knows ASCII alone."""
    assert EUR.text(PICO_PER_USD, ascii_only=True) == "EUR 0.92"


@given(st.lists(st.integers(0, 10**18), max_size=20), st.decimals("0.0001", "9999", places=4))
def test_parts_sum_to_the_total_to_the_last_digit(parts: list[int], rate: Decimal) -> None:
    """One rate for a report: its total is the sum of its rows in any currency."""
    currency = Currency(code="EUR", per_usd=rate)
    assert sum(Decimal(currency.exact(part)) for part in parts) == Decimal(currency.exact(sum(parts)))
    assert currency.amount(sum(parts)) == usd(sum(parts)) * rate


@pytest.mark.parametrize(
    ("on", "rate"),
    [("2025-12-31", None), ("2026-01-01", "0.92"), ("2026-08-31", "0.92"), ("2027-01-01", "0.9")],
)
def test_the_latest_rate_that_has_begun_is_in_force(on: str, rate: str | None) -> None:
    """A rate of tomorrow is not used today."""
    rates = {dt.date(2026, 9, 1): Decimal("0.9"), dt.date(2026, 1, 1): Decimal("0.92")}
    found = in_force(rates, dt.date.fromisoformat(on))
    assert (found[1] if found else None) == (Decimal(rate) if rate else None)
