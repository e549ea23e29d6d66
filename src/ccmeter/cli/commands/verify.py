"""`ccmeter verify`: reads the logs that still exist once more and compares."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ccmeter.cli import options as o

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ccmeter.ingest.discover import Found
    from ccmeter.ingest.update import Narration
    from ccmeter.store.compare import Comparison

SECTION = "Store"


def verify(
    *,
    repair: Annotated[
        bool, typer.Option("--repair", help="Read the logs again whose usage is missing from the store.")
    ] = False,
    written: o.Written,
    kept: o.Kept,
) -> None:
    """Read the logs that still exist once more, and compare with the store.

    Ends with status 1 if they hold anything that the store does not.

    Example: ccmeter verify --json
    """
    from ccmeter.cli import opening, progress, reporting
    from ccmeter.cli import output as out
    from ccmeter.ingest.discover import find
    from ccmeter.ingest.verify import read_anew
    from ccmeter.reports import verify as report

    name = reporting.format_of(written)
    with opening.found(kept.claude_dirs, kept.data_dir) as where:
        if kept.no_ingest:
            opening.refuse_missing(where, hint="Leave out --no-ingest to make it.")

        def walk() -> Found:
            return find(where.existing_claude_dirs)

        with progress.shown() as (narration, bar):
            if not where.store.exists():
                _up_to_date(where.store, walk, narration)
            with read_anew(where.store, walk, narration) as anew:
                # after the logs, so that what is written meanwhile is not taken for missing
                if not kept.no_ingest:
                    _up_to_date(where.store, walk, narration)
                compared = _compared(where.store, anew.path)
                repaired = len(compared.paths) if repair else None
                if repaired:
                    _read_again(where.store, compared.paths, walk, narration)
                    compared = _compared(where.store, anew.path)
            bar.stop()
        problems = dict(anew.problems)
    reporting.write(name, report.lay_out(compared, problems=problems, repaired=repaired), written)
    if not compared.is_whole:
        out.say("The store lacks usage that the logs hold.")
        raise typer.Exit(1)


def _up_to_date(store: Path, walk: Callable[[], Found], narration: Narration) -> None:
    from ccmeter.ingest.update import Updater

    with Updater(store, walk, narration).up_to_date():
        pass


def _compared(store: Path, logs: Path) -> Comparison:
    from ccmeter.store import lease
    from ccmeter.store.compare import compare

    with lease.reading(store) as connection:
        return compare(connection, logs)


def _read_again(store: Path, paths: tuple[str, ...], walk: Callable[[], Found], narration: Narration) -> None:
    from ccmeter.store import compare, lease

    with lease.writing(store) as connection:
        compare.read_again(connection, paths)
    _up_to_date(store, walk, narration)
