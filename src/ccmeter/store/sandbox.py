"""Answers SQL that somebody else wrote, from files that were made for it, in a database that can reach nothing else.

The store itself is not there: views stand on Parquet files that our own questions wrote, so whoever asks holds no lease
and sees no table that is not documented. Three walls stand behind each other: DuckDB's parser must call it one SELECT;
its tree may name no function that reads other than rows, and no table but the views; and the database is in memory, has no
files but those, no extension, no spill, bounded memory, and its configuration is locked.
"""

from __future__ import annotations

import contextlib
import difflib
import json
import re
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar

import _duckdb

from ccmeter.domain.errors import QueryError, UsageError
from ccmeter.store import parquet, query_errors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from _duckdb import DuckDBPyConnection

_WALLS: Final[dict[str, str | int | float | list[str]]] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "allow_community_extensions": False,
    "allow_persistent_secrets": False,
    "allow_unsigned_extensions": False,
    "python_enable_replacements": False,  # else a query could name variables of this program
    "enable_external_file_cache": False,
    "temp_directory": "",
}
_FUNCTIONS: Final = frozenset(
    ("range", "generate_series", "unnest", "json_each", "json_tree", "repeat", "repeat_row", "summary")
)
"""Functions that may stand where a table does."""
_FORBIDDEN: Final = frozenset(("write_log", "getvariable", "current_setting", "getenv"))
_BLOCK: Final = 2_000
_Result = TypeVar("_Result")
_PATIENCE_S: Final = 0.2
_AGAIN_S: Final = 0.02
_AS_TEXT: Final = ("TIME", "INTERVAL", "UUID", "BLOB", "BIT")
"""Beginnings of types whose values Python would have to have libraries for."""
_ALLOWED: Final = (
    "Allowed: one SELECT (WITH, VALUES, TABLE, FROM first, PIVOT … IN (…), UNPIVOT), "
    "SHOW TABLES, DESCRIBE, SUMMARIZE."
)
_COMMENT: Final = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
_SHOWN: Final = frozenset(('"tables"', "__show_tables_expanded"))
"""What SHOW may list, in DuckDB's words: our views, and these with their columns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What may be asked, and at what cost."""

    sql: str
    timeout_s: float
    memory_bytes: int
    time_zone: str
    """In which times with a zone are written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back: rows are fetched while they are used."""

    names: tuple[str, ...]
    types: tuple[str, ...]
    """DuckDB's names of the types."""
    rows: Iterator[tuple[Any, ...]]


class Sandbox:
    """A closed database for one question."""

    def __init__(self, connection: DuckDBPyConnection, sql: str) -> None:
        self._connection = connection
        self._sql = sql

    def answer(self) -> Answer:
        """Give the rows. Raises QueryError."""
        described = self._done(lambda: self._connection.execute(f"describe (\n{self._sql}\n)").fetchall())
        types = tuple(str(row[1]) for row in described)
        columns = [f"c{place}" for place in range(len(types))]
        picked = ", ".join(map(_picked, columns, types))
        select = f"select {picked} from (\n{self._sql}\n) as answer({', '.join(columns)})"  # noqa: S608 - one SELECT
        self._done(lambda: self._connection.execute(select))
        return Answer(names=_apart([str(row[0]) for row in described]), types=types, rows=self._rows())

    def save(self, file: Path) -> None:
        """Write the answer as Parquet. Raises QueryError."""
        self._done(lambda: parquet.copy(self._connection, self._sql, {}, file))

    def _rows(self) -> Iterator[tuple[Any, ...]]:
        while rows := self._done(lambda: self._connection.fetchmany(_BLOCK)):
            yield from rows

    def _done(self, work: Callable[[], _Result]) -> _Result:
        """Do something in a thread of its own: this one must be free to hear Ctrl-C, which DuckDB may not for long."""
        results: list[_Result] = []
        errors: list[BaseException] = []
        ended = threading.Event()  # an interrupted join takes its thread for ended (CPython 3.11)

        def run() -> None:
            try:
                results.append(work())
            except BaseException as error:  # noqa: BLE001 - raised again below, where it is waited for
                errors.append(error)
            finally:
                ended.set()

        thread = threading.Thread(target=run, daemon=True)
        try:
            thread.start()
            while not ended.wait(_PATIENCE_S):
                pass
        except KeyboardInterrupt:
            while not ended.is_set():
                self._connection.interrupt()
                ended.wait(_AGAIN_S)
            raise
        finally:
            thread.join()  # its frames hold the connection, which must not outlive the interpreter
        if errors:
            raise errors[0]
        return results[0]


def check(sql: str, views: Iterable[str]) -> None:
    """Raise UsageError for what is not one SELECT over these views, QueryError for what is no SQL."""
    with contextlib.closing(_duckdb.connect(config=dict(_WALLS))) as connection, _translated(sql):
        _one_select(connection, sql, frozenset(views))


@contextlib.contextmanager
def closed(question: Question, views: Mapping[str, str], files: tuple[Path, ...]) -> Iterator[Sandbox]:
    """Lend a database that has `views` (SQL over `files`), and check the question against it.

    Raises UsageError for what is not allowed, QueryError for what went wrong, also while the answer is fetched.
    """
    memory = f"{question.memory_bytes} bytes"
    connection = _duckdb.connect(config={**_WALLS, "memory_limit": memory, "threads": 4})
    with contextlib.closing(connection), _translated(question.sql, question.timeout_s):
        sql = _one_select(connection, question.sql, frozenset(views))
        connection.execute(f"set timezone = '{question.time_zone}'")
        connection.execute("set allowed_paths = $paths", {"paths": [str(file) for file in files]})
        connection.execute("set enable_external_access = false")
        for name, view in views.items():
            connection.execute(f"create view {name} as {view}")
        connection.execute("set lock_configuration = true")
        timer = threading.Timer(question.timeout_s, connection.interrupt)
        timer.daemon = True
        timer.start()
        try:
            yield Sandbox(connection, sql)
        finally:
            timer.cancel()
            timer.join()  # it holds the connection


