"""Tool calls are kept as lines are: forgotten, imported, verified, rebuilt and brought up with the calls that they belong to."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest

from ccmeter.store import backup, compare, forget, imported, lease
from ccmeter.store.forget import Rule
from support import older, stores
from support.transcripts import Folder, Line, joined, tool

if TYPE_CHECKING:
    from pathlib import Path

NOW = dt.datetime(2026, 11, 21, 9, 30, tzinfo=dt.UTC)
NOW_US = int(NOW.timestamp() * 1_000_000)


def _line(session: str, number: int) -> Line:
    asked = [tool("Read", f"toolu_{session}{number}", file_path=f"/home/dev/alpha/{session}{number}.py")]
    return Line(message_id=f"msg_{session}{number}", session=session, tools=asked, at_us=NOW_US - 9_000_000)


@pytest.fixture
def logs(tmp_path: Path) -> Folder:
    folder = Folder(tmp_path / "claude")
    for session in ("alpha", "beta"):
        folder.write(f"p/{session}.jsonl", joined([_line(session, number).assistant() for number in (1, 2)]))
    return folder


@pytest.fixture
def store(tmp_path: Path, logs: Folder) -> Path:
    made = tmp_path / "data" / "ccmeter.duckdb"
    stores.ingest(made, logs.path)
    return made


def _files(store: Path) -> list[str]:
    with lease.reading(store) as connection:
        return [file for (file,) in connection.execute("select file from tool_call order by 1").fetchall()]


def test_forgotten_with_their_calls_and_not_brought_back(store: Path, logs: Folder) -> None:
    with lease.writing(store) as connection:
        forget.forget(connection, [Rule("alpha", None, NOW_US, takes_undated=True)], now=NOW)
    assert _files(store) == ["beta1.py", "beta2.py"]
    logs.swap("p/alpha.jsonl", logs.file("p/alpha.jsonl").read_bytes() + b"{}\n")
    logs.write("p/copy.jsonl", joined([_line("alpha", 1).assistant()]))
    stores.ingest(store, logs.path)
    assert _files(store) == ["beta1.py", "beta2.py"]


def test_imported_once(store: Path, tmp_path: Path) -> None:
    ours = tmp_path / "ours" / "ccmeter.duckdb"
    Folder(tmp_path / "more").write("p/beta.jsonl", joined([_line("beta", 1).assistant()]))
    stores.ingest(ours, tmp_path / "more")
    for _ in range(2):
        with backup.ready(ours, store) as ready, lease.writing(ours) as connection:
            imported.join(connection, ready.path, now=NOW)
        assert _files(ours) == ["alpha1.py", "alpha2.py", "beta1.py", "beta2.py"]


def test_what_is_forgotten_here_is_not_imported(store: Path, tmp_path: Path) -> None:
    ours = tmp_path / "ours" / "ccmeter.duckdb"
    stores.ingest(ours)
    with lease.writing(ours) as connection:
        forget.forget(connection, [Rule("alpha", None, NOW_US, takes_undated=True)], now=NOW)
    with backup.ready(ours, store) as ready, lease.writing(ours) as connection:
        imported.join(connection, ready.path, now=NOW)
    assert _files(ours) == ["beta1.py", "beta2.py"]


def test_one_that_is_missing_is_found_by_verify_and_mended_by_the_next_read(
    store: Path, logs: Folder, tmp_path: Path
) -> None:
    anew = tmp_path / "anew.duckdb"
    stores.ingest(anew, logs.path)
    with lease.writing(store) as connection:
        assert compare.compare(connection, anew).is_whole
        connection.execute("delete from tool_call where file = 'beta2.py'")
        found = compare.compare(connection, anew)
        assert (found.differing.calls, found.missing.calls) == (1, 0)
        compare.read_again(connection, found.paths)
    stores.ingest(store, logs.path)
    assert _files(store) == _files(anew)
    assert not stores.duplicate_lines(store)


def test_a_store_from_before_has_them_after_the_next_run(store: Path, logs: Folder, tmp_path: Path) -> None:
    """What the hook said is kept without an effort; of a transcript that is gone its calls stay, without their tools."""
    with lease.writing(store) as connection:
        connection.execute("insert into session_reading values ('alpha', 1, 'm', 2, 3, 4, 5, 'high')")
    old = tmp_path / "old" / "ccmeter.duckdb"
    old.parent.mkdir()
    older.made(old, store, 6)
    logs.file("p/alpha.jsonl").unlink()  # Claude Code deletes its logs
    for _ in range(2):
        stores.ingest(old, logs.path)
        assert _files(old) == ["beta1.py", "beta2.py"]
        assert stores.calls(old) == stores.calls(store)
        assert not stores.duplicate_lines(old)
        with lease.reading(old) as connection:
            told = connection.execute("select * from session_reading").fetchall()
        assert told == [("alpha", 1, "m", 2, 3, 4, 5, "")]
