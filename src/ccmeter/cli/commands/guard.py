"""`ccmeter guard`: whether enough is left of a limit, as an exit status for scripts."""

from __future__ import annotations

import datetime as dt
import json
from typing import Annotated

import typer

from ccmeter.cli import options as o

SECTION = "Live"


def guard(
    *,
    min_left: Annotated[
        int, typer.Option("--min-left", metavar="PERCENT", help="How much must be left, 0 to 100.")
    ] = 10,
    window: Annotated[
        str, typer.Option("--window", metavar="week|five_hour|any", help="Of which limit; any: of each.")
    ] = "any",
    max_age: Annotated[
        int,
        typer.Option(
            "--max-age", metavar="MINUTES", help="An older reading says nothing, unless it leaves too little."
        ),
    ] = 360,
    as_json: o.AsJson = False,
    kept: o.Kept,
) -> None:
    """Tell by the exit status whether enough is left: 0 yes, 3 no, 4 unknown.

    Prints one line. Between readings it counts on the upper end of the estimate.

    Example: ccmeter guard --min-left 10 --window week && claude -p "go on"
    """
    from ccmeter.cli import asking, opening, progress
    from ccmeter.cli import output as out
    from ccmeter.domain import guarding
    from ccmeter.domain.errors import UsageError
    from ccmeter.queries.limits import limits as ask
    from ccmeter.reports import guard as report

    asking.chosen(window, "--window", tuple(guarding.WINDOWS))
    if not 0 <= min_left <= 100:  # noqa: PLR2004 - percents
        raise UsageError(f"--min-left cannot be {min_left}.", hint="It takes percents, 0 to 100.")
    if max_age < 1:
        raise UsageError(f"--max-age cannot be {max_age}.", hint="It takes minutes, 1 or more.")
    now = dt.datetime.now(dt.UTC)
    filters = asking.filters(now=now)
    with (
        opening.found(kept.claude_dirs, kept.data_dir) as where,
        progress.shown() as (narration, _),
        opening.store(where, ingest=not kept.no_ingest, narration=narration) as opened,
    ):
        found = ask(opened.connection, filters, now=now)
    verdict = guarding.judge(found, window=window, least_bp=min_left * 100, most_age_us=max_age * 60_000_000)
    if as_json:
        out.write(json.dumps(report.document_of(verdict), indent=2) + "\n")
    else:
        out.write(report.line(verdict) + "\n")
    if verdict.status:
        raise typer.Exit(verdict.status)
