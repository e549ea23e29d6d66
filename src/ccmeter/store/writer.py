"""The one door for writing: a batch goes in as columns, together with the cursors of its files, or not at all.

A crash therefore repeats work and never loses or doubles it. A batch is read before the lease is taken, so another
process may have stored the same lines meanwhile: files whose cursor is no longer the one that reading began from are
left out, and the caller reads them again.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from ccmeter.domain.rates import UNDATED
from ccmeter.store import forget
from ccmeter.store.cursors import Cursor
from ccmeter.store.incoming import exposed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from _duckdb import DuckDBPyConnection

    from ccmeter.store.batch import Batch, FileRead, Tally

_TIME: Final = "case when i.{0} <> " + str(UNDATED) + " then make_timestamp(i.{0}) end"
_UUID: Final = "try_cast(i.{0} as uuid)"
_OPTIONAL: Final = "nullif(i.{0}, -1)"
_FLAG: Final = "i.{0} <> 0"

_MADE_OF: Final = {
    "logged_at": _TIME.format("logged_us"),
    "started_at": _TIME.format("started_us"),
    "uuid": _UUID.format("uuid"),
    "leaf_uuid": _UUID.format("leaf_uuid"),
    "recorded_pico": _OPTIONAL.format("recorded_pico"),
    "message_count": _OPTIONAL.format("message_count"),
    "cost_pico": _OPTIONAL.format("cost_pico"),
    "session_cost_pico": _OPTIONAL.format("session_cost_pico"),
    "is_final": _FLAG.format("is_final"),
    "is_sidechain": _FLAG.format("is_sidechain"),
    "is_nested": _FLAG.format("is_nested"),
    "is_forked": _FLAG.format("is_forked"),
    "file_id": "f.file_id",
    "offset_bytes": 'i."offset"',
}
"""How a table's columns are made from a batch's, where they do not just bear the same name."""

_TOUCHED: Final = """
insert into touched
select i.call_key from incoming_line i join accepted f using (file_number)
"""

_CONTENT: Final[Mapping[str, tuple[str, ...]]] = {
    "line": (
        "call_key",
        "origin_id",
        "logged_at",
        "uuid",
        "input_tokens",
        "output_tokens",
        "cache_creation_tokens",
        "cache_creation_5m_tokens",
        "cache_creation_1h_tokens",
        "cache_read_tokens",
        "thinking_tokens",
        "web_searches",
        "web_fetches",
        "stop_reason",
        "is_final",
        "recorded_pico",
    ),
    "part": (
        "call_key",
        "ordinal",
        "kind",
        "model",
        "input_tokens",
        "output_tokens",
        "cache_creation_tokens",
        "cache_creation_5m_tokens",
        "cache_creation_1h_tokens",
        "cache_read_tokens",
    ),
    "tool_call": ("call_key", "tool_id", "name", "file", "path_digest", "part_digest"),
    "title": ("kind", "session_id", "leaf_uuid", "title"),
    "turn": ("session_id", "uuid", "logged_at", "duration_ms", "message_count"),
    "prompt": ("session_id", "uuid", "logged_at"),
    "notice": ("kind", "session_id", "uuid", "logged_at", "reason", "resets"),
    "pull_request": ("session_id", "logged_at", "number", "url", "repository"),
    "cost_state": (
        "session_id",
        "started_at",
        "model",
        "input_tokens",
        "output_tokens",
        "thinking_tokens",
        "cache_creation_tokens",
        "cache_read_tokens",
        "web_searches",
        "cost_pico",
        "session_cost_pico",
        "api_duration_ms",
        "duration_ms",
    ),
}
"""What each table holds of a line besides its place in a file."""


@contextlib.contextmanager
def writing(connection: DuckDBPyConnection, *, now: dt.datetime) -> Iterator[Shift]:
    """Lend a transaction for batches. Everything put into it is stored together at the end, or not at all."""
    connection.execute("begin")
    try:
        connection.execute("create or replace temp table touched (call_key varchar)")
        yield (shift := Shift(connection, now))
        forget.settle(connection, has_lines=shift.has_lines, now=now)
    except BaseException:
        connection.execute("rollback")
        raise
    connection.execute("commit")


class Shift:
    """One transaction's work."""

    def __init__(self, connection: DuckDBPyConnection, now: dt.datetime) -> None:
        self._connection = connection
        self._now = now
        self.has_lines = False
        self.left_out = 0
        """Files that another process had moved on from; the caller must read them again."""

    def append(self, batch: Batch) -> None:
        """Put a batch into the store, without the files that are no longer as they were when reading began."""
        accepted = self._accepted(batch)
        self.left_out += len(batch.files) - len(accepted)
        if not accepted:
            return
        _note_accepted(self._connection, accepted)
        if any(read.before and read.start_bytes < read.before.size_bytes for _, _, read in accepted) or (
            any(read.before for _, _, read in accepted) and _has_lost_lines(self._connection)
        ):
            _make_room(self._connection, batch)
        _insert(self._connection, batch)
        self.has_lines = self.has_lines or batch.tables["line"].rows > 0
        _move_cursors(self._connection, accepted, self._now)

    def _accepted(self, batch: Batch) -> list[tuple[int, int, FileRead]]:
        """Give the files whose cursor is still the one that reading began from, with their numbers and ids."""
        known = _known(self._connection, [read.after.path for read in batch.files])
        ((next_id,),) = self._connection.execute("select coalesce(max(file_id), 0) + 1 from file").fetchall()
        accepted = []
        for number, read in enumerate(batch.files):
            file_id, cursor = known.get(read.after.path, (None, None))
            if cursor != read.before:
                continue
            if file_id is None:
                file_id, next_id = next_id, next_id + 1
            accepted.append((number, file_id, read))
        return accepted


