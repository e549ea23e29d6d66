"""`ccmeter verify`: whether the store has all that the logs hold, log by log where it has not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccmeter.reports.cells import counted
from ccmeter.reports.table import Column, Kind, Note, Report, Role, Row, Table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ccmeter.reports.table import Json
    from ccmeter.store.compare import Calls, Comparison

_COLUMNS = (
    Column(key="file", title="Log", kind=Kind.TEXT, is_foreign=True, wraps=True),
    Column(key="missing_messages", title="Missing", kind=Kind.COUNT),
    Column(key="differing_messages", title="Differing", kind=Kind.COUNT),
    Column(key="missing_tokens", title="Tokens missing", kind=Kind.TOKENS),
)


def lay_out(compared: Comparison, *, problems: Mapping[str, int], repaired: int | None) -> Report:
    """Give the comparison as a report. `repaired` is how many logs were read again, None if that was not asked for."""
    rows = [Row(cells=(each.path, each.missing, each.differing, each.tokens)) for each in compared.faulty]
    total = Row(
        cells=(
            "Total",
            compared.missing.calls,
            compared.differing.calls,
            compared.missing.tokens + compared.differing.tokens,
        ),
        role=Role.TOTAL,
    )
    return Report(
        table=Table(
            title="Not in the store" if rows else "The store is whole",
            columns=_COLUMNS,
            rows=(*rows, total) if rows else (),
            notes=tuple(Note(text=text) for text in _notes(compared, problems, repaired)),
        ),
        document={
            "schemaVersion": 1,
            "isWhole": compared.is_whole,
            "logs": {"files": compared.files, **_calls(compared.in_logs)},
            "missing": _calls(compared.missing),
            "differing": _calls(compared.differing),
            "onlyInStore": _calls(compared.only_kept),
            "files": [
                {
                    "path": each.path,
                    "missingMessages": each.missing,
                    "differingMessages": each.differing,
                    "missingTokens": each.tokens,
                }
                for each in compared.faulty
            ],
            "problems": dict(problems),
            "repairedFiles": repaired,
        },
    )


def _notes(compared: Comparison, problems: Mapping[str, int], repaired: int | None) -> Iterator[str]:
    read = f"{counted(compared.files, 'log')} with {_told(compared.in_logs)} read again"
    if compared.is_whole:
        yield f"{read}: all of it is in the store."
    else:
        yield f"{read}: the store lacks some of it."
    if compared.only_kept.calls:
        yield f"{_told(compared.only_kept)} are in no log any more: the store alone has them."
    if repaired:
        yield f"{counted(repaired, 'log')} had been read anew into the store before."
    if not compared.is_whole and repaired is None:
        yield "`ccmeter verify --repair` reads these logs into the store again."
    for reason, times in sorted(problems.items()):
        yield f"Not read: {reason} ({times:,})"


def _told(calls: Calls) -> str:
    return f"{counted(calls.calls, 'message')} ({counted(calls.tokens, 'token')})"


def _calls(calls: Calls) -> dict[str, Json]:
    return {"messages": calls.calls, "totalTokens": calls.tokens}
