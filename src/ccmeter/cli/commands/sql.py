"""`ccmeter sql`: a question of one's own, as SQL over documented views, where nothing else can be reached."""

from __future__ import annotations

import datetime as dt
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from ccmeter.cli import options as o

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ccmeter.store.sandbox import Sandbox

SECTION = "Export"
TAKES_DASHES = True

_LISTED: Final = """
select table_name as view, column_name as column, lower(data_type) as type
from information_schema.columns
order by list_position(['usage', 'sessions', 'blocks', 'limits'], table_name), ordinal_position
"""
_DAY_S: Final = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What a query may take."""

    timeout: Annotated[
        float, typer.Option("--timeout", metavar="SECONDS", help="Stop the query after this time.")
    ] = 30.0
    memory: Annotated[
        int, typer.Option("--memory", metavar="MIB", help="The most memory that the query may take.")
    ] = 1024


def sql(
    *,
    query: Annotated[
        str | None,
        typer.Argument(
            metavar="[QUERY]", help="One SELECT; - reads it from standard input. Without it: the views."
        ),
    ] = None,
    file: Annotated[
        Path | None, typer.Option("--file", metavar="FILE", help="Read the query from this file.")
    ] = None,
    bounds: Bounds,
    time_zone: o.TimeZone = None,
    device: o.Device = "all",
    mode: o.Mode = "auto",
    written: o.Written,
    source: o.Source,
) -> None:
    """Ask a question of your own in SQL; without one, list the views.

    Example: ccmeter sql "select project, sum(cost_usd) from usage group by all order by 2"
    """
    import tempfile

    from ccmeter.cli import opening, progress, reporting, sample
    from ccmeter.domain.errors import UsageError
    from ccmeter.queries import public
    from ccmeter.store import sandbox

    name = reporting.format_of(written)
    if not 0 < bounds.timeout <= _DAY_S or not 16 <= bounds.memory <= 1 << 20:  # noqa: PLR2004
        raise UsageError("--timeout is more than 0 and at most 86400 seconds, --memory 16 to 1048576 MiB.")
    asked = _query(query, file)
    limits = reporting.limits_of(o.Which(time_zone=time_zone, device=device, mode=mode), is_demo=source.demo)
    question = sandbox.Question(
        sql=asked or _LISTED,
        timeout_s=bounds.timeout,
        memory_bytes=bounds.memory << 20,
        time_zone=limits.time_zone,
    )
    sandbox.check(question.sql, public.NAMES)
    with tempfile.TemporaryDirectory(prefix="ccmeter-sql-") as folder:
        with (
            sample.places() if source.demo else opening.found(source.claude_dirs, source.data_dir) as where,
            progress.shown() as (narration, _),
            opening.store(where, ingest=source.demo or not source.no_ingest, narration=narration) as opened,
        ):
            shelf = public.put_out(
                opened.connection,
                limits,
                query=question.sql,
                now=dt.datetime.now(dt.UTC),
                folder=Path(folder),
            )
        target = Path(folder) / "answer.parquet"
        with sandbox.closed(question, shelf.views, (*shelf.files, target)) as box:
            _write(box, name, written, target)


def _query(query: str | None, file: Path | None) -> str:
    """Give the query; empty where none was given. Raises UsageError."""
    from ccmeter.domain.errors import UsageError

    if query is not None and file is not None:
        raise UsageError("The query is an argument or in a --file, not both.")
    try:
        text = file.read_text("utf-8-sig") if file else sys.stdin.read() if query == "-" else query
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise UsageError(f"{file or 'standard input'} cannot be read: {reason}.") from error
    if text is not None and not text.strip():
        raise UsageError("The query is empty.", hint="`ccmeter sql` without one lists the views.")
    return text or ""


def _write(box: Sandbox, name: str, written: o.Written, target: Path) -> None:
    """Write the answer: row by row where the format can, as Parquet by the database itself."""
    from ccmeter.cli import output, reporting
    from ccmeter.reports import formats
    from ccmeter.reports import sql as report

    if name == "parquet":
        box.save(target)
        output.write_file(target, written.output, force=written.force)
        return
    answer = box.answer()
    if name in ("csv", "jsonl"):
        columns = report.columns_of(answer.names, answer.types)
        pieces: Iterator[str] = formats.lines(name, columns, report.cells_of(columns, answer.rows))
        output.stream(pieces, written.output, force=written.force)
        return
    reporting.write(name, report.lay_out(answer.names, answer.types, answer.rows), written)
