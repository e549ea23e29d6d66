"""Money as the line shows it: in dollars, or at one rate in another currency, as `ccmeter.domain.currency` has it for reports.

It is written down twice because the other form cannot be loaded within the time that a status line has; a test holds the
two together. A rate is kept as text of decimal digits, and applied to whole numbers only: nothing here is a float.
"""

import time

from ccmeter.statusline.figures import Amount
from ccmeter.statusline.snapshot import table, text

SYMBOLS = {"EUR": "€", "GBP": "£", "INR": "₹", "JPY": "¥", "KRW": "₩", "USD": "$"}
WHOLE = ("CLP", "ISK", "JPY", "KRW", "VND")
UNKNOWN = "?"
_PICO_PER_USD = 10**12
_LARGE = 1_000
"""From here on without the small coin."""
_LEAST, _MOST = 1e-300, 1e6
"""Between these a rate is believed; the settings allow no larger one, and a smaller one has no plain digits."""


class Currency:
    """A currency, and what a dollar is worth in it."""

    __slots__ = ("_below", "_over", "_places", "_symbol", "code")

    def __init__(self, code: str, per_usd: str = "1") -> None:
        """Take a code of three capitals and a rate: `0.92`, `1500`, `1e-05`."""
        digits, _, power = per_usd.partition("e")
        whole, _, part = digits.partition(".")
        places = len(part) - int(power or 0)
        self.code = code
        self._over = int(whole + part) * 10 ** max(-places, 0)
        self._below = _PICO_PER_USD * 10 ** max(places, 0)
        self._places = 0 if code in WHOLE else 2
        self._symbol = SYMBOLS.get(code) or f"{code} "

    def text(self, amount: Amount | None) -> str:
        """Give an amount, rounded half to even; from a thousand on in whole units, and never 0.00 for what did cost.

        One of which nothing has a price yet is unknown, not 0.
        """
        if amount is None:
            return ""
        if amount.pico == 0 and amount.is_least:
            return UNKNOWN
        over, before = abs(amount.pico) * self._over, "~" if amount.is_estimate else ""
        places = self._places if over < _LARGE * self._below else 0
        whole, rest = divmod(over * 10**places, self._below)
        if over and not whole and rest * 2 <= self._below and not amount.is_least:
            return f"{before}<{self._symbol}{_digits(1, places)}"
        whole += rest * 2 > self._below or (rest * 2 == self._below and whole % 2 == 1)
        sign, after = "-" if amount.pico < 0 and whole else "", "+" if amount.is_least else ""
        return f"{before}{sign}{self._symbol}{_digits(whole, places)}{after}"


DOLLARS = Currency("USD")


def chosen(named: str, rates: object) -> Currency:
    """Give the currency of a code in capitals or not, by the rates that `in_force` left; dollars where it has none now."""
    code = named.upper()
    rate = text(_latest(table(table(rates).get(code))))
    return Currency(code, rate) if code != DOLLARS.code and rate else DOLLARS


def in_force(rates: dict[str, object]) -> dict[str, dict[str, str]]:
    """Give of rates in the settings, by code and first day (empty: ever), those of today and of days to come."""
    today = _today()
    kept: dict[str, dict[str, str]] = {}
    for code, said in rates.items():
        days = said if type(said) is dict else {"": said}
        known = {day: rate for day, value in days.items() if _is_day(day) and (rate := _rate(value))}
        first = max((day for day in known if day <= today), default="")
        kept[code] = {day: rate for day, rate in known.items() if day >= first}
    return kept


def _latest(days: dict[str, object]) -> object:
    """Give the rate of the latest day that has begun."""
    today = _today()
    begun = max((day for day in days if day <= today), default=None)
    return None if begun is None else days[begun]


def _today() -> str:
    """Give the day by the calendar of UTC, as reports do for rates."""
    return time.strftime("%Y-%m-%d", time.gmtime())


def _is_day(name: str) -> bool:
    return not name or (len(name) == 10 and name[4] == name[7] == "-")  # noqa: PLR2004


def _rate(value: object) -> str:
    """Give a rate as text that `Currency` reads; empty for what is none."""
    if type(value) is bool or not isinstance(value, int | float | str):
        return ""
    try:
        rate = float(value)
    except (ValueError, OverflowError):
        return ""
    return repr(rate) if _LEAST <= rate <= _MOST else ""


def _digits(whole: int, places: int) -> str:
    return f"{whole:,}" if not places else f"{whole // 100:,}.{whole % 100:02}"
