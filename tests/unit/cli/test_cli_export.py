"""`ccmeter export`: everything into a file, the same in every format."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import os
import pty
import subprocess
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import openpyxl
import pyarrow.parquet
import pytest

from ccmeter.cli import progress
from ccmeter.domain.errors import OutputError
from ccmeter.reports import events, formats
from ccmeter.reports.formats import xlsx
from support import bulk
from support.command import CCMETER, Command
from support.inside import Inside

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

KEYS = [column.key for column in events.COLUMNS]


@pytest.fixture
def cli(person: Command, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Inside:
    return Inside.of(person, monkeypatch, capsys)


def export(cli: Inside, file: Path, *options: str) -> None:
    done = cli.run("export", "events", "--demo", "--output", str(file), *options)
    assert (done.status, done.stdout, done.stderr) == (0, "", f"Written: {file}\n")


def from_csv(file: Path) -> list[dict[str, Any]]:
    return list(csv.DictReader(io.StringIO(file.read_text("utf-8"), newline="")))


def from_jsonl(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


def from_json(file: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(file.read_text("utf-8"))
    return rows


def from_xlsx(file: Path) -> list[dict[str, Any]]:
    header, *rows = openpyxl.load_workbook(file).worksheets[0].iter_rows(values_only=True)
    return [dict(zip(map(str, header), row, strict=True)) for row in rows]


def from_parquet(file: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pyarrow.parquet.read_table(file).to_pylist()
    return rows


READERS: dict[str, Callable[[Path], list[dict[str, Any]]]] = {
    "csv": from_csv,
    "json": from_json,
    "jsonl": from_jsonl,
    "xlsx": from_xlsx,
    "parquet": from_parquet,
}


def instant(value: Any) -> float:
    """Give a time to a thousandth of a second; Excel's are local without a zone, here UTC."""
    at = dt.datetime.fromisoformat(value) if isinstance(value, str) else value
    return round((at if at.tzinfo else at.replace(tzinfo=dt.UTC)).timestamp(), 2)


@pytest.mark.parametrize("name", READERS)
def test_messages_add_up_to_the_report(cli: Inside, tmp_path: Path, name: str) -> None:
    """To the last digit, but for Excel's doubles; a row for each message, in order of time, with the same columns."""
    file = tmp_path / f"usage.{name}"
    export(cli, file)
    rows = READERS[name](file)
    totals = json.loads(cli.run("daily", "--demo", "--json").stdout)["totals"]
    assert set(rows[0]) == set(KEYS)
    assert len(rows) == totals["messages"]
    assert sum(int(row["total_tokens"]) for row in rows) == totals["totalTokens"]
    assert sum(int(row["unpriced_tokens"]) for row in rows) == totals["unpricedTokens"]
    assert sum(str(row["is_final"]).lower() == "false" for row in rows) == totals["nonFinalMessages"]
    costs = [row["cost_usd"] for row in rows if row["cost_usd"] not in (None, "", "unpriced")]
    assert len(costs) < len(rows)
    if name == "xlsx":
        assert sum(costs) == pytest.approx(float(totals["costExact"]))
    else:
        assert sum(map(Decimal, costs)) == Decimal(totals["costExact"])
    times = [instant(row["logged_at"]) for row in rows]
    assert times == sorted(times)


def test_every_format_has_the_same_rows(cli: Inside, tmp_path: Path) -> None:
    """A file may be taken for another."""
    keys = ("message_id", "session_id", "project", "model", "version", "input_tokens", "cache_read_tokens")
    found = []
    for name, read in READERS.items():
        export(cli, tmp_path / f"a.{name}")
        rows = read(tmp_path / f"a.{name}")
        found.append([[*(str(row[key] or "") for key in keys), instant(row["logged_at"])] for row in rows])
    assert all(each == found[0] for each in found)


def test_filters_choose_the_messages(cli: Inside, tmp_path: Path) -> None:
    """All of those that reports have."""
    export(cli, tmp_path / "a.jsonl", "--since", "2026-11-16", "--until", "2026-11-18", "--model", "opus")
    rows = from_jsonl(tmp_path / "a.jsonl")
    assert {row["day"] for row in rows} <= {"2026-11-16", "2026-11-17", "2026-11-18"}
    assert all("opus" in row["model"] for row in rows)
    export(cli, tmp_path / "none.json", "--model", "no such model")
    assert from_json(tmp_path / "none.json") == []
    for name in ("csv", "jsonl", "xlsx", "parquet"):
        export(cli, tmp_path / f"none.{name}", "--model", "no such model")
        assert READERS[name](tmp_path / f"none.{name}") == []


