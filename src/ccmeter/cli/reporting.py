"""The walk of every report: options to limits, store to answer, answer to text. A command says only what to ask."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final, TypeVar

from ccmeter.cli import asking, opening, sample
from ccmeter.cli import output as out
from ccmeter.reports import formats

if TYPE_CHECKING:
    from collections.abc import Callable

    from ccmeter.cli.asking import Unit
    from ccmeter.cli.options import Shown, Source, Which, Written
    from ccmeter.domain.filters import Filters
    from ccmeter.reports.table import Report
    from ccmeter.store.lease import Connection

NOTHING_FOUND: Final = (
    "No usage found. Claude Code writes its logs to ~/.claude; `ccmeter doctor` says what was looked through."
)
NOTHING_LEFT: Final = "No usage fits these filters. `ccmeter {}` without them shows all there is."
TRY_DEMO: Final = " `ccmeter {} --demo` shows what this will look like."

_Answer = TypeVar("_Answer")


def show(
    name: str,
    ask: Callable[[Connection, Filters], _Answer],
    lay_out: Callable[[_Answer, str], Report],
    *,
    which: Which,
    shown: Shown,
    source: Source,
    unit: Unit = "day",
    week_starts: int = 1,
) -> None:
    """Run the report `name`: ask within a lease, lay out and write after it.

    `lay_out` is handed the answer and what to say where it is empty. `unit` is what `--last` counts.
    """
    from ccmeter.cli import progress
    from ccmeter.queries.summary import is_empty

    format_name = format_of(shown)
    limits = limits_of(which, unit=unit, week_starts=week_starts)
    with (
        sample.places() if source.demo else opening.found(source.claude_dirs, source.data_dir) as where,
        progress.shown() as (narration, _),
        opening.store(where, ingest=source.demo or not source.no_ingest, narration=narration) as opened,
    ):
        answer = ask(opened.connection, limits)
        has_none = is_empty(opened.connection)
    empty = (NOTHING_FOUND + TRY_DEMO if has_none else NOTHING_LEFT).format(name)
    write(format_name, lay_out(answer, empty), shown)


def limits_of(which: Which, *, unit: Unit = "day", week_starts: int = 1) -> Filters:
    """Give the limits that a person asked for. Raises UsageError."""
    return asking.filters(
        now=dt.datetime.now(dt.UTC),
        since=which.since,
        until=which.until,
        last=which.last,
        unit=unit,
        week_starts=week_starts,
        time_zone=which.time_zone,
        projects=which.projects,
        models=which.models,
        sessions=which.sessions,
        mode=which.mode,
    )


def format_of(shown: Shown | Written) -> str:
    """Give the name of the format asked for. Raises UsageError."""
    return out.chosen_format(
        shown.format_name, formats.names(), as_json=shown.as_json, as_csv=shown.as_csv, output=shown.output
    )


def write(format_name: str, report: Report, shown: Shown | Written) -> None:
    """Write a report where it was asked for. Raises OutputError."""
    text = formats.render(format_name, report, out.render_options(shown.output))
    out.write(text, shown.output, force=shown.force)
