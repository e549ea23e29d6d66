"""What commands share about budgets: reading what was typed, and asking how budgets go where there are any."""

from __future__ import annotations

import datetime as dt
import os
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from ccmeter.domain.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ccmeter.domain.budgets import Budget, BudgetState
    from ccmeter.domain.filters import Filters
    from ccmeter.store.lease import Connection


def states(
    connection: Connection,
    filters: Filters,
    budgets: Sequence[Budget],
    now: dt.datetime,
    *,
    week_starts: int,
) -> tuple[BudgetState, ...]:
    """Ask how budgets go."""
    from ccmeter.queries.budgets import budgets as ask

    return ask(connection, filters, budgets, now, week_starts=week_starts)


def of_settings(connection: Connection, filters: Filters) -> tuple[BudgetState, ...]:
    """Ask how the budgets of the settings go now; none at the cost of a look into the file. Raises ConfigError."""
    from ccmeter.config import paths

    file = paths.config_file(os.environ)
    if not file.exists():
        return ()
    from zoneinfo import ZoneInfo

    from ccmeter.config import budgets as configured

    now = dt.datetime.now(ZoneInfo(filters.time_zone))
    wanted = configured.load(file, now.date())
    if not wanted:
        return ()
    from ccmeter.cli.alerting import week_starts

    return states(connection, filters, wanted, now, week_starts=week_starts(file))


def amount_of(text: str) -> Decimal:
    """Read an amount. Raises UsageError."""
    try:
        amount = Decimal(text.strip().lstrip("$").replace(",", ""))
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or amount < Decimal("0.01"):
        raise UsageError(f"'{safe(text)}' is no amount.", hint="200 or 49.50, at least 0.01.")
    return amount


def period_of(named: str) -> str:
    """Give a period that budgets can be for. Raises UsageError."""
    from ccmeter.cli import asking
    from ccmeter.domain.budgets import PERS

    return asking.chosen(named, "--per", PERS)


def currency_of(named: str | None, file: Path) -> str | None:
    """Give the currency of an amount, None for dollars: the one named, else that of reports. Raises UsageError and ConfigError."""
    from ccmeter.cli import asking, settings
    from ccmeter.config import document

    if named is None:
        found = document.read(file)
        said = settings.in_file(found, (), "currency") if found else None
        named = os.environ.get(settings.variable_of((), "currency")) or (str(said[1]) if said else None)
    currency = asking.currency(named)
    return None if currency is None else currency.code


def safe(text: str) -> str:
    """Give what a person typed without control characters."""
    from ccmeter.reports.foreign import harmless

    return harmless(text)
