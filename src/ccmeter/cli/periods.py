"""What the commands on periods share: day, week, month and hour differ in their shape alone."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ccmeter.cli import asking, reporting
from ccmeter.config.paths import config_file
from ccmeter.domain.errors import UsageError
from ccmeter.queries.summary import By, has_imported, summarize
from ccmeter.reports import usage_table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ccmeter.cli.options import Shown, Source, Which
    from ccmeter.domain.budgets import BudgetState
    from ccmeter.domain.filters import Filters
    from ccmeter.queries.activity import ActiveTime
    from ccmeter.queries.devices import Knows
    from ccmeter.queries.imported import Imported
    from ccmeter.queries.summary import Summary
    from ccmeter.reports.table import Report
    from ccmeter.reports.usage_table import PeriodShape
    from ccmeter.store.lease import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    """What a report on periods tells."""

    summary: Summary
    active: ActiveTime | None
    imported: Imported | None
    budgets: tuple[BudgetState, ...]
    known: Mapping[str, Knows] | None
    """What each machine knows, in the report by machine."""


_RANKED: Final = (By.MODEL, By.BRANCH, By.DEVICE)
"""What has no order in time is ordered by cost."""
_BUDGETED: Final = (By.DAY, By.WEEK, By.MONTH)
"""The periods that budgets are for."""


def show(
    shape: PeriodShape,
    *,
    which: Which,
    shown: Shown,
    source: Source,
    order: str,
    breakdown: bool,
    by_project: bool,
    active_time: bool = False,
    week_starts: int = 1,
) -> None:
    """Show usage by the periods of a shape. `week_starts` is 1 for Monday to 7 for Sunday."""
    newest_first = asking.chosen(order, "--order", ("asc", "desc")) == "desc"
    if active_time and by_project:
        raise UsageError(
            "--active-time goes without --by-project.",
            hint="`ccmeter project` has the active time of projects.",
        )

    def ask(connection: Connection, limits: Filters) -> _Answer:
        summary = summarize(
            connection,
            limits,
            by=shape.by,
            by_project=by_project,
            newest_first=newest_first,
            by_cost=shape.by in _RANKED,
            week_starts=week_starts,
        )
        return _Answer(
            summary=summary,
            active=_active_time(connection, limits) if active_time else None,
            imported=_imported(connection, limits, shape, week_starts) if has_imported(connection) else None,
            known=_known(connection, limits) if shape.by is By.DEVICE else None,
            budgets=() if source.demo or shape.by not in _BUDGETED else budgets(connection, limits),
        )

    def lay_out(answer: _Answer, empty: str) -> Report:
        options = usage_table.UsageOptions(
            breakdown=breakdown,
            by_project=by_project,
            compact=shown.compact,
            no_cost=shown.no_cost,
            empty=empty,
        )
        report = usage_table.lay_out(answer.summary, shape=shape, options=options)
        return _with_rest(report, answer, shape, options)

    reporting.show(
        shape.name,
        ask,
        lay_out,
        which=which,
        shown=shown,
        source=source,
        unit=shape.unit,
        week_starts=week_starts,
    )


def _active_time(connection: Connection, limits: Filters) -> ActiveTime:
    from ccmeter.queries.activity import active_time  # asked for seldom, and every day's report would load it

    return active_time(connection, limits, by="day")


def _known(connection: Connection, limits: Filters) -> Mapping[str, Knows]:
    from ccmeter.queries.devices import known  # only one report is about machines

    return known(connection, limits)


def _imported(connection: Connection, limits: Filters, shape: PeriodShape, week_starts: int) -> Imported:
    from ccmeter.queries.imported import days  # few people have imported another tool's report

    return days(connection, limits, by=shape.by, week_starts=week_starts)


def budgets(connection: Connection, limits: Filters) -> tuple[BudgetState, ...]:
    """Ask how budgets go; without a settings file at no cost."""
    if not os.path.exists(config_file(os.environ)):  # noqa: PTH110 - on every report
        return ()
    from ccmeter.cli import budgeting  # few people have set any

    return budgeting.of_settings(connection, limits)


def with_budgets(report: Report, states: tuple[BudgetState, ...]) -> Report:
    """Give a report with a note on each budget."""
    if not states:
        return report
    from ccmeter.reports.budgets import beside

    return beside(report, states)


def _with_rest(
    report: Report, answer: _Answer, shape: PeriodShape, options: usage_table.UsageOptions
) -> Report:
    """Put beside the usage what was asked for or imported besides."""
    if answer.active is not None:
        from ccmeter.reports.active import beside

        report = beside(report, answer.active, name=shape.name, period=shape.period.key)
    if answer.known is not None:
        from ccmeter.reports import device

        report = device.beside(report, answer.known)
    if answer.imported is not None and answer.imported.periods:
        from ccmeter.reports import foreign_days

        report = foreign_days.beside(report, answer.imported, shape=shape, no_cost=options.no_cost)
    return report if options.no_cost else with_budgets(report, answer.budgets)
