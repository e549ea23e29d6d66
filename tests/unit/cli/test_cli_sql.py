"""`ccmeter sql`, from the command line to the answer. What it cannot reach: `tests/unit/store/test_sandbox.py`."""

from __future__ import annotations

import io
import json
import signal
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow.parquet
import pytest

from ccmeter.queries import public
from support import spooled
from support.command import CCMETER, TIMEOUT_S, Command, finished
from support.inside import Inside

if TYPE_CHECKING:
    from collections.abc import Sequence

PAGE = Path(__file__).parents[3] / "docs" / "sql.md"
FOREVER = "select sum(hash(range)) from range(100000000000)"


@pytest.fixture
def cli(person: Command, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Inside:
    return Inside.of(person, monkeypatch, capsys)


def rows(cli: Inside, query: str, *options: str) -> list[dict[str, object]]:
    done = cli.run("sql", "--demo", query, "--json", *options)
    assert (done.status, done.stderr) == (0, "")
    found: list[dict[str, object]] = json.loads(done.stdout)
    return found


def test_every_view_adds_up_to_what_the_reports_say(cli: Inside) -> None:
    """One truth: messages, sessions and blocks have the same sums as the days, to the last digit."""
    totals = json.loads(cli.run("daily", "--demo", "--json").stdout)["totals"]
    for view, messages in (("usage", "count(*)"), ("sessions", "sum(messages)"), ("blocks", "sum(messages)")):
        (found,) = rows(
            cli,
            f"select sum(cost_usd)::varchar as cost, sum(total_tokens) as tokens, {messages} as messages, "
            f"sum(unpriced_tokens) as unpriced from {view}",
        )
        assert Decimal(str(found["cost"])) == Decimal(totals["costExact"])
        assert found["tokens"] == totals["totalTokens"]
        assert found["messages"] == totals["messages"]
        assert found["unpriced"] == totals["unpricedTokens"]


def test_sessions_and_blocks_are_those_of_the_reports(cli: Inside) -> None:
    """Row for row."""
    told = json.loads(cli.run("session", "--demo", "--json").stdout)["sessions"]
    found = rows(cli, "select session_id, cost_usd::varchar as cost, active_s, project, title from sessions")
    assert {
        (row["session_id"], Decimal(str(row["cost"] or 0)), row["active_s"], row["project"], row["title"])
        for row in found
    } == {
        (row["sessionId"], Decimal(row["costExact"] or 0), row["activeSeconds"], row["project"], row["title"])
        for row in told
    }
    blocks = json.loads(cli.run("blocks", "--demo", "--json").stdout)["blocks"]
    starts = rows(
        cli, "select epoch_ms(start_at) // 1000 as start, messages, is_active from blocks order by 1"
    )
    assert [row["messages"] for row in starts] == [row["entries"] for row in blocks if not row["isGap"]]
    assert [row["is_active"] for row in starts] == [row["isActive"] for row in blocks if not row["isGap"]]


def test_days_are_those_of_the_zone_asked_for(cli: Inside) -> None:
    """`day` and `local_at` are local, `logged_at` is an instant."""
    for zone in ("UTC", "Asia/Tokyo", "Pacific/Kiritimati"):
        told = json.loads(cli.run("daily", "--demo", "--json", "-z", zone).stdout)["daily"]
        found = rows(cli, "select day, count(*) as n from usage group by day order by day", "-z", zone)
        assert [(row["day"], row["n"]) for row in found] == [(row["date"], row["messages"]) for row in told]
    ((first),) = rows(cli, "select logged_at, local_at from usage limit 1", "-z", "Asia/Tokyo")
    assert str(first["logged_at"]).removesuffix("+09") == first["local_at"]


def test_limits_are_listed_once(cli: Inside, person: Command) -> None:
    """What Claude Code said of a limit, without the words around it."""
    log = person.claude / "projects" / "-home-u" / "a.jsonl"
    log.parent.mkdir(parents=True)
    line = {
        "type": "assistant",
        "isApiErrorMessage": True,
        "sessionId": "s",
        "uuid": "00000000-0000-4000-8000-000000000001",
        "timestamp": "2026-06-01T10:00:00.000Z",
        "error": "rate_limit",
        "message": {
            "id": "m",
            "usage": {"input_tokens": 0, "output_tokens": 0},
            "type": "message",
            "role": "assistant",
            "model": "<synthetic>",
            "content": [{"type": "text", "text": "You've hit your session limit · resets 3pm (UTC)"}],
        },
    }
    log.write_text(f"{json.dumps(line)}\n" * 2, encoding="utf-8")
    log.with_name("copy.jsonl").write_text(f"{json.dumps(line)}\n", encoding="utf-8")
    done = cli.run("sql", "from limits", "--json", "-z", "Europe/Berlin")
    (limit,) = json.loads(done.stdout)
    assert limit == {
        "hit_at": "2026-06-01 12:00:00+02",
        "local_at": "2026-06-01 12:00:00",
        "session_id": "s",
        "limit_name": "session",
        "resets": limit["resets"],
        "read_at": "2026-06-01 12:00:00+02",
        "limit_window": "five_hour",
        "percent": 100,
        "resets_at": "2026-06-01 17:00:00+02",
        "source": "notice",
    }
    assert "3pm" in str(limit["resets"])


def test_readings_of_limits_are_listed(cli: Inside, person: Command) -> None:
    """What the hook was told stands beside what the logs say; of a forgotten session only that it was told."""
    spooled.put(person.data, spooled.line("s", 0, 1_250) + spooled.line("t", 1.5, 2_345))
    done = cli.run("sql", "from limits", "--json", "-z", "Europe/Berlin")
    first, second = json.loads(done.stdout)
    assert first == {
        "hit_at": None,
        "local_at": "2025-11-21 11:00:00",
        "session_id": "s",
        "limit_name": None,
        "resets": None,
        "read_at": "2025-11-21 11:00:00+01",
        "limit_window": "five_hour",
        "percent": 12.5,
        "resets_at": "2025-11-21 13:30:00+01",
        "source": "hook",
    }
    assert (second["session_id"], second["percent"]) == ("t", 23.45)


def documented() -> list[tuple[str, str, str]]:
    """Give the views as docs/sql.md describes them: view, column, type."""
    found, view = [], ""
    for line in PAGE.read_text("utf-8").splitlines():
        if line.startswith("## `"):
            view = line.split("`")[1]
        elif line.startswith("| `") and view in public.NAMES:
            _, column, kind, *_ = (cell.strip().strip("`") for cell in line.split("|"))
            found.append((view, column, kind))
    return found


def test_the_views_are_those_of_the_page(cli: Inside) -> None:
    """Without a query they are listed: names and types are a promise, so the page and the program must agree."""
    done = cli.run("sql", "--demo", "--csv")
    listed = [tuple(line.split(",", 2)) for line in done.stdout.splitlines()[1:]]
    assert [(view, column, kind.strip('"')) for view, column, kind in listed] == documented()


@pytest.mark.parametrize("name", ["csv", "jsonl", "json", "table", "markdown", "html"])
def test_every_format_has_the_answer(cli: Inside, name: str) -> None:
    """Text of others stays harmless in each."""
    done = cli.run(
        "sql", "--demo", "select '=1+1' as evil, 1.50 as n, true as ok, null as nothing", "--format", name
    )
    assert (done.status, done.stderr) == (0, "")
    assert "evil" in done.stdout
    assert "1.5" in done.stdout
    if name == "csv":
        assert done.stdout == "evil,n,ok,nothing\r\n'=1+1,1.5,true,\r\n"
    if name == "jsonl":
        assert json.loads(done.stdout) == {"evil": "=1+1", "n": 1.5, "ok": True, "nothing": None}


def test_parquet_has_the_types_of_the_query(cli: Inside, tmp_path: Path) -> None:
    """Written by the database itself, and only where the person asked for it."""
    file = tmp_path / "a.parquet"
    done = cli.run("sql", "--demo", "select day, cost_usd, logged_at from usage", "--output", str(file))
    assert (done.status, done.stderr) == (0, f"Written: {file}\n")
    table = pyarrow.parquet.read_table(file)
    assert list(map(str, table.schema.types)) == [
        "date32[day]",
        "decimal128(38, 12)",
        "timestamp[us, tz=UTC]",
    ]
    again = cli.run("sql", "--demo", "select 1", "--output", str(file))
    assert again.status == 1
    assert "exists already" in again.stderr


def test_a_query_comes_from_a_file_or_from_standard_input(
    cli: Inside, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For queries of some length."""
    file = tmp_path / "q.sql"
    file.write_text("\ufeffselect 41 + 1 as n -- the answer\n", encoding="utf-8")
    assert json.loads(cli.run("sql", "--demo", "--file", str(file), "--json").stdout) == [{"n": 42}]
    monkeypatch.setattr(sys, "stdin", io.StringIO("select 43 as n;\n"))
    assert json.loads(cli.run("sql", "--demo", "-", "--json").stdout) == [{"n": 43}]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["select 1", "--file", "q.sql"], "not both"),
        (["--file", "nowhere.sql"], "cannot be read: No such file"),
        ([" "], "The query is empty"),
        (["select 1", "--timeout", "0"], "--timeout"),
        (["select 1", "--memory", "1"], "--memory"),
        (["drop view usage"], "one SELECT, not DROP"),
        (["-- only a word"], "The query is empty"),
        (["--tiemout", "3", "select 1"], "no option --tiemout.\\nDid you mean --timeout"),
        (["--timeout 3", "select 1"], "no option '--timeout 3'.\\nDid you mean --timeout"),
        (["from '/etc/passwd'"], "no view '/etc/passwd'"),
        (["from read_csv('/etc/passwd')"], r"cannot use read_csv\(\)"),
        (["select 1", "--timezone", "Nowhere/Here"], "no time zone"),
    ],
)
def test_what_cannot_be_is_wrong_usage(cli: Inside, arguments: Sequence[str], words: str) -> None:
    """Said at once, before any log is read."""
    done = cli.run("sql", *arguments)
    assert done.status == 2
    assert done.stdout == ""
    import re

    assert re.search(words, done.stderr)
    assert not cli.person.store.exists()


@pytest.mark.parametrize(
    "query", ["-- a word\nselect 44 as n", "--a word\nselect 44 as n", "-- = ' \n select 44 as n", "- 44"]
)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_query_may_begin_with_a_comment(cli: Inside, query: str, place: int) -> None:
    """What begins with a dash and has blanks in it is no option, wherever it stands."""
    arguments = ["--demo", "--json"]
    arguments.insert(place, query)
    done = cli.run("sql", *arguments)
    if query == "- 44":
        assert (done.status, done.stderr) == (1, 'ccmeter: Syntax error at or near "-".\n  - 44\n  ^\n')
    else:
        assert (done.status, done.stdout) == (0, '[\n  {\n    "n": 44\n  }\n]\n'), done.stderr
    assert cli.run("sql", "--demo", "--json", "--", query).status == done.status


@pytest.mark.parametrize("width", [60, 80, 120, 200])
def test_a_narrow_table_cuts_no_number_and_no_time(
    cli: Inside, monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    """Text is said shorter, then the last columns are left out and named; what is there is whole."""
    monkeypatch.setenv("COLUMNS", str(width))
    shown = cli.run("sql", "--demo", "from usage limit 3").stdout
    exact = json.loads(cli.run("sql", "--demo", "from usage limit 3", "--json").stdout)
    head, _, *body = shown.splitlines()[2:7]
    assert all(len(line) <= width for line in shown.splitlines())
    for row, line in zip(exact, body, strict=True):
        assert line.startswith(f"{row['logged_at']}  {row['local_at']}"[: width // 2])
        for name in ("logged_at", "local_at", "day"):
            assert name not in head.split() or str(row[name]) in line.split("  ")
    assert "Not shown in" in shown
    assert "--csv has every column" in " ".join(shown.split())


def test_long_titles_and_numbers_stay_within_the_width(cli: Inside) -> None:
    """A column without a name is called as its expression, however long; a number of 38 digits is whole."""
    number = "12345678901234567890123456.123456789012"
    title = "1 " + "+ 1 " * 40
    done = cli.run(
        "sql", "--demo", f"select {title} as \"{title}\", {number} as n, 'a title of some length' as t"
    )
    lines = done.stdout.splitlines()
    assert all(len(line) <= 80 for line in lines)
    assert number in done.stdout
    assert "…" in lines[2]


def test_an_answer_that_is_too_large_says_what_to_do(cli: Inside) -> None:
    """A table of a million lines is of no use to anybody."""
    done = cli.run("sql", "--demo", "from range(100001)")
    assert done.status == 1
    assert "more than 100,000 rows" in done.stderr
    assert len(cli.run("sql", "--demo", "from range(100001)", "--csv").stdout.splitlines()) == 100_002


def test_it_ends_in_time_and_with_ctrl_c(person: Command, tmp_path: Path) -> None:
    """By the clock with a word, by a person's hand without one."""
    assert person.run("ingest").status == 0
    late = person.run("sql", FOREVER, "--timeout", "0.5")
    assert late.status == 1
    assert "stopped after 0.5 s" in late.stderr
    process = person.start("sql", FOREVER, TMPDIR=str(tmp_path))
    until_it_asks(tmp_path)
    process.send_signal(signal.SIGINT)
    done = finished(process)
    assert (done.status, done.stdout, done.stderr) == (130, "", "")


def until_it_asks(folder: Path) -> None:
    """Wait until a query's files are written into a folder for what is temporary: what follows is the query."""
    give_up_s = time.monotonic() + TIMEOUT_S
    while not any(folder.glob("ccmeter-sql-*/*")):
        assert time.monotonic() < give_up_s
        time.sleep(0.01)


def test_whoever_reads_may_have_had_enough(person: Command) -> None:
    """`ccmeter sql … --csv | head -1` ends at once."""
    process = subprocess.Popen(
        [*CCMETER, "sql", "--demo", "select range from range(100000000000)", "--csv"],
        env=person.env(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    assert process.stdout.readline() == "range\n"
    process.stdout.close()
    assert process.wait(TIMEOUT_S) == 0
    assert process.stderr
    assert process.stderr.read() == ""
    process.stderr.close()


def test_the_store_is_free_while_a_query_runs(person: Command, tmp_path: Path) -> None:
    """Whoever asks holds no lease: a long query keeps nobody from writing."""
    assert person.run("ingest").status == 0
    process = person.start("sql", FOREVER, "--timeout", "3600", TMPDIR=str(tmp_path))
    try:
        until_it_asks(tmp_path)
        log = person.claude / "projects" / "p" / "a.jsonl"
        log.parent.mkdir(parents=True)
        log.write_text('{"type":"summary","summary":"x","leafUuid":"00000000-0000-4000-8000-000000000001"}\n')
        assert person.run("ingest").status == 0
        assert process.poll() is None
    finally:
        process.kill()
        finished(process)
