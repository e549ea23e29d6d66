"""Compares a store with one that was just made from the logs, to find what they hold and it does not.

Of a call the store may know more than the logs do, because it keeps lines whose logs are gone; less is a fault. Compared
is what only grows with more lines: the largest counts, and whether a final count was seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ccmeter.store import lease

if TYPE_CHECKING:
    from pathlib import Path

    from _duckdb import DuckDBPyConnection

_COUNTS: Final = (
    "input_tokens",
    "output_tokens",
    "cache_creation_1h_tokens",
    "cache_read_tokens",
    "web_searches",
)
_WRITTEN: Final = "{0}.cache_creation_5m_tokens + {0}.cache_creation_1h_tokens"
_TOKENS: Final = "{0}.input_tokens + {0}.output_tokens + {0}.cache_read_tokens + " + _WRITTEN
_FAULTY: Final = f"""
create or replace temp table faulty as
select
    l.call_key,
    c.call_key is null as is_missing,
    greatest(({_TOKENS.format("l")}) - coalesce({_TOKENS.format("c")}, 0), 0) as tokens
from logs.main.call l
left join main.call c using (call_key)
where c.call_key is null
    or {" or ".join(f"c.{name} < l.{name}" for name in _COUNTS)}
    or {_WRITTEN.format("c")} < {_WRITTEN.format("l")}
    or (l.is_final and not c.is_final)
    or exists (
        select 1 from logs.main.part p
        where p.call_key = l.call_key
            and not exists (select 1 from main.part o where o.call_key = p.call_key and o.ordinal = p.ordinal)
    )
    or exists (
        select 1 from logs.main.tool_call t
        where t.call_key = l.call_key
            and not exists (select 1 from main.tool_call o where o.call_key = t.call_key and o.tool_id = t.tool_id)
    )
"""  # noqa: S608 - names of our own
_BY_FILE: Final = """
select f.path, count(*) filter (is_missing), count(*) filter (not is_missing), coalesce(sum(tokens), 0)::bigint
from (select call_key, min(file_id) as file_id from logs.main.line semi join faulty using (call_key) group by call_key)
join faulty using (call_key)
join logs.main.file f using (file_id)
group by f.path
order by f.path
"""
_PATHS: Final = """
select distinct f.path from logs.main.file f join logs.main.line l using (file_id) semi join faulty using (call_key) order by 1
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calls:
    """A number of calls, and their tokens."""

    calls: int
    tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultyFile:
    """A log that holds what the store does not."""

    path: str
    missing: int
    """Calls that the store has not at all."""
    differing: int
    """Calls of which the store knows less."""
    tokens: int
    """What the store lacks of both."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """How a store stands to the logs."""

    files: int
    in_logs: Calls
    missing: Calls
    differing: Calls
    """Calls of which the store knows less, and by how many tokens."""
    only_kept: Calls
    """Calls that the store alone still has."""
    faulty: tuple[FaultyFile, ...]
    paths: tuple[str, ...]
    """Every log that has a line of a call that is missing or differing."""

    @property
    def is_whole(self) -> bool:
        """The store has all that the logs hold."""
        return not self.missing.calls and not self.differing.calls


def compare(connection: DuckDBPyConnection, logs: Path) -> Comparison:
    """Compare the store of a connection with one made from the logs that nobody else uses. Raises StoreError."""
    connection.execute(f"attach {lease.quoted(logs)} as logs (read_only)")
    connection.execute(_FAULTY)
    ((files,),) = connection.execute("select count(*) from logs.main.file").fetchall()
    compared = Comparison(
        files=files,
        in_logs=_sum(connection, f"select 1, {_TOKENS.format('c')} from logs.main.call c"),  # noqa: S608 - names of our own
        missing=_sum(connection, "select 1, tokens from faulty where is_missing"),
        differing=_sum(connection, "select 1, tokens from faulty where not is_missing"),
        only_kept=_sum(
            connection,
            f"select 1, {_TOKENS.format('c')} from main.call c anti join logs.main.call using (call_key)",  # noqa: S608 - names of our own
        ),
        faulty=tuple(
            FaultyFile(path=row[0], missing=row[1], differing=row[2], tokens=row[3])
            for row in connection.execute(_BY_FILE).fetchall()
        ),
        paths=tuple(row[0] for row in connection.execute(_PATHS).fetchall()),
    )
    connection.execute("drop table faulty")
    connection.execute("detach logs")
    return compared


def read_again(connection: DuckDBPyConnection, paths: tuple[str, ...]) -> None:
    """Let files be read from their start by whoever reads next."""
    connection.execute(
        "update file set head = '', tail = '', mtime_ns = -1 where path in (select unnest($1::varchar[]))",
        [list(paths)],
    )


def _sum(connection: DuckDBPyConnection, rows: str) -> Calls:
    ((calls, tokens),) = connection.execute(
        f"select count(*), coalesce(sum(tokens), 0)::bigint from ({rows}) t(one, tokens)"  # noqa: S608
    ).fetchall()
    return Calls(calls=calls, tokens=tokens)
