"""What a query of a person's own can reach, and what it cannot."""

from __future__ import annotations

import _thread
import contextlib
import datetime as dt
import threading
import time
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ccmeter.domain.columns import Type, TypedColumn
from ccmeter.domain.errors import CcmeterError, QueryError, UsageError
from ccmeter.store import parquet, sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator

NOT_ONE_SELECT = (
    "",
    ";",
    "select 1; select 2",
    "select 1; drop view usage",
    "copy usage to '{folder}/out.csv'",
    "copy (select 1) to '{folder}/out.parquet' (format parquet)",
    "copy usage from '{secret}'",
    "attach '{folder}/other.duckdb'",
    "attach '{folder}/other.duckdb' as other (read_only)",
    "detach memory",
    "use memory",
    "install httpfs",
    "force install httpfs from 'http://localhost/x'",
    "load httpfs",
    "load '{secret}'",
    "export database '{folder}/all'",
    "import database '{folder}/all'",
    "pragma database_list",
    "pragma memory_limit='1GB'",
    "pragma enable_profiling",
    "set enable_external_access = true",
    "set lock_configuration = false",
    "set global memory_limit = '100GB'",
    "set variable x = 1",
    "reset memory_limit",
    "call pragma_version()",
    "create table t as select 1",
    "create or replace view usage as select 1",
    "create temp table t (a int)",
    "create macro f() as 1",
    "create secret s (type s3)",
    "create type t as enum ('a')",
    "create sequence q",
    "insert into usage values (1)",
    "update usage set tokens = 1",
    "delete from usage",
    "merge into usage using usage u on true when matched then delete",
    "truncate usage",
    "alter view usage rename to x",
    "drop view usage",
    "begin",
    "commit",
    "checkpoint",
    "vacuum",
    "analyze",
    "prepare p as select 1",
    "execute p",
    "deallocate p",
    "explain select 1",
    "show databases",
    "show schemas",
    "show variables",
    "show tables from memory",
    "from (show databases)",
    "with x as (insert into usage values (1) returning *) from x",
    "with x as (delete from usage returning *) from x",
    "with x as (update usage set tokens = 1 returning *) from x",
    "explain analyze copy usage to '{folder}/out.csv'",
    "pivot usage on name using sum(tokens)",
    "select $1",
    "select $name",
    "select ?",
    "\x00",
)
OUT_OF_REACH = (
    "from read_csv('{secret}')",
    "from read_csv_auto('{secret}')",
    "from READ_CSV('{secret}')",
    "from \"read_csv\"('{secret}')",
    "from read_text('{secret}')",
    "from read_blob('{secret}')",
    "from read_json('{secret}')",
    "from read_ndjson_objects('{secret}')",
    "from read_parquet('{secret}')",
    "from parquet_scan('{secret}')",
    "from parquet_metadata('{file}')",
    "from read_duckdb('{secret}')",
    "from sniff_csv('{secret}')",
    "from glob('{folder}/*')",
    "from '{secret}'",
    "from '{file}'",
    'from "{secret}"',
    "from 'https://example.org/x.csv'",
    "from 's3://bucket/x.parquet'",
    "from read_csv('https://example.org/x.csv')",
    "select (select count(*) from read_text('{secret}'))",
    "select * from usage where name in (from read_text('{secret}') select content)",
    "with x as (from read_text('{secret}')) from x",
    "with recursive x as (select 1 a union all (from read_text('{secret}') select 1)) from x",
    "from usage union all by name from read_text('{secret}')",
    "from usage, lateral (from read_text(name))",
    "select 1 order by (select content from read_text('{secret}'))",
    "from query('from read_text(''{secret}'')')",
    "from query_table('usage')",
    "from query_table(['{secret}'])",
    "from json_execute_serialized_sql(json_serialize_sql('select 1'))",
    "from duckdb_settings()",
    "from duckdb_secrets()",
    "from duckdb_logs()",
    "from duckdb_databases()",
    "from duckdb_views()",
    "from duckdb_temporary_files()",
    "from duckdb_external_file_cache()",
    "from duckdb_settings",
    "show duckdb_settings",
    "describe duckdb_settings",
    "summarize duckdb_settings",
    "describe from read_text('{secret}')",
    "summarize from read_text('{secret}')",
    "summarize '{secret}'",
    "from duckdb_tables",
    "from pragma_database_list",
    "from pragma_table_info('usage')",
    "from pragma_storage_info('usage')",
    "from sqlite_master",
    "from pg_catalog.pg_class",
    "from system.main.duckdb_settings",
    "from temp.main.x",
    "from memory.main.usage",
    "from which_secret('x', 's3')",
    "from checkpoint()",
    "from force_checkpoint()",
    "from enable_logging()",
    "from enable_profiling()",
    "from truncate_duckdb_logs()",
    "from pandas_scan(1)",
    "from arrow_scan(1, 2, 3)",
    "from python_map_function((select 1), 1)",
    "from seq_scan('usage')",
    "from create_external_resource('a', 'b')",
    "from test_all_types()",
    "from start_ui()",
    "from sql_auto_complete('sel')",
    "from variable_of_this_program",
    "select getenv('HOME')",
    "select current_setting('memory_limit')",
    "select getvariable('x')",
    "select write_log('x')",
    "select main.write_log('x')",
    "select list_transform([1], lambda x: write_log('x'))",
    "from nowhere",
)
ALLOWED = (
    "select 1",
    "select 1;",
    "  select 1 -- a word",
    "select 1 /* ; */",
    "values (1)",
    "(select 1)",
    "from usage",
    "table usage",
    "FROM USAGE",
    "from main.usage",
    "select count(*) from usage u join usage v using (name)",
    "with a as (from usage) select * from a",
    "with recursive n as (select 1 as i union all select i + 1 from n where i < 5) from n",
    "describe usage",
    "summarize usage",
    "show tables",
    "show all tables",
    "show usage",
    "describe",
    "desc usage",
    "describe select 1",
    "from (describe usage)",
    "from information_schema.columns",
    "from range(3)",
    "from generate_series(1, 3)",
    "select unnest([1, 2])",
    "from unnest([1, 2])",
    "from json_each('[1]')",
    "pivot usage on name in ('a') using sum(tokens)",
    "unpivot usage on tokens",
    "from usage qualify row_number() over (order by name) = 1",
    "select [x * 2 for x in [1, 2]], {{'a': 1}}, list_transform([1], lambda x: x)",
    "from usage positional join range(2)",
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Give the file that the view stands on, beside one that nobody may read."""
    kept = tmp_path / "usage.parquet"
    (tmp_path / "secret.txt").write_text("a secret", encoding="utf-8")
    kept.write_bytes(
        parquet.pack(
            [
                TypedColumn(key="name", type=Type.TEXT, values=("a", "b")),
                TypedColumn(key="tokens", type=Type.INTEGER, values=(1, None)),
                TypedColumn(key="cost_usd", type=Type.USD, values=("0.000000000001", None)),
                TypedColumn(key="hit_at", type=Type.INSTANT, values=(0, None)),
                TypedColumn(key="day", type=Type.DAY, values=("2026-06-01", None)),
            ]
        )
    )
    return kept


@contextlib.contextmanager
def box(
    file: Path, sql: str, *, timeout_s: float = 20, memory_bytes: int = 256 << 20
) -> Iterator[sandbox.Sandbox]:
    places = {"secret": file.parent / "secret.txt", "folder": file.parent, "file": file}
    question = sandbox.Question(
        sql=sql.format(**places), timeout_s=timeout_s, memory_bytes=memory_bytes, time_zone="Asia/Tokyo"
    )
    views = {"usage": f"from read_parquet({parquet.text(file)})"}
    with sandbox.closed(question, views, (file, file.with_name("answer.parquet"))) as made:
        yield made


def ask(file: Path, sql: str, **bounds: Any) -> list[tuple[Any, ...]]:
    with box(file, sql, **bounds) as made:
        return list(made.answer().rows)


@pytest.mark.parametrize("sql", NOT_ONE_SELECT)
def test_only_one_select_is_taken(file: Path, sql: str) -> None:
    """Whatever else SQL can say is refused before it runs, and nothing is left behind."""
    before = {each.name: each.stat().st_mtime_ns for each in file.parent.iterdir()}
    with pytest.raises((UsageError, QueryError)) as refused:
        ask(file, sql)
    assert refused.value.exit_status in (1, 2)
    assert {each.name: each.stat().st_mtime_ns for each in file.parent.iterdir()} == before


@pytest.mark.parametrize("sql", OUT_OF_REACH)
def test_nothing_but_the_views_is_within_reach(file: Path, sql: str) -> None:
    """No file, no address, no setting, no secret, no table of DuckDB's own, no variable of this program."""
    variable_of_this_program = [(1,)]
    assert variable_of_this_program
    with pytest.raises((UsageError, QueryError)) as refused:
        ask(file, sql)
    assert "a secret" not in str(refused.value)


@pytest.mark.parametrize("sql", OUT_OF_REACH)
def test_the_wall_behind_the_first_holds_alone(file: Path, sql: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Were a query's tree misread, the database itself would still give no file away."""
    monkeypatch.setattr(sandbox, "_check", lambda *_: None)
    said = ""
    with contextlib.suppress(CcmeterError):
        said = str(ask(file, sql))
    assert "a secret" not in said
    assert sql in _NAMES_PLACES or str(Path.home()) not in said
    assert (file.parent / "secret.txt").read_text() == "a secret"


_NAMES_PLACES = ("from duckdb_settings()", "from duckdb_settings", "from system.main.duckdb_settings")
"""They name the folder where secrets would be, which is closed."""


@pytest.mark.parametrize("sql", ALLOWED)
def test_what_asks_for_rows_is_answered(file: Path, sql: str) -> None:
    """All of SELECT is there, in the forms that DuckDB knows."""
    assert ask(file, sql)


def test_the_rows_are_what_stands_in_the_file(file: Path) -> None:
    """Numbers keep their types and digits; times are text in the zone asked for, which needs no library in Python."""
    assert ask(file, "from usage") == [
        ("a", 1, Decimal("0.000000000001"), "1970-01-01 09:00:00+09", dt.date(2026, 6, 1)),
        ("b", None, None, None, None),
    ]
    ((parts, struct, uuid, blob),) = ask(
        file,
        "select [1::timestamptz, null] is null, {{'a': 1}}, 'fd8a5d3c-0000-4000-8000-000000000000'::uuid, 'x'::blob".replace(
            "1::timestamptz", "make_timestamptz(1)"
        ),
    )
    assert (parts, struct, uuid, blob) == (False, "{'a': 1}", "fd8a5d3c-0000-4000-8000-000000000000", "x")


def test_every_type_can_be_fetched(file: Path) -> None:
    """Arrays, maps, unions, bits, big numbers and times of every sort come as something that can be written."""
    odd = (
        "[make_timestamptz(1)]",
        "array_value(1, 2)",
        "map {{'a': make_timestamptz(1)}}",
        "union_value(a := 1)",
        "'101'::bit",
        "2::uhugeint",
        "interval 1 day",
        "'12:00:00+02'::timetz",
        "'12:00:00'::time",
        "'2026-01-01'::timestamp_ns",
        "'infinity'::timestamp",
        "'nan'::double",
        "'a'::enum('a', 'b')",
        "null",
        "'{{}}'::json",
    )
    ((*values,),) = ask(file, f"select {', '.join(odd)}")
    assert len(values) == len(odd)
    assert all(isinstance(value, str | int | float | None) for value in values)


def test_two_columns_of_one_name_are_told_apart(file: Path) -> None:
    """A document cannot have one key twice."""
    with box(file, "select 1 as a, 2 as a, 3 as a_2, 4 as a") as made:
        answer = made.answer()
        assert answer.names == ("a", "a_2", "a_2_2", "a_3")
        assert list(answer.rows) == [(1, 2, 3, 4)]


def test_the_order_of_the_query_is_kept(file: Path) -> None:
    """Rows come as they were sorted."""
    numbers = ask(file, "select range as n from range(10000) order by n desc")
    assert numbers == [(n,) for n in reversed(range(10000))]


def test_a_query_that_takes_too_long_is_stopped(file: Path) -> None:
    """While it is answered, and also while its rows are fetched."""
    began_s = time.monotonic()
    with pytest.raises(QueryError, match=r"stopped after 0\.2 s"):
        ask(file, "select sum(hash(range)) from range(100000000000)", timeout_s=0.2)
    with pytest.raises(QueryError, match="stopped"):
        ask(file, "select range from range(100000000000)", timeout_s=0.2)
    assert time.monotonic() - began_s < 10


def test_no_timer_is_left(file: Path) -> None:
    """A program that asked may end at once."""
    before = threading.active_count()
    ask(file, "select 1")
    assert threading.active_count() == before


def test_a_query_that_needs_too_much_memory_is_stopped(file: Path) -> None:
    """It spills nothing to the disk."""
    with pytest.raises(QueryError, match="more memory"):
        ask(
            file, "select list(range::varchar || repeat('x', 200)) from range(5000000)", memory_bytes=32 << 20
        )
    assert {each.name for each in file.parent.iterdir()} == {"usage.parquet", "secret.txt"}


def test_an_answer_can_be_saved_as_parquet(file: Path) -> None:
    """Only where the program put it: the types of the query are those of the file."""
    import pyarrow.parquet

    with box(file, "select cost_usd, day, hit_at from usage -- all") as made:
        made.save(file.with_name("answer.parquet"))
    table = pyarrow.parquet.read_table(file.with_name("answer.parquet"))
    assert list(map(str, table.schema.types)) == [
        "decimal128(38, 12)",
        "date32[day]",
        "timestamp[us, tz=UTC]",
    ]
    with pytest.raises(QueryError, match="Cannot access file"), box(file, "select 1") as made:
        made.save(file.with_name("elsewhere.parquet"))


@pytest.mark.parametrize(
    ("sql", "said", "place"),
    [
        ("selec 1", 'Syntax error at or near "selec".', "  selec 1\n  ^^^^^"),
        (
            "select token\nfrom usage",
            'Referenced column "token" not found in FROM clause. Did you mean tokens?',
            "  line 1: select token\n                 ^^^^^",
        ),
        (
            "select name,\n  tokens + x.a\nfrom usage",
            'Referenced table "x" not found. Did you mean usage?',
            "  line 2:   tokens + x.a\n                     ^^^",
        ),
        (
            "select nope(1)",
            "There is no function nope(). Did you mean now()?",
            "  select nope(1)\n         ^^^^^^^",
        ),
        (
            "select getvariabl(1)",
            "There is no function getvariabl().",
            "  select getvariabl(1)\n         ^^^^^^^^^^^^^",
        ),
        (
            "select sum(name) from usage",
            "No function matches the given name and argument types 'sum(VARCHAR)'. You might need to add explicit type casts.",
            "  select sum(name) from usage\n         ^^^^^^^^^",
        ),
        (
            "select name from usage group by day",
            'Column "name" must appear in the GROUP BY clause or must be part of an aggregate function.',
            "  select name from usage group by day\n         ^^^^",
        ),
        (
            "select 'a'::int",
            "Could not convert string 'a' to INT32.",
            "  select 'a'::int\n            ^^^^^",
        ),
        ("select error('a' || chr(27) || '[2J' || chr(10) || 'b')", "A?[2J.", ""),
        (f"select error('{'x' * 900}')", "X" + "x" * 398 + "…", ""),
    ],
)
def test_an_error_says_what_and_where(file: Path, sql: str, said: str, place: str) -> None:
    """DuckDB's own words in one line, the place in the query as it was written, and nothing of how it was asked."""
    with pytest.raises(QueryError) as wrong:
        ask(file, sql)
    assert (str(wrong.value), wrong.value.hint) == (said, place)


def test_an_error_while_an_answer_is_saved_shows_the_same_place(file: Path) -> None:
    """Whichever statement of ours it was found in."""
    with pytest.raises(QueryError) as wrong, box(file, "select 'a'::int") as made:
        made.save(file.with_name("answer.parquet"))
    assert wrong.value.hint == "  select 'a'::int\n            ^^^^^"


def test_a_mistyped_view_names_the_nearest(file: Path) -> None:
    """Wherever a view may be named."""
    for sql in ("from usages", "describe usages", "show usages", "summarize usages"):
        with pytest.raises(UsageError, match="There is no view 'usages'") as mistyped:
            ask(file, sql)
        assert mistyped.value.hint == "Did you mean usage?"


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("-- only a word", "The query is empty."),
        ("select 1; select 2", "A query is one SELECT, and these are 2 statements."),
        ("-- a word\n/* and */ explain select 1", "A query is one SELECT, not EXPLAIN."),
        ("drop view usage", "A query is one SELECT, not DROP."),
        ("show databases", "A query cannot ask for SHOW DATABASES."),
        ("show tables from memory", "A query cannot ask for SHOW … FROM."),
        ("pivot usage on name using sum(tokens)", "PIVOT needs its values: pivot … on … in ('a', 'b')."),
    ],
)
def test_a_refusal_says_what_was_asked_and_what_may_be(file: Path, sql: str, said: str) -> None:
    """What the refusal allows is what is answered, and what docs/sql.md says."""
    with pytest.raises(UsageError) as refused:
        ask(file, sql)
    assert str(refused.value) == said
    page = (Path(__file__).parents[3] / "docs" / "sql.md").read_text("utf-8")
    if said.startswith("A query"):
        for kind in (
            "with",
            "values",
            "table",
            "from",
            "pivot",
            "unpivot",
            "show tables",
            "describe",
            "summarize",
        ):
            assert kind.upper() in refused.value.hint
            assert f"`{kind}" in page


def test_a_query_is_checked_before_any_work() -> None:
    """A mistyped name costs nothing."""
    sandbox.check("from usage", ("usage",))
    with pytest.raises(UsageError, match="no view"):
        sandbox.check("from usage", ("sessions",))


def test_a_deep_query_is_no_crash(file: Path) -> None:
    """Deeper than Python can follow."""
    assert ask(file, "select " + "+".join(["1"] * 100))[0][0] == 100
    with pytest.raises(QueryError, match="nested too deeply"):
        ask(file, "select " + "+".join(["1"] * 900))
    with pytest.raises(QueryError):
        ask(file, "select " + "(" * 5000 + "1" + ")" * 5000)


def test_an_interrupt_stops_the_query_at_once(file: Path) -> None:
    """Ctrl-C reaches whoever waits, and the query ends with it."""
    timer = threading.Timer(0.5, _thread.interrupt_main)
    timer.start()
    began_s = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        ask(file, "select sum(hash(range)) from range(100000000000)")
    timer.join()
    assert time.monotonic() - began_s < 5
