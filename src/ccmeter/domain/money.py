"""Money as whole pico-dollars, so that sums of parts equal the total to the last digit.

One pico-dollar is 1e-12 USD. Every product of a rate card (long context, fast, US inference, batch) is a
whole number of pico-dollars per token, so no price is ever rounded; see `ccmeter.pricing`.
"""

from decimal import Decimal

PICO_PER_USD = 10**12


def usd(amount_pico: int) -> Decimal:
    """Give an amount in USD, exactly."""
    return Decimal(amount_pico).scaleb(-12)


def usd_text(amount_pico: int, places: int = 2) -> str:
    """Give an amount in USD as text with `places` decimals, rounded half to even, with thousands commas."""
    sign = "-" if amount_pico < 0 else ""
    return f"{sign}${abs(usd(amount_pico)):,.{places}f}"


def usd_exact(amount_pico: int) -> str:
    """Give an amount in USD as plain text with all its digits and no trailing zeros: `0.0319246`."""
    whole, part = divmod(abs(amount_pico), PICO_PER_USD)
    sign = "-" if amount_pico < 0 else ""
    return f"{sign}{whole}.{part:012}".rstrip("0").rstrip(".")


def pico(amount_usd: Decimal) -> int:
    """Give an amount in USD as whole pico-dollars, rounded half to even."""
    return int((amount_usd * PICO_PER_USD).to_integral_value())
