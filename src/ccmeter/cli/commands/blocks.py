"""`ccmeter blocks`: usage by 5-hour billing block, the active one's burn rate and where it leads."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Annotated

import typer

from ccmeter.cli import options as o
from ccmeter.domain.blocks import DEFAULT_HOURS, LONGEST_HOURS

SECTION = "Reports"

_LONGEST_LIMIT = 18
"""Digits."""


Active = Annotated[bool, typer.Option("--active", "-a", help="Only the block that is active now.")]
Recent = Annotated[bool, typer.Option("--recent", "-r", help="Only blocks that began in the last 3 days.")]
TokenLimit = Annotated[
    str | None,
    typer.Option(
        "--token-limit",
        "-t",
        metavar="N|max",
        help="Measure blocks by this many tokens, or by your largest block ever.",
    ),
]
SessionLength = Annotated[
    int,
    typer.Option("--session-length", "-n", metavar="HOURS", help="Whole hours that a block lasts, 1 to 168."),
]


def blocks(
    which: o.Which,
    *,
    active: Active = False,
    recent: Recent = False,
    token_limit: TokenLimit = None,
    session_length: SessionLength = DEFAULT_HOURS,
    order: o.Order = "asc",
    shown: o.Shown,
    source: o.Source,
) -> None:
    """Show usage and cost by 5-hour billing block.

    Example: ccmeter blocks --active --token-limit max
    """
    from ccmeter.cli import reporting
    from ccmeter.cli.asking import chosen
    from ccmeter.queries.blocks import ask_blocks
    from ccmeter.reports import blocks as report
    from ccmeter.reports.usage_table import UsageOptions

    hours = _length(session_length)
    is_by_largest, limit_tokens = _limit(token_limit)
    usage = UsageOptions(compact=shown.compact, no_cost=shown.no_cost)
    options = report.BlockOptions(
        usage=usage,
        limit_tokens=limit_tokens,
        only_active=active,
        newest_first=chosen(order, "--order", ("asc", "desc")) == "desc",
    )
    reporting.show(
        "blocks",
        lambda connection, limits: ask_blocks(
            connection,
            limits,
            now=dt.datetime.now(dt.UTC),
            length_hours=hours,
            only_active=active,
            only_recent=recent,
            with_largest=is_by_largest,
        ),
        lambda answer, empty: report.lay_out(
            answer, replace(options, usage=replace(options.usage, empty=empty))
        ),
        which=which,
        shown=shown,
        source=source,
    )


def _length(hours: int) -> int:
    """Give the length of a block. Raises UsageError."""
    from ccmeter.domain.errors import UsageError

    if not 1 <= hours <= LONGEST_HOURS:
        raise UsageError(
            f"--session-length cannot be {hours}.",
            hint=f"It takes whole hours, 1 to {LONGEST_HOURS}: blocks begin with the hour.",
        )
    return hours


def _limit(named: str | None) -> tuple[bool, int | None]:
    """Tell whether the limit is the largest block, else give it in tokens. Raises UsageError."""
    from ccmeter.domain.errors import UsageError

    if named in {None, "max"}:
        return named is not None, None
    digits = (named or "").replace(",", "").replace("_", "")
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= _LONGEST_LIMIT and int(digits)):
        raise UsageError(
            f"--token-limit cannot be '{named}'.",
            hint="It takes a number of tokens, or max for your largest block.",
        )
    return False, int(digits)
