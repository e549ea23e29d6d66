"""The walk of every report: options to limits, store to answer, answer to text. A command says only what to ask."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING, Final, TypeVar

from ccmeter.cli import asking, opening, sample
from ccmeter.cli import output as out
from ccmeter.domain.errors import UsageError
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


def is_general(empty: str) -> bool:
    """Tell whether what is said of an empty answer could be said of any: a report may know more."""
    return empty.startswith(NOTHING_LEFT.partition("`")[0])


def show(
    name: str,
    ask: Callable[[Connection, Filters], _Answer],
    lay_out: Callable[[_Answer, str], Report],
    *,
    which: Which,
    shown: Shown | Written,
    source: Source,
    unit: Unit = "day",
    week_starts: int = 1,
) -> None:
    """Run the report `name`: ask within a lease, lay out and write after it.

    `lay_out` is handed the answer and what to say where it is empty. `unit` is what `--last` counts.
    """
    format_name = format_of(shown)
    found, empty = answer(ask, which=which, source=source, unit=unit, week_starts=week_starts)
    write(format_name, lay_out(found, empty.replace("{}", name)), shown)


def answer(
    ask: Callable[[Connection, Filters], _Answer],
    *,
    which: Which,
    source: Source,
    unit: Unit = "day",
    week_starts: int = 1,
) -> tuple[_Answer, str]:
    """Ask within a lease; give the answer, and what to say where it is empty, the report's name being `{}` there."""
    from ccmeter.cli import progress
    from ccmeter.queries.summary import is_empty

    limits = limits_of(which, unit=unit, week_starts=week_starts, is_demo=source.demo)
    with (
        sample.places() if source.demo else opening.found(source.claude_dirs, source.data_dir) as where,
        progress.shown() as (narration, _),
        opening.store(where, ingest=source.demo or not source.no_ingest, narration=narration) as opened,
    ):
        found = ask(opened.connection, limits)
        if is_empty(opened.connection):
            return found, NOTHING_FOUND + TRY_DEMO
        return found, _none_of(opened.connection, limits) or NOTHING_LEFT


def _none_of(connection: Connection, limits: Filters) -> str:
    """Say which filter chooses nothing at all; one that does not leave the answer empty is told aside."""
    if not (limits.projects or limits.tags or limits.models or limits.sessions):
        return ""
    from ccmeter.cli.unmatched import told
    from ccmeter.queries.unmatched import unmatched

    found = unmatched(connection, limits)
    if any(each.is_all for each in found):
        return told(each for each in found if each.is_all)
    if found:
        out.say(told(found))
    return ""


def limits_of(which: Which, *, unit: Unit = "day", week_starts: int = 1, is_demo: bool = False) -> Filters:
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
        tags=which.tags,
        models=which.models,
        sessions=which.sessions,
        device=which.device,
        mode=which.mode,
        grouping=(sample if is_demo else opening).grouping(merges_worktrees=which.merge_worktrees),
    )


def format_of(shown: Shown | Written) -> str:
    """Give the name of the format asked for. Raises UsageError."""
    name = out.chosen_format(
        shown.format_name, formats.names(), as_json=shown.as_json, as_csv=shown.as_csv, output=shown.output
    )
    if formats.is_binary(name):
        out.refuse_terminal(name, shown.output)
    return name


def write(format_name: str, report: Report, shown: Shown | Written) -> None:
    """Write a report where it was asked for. Raises OutputError."""
    shape = getattr(shown, "json_shape", "claude")
    if shape != "claude":  # as nearly never: the rest of this costs them nothing
        report = _shaped(report, shape, format_name)
    options = out.render_options(shown.output)
    style = asking.style(shown, format_name, ascii_only=not options.unicode)
    answer = formats.render(format_name, report, replace(options, style=style))
    out.write(answer, shown.output, force=shown.force)


def _shaped(report: Report, shape: str, format_name: str) -> Report:
    """Give the report with its JSON in another shape. Raises UsageError."""
    from ccmeter.reports import unified

    asking.chosen(shape, "--json-shape", unified.SHAPES)
    if format_name != "json":
        raise UsageError("--json-shape is for JSON.", hint="Add --json.")
    return replace(report, document=unified.unified(report.document))