def finish(connection: DuckDBPyConnection, problems: Mapping[str, int], *, now: dt.datetime) -> None:
    """Record when the store was last brought up to date, and what could not be read, by reason."""
    connection.execute("begin")
    connection.execute("delete from ingest")
    connection.execute(
        "insert into ingest values ($1, $2)", [_naive(now), json.dumps(dict(problems), sort_keys=True)]
    )
    connection.execute("commit")


def _naive(at: dt.datetime) -> dt.datetime:
    return at.astimezone(dt.UTC).replace(tzinfo=None)


def _known(connection: DuckDBPyConnection, paths: list[str]) -> dict[str, tuple[int | None, Cursor | None]]:
    rows = connection.execute(
        """
        select file_id, path, device, inode, size_bytes, mtime_ns, offset_bytes, head, tail
        from file semi join (select unnest($paths::varchar[]) as path) using (path)
        """,
        {"paths": paths},
    ).fetchall()
    return {row[1]: (row[0], Cursor(*row[1:])) for row in rows}


def _note_accepted(connection: DuckDBPyConnection, accepted: Sequence[tuple[int, int, FileRead]]) -> None:
    connection.execute(
        """
        create or replace temp table accepted as
        select unnest($number::bigint[]) as file_number, unnest($id::integer[]) as file_id,
            unnest($start::bigint[]) as start_bytes, unnest($again::boolean[]) as is_again
        """,
        {
            "number": [number for number, _, _ in accepted],
            "id": [file_id for _, file_id, _ in accepted],
            "start": [read.start_bytes for _, _, read in accepted],
            "again": [read.is_again for _, _, read in accepted],
        },
    )


def _has_lost_lines(connection: DuckDBPyConnection) -> bool:
    """Tell whether an accepted file was rewritten once without some of its lines: they may come back now."""
    lost = " union all ".join(
        f"select 1 from {table} t semi join accepted using (file_id) where t.offset_bytes is null"  # noqa: S608
        for table in _CONTENT
    )
    return bool(connection.execute(f"{lost} limit 1").fetchall())


