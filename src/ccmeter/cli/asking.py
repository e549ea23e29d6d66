"""Turns what a person typed about days, zones and filters into the limits of a question."""

from __future__ import annotations

import calendar
import contextlib
import datetime as dt
import difflib
import zoneinfo
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, TypeVar

from ccmeter.domain import dates
from ccmeter.domain.errors import UsageError
from ccmeter.domain.filters import COST_MODES, EVERY, CostMode, Filters, Grouping

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ccmeter.cli.options import Shown, Written
    from ccmeter.domain.currency import Currency
    from ccmeter.reports.style import Style

_Word = TypeVar("_Word", bound=str)

EACH_REPOSITORY: Final = Grouping()
"""A repository is a project, and nothing else is known of any."""

Unit: TypeAlias = Literal["day", "week", "month"]
"""What `--last` counts."""


def filters(
    *,
    now: dt.datetime,
    since: str | None = None,
    until: str | None = None,
    last: int | None = None,
    unit: Unit = "day",
    week_starts: int = 1,
    time_zone: str | None = None,
    projects: Sequence[str] | None = None,
    tags: Sequence[str] | None = None,
    models: Sequence[str] | None = None,
    sessions: Sequence[str] | None = None,
    device: str = EVERY,
    mode: str = "auto",
    grouping: Grouping = EACH_REPOSITORY,
) -> Filters:
    """Give the limits asked for. Raises UsageError, which says what is possible."""
    zone = zone_name(time_zone)
    today = now.astimezone(zoneinfo.ZoneInfo(zone)).date()
    if last is not None and (since or until):
        raise UsageError("--last goes without --since and --until.", hint="Use either, not both.")
    since_on = dates.first_day(since, today) if since else None
    until_on = dates.last_day(until, today) if until else None
    if last is not None:
        since_on, until_on = _last(last, today, unit, week_starts), today
    if since_on and until_on and until_on < since_on:
        raise UsageError(f"--until ({until_on}) is before --since ({since_on}).", hint="Swap the two.")
    return Filters(
        time_zone=zone,
        since_on=since_on,
        until_on=until_on,
        projects=tuple(_trimmed(projects or ())),
        tags=tuple(tags or ()),
        models=tuple(models or ()),
        sessions=tuple(sessions or ()),
        device=device,
        cost_mode=_mode(mode),
        grouping=grouping,
    )


def zone_name(named: str | None) -> str:
    """Give the IANA name of the zone whose days count: the one named, or this machine's. Raises UsageError."""
    if named is None:
        import tzlocal

        try:
            named = tzlocal.get_localzone_name()
        except (zoneinfo.ZoneInfoNotFoundError, ValueError, LookupError):
            return "UTC"
        if named == "Etc/UTC":  # what most servers call it
            return "UTC"
    with contextlib.suppress(zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return zoneinfo.ZoneInfo(named).key
    by_lower = {name.lower(): name for name in zoneinfo.available_timezones()}  # opens 600 files
    if named.lower() in by_lower:
        return by_lower[named.lower()]
    near = difflib.get_close_matches(named.lower(), by_lower, 1, cutoff=0.6)
    hint = (
        f"Did you mean {by_lower[near[0]]}?"
        if near
        else "Zones are named as in Europe/Berlin, America/New_York, UTC."
    )
    raise UsageError(f"There is no time zone '{named}'.", hint=hint)


def chosen(value: str, option: str, allowed: Sequence[str]) -> str:
    """Give a value that must be one of a few. Raises UsageError."""
    if value not in allowed:
        raise UsageError(f"{option} cannot be '{value}'.", hint=f"It takes {', '.join(allowed)}.")
    return value


def weekday(named: str | None, usual: str = "sunday") -> int:
    """Give the number of a weekday, 1 for Monday to 7 for Sunday. Raises UsageError."""
    named = named or usual
    days = [name.lower() for name in calendar.day_name]
    return days.index(chosen(named.lower(), "--start-of-week", days)) + 1


def style(shown: Shown | Written, format_name: str, *, ascii_only: bool = False) -> Style:
    """Give the style that a person wants to read a report in. Raises UsageError and ConfigError."""
    from ccmeter.reports import style as styles

    if (shown.currency, shown.numbers, shown.dates, shown.theme) == (None, "comma", "iso", "auto"):
        return styles.PLAIN
    return styles.Style(
        numbers=_one_of(shown.numbers, "--numbers", styles.NUMBERS),
        dates=_one_of(shown.dates, "--dates", styles.DATES),
        theme=_one_of(shown.theme, "--theme", styles.THEMES),
        currency=None if format_name in ("json", "jsonl") else currency(shown.currency),
        ascii_only=ascii_only,
    )


def currency(named: str | None) -> Currency | None:
    """Give a currency with its latest rate from the settings; None for dollars. Raises UsageError and ConfigError."""
    if named is None or named.upper() == "USD":
        return None
    import os

    from ccmeter.config import paths, settings
    from ccmeter.domain.currency import Currency, in_force

    code = named.upper()
    rates = settings.load(paths.config_file(os.environ)).currency.rates
    if code not in rates:
        known = f"Rates are set for {', '.join(sorted(rates))}. " if rates else ""
        raise UsageError(
            f"The settings have no rate for {code}.",
            hint=f"{known}Say what a dollar is in {code}: ccmeter config set currency.rates.{code} 0.92",
        )
    found = in_force(rates[code], dt.datetime.now(dt.UTC).date())
    if found is None:
        raise UsageError(
            f"The first rate for {code} begins on {min(rates[code])}.",
            hint="Give one for an earlier day as well.",
        )
    since_on, per_usd = found
    return Currency(code=code, per_usd=per_usd, since_on=None if since_on == dt.date.min else since_on)


def _one_of(value: str, option: str, allowed: Sequence[_Word]) -> _Word:
    return allowed[allowed.index(chosen(value, option, allowed))]


def _mode(named: str) -> CostMode:
    return COST_MODES[COST_MODES.index(chosen(named, "--mode", COST_MODES))]


def _last(count: int, today: dt.date, unit: Unit, week_starts: int) -> dt.date:
    """Give the first day of the last so many days, weeks or months."""
    if count < 1:
        raise UsageError(
            f"--last cannot be {count}.",
            hint=f"--last 1 is {'today' if unit == 'day' else 'this ' + unit} alone.",
        )
    try:
        if unit == "month":
            months = today.year * 12 + today.month - count
            return dt.date(months // 12, months % 12 + 1, 1)
        if unit == "week":
            today -= dt.timedelta(days=(today.isoweekday() - week_starts) % 7)
            return today - dt.timedelta(weeks=count - 1)
        return today - dt.timedelta(days=count - 1)
    except (OverflowError, ValueError) as error:
        raise UsageError(f"--last {count} goes back further than dates do.") from error


def _trimmed(projects: Sequence[str]) -> list[str]:
    return [project.rstrip("/\\") or project for project in projects]
