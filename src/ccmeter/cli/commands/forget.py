"""`ccmeter forget`: takes usage out of the store for good."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Annotated

import typer

from ccmeter.cli import options as o

if TYPE_CHECKING:
    from ccmeter.cli.opening import Places
    from ccmeter.domain.filters import Filters
    from ccmeter.queries.forgetting import Preview
    from ccmeter.store.forget import Rule
    from ccmeter.store.lease import Connection

SECTION = "Store"
SETTABLE = False


def forget(
    *,
    projects: o.Projects = None,
    sessions: o.Sessions = None,
    before: Annotated[
        str | None,
        typer.Option(
            "--before", metavar="DAY", help="Only what was used before this day: 2026-01-01, 2026-11, 90d."
        ),
    ] = None,
    imported: Annotated[
        str | None,
        typer.Option(
            "--import", metavar="ID", help="The days of this imported report (`ccmeter import --list`)."
        ),
    ] = None,
    time_zone: o.TimeZone = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would go, and change nothing.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    written: o.Written,
    kept: o.Kept,
) -> None:
    """Take a project's, a session's or old usage out of the store for good.

    It does not come back from logs that still exist; what is used from now on counts again.

    Example: ccmeter forget --project secret --dry-run
    """
    from ccmeter.cli import opening, reporting
    from ccmeter.domain.errors import UsageError
    from ccmeter.reports import forget as report

    if imported is not None and (projects or sessions or before):
        raise UsageError("--import goes alone.", hint="`ccmeter import --list` shows what was imported.")
    if not (projects or sessions or before or imported):
        raise UsageError(
            "What is to be forgotten?",
            hint="Name it with --project, --session, --before or --import; --dry-run shows it.",
        )
    name = reporting.format_of(written)
    now = dt.datetime.now(dt.UTC)
    with opening.found(kept.claude_dirs, kept.data_dir) as where:
        if imported is not None:
            _forget_import(where, imported, now, yes=yes, dry_run=dry_run)
            return
        limits = _limits(projects, sessions, before, time_zone, now)
        going = _preview(where, limits, ingest=not kept.no_ingest)
        reporting.write(name, report.lay_out(going, time_zone=limits.time_zone), written)
        if dry_run:
            return
        if going.total.calls or going.imported_days:
            _forget(where, going, limits, now, yes=yes)
        else:  # the last time may have been cut short before it had gone through the copies
            _forget_in_copies(where, now)


def _preview(where: Places, limits: Filters, *, ingest: bool) -> Preview:
    from ccmeter.cli import opening, progress
    from ccmeter.queries.forgetting import preview

    with (
        progress.shown() as (narration, _),
        opening.store(where, ingest=ingest, narration=narration) as opened,
    ):
        return preview(opened.connection, limits, with_imports=not (limits.projects or limits.sessions))


def _forget(where: Places, going: Preview, limits: Filters, now: dt.datetime, *, yes: bool) -> None:
    from ccmeter.cli import confirming
    from ccmeter.cli import output as out
    from ccmeter.reports.cells import counted
    from ccmeter.reports.forget import LEFTOVERS, TOLD
    from ccmeter.store import forget as store
    from ccmeter.store import lease, united

    if confirming.is_confirmed(f"Forget {counted(going.total.calls, 'message')} for good?", yes=yes):
        with lease.writing(where.store, waiting=out.say) as connection:
            calls = store.forget(connection, _rules(going, limits, now), now=now)
            in_vault = united.in_vault(connection)
        out.say(f"Forgotten: {counted(calls, 'message')}.")
        _forget_in_copies(where, now)
        out.say(LEFTOVERS)
        if in_vault:
            out.say(TOLD)


def _forget_in_copies(where: Places, now: dt.datetime) -> None:
    """Let daily backups and replaced stores forget what the store has forgotten."""
    from ccmeter.cli import copying, forgotten
    from ccmeter.cli import output as out
    from ccmeter.store import copies, lease
    from ccmeter.store import forget as store
    from ccmeter.tui import afterimage

    with lease.reading(where.store, waiting=out.say) as connection:
        kept = store.kept_rules(connection)

    def taken_out(connection: Connection) -> int:
        carried = store.carry(connection, kept, now=now)
        return carried.rules + carried.keys

    with copying.shown("Forgetting in backups") as advance:
        changed = copies.change(where.store, taken_out, progress=advance)
    for line in forgotten.in_copies(changed):
        out.say(line)
    try:
        afterimage.drop(where.store.parent)
    except OSError as error:
        out.say(f"The last screen of the monitor could not be removed: {error.strerror}.")


def _limits(
    projects: list[str] | None,
    sessions: list[str] | None,
    before: str | None,
    time_zone: str | None,
    now: dt.datetime,
) -> Filters:
    from dataclasses import replace
    from zoneinfo import ZoneInfo

    from ccmeter.cli import asking, opening
    from ccmeter.domain import dates

    limits = asking.filters(
        now=now,
        time_zone=time_zone,
        projects=projects,
        sessions=sessions,
        grouping=opening.grouping(merges_worktrees=True),
    )
    if before is None:
        return limits
    first = dates.first_day(before, now.astimezone(ZoneInfo(limits.time_zone)).date())
    return replace(limits, until_on=first - dt.timedelta(days=1))


def _rules(going: Preview, limits: Filters, now: dt.datetime) -> list[Rule]:
    """Give the rules that name what was shown, and no more."""
    from ccmeter.store.forget import Rule

    is_dated = limits.until_on is not None
    # a clock may have been wrong: what was shown goes, though its log says that it is yet to come
    shown_us = max(int(now.timestamp() * 1_000_000), (going.total.last_us or 0) + 1)
    until_us = (limits.until_us or 0) if is_dated else shown_us

    def rule(session_id: str | None, cwd: str | None) -> Rule:
        return Rule(session_id=session_id, cwd=cwd, until_us=until_us, takes_undated=not is_dated)

    if limits.sessions:
        return [
            rule(session, folder.cwd if limits.projects else None)
            for folder in (going.folders if limits.projects else (going.total,))
            for session in folder.session_ids
        ]
    if limits.projects:
        return [rule(None, folder.cwd) for folder in going.folders]
    return [rule(None, None)]


def _forget_import(where: Places, imported: str, now: dt.datetime, *, yes: bool, dry_run: bool) -> None:
    from ccmeter.cli import confirming, opening
    from ccmeter.cli import output as out
    from ccmeter.domain.errors import UsageError
    from ccmeter.queries.imported import reports
    from ccmeter.reports.cells import counted
    from ccmeter.store import forget as store
    from ccmeter.store import lease

    opening.refuse_missing(where)
    with lease.reading(where.store, waiting=out.say) as connection:
        found = [each for each in reports(connection) if imported and each.source.startswith(imported)]
    if len({each.source for each in found}) != 1:
        what = "fits more than one imported report" if found else "is no imported report"
        raise UsageError(f"'{imported}' {what}.", hint="`ccmeter import --list` shows what was imported.")
    days = " and ".join(
        f"{counted(each.days, 'day')} of the report imported at {each.imported_at:%Y-%m-%d %H:%M} UTC"
        for each in found
    )
    if dry_run:
        out.write(f"Would be forgotten: {days}.\n")
    elif confirming.is_confirmed(f"Forget {days} for good?", yes=yes):
        rules = [store.of_report(each.source, each.machine) for each in found]
        with lease.writing(where.store, waiting=out.say) as connection:
            store.forget(connection, rules, now=now)
        out.say(f"Forgotten: {days}.")
        _forget_in_copies(where, now)