def _make_room(connection: DuckDBPyConnection, batch: Batch) -> None:
    """Take out what is read again, so that no line stands in the store twice.

    A rewritten file is read from its start, and a last line without its newline is read once more when the file goes
    on. What is found again is replaced, as is what an earlier rewrite had lost; what is gone is kept, without a place
    in the file.
    """
    for table, content in _CONTENT.items():
        if batch.tables[table].rows:
            same = " and ".join(
                f"t.{name} is not distinct from {_MADE_OF.get(name, 'i.' + name)}" for name in content
            )
            with exposed(connection, table, batch.tables[table]):
                connection.execute(
                    f"delete from {table} t using incoming_{table} i, accepted f "  # noqa: S608 - names of our own
                    "where i.file_number = f.file_number and t.file_id = f.file_id "
                    f"and (t.offset_bytes >= f.start_bytes or t.offset_bytes is null) and {same}",
                )
        connection.execute(
            f"update {table} t set offset_bytes = null from accepted f "  # noqa: S608 - names of our own
            "where t.file_id = f.file_id and t.offset_bytes >= f.start_bytes",
        )


def _insert(connection: DuckDBPyConnection, batch: Batch) -> None:
    for table, content in _CONTENT.items():
        if not batch.tables[table].rows:
            continue
        names = ("file_id", "offset_bytes", *content)
        made = ", ".join(_MADE_OF.get(name, "i." + name) for name in names)
        with exposed(connection, table, batch.tables[table]):
            connection.execute(
                f"insert into {table} ({', '.join(names)}) "  # noqa: S608 - names from the list above
                f"select {made} from incoming_{table} i join accepted f using (file_number)",
            )
            if table == "line":
                connection.execute(_TOUCHED)
    if not batch.tables["origin"].rows:
        return
    with exposed(connection, "origin", batch.tables["origin"]):
        connection.execute(
            """
            insert into origin
            select i.origin_id, i.session_id, i.agent_id, i.cwd, i.git_branch, i.version,
                i.is_sidechain <> 0, i.is_nested <> 0, i.is_forked <> 0,
                i.model, i.speed, i.service_tier, i.inference_geo
            from incoming_origin i anti join origin using (origin_id)
            """,
        )


def _move_cursors(
    connection: DuckDBPyConnection, accepted: Sequence[tuple[int, int, FileRead]], now: dt.datetime
) -> None:
    rows = connection.execute(
        "select f.file_id, f.tally from file f semi join accepted a on a.file_id = f.file_id and not a.is_again",
    ).fetchall()
    tallies = {file_id: json.loads(tally) for file_id, tally in rows}
    connection.execute("delete from file where file_id in (select file_id from accepted)")
    values: dict[str, list[Any]] = {name: [] for name in (*Cursor._fields, "file_id", "tally", "rest")}
    for _, file_id, read in accepted:
        for name, value in zip(Cursor._fields, read.after, strict=True):
            values[name].append(value)
        values["file_id"].append(file_id)
        values["tally"].append(_tallied(read.tally, tallies.get(file_id)))
        values["rest"].append(_tallied(read.rest, None))
    connection.execute(
        """
        insert into file
        select unnest($file_id::integer[]), unnest($path::varchar[]), unnest($device::ubigint[]),
            unnest($inode::ubigint[]), unnest($size_bytes::bigint[]), unnest($mtime_ns::bigint[]),
            unnest($offset_bytes::bigint[]), unnest($head::varchar[]), unnest($tail::varchar[]), $now,
            unnest($tally::varchar[]), unnest($rest::varchar[])
        """,
        {**values, "now": _naive(now)},
    )


def _tallied(tally: Tally, before: dict[str, dict[str, int]] | None) -> str:
    if before is None:
        return json.dumps({"kinds": tally.kinds, "rejected": tally.rejected})
    return json.dumps(
        {
            "kinds": Counter(before["kinds"]) + Counter(tally.kinds),
            "rejected": Counter(before["rejected"]) + Counter(tally.rejected),
        },
    )
