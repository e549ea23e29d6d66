"""`ccmeter export`: everything there is, as a file for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from ccmeter.cli import options as o

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ccmeter.reports.table import Cell

SECTION = "Export"

DATASETS: Final = ("events", "daily", "sessions", "blocks")


def export(
    dataset: Annotated[
        str,
        typer.Argument(metavar="DATASET", help="events (a row per message), daily, sessions or blocks."),
    ],
    which: o.Which,
    *,
    format_name: Annotated[
        str | None,
        typer.Option(
            "--format",
            "-f",
            metavar="NAME",
            help="csv, json, jsonl, parquet or xlsx. [default: by --output, else csv]",
        ),
    ] = None,
    output: o.Output = None,
    force: o.Force = False,
    source: o.Source,
) -> None:
    """Export messages, days, sessions or blocks into a file.

    Example: ccmeter export events --since 2026-01 --output usage.parquet
    """
    from ccmeter.cli import asking

    name = "csv" if format_name is None and output is None else format_name
    written = o.Shown(format_name=name, output=output, force=force)
    match asking.chosen(dataset, "DATASET", DATASETS):
        case "events":
            _events(which, written, source)
        case "daily":
            from ccmeter.cli.commands.daily import daily

            daily(which, shown=written, source=source)
        case "sessions":
            from ccmeter.cli.commands.session import session

            session(which, shown=written, source=source)
        case _:
            from ccmeter.cli.commands.blocks import blocks

            blocks(which, shown=written, source=source)


def _events(which: o.Which, written: o.Shown, source: o.Source) -> None:
    """Write a row per message: into a file of ours within the lease, and from there wherever it was asked for."""
    import tempfile

    from ccmeter.cli import opening, progress, reporting, sample
    from ccmeter.domain.errors import UsageError
    from ccmeter.queries import public
    from ccmeter.reports import formats

    name = reporting.format_of(written)
    if name not in formats.streaming():
        raise UsageError(f"events cannot be written as {name}.", hint=formats.STREAMING)
    limits = reporting.limits_of(which, is_demo=source.demo)
    with tempfile.TemporaryDirectory(prefix="ccmeter-export-") as folder:
        file = Path(folder) / "events.parquet"
        with (
            sample.places() if source.demo else opening.found(source.claude_dirs, source.data_dir) as where,
            progress.shown() as (narration, _),
            opening.store(where, ingest=source.demo or not source.no_ingest, narration=narration) as opened,
            progress.waiting("Writing messages"),
        ):
            public.write_events(opened.connection, limits, file)
        _hand_on(file, name, limits.time_zone, written)


def _hand_on(file: Path, name: str, time_zone: str, written: o.Shown) -> None:
    from ccmeter.cli import output as out
    from ccmeter.reports import events, formats

    if name == "parquet":
        out.write_file(file, written.output, force=written.force)
    elif not formats.is_binary(name):
        out.stream(
            formats.lines(name, events.COLUMNS, _rows(file, time_zone)), written.output, force=written.force
        )
    elif written.output is not None:
        with out.replacing(written.output, force=written.force) as temporary:
            formats.save(name, temporary, events.COLUMNS, _rows(file, time_zone))
    else:
        made = file.with_suffix(f".{name}")
        formats.save(name, made, events.COLUMNS, _rows(file, time_zone))
        out.write_file(made)


def _rows(file: Path, time_zone: str) -> Iterator[tuple[Cell, ...]]:
    from ccmeter.cli import progress
    from ccmeter.reports import events
    from ccmeter.store import parquet

    rows = progress.counted(parquet.rows(file, events.PICKED), parquet.count(file), thing="messages")
    return events.cells_of(rows, time_zone)
