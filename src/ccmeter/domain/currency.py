"""Another currency than the dollar, at one rate: what a person who pays in it reads beside the exact USD.

A report is converted at a single rate, the latest in force, so that a total stays the sum of its rows. Nothing is
stored or added up in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from ccmeter.domain.money import usd

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

SYMBOLS: Final[Mapping[str, str]] = {
    "EUR": "€",
    "GBP": "£",
    "INR": "₹",
    "JPY": "¥",
    "KRW": "₩",
    "USD": "$",
}
WHOLE: Final = frozenset({"CLP", "ISK", "JPY", "KRW", "VND"})
"""Currencies without a smaller coin (ISO 4217, minor unit 0)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Currency:
    """A currency and what a dollar is worth in it."""

    code: str
    """Three capitals, as in ISO 4217."""
    per_usd: Decimal
    since_on: dt.date | None = None
    """The day from which the rate is in force; None if it was given without one."""

    def amount(self, amount_pico: int) -> Decimal:
        """Give an amount of pico-dollars in this currency, exactly."""
        return usd(amount_pico) * self.per_usd

    def text(self, amount_pico: int, *, ascii_only: bool = False) -> str:
        """Give it for people: `€1,234.50`, `CHF 12.30`, `¥1,234`, and never nothing for something that did cost."""
        amount = abs(self.amount(amount_pico))
        symbol = SYMBOLS.get(self.code, "")
        if not symbol or (ascii_only and not symbol.isascii()):
            symbol = f"{self.code} "
        places = 0 if self.code in WHOLE else 2
        least = Decimal(1).scaleb(-places)
        if 0 < amount <= least / 2:
            return f"<{symbol}{least:f}"
        return f"{'-' if amount_pico < 0 else ''}{symbol}{amount:,.{places}f}"

    def exact(self, amount_pico: int) -> str:
        """Give it with all its digits: `0.029370632`."""
        text = f"{self.amount(amount_pico):f}"
        return text.rstrip("0").rstrip(".") if "." in text else text


def in_force(rates: Mapping[dt.date, Decimal], on: dt.date) -> tuple[dt.date, Decimal] | None:
    """Give the latest rate that began on or before a day; None if the first begins after it."""
    begun = [since for since in rates if since <= on]
    return (max(begun), rates[max(begun)]) if begun else None