def test_text_of_others_is_no_formula(cli: Inside, person: Command, tmp_path: Path) -> None:
    """A folder may be called anything: CSV quotes it, Excel stores it as text."""
    folder = person.claude / "projects" / "p"
    folder.mkdir(parents=True)
    (folder / "a.jsonl").write_text(
        json.dumps(
            {
                "type": "assistant",
                "sessionId": "s",
                "cwd": "=cmd|' /C calc'!A0",
                "gitBranch": '=HYPERLINK("http://x")',
                "timestamp": "2026-06-01T10:00:00Z",
                "message": {"id": "m", "model": "m", "role": "assistant", "usage": {"input_tokens": 1}},
            }
        )
        + "\n",
        encoding="utf-8",
    )
    for name in ("csv", "xlsx"):
        done = cli.run("export", "events", "--output", str(tmp_path / f"a.{name}"))
        assert done.status == 0, done.stderr
    (row,) = from_csv(tmp_path / "a.csv")
    assert row["cwd"].startswith("'=cmd")
    assert row["branch"].startswith("'=HYPERLINK")
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx").worksheets[0]
    kinds = {cell.data_type for line in sheet.iter_rows() for cell in line}
    assert "f" not in kinds
    assert not [cell for line in sheet.iter_rows() for cell in line if cell.hyperlink]


@pytest.mark.parametrize("dataset", ["daily", "sessions", "blocks"])
def test_reports_are_exported_as_they_are(cli: Inside, dataset: str) -> None:
    """The same bytes as the report's own."""
    report = {"sessions": "session"}.get(dataset, dataset)
    exported = cli.run("export", dataset, "--demo", "--last", "3000")
    assert exported.status == 0
    assert exported.stdout == cli.run(report, "--demo", "--last", "3000", "--csv").stdout
    assert exported.stdout.count("\r\n") > 2


def test_standard_output_takes_every_format(cli: Inside) -> None:
    """CSV where nothing was asked for; a pipe may take bytes too."""
    assert cli.run("export", "events", "--demo").stdout.startswith("logged_at,local_at,day,")
    for name, magic in (("parquet", b"PAR1"), ("xlsx", b"PK")):
        done = subprocess.run(
            [*CCMETER, "export", "events", "--demo", "--format", name],
            env=cli.person.env(),
            capture_output=True,
            check=True,
        )
        assert done.stdout.startswith(magic)
        assert done.stderr == b""


def test_bytes_do_not_go_to_a_terminal(person: Command) -> None:
    """It would take them for commands; what to do instead is said."""
    for arguments in (("export", "events"), ("daily",)):
        leader, follower = pty.openpty()
        done = subprocess.run(
            [*CCMETER, *arguments, "--demo", "--format", "xlsx"],
            env=person.env(),
            stdout=follower,
            stderr=subprocess.PIPE,
            check=False,
        )
        os.close(follower)
        os.close(leader)
        assert done.returncode == 2
        assert b"--output usage.xlsx" in done.stderr


def test_a_file_is_replaced_only_by_force(cli: Inside, tmp_path: Path) -> None:
    """And nothing stays beside it."""
    for name in READERS:
        file = tmp_path / f"a.{name}"
        file.write_bytes(b"mine")
        done = cli.run("export", "events", "--demo", "--output", str(file))
        assert (done.status, file.read_bytes()) == (1, b"mine")
        assert "--force" in done.stderr
        export(cli, file, "--force")
        assert file.read_bytes() != b"mine"
    assert {each.name for each in tmp_path.iterdir()} <= {*(f"a.{name}" for name in READERS), "home"}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("nothing",), "It takes events, daily, sessions, blocks"),
        (("events", "--format", "html"), "events cannot be written as html"),
        (("events", "--format", "yaml"), "There is no format 'yaml'"),
    ],
)
def test_what_cannot_be_exported_is_wrong_usage(cli: Inside, arguments: tuple[str, ...], words: str) -> None:
    """With what can be."""
    done = cli.run("export", *arguments, "--demo")
    assert (done.status, done.stdout) == (2, "")
    assert words in done.stderr


def test_a_sheet_has_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Excel's 1,048,576 rows: an error, not a file without the rest."""
    monkeypatch.setattr(xlsx, "MOST_ROWS", 2)
    row = (None,) * len(KEYS)
    formats.save("xlsx", tmp_path / "a.xlsx", events.COLUMNS, [row, row])
    with pytest.raises(OutputError, match="holds 2 rows, and there are more"):
        formats.save("xlsx", tmp_path / "b.xlsx", events.COLUMNS, [row, row, row])


def test_a_person_who_waits_sees_how_far_it_is(person: Command) -> None:
    """A bar on a terminal's standard error, after half a second; nothing for a script."""
    bulk.write(person.claude, files=1, calls=3)
    assert person.run("export", "events").stderr == ""


def test_bars_are_drawn_and_taken_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows pass through unchanged, with a bar or without."""
    leader, follower = pty.openpty()
    with os.fdopen(leader, "rb"), os.fdopen(follower, "w", encoding="utf-8") as terminal:
        monkeypatch.setattr("sys.stderr", terminal)
        monkeypatch.setattr(progress, "_PATIENCE_S", 0)
        assert list(progress.counted(range(2500), 2500, thing="messages")) == list(range(2500))
        with progress.waiting("Writing messages"):
            import time

            time.sleep(0.2)
    monkeypatch.setattr("sys.stderr", io.StringIO())
    assert list(progress.counted(range(3), 3, thing="messages")) == [0, 1, 2]
    with progress.waiting("Writing messages"):
        pass
