"""`ccmeter monitor`: the live screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ccmeter.cli import options as o

if TYPE_CHECKING:
    from ccmeter.cli.opening import Places
    from ccmeter.domain.filters import Filters
    from ccmeter.tui.setup import Setup

SECTION = "Live"

First = Annotated[
    str,
    typer.Option(
        "--screen",
        metavar="NAME",
        help="The screen to begin with: now, blocks, week, sessions, reports, projects, advice or trust.",
    ),
]
Once = Annotated[
    bool,
    typer.Option(
        "--once", help="Print the screen once, COLUMNS by LINES, and end. Also into a pipe or a file."
    ),
]
Inline = Annotated[
    bool, typer.Option("--inline", help="Stay below the prompt, and leave the rest of the terminal as it is.")
]
Dense = Annotated[bool, typer.Option("--compact", help="As few lines as possible.")]
Look = Annotated[
    str | None,
    typer.Option(
        "--theme",
        metavar="NAME",
        help="The look: dark, light, contrast, ansi-dark, ansi-light, or one of Textual's. [default: dark]",
    ),
]


def monitor(
    which: o.Which,
    *,
    screen: First = "now",
    once: Once = False,
    inline: Inline = False,
    compact: Dense = False,
    theme: Look = None,
    start_of_week: o.StartOfWeek = None,
    source: o.Source,
) -> None:
    """Watch usage, limits and cost live.

    Example: ccmeter monitor --screen week
    """
    import sys
    from dataclasses import replace

    from typer._click.globals import get_current_context

    from ccmeter.cli import asking, opening, reporting, sample
    from ccmeter.domain.errors import UsageError

    streams = (sys.stdin, sys.stdout, sys.stderr)  # it is drawn on the last of them
    if not once and not all(stream.isatty() for stream in streams):
        raise UsageError(
            "The screen needs a terminal.", hint="`ccmeter monitor --once` prints it into a pipe."
        )
    week_starts = asking.weekday(start_of_week)
    limits = reporting.limits_of(which, week_starts=week_starts, is_demo=source.demo)
    with sample.places() if source.demo else opening.found(source.claude_dirs, source.data_dir) as where:
        setup = _setup(where, which, limits=limits, week_starts=week_starts, source=source)
        if not once and not inline:
            setup = replace(setup, afterimage=get_current_context().obj)
        _run(setup, screen=screen, theme=theme, once=once, inline=inline, compact=compact)


def _setup(where: Places, which: o.Which, *, limits: Filters, week_starts: int, source: o.Source) -> Setup:
    """Make what the screen depends on, and open the store in a thread meanwhile."""
    import datetime as dt
    from functools import partial
    from zoneinfo import ZoneInfo

    from ccmeter.cli import monitoring
    from ccmeter.tui.feed import Feed, Voice
    from ccmeter.tui.setup import Setup

    voice, zone = Voice(), ZoneInfo(limits.time_zone)

    def clock() -> dt.datetime:
        return dt.datetime.now(zone)

    lend = monitoring.Lender(where, voice, not source.no_ingest)
    feed = Feed(lend, after=monitoring.follower(lend, voice, time_zone=limits.time_zone))
    feed.start()
    return Setup(
        lend=lend,
        clock=clock,
        filters=limits,
        week_starts=week_starts,
        asked=monitoring.asked_of(which),
        parse=monitoring.parser(which, week_starts=week_starts, is_demo=source.demo, clock=clock),
        watched=() if source.demo else monitoring.watched(where),
        log_folders=() if source.demo else monitoring.log_folders(where),
        is_there=partial(monitoring.is_there, where),
        diagnose=monitoring.examiner(where),
        sync=None if source.demo else monitoring.syncer(where),
        budgets=monitoring.budgets(where, clock()),
        voice=voice,
        feed=feed,
        is_ascii=monitoring.is_ascii(),
        reads_logs=not source.no_ingest,
    )


def _run(setup: Setup, *, screen: str, theme: str | None, once: bool, inline: bool, compact: bool) -> None:
    """Show it until somebody has seen enough, or print it once."""
    import gc
    from dataclasses import replace

    from ccmeter.cli import monitoring, output
    from ccmeter.cli.asking import chosen
    from ccmeter.tui import screens, themes
    from ccmeter.tui.app import Monitor

    feed = setup.feed
    assert feed is not None
    try:
        look = chosen(theme or ("ansi-dark" if once else "dark"), "--theme", themes.names())
        first = chosen(screen, "--screen", screens.names())
    except BaseException:
        feed.stop()
        raise
    setup = replace(
        setup,
        first=first,
        theme=look,
        is_compact=compact,
    )
    gc.enable()  # what runs for days must not keep what it no longer needs
    gc.freeze()
    if not once:
        app = Monitor(setup)
        app.run(inline=inline)
        if feed.is_running:
            _end_hard(app.return_code or 0)
        if app.return_code:  # it crashed, and has said how
            raise SystemExit(app.return_code)
        return
    from ccmeter.tui.once import printed

    text, error = printed(
        replace(setup, watched=()), monitoring.size(), colour=output.render_options(None).colour
    )
    output.write(text)
    if error is not None:
        raise error


def _end_hard(status: int) -> None:
    """End the process at its very end without Python's own: DuckDB, still at work in a thread, would be torn down with a crash.

    What is stored by then is kept, as it is under `kill -9`.
    """
    import atexit
    import os
    import sys

    def end() -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)

    atexit.register(end)
