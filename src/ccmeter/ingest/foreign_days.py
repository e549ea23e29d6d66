"""Reads the days that ccusage has added up: `ccusage daily --json`, in each of its shapes, and our own `daily --json`.

Every model's share of a day is a row. ccusage leaves some usage out of all shares (traps in facts/ccusage.md): what a
day has beyond them becomes a row without a model, so that the day's tokens are those reported. Shares of other agents'
models are left out.
"""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final

from ccmeter.domain.errors import ForeignError
from ccmeter.domain.money import pico
from ccmeter.store.imported import Day

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_TOKENS: Final = ("inputTokens", "outputTokens", "cacheCreationTokens", "cacheReadTokens")
_OTHER_PERIODS: Final = ("weekly", "monthly", "session", "sessions", "blocks")
_MOST: Final = 10**15
"""Tokens of a day: more is no report."""
_ROUNDING_PICO: Final = 1_000_000
"""Costs are reported as doubles: parts miss their sum by less than this."""
_MOST_USD: Final = Decimal(1_000_000)
_OURS: Final = ("claude", "anthropic", "<synthetic>", "unknown")


def read(file: Path) -> list[Day]:
    """Give what a report says of each day and model. Raises ForeignError."""
    try:
        document = json.loads(file.read_bytes(), parse_float=Decimal)
    except OSError as error:
        raise ForeignError(f"{file} cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise ForeignError(f"{file} is neither a transcript, an archive, a backup nor JSON.") from error
    try:
        return [day for row in _rows(document, file) for day in _days(row)]
    except (KeyError, TypeError, ValueError, AttributeError, InvalidOperation) as error:
        raise ForeignError(
            f"{file} is no report of `ccusage daily --json`: {error!r} was not understood."
        ) from error


def _rows(document: Any, file: Path) -> Iterable[dict[str, Any]]:
    if not isinstance(document, dict):
        raise ForeignError(f"{file} is JSON, but no report of `ccusage daily --json`.")
    if isinstance(document.get("daily"), list):
        return list(document["daily"])
    if isinstance(document.get("projects"), dict):
        return [row for rows in document["projects"].values() for row in rows]
    other = next((name for name in _OTHER_PERIODS if name in document), None)
    if other is not None:
        raise ForeignError(
            f"{file} is a report of `{other}`, which cannot be told apart by days.",
            hint="Import that of `ccusage daily --json`.",
        )
    raise ForeignError(f"{file} is JSON, but no report of `ccusage daily --json`.")


def _days(row: dict[str, Any]) -> Iterator[Day]:
    """Give the shares of a row, and what it has beyond them."""
    named = row.get("date") or row["period"]
    if named == "undated":
        return
    used_on = dt.date.fromisoformat(named)
    if "agents" in row:
        row = next((each for each in row["agents"] if each["agent"] == "claude"), dict.fromkeys(_TOKENS, 0))
    agents = (row.get("metadata") or {}).get("agents") or ["claude"]
    left = _counts(row)
    cost = _cost_of(row, "totalCost") or 0
    for share in row.get("modelBreakdowns") or ():
        counts = _counts(share)
        left = [a - b for a, b in zip(left, counts, strict=True)]
        paid = None if share.get("missingPricing") else _cost_of(share, "cost")
        cost -= paid or 0
        if _is_ours(share["modelName"]) and any(counts):
            yield Day._make((used_on, share["modelName"], *counts, paid))
    if agents == ["claude"] and any(count > 0 for count in left):
        # what is left of the cost is mostly what is left of rounding
        beyond = (max(count, 0) for count in left)
        yield Day._make((used_on, "", *beyond, cost if cost > _ROUNDING_PICO else None))


def _is_ours(model: str) -> bool:
    return any(name in model.lower() for name in _OURS)


def _counts(row: dict[str, Any]) -> list[int]:
    counts = []
    for name in _TOKENS:
        count = row.get(name, 0)
        if type(count) is not int or not 0 <= count <= _MOST:
            raise ValueError(f"{name} {count}")
        counts.append(count)
    return counts


def _cost_of(row: dict[str, Any], key: str) -> int | None:
    """Give the cost in pico-dollars: exactly where our own report states it so; None where there is none."""
    if row.get("costExact") is not None:
        amount = Decimal(row["costExact"])
    elif "costExact" in row or key not in row:
        return None
    else:
        amount = Decimal(row[key])
    if not -1 < amount <= _MOST_USD:
        raise ValueError(f"{key} {amount}")
    return max(pico(amount), 0)
