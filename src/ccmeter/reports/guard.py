"""`ccmeter guard`: one line, or one JSON object, on whether enough of a limit is left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ccmeter.domain.guarding import BELOW, ENOUGH, UNKNOWN
from ccmeter.reports.cells import for_people
from ccmeter.reports.limits import name_of
from ccmeter.reports.table import Kind

if TYPE_CHECKING:
    from ccmeter.domain.guarding import Verdict
    from ccmeter.reports.table import Json

_WORDS: Final = {ENOUGH: "enough", BELOW: "below", UNKNOWN: "unknown"}
_SOURCES: Final = {
    "official": "official, read {} ago",
    "notice": "a notice in a log, {} ago",
    "estimate": "upper end of the estimate since the official reading {} ago",
    "reset": "its reset has passed since the reading {} ago",
}


def line(verdict: Verdict) -> str:
    """Give the answer in a sentence: `week: 38.0% left, 10.0% wanted: enough (official, read 12s ago)`."""
    name, wanted = name_of(verdict.window), for_people(Kind.SHARE, verdict.least_bp)
    if verdict.age_s is None:
        return f"{name}: unknown (no reading yet; `ccmeter statusline install` lets Claude Code tell it)"
    source = _SOURCES[verdict.source].format(for_people(Kind.DURATION, verdict.age_s))
    if verdict.left_bp is None:
        return f"{name}: unknown ({source})"
    left = for_people(Kind.SHARE, verdict.left_bp)
    return f"{name}: {left} left, {wanted} wanted: {_WORDS[verdict.status]} ({source})"


def document_of(verdict: Verdict) -> Json:
    """Give the answer as a JSON document."""
    return {
        "schemaVersion": 1,
        "window": verdict.window,
        "verdict": _WORDS[verdict.status],
        "exitStatus": verdict.status,
        "leftPercent": None if verdict.left_bp is None else verdict.left_bp / 100,
        "minLeftPercent": verdict.least_bp / 100,
        "source": verdict.source,
        "ageSeconds": verdict.age_s,
    }
