"""A report's JSON in the shape of ccusage's top-level reports, which are over all agents and not of Claude alone.

The numbers and our own keys stay as they are; only what a row is called changes (facts/ccusage.md, section 2, unified
shapes): `period` instead of `date`, `week`, `month` or `sessionId`, an `agent`, `metadata`, and models in alphabetical order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from ccmeter.domain.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ccmeter.reports.table import Json

SHAPES: Final = ("claude", "unified")
_AGENT: Final = "claude"
"""The one agent whose logs are read."""
_KEYS: Final = {"daily": "date", "weekly": "week", "monthly": "month", "sessions": "sessionId"}
"""What names a row, by the list that it stands in."""
_NOT_SHARED: Final = frozenset(("projectPath", "firstActivity", "lastActivity"))


def unified(document: Json) -> Json:
    """Give the document of a daily, weekly, monthly or session report anew. Raises UsageError for any other."""
    given = cast("Mapping[str, Any]", document) if isinstance(document, dict) else {}
    name = next((each for each in _KEYS if each in given), None)
    if name is None:
        raise UsageError(
            "This report has no unified JSON.",
            hint="--json-shape unified is for daily, weekly, monthly and session, without --by-project.",
        )
    others = {key: value for key, value in given.items() if key != name}
    shared = "session" if name == "sessions" else name
    return {**others, shared: [_row(row, name) for row in given[name]]}


def _row(row: Mapping[str, Any], name: str) -> dict[str, Json]:
    key = _KEYS[name]
    is_session = name == "sessions"
    return {
        **{each: value for each, value in row.items() if each != key and each not in _NOT_SHARED},
        "agent": _AGENT if is_session else "all",
        "metadata": {"lastActivity": row["lastActivity"]} if is_session else {"agents": [_AGENT]},
        "modelsUsed": sorted(row["modelsUsed"]),
        "period": row[key],
    }
