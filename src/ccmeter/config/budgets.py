"""Gives the budgets of a settings file with their amounts in pico-dollars, and changes them there.

One in another currency is worth what today's rate says; the dollars that it comes to therefore move with the rate.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ccmeter.config import document, edit, settings
from ccmeter.domain.budgets import Budget
from ccmeter.domain.currency import Currency, in_force
from ccmeter.domain.errors import ConfigError
from ccmeter.domain.money import pico

if TYPE_CHECKING:
    import datetime as dt
    from decimal import Decimal
    from pathlib import Path

    from ccmeter.config.settings import Settings

KEY: Final = "budgets"


def load(file: Path, on: dt.date) -> tuple[Budget, ...]:
    """Give the budgets of a settings file, at the rates of a day; none without checking it where it names none. Raises ConfigError."""
    found = document.read(file)
    if found is None or KEY not in found.content:
        return ()
    return of(settings.checked(found), on)


def of(chosen: Settings, on: dt.date) -> tuple[Budget, ...]:
    """Give the budgets of settings, at the rates of a day. Raises ConfigError where there is no rate."""
    found = []
    for each in chosen.budgets:
        currency = _currency(chosen, each.currency, on)
        found.append(
            Budget(
                amount_pico=pico(each.amount if currency is None else each.amount / currency.per_usd),
                per=each.per,
                project=each.project,
                amount=each.amount,
                currency=currency,
            )
        )
    return tuple(found)


def put(file: Path, *, amount: Decimal, currency: str | None, per: str, project: str) -> bool:
    """Set a budget, in the place of the one for the same period and project; tell whether there was one. Raises ConfigError."""
    entry: dict[str, Any] = {"amount": amount, "per": per}
    entry |= {"currency": currency} if currency else {}
    entry |= {"project": project} if project else {}
    place = _place(file, per, project)
    edit.put_entry(file, KEY, entry, place)
    return place is not None


def remove(file: Path, *, per: str, project: str) -> bool:
    """Take a budget out; False if there is none. Raises ConfigError."""
    place = _place(file, per, project)
    if place is None:
        return False
    edit.drop_entry(file, KEY, place)
    return True


def _place(file: Path, per: str, project: str) -> int | None:
    found = document.read(file)
    entries: Any = found.content.get(KEY, []) if found else []
    for place, entry in enumerate(entries if isinstance(entries, list) else []):
        if isinstance(entry, dict) and (entry.get("per", "month"), entry.get("project", "")) == (
            per,
            project,
        ):
            return place
    return None


def _currency(chosen: Settings, code: str | None, on: dt.date) -> Currency | None:
    if code is None:
        return None
    found = in_force(chosen.currency.rates.get(code, {}), on)
    if found is None:
        raise ConfigError(
            f"A budget is in {code}, and the settings have no rate for it.",
            hint=f"Say what a dollar is in {code}: ccmeter config set currency.rates.{code} 0.92",
        )
    return Currency(code=code, per_usd=found[1])