def _one_select(connection: DuckDBPyConnection, sql: str, views: frozenset[str]) -> str:
    """Give the one SELECT without what ends it. Raises UsageError if it is something else."""
    statements = connection.extract_statements(sql)
    if not statements:
        raise UsageError("The query is empty.", hint="`ccmeter sql` without one lists the views.")
    if len(statements) != 1:
        raise UsageError(f"A query is one SELECT, and these are {len(statements)} statements.", hint=_ALLOWED)
    if statements[0].type is _duckdb.StatementType.MULTI:
        raise UsageError("PIVOT needs its values: pivot … on … in ('a', 'b').", hint=_ALLOWED)
    if statements[0].type is not _duckdb.StatementType.SELECT:
        kind = (_COMMENT.sub(" ", sql).split() or [""])[0].rstrip(";(").upper()
        raise UsageError(f"A query is one SELECT, not {kind}.", hint=_ALLOWED)
    if statements[0].named_parameters:
        raise UsageError("A query here has no parameters.", hint="Write the values into it.")
    text: str = statements[0].query.strip().rstrip(";")
    ((serialized,),) = connection.execute("select json_serialize_sql($sql)", {"sql": text}).fetchall()
    try:
        tree = json.loads(serialized)
    except RecursionError as error:
        raise QueryError(
            "The query is nested too deeply.", hint="Use `in (…)` for a long chain of `or`."
        ) from error
    if tree["error"]:
        raise UsageError("A query is one SELECT, which only reads.", hint=_ALLOWED)
    _check(tree, views)
    return text


def _check(tree: Any, views: frozenset[str]) -> None:
    """Raise UsageError for a table or a function that is not for queries."""
    own = {entry["key"].lower() for node in _nodes(tree) for entry in node.get("cte_map", {}).get("map", ())}
    for node in _nodes(tree):
        if node.get("type") == "TABLE_FUNCTION":
            _check_function(node["function"].get("function_name", ""), _FUNCTIONS, wanted=True)
        elif node.get("class") == "FUNCTION":
            _check_function(node.get("function_name", ""), _FORBIDDEN, wanted=False)
        elif node.get("type") == "BASE_TABLE":
            _check_table(node, views | own, views)
        elif node.get("type") == "SHOW_REF":
            _check_shown(node, views)


def _check_function(name: str, names: frozenset[str], *, wanted: bool) -> None:
    if (name.lower() in names) is not wanted:
        raise UsageError(
            f"A query cannot use {name}().", hint="Files, settings, secrets and the network are out of reach."
        )


def _check_shown(node: Mapping[str, Any], views: frozenset[str]) -> None:
    """Look at what DESCRIBE and SHOW are of; a query in it is a node of its own."""
    kind, name = node.get("show_type"), str(node.get("table_name", ""))
    if kind == "SHOW_FROM":
        raise UsageError("A query cannot ask for SHOW … FROM.", hint=_ALLOWED)
    if kind == "SHOW_SPECIAL" and name not in _SHOWN:
        listed = name.strip('"').upper()
        raise UsageError(f"A query cannot ask for SHOW {listed}.", hint=_ALLOWED)
    if kind == "SHOW":
        _check_table(node, views, views)


def _check_table(node: Mapping[str, Any], known: frozenset[str], views: frozenset[str]) -> None:
    name = str(node.get("table_name", ""))
    schema = str(node.get("schema_name", "")).lower()
    is_own = schema in ("", "main") and name.lower() in known and not node.get("catalog_name")
    if is_own or schema == "information_schema":
        return
    near = difflib.get_close_matches(name.lower(), known, 1)
    hint = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(sorted(views))}."
    raise UsageError(f"There is no view '{name}'.", hint=hint)


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    """Give every object of a tree, without recursion: a query may be nested deeper than Python can follow."""
    left = [tree]
    while left:
        node = left.pop()
        if isinstance(node, dict):
            yield node
            left += node.values()
        elif isinstance(node, list):
            left += node


def _picked(column: str, type_name: str) -> str:
    """Give a column so that Python can take it: times as text, and so whatever has parts."""
    is_odd = type_name.startswith(_AS_TEXT) or not type_name.replace("(", "").isalnum()
    return f"{column}::varchar" if is_odd and not type_name.startswith("DECIMAL") else column


def _apart(names: list[str]) -> tuple[str, ...]:
    """Give names of which no two are the same."""
    taken: set[str] = set()
    for place, name in enumerate(names):
        number, free = 1, name
        while free in taken:
            number += 1
            free = f"{name}_{number}"
        names[place] = free
        taken.add(free)
    return tuple(names)


@contextlib.contextmanager
def _translated(sql: str, timeout_s: float | None = None) -> Iterator[None]:
    """Turn what DuckDB raises into our own errors."""
    try:
        yield
    except _duckdb.InterruptException as error:
        after = f" after {timeout_s:g} s" if timeout_s else ""
        raise QueryError(
            f"The query was stopped{after}.", hint="Ask for less, or give it longer with --timeout."
        ) from error
    except _duckdb.OutOfMemoryException as error:
        raise QueryError(
            "The query needs more memory than it may take.",
            hint="Ask for less, group sooner, or raise --memory.",
        ) from error
    except _duckdb.Error as error:
        sentence, place = query_errors.told(str(error), sql, hidden=_FORBIDDEN)
        raise QueryError(sentence, hint=place) from error
