"""The door for writing: all of a batch or nothing, once, and only what still fits the store."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from ccmeter.ingest.discover import find
from ccmeter.ingest.load import load
from ccmeter.store import lease, writer
from ccmeter.store.batch import SMALL
from ccmeter.store.cursors import cursors
from support import stores
from support.transcripts import Folder, Line, dumped, joined, tool

if TYPE_CHECKING:
    from pathlib import Path

    from ccmeter.store.batch import Batch

NOW = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)


def _read(logs: Folder, store: Path) -> list[Batch]:
    """Read what is new, without storing it."""
    with lease.writing(store) as connection:
        known = cursors(connection)
    jobs = [(source, known.get(source.path)) for source in find((logs.path,)).sources]
    problems: Counter[str] = Counter()
    batches = list(load(jobs, problems, lambda *_: None, in_workers=False))
    assert not problems
    return batches


def _store(store: Path, batches: list[Batch]) -> int:
    """Store batches in one transaction; give how many files were left out."""
    with lease.writing(store) as connection, writer.writing(connection, now=NOW) as shift:
        for batch in batches:
            shift.append(batch)
    return shift.left_out


def _facts() -> bytes:
    """Give one record for each table besides usage."""
    place = Line().place()
    stamp = {"timestamp": "2026-01-01T00:00:00.000Z", "uuid": "00000000-0000-4000-8000-000000000001"}
    return joined(
        [
            dumped({"type": "summary", "summary": "xxx", "leafUuid": stamp["uuid"]}),
            dumped({"type": "ai-title", "sessionId": "s", "aiTitle": "xxx"}),
            dumped({**place, "type": "system", "subtype": "turn_duration", "durationMs": 5, **stamp}),
            dumped({**place, "type": "user", "message": {"role": "user", "content": "xxx"}, **stamp}),
            dumped({**place, "type": "system", "subtype": "api_error", "error": {"status": 529}, **stamp}),
            dumped(
                {"type": "pr-link", "sessionId": "s", "prNumber": 1, "prUrl": "u", "prRepository": "r"}
                | {"timestamp": stamp["timestamp"]}
            ),
            dumped(
                {"type": "cost-state", "sessionId": "s", "totalCostUSD": 1.5, "startTime": 1_767_225_600_000}
                | {"modelUsage": {"claude-opus-4-6": {"inputTokens": 1, "outputTokens": 2, "costUSD": 1.5}}}
            ),
            Line(
                iterations=[{"type": "compaction", "input_tokens": 5, "output_tokens": 7}],
                tools=[tool("Read", file_path="/home/dev/alpha/a.py")],
            ).assistant(),
        ]
    )


def test_every_table_is_filled_and_kept(tmp_path: Path) -> None:
    """Each kind of record has its table; what is read again, moved or restored stands there once."""
    logs, store = Folder(tmp_path / "logs"), tmp_path / "store"
    logs.write("p/1.jsonl", _facts())
    stores.ingest(store, logs.path)
    first = stores.lines(store)
    assert {table: len(rows) for table, rows in first.items()} == {
        "line": 1,
        "part": 1,
        "tool_call": 1,
        "title": 2,
        "turn": 1,
        "prompt": 1,
        "notice": 1,
        "pull_request": 1,
        "cost_state": 1,
    }
    logs.swap("p/1.jsonl", _facts())
    stores.ingest(store, logs.path)
    assert stores.lines(store) == first
    logs.write("p/1.jsonl", b"")
    stores.ingest(store, logs.path)
    assert {table: len(rows) for table, rows in stores.lines(store).items()} == {
        table: len(rows) for table, rows in first.items()
    }
    logs.write("p/1.jsonl", _facts())
    stores.ingest(store, logs.path)
    assert stores.lines(store) == first


def test_batch_is_stored_once(tmp_path: Path) -> None:
    """A batch whose files another process has stored meanwhile is left out as a whole."""
    logs, store = Folder(tmp_path / "logs"), tmp_path / "store"
    for number in range(3):
        logs.write(f"p/{number}.jsonl", joined([Line(message_id=f"msg_{number}").assistant()]))
    ours, theirs = _read(logs, store), _read(logs, store)
    assert _store(store, theirs) == 0
    before = stores.everything(store)
    assert _store(store, ours) == 3
    assert stores.everything(store) == before


def test_only_files_that_moved_on_are_left_out(tmp_path: Path) -> None:
    """Of a batch, only the files that another process has read further are left out."""
    logs, store = Folder(tmp_path / "logs"), tmp_path / "store"
    for number in range(2):
        logs.write(f"p/{number}.jsonl", joined([Line(message_id=f"msg_{number}").assistant()]))
    stores.ingest(store, logs.path)
    for number in range(2):
        logs.append(f"p/{number}.jsonl", joined([Line(message_id=f"msg_1{number}").assistant()]))
    ours = _read(logs, store)
    aside = Folder(tmp_path / "logs", dict(logs.wrote))
    aside.append("p/0.jsonl", joined([Line(message_id="msg_20").assistant()]))
    (tmp_path / "logs" / "projects" / "p" / "1.jsonl").rename(tmp_path / "kept-aside")
    stores.ingest(store, logs.path)
    (tmp_path / "kept-aside").rename(tmp_path / "logs" / "projects" / "p" / "1.jsonl")
    assert _store(store, ours) == 1
    stores.ingest(store, logs.path)
    assert [call[0] for call in stores.calls(store)] == ["msg_0", "msg_1", "msg_10", "msg_11", "msg_20"]
    assert len(stores.lines(store)["line"]) == 5


def _spoil(store: Path, batch: Batch) -> None:
    with lease.writing(store) as connection, writer.writing(connection, now=NOW) as shift:
        shift.append(batch)
        _ = 1 / 0


def test_shift_that_fails_leaves_nothing(tmp_path: Path) -> None:
    """What fails half-way leaves the store as it was."""
    logs, store = Folder(tmp_path / "logs"), tmp_path / "store"
    logs.write("p/1.jsonl", _facts())
    batches = _read(logs, store)
    before = stores.everything(store)
    with pytest.raises(ZeroDivisionError):
        _spoil(store, batches[0])
    assert stores.everything(store) == before
    assert _store(store, batches) == 0


@pytest.mark.parametrize("lines", [SMALL, SMALL + 1])
def test_small_and_large_batches_are_alike(lines: int, tmp_path: Path) -> None:
    """What is bound as lists and what is handed over as Arrow columns becomes the same rows."""
    logs, store = Folder(tmp_path / "logs"), tmp_path / "store"
    content = [
        Line(
            message_id=f"msg_{number}é\U0001f600",
            cwd=f"/x/{number % 7}ß",
            uuid=f"00000000-0000-4000-8000-{number:012x}" if number % 2 else None,
            at_us=1_767_225_600_000_000 + number * 1_000 if number % 3 else None,
            stop_reason="end_turn" if number % 5 else None,
            cost_usd=number / 1_000 if number % 4 == 0 else None,
            output_tokens=number,
        ).assistant()
        for number in range(lines)
    ]
    logs.write("p/1.jsonl", joined(content))
    stores.ingest(store, logs.path)
    with lease.reading(store) as connection:
        rows: list[tuple[Any, ...]] = connection.execute(
            "select call_key, output_tokens, uuid is null, logged_at is null, stop_reason, is_final, recorded_pico, cwd "
            "from line join origin using (origin_id) order by output_tokens"
        ).fetchall()
    assert rows == [
        (
            f"msg_{number}é\U0001f600",
            number,
            number % 2 == 0,
            number % 3 == 0,
            "end_turn" if number % 5 else "",
            number % 5 != 0,
            number * 10**9 if number % 4 == 0 else None,
            f"/x/{number % 7}ß",
        )
        for number in range(lines)
    ]


def test_problems_are_kept(tmp_path: Path) -> None:
    """When the store was last brought up to date, and what could not be read then, is kept for the doctor."""
    store = tmp_path / "store"
    with lease.writing(store) as connection:
        for times in (3, 1):
            writer.finish(connection, {"unreadable file: x": times}, now=NOW)
        assert connection.execute("select * from ingest").fetchall() == [
            (NOW.replace(tzinfo=None), '{"unreadable file: x": 1}')
        ]
