"""`ccmeter session`: usage and cost by session."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ccmeter.cli import options as o

if TYPE_CHECKING:
    from ccmeter.queries.sessions import Sort

SECTION = "Reports"

SORTS: Final[tuple[Sort, ...]] = ("time", "cost", "tokens", "duration")


def session(
    which: o.Which,
    *,
    sort: o.SortSessions = None,
    order: o.OrderOf = None,
    breakdown: o.Breakdown = False,
    shown: o.Shown,
    source: o.Source,
) -> None:
    """Show usage and cost by session.

    Example: ccmeter session --last 7 --sort cost
    """
    from ccmeter.cli import reporting
    from ccmeter.queries.sessions import sessions
    from ccmeter.reports import session as report
    from ccmeter.reports.usage_table import UsageOptions

    is_json = reporting.format_of(shown) == "json"
    by, greatest_first = sorting(sort, order, is_json=is_json)
    reporting.show(
        "session",
        lambda connection, limits: sessions(
            connection, limits, sort=by, greatest_first=greatest_first, with_names=not is_json
        ),
        lambda found, empty: report.lay_out(
            found,
            options=UsageOptions(
                breakdown=breakdown, compact=shown.compact, no_cost=shown.no_cost, empty=empty
            ),
            is_document=is_json,
        ),
        which=which,
        shown=shown,
        source=source,
    )


def sorting(sort: str | None, order: str | None, *, is_json: bool) -> tuple[Sort, bool]:
    """Give what to sort by, and whether the greatest comes first. Raises UsageError.

    The newest stands last, next to the prompt; anything else is asked for because of its greatest. JSON is as ccusage
    writes it, dearest first, unless something was asked for.
    """
    from ccmeter.cli.asking import chosen

    if sort is None and order is None and is_json:
        return "cost", True
    by = SORTS[SORTS.index(chosen(sort or "time", "--sort", SORTS))]
    way = chosen(order or ("asc" if by == "time" else "desc"), "--order", ("asc", "desc"))
    return by, way == "desc"
