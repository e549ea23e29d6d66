"""A store from before prompts were kept: brought up without a loss, and its transcripts read once more for them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from ccmeter.store import lease, merge
from support import older, stores
from support.claude_records import prompt, tool_result, turn
from support.transcripts import Folder, Line, joined

if TYPE_CHECKING:
    from pathlib import Path


def _logs(logs: Folder) -> None:
    own = Line()
    for number in range(3):
        line = replace(own, message_id=f"msg_{number}", session=f"session-{number}", stop_reason="end_turn")
        logs.write(
            f"p/{number}.jsonl",
            joined(
                [prompt(line, number), line.assistant(), tool_result(line), turn(line, 5_000, 10 + number)]
            ),
        )


def test_a_store_from_before_has_its_prompts_after_the_next_run(tmp_path: Path) -> None:
    """Calls are the same, nothing stands twice, and what was said last month is known by its time."""
    logs, new, old = Folder(tmp_path / "logs"), tmp_path / "new", tmp_path / "old"
    _logs(logs)
    stores.ingest(new, logs.path)
    older.made(old, new, 1)
    (tmp_path / "logs" / "projects" / "p" / "2.jsonl").unlink()  # Claude Code deletes its logs
    stores.ingest(old, logs.path)
    before, after = stores.lines(new), stores.lines(old)
    assert stores.calls(old) == stores.calls(new)
    assert [row for row in before["prompt"] if "2.jsonl" not in row] == after["prompt"]
    assert len(after["prompt"]) == 2
    assert {table: rows for table, rows in after.items() if table != "prompt"} == {
        table: rows for table, rows in before.items() if table != "prompt"
    }
    assert not stores.duplicate_lines(old)
    with lease.reading(old) as connection:
        assert merge.is_current(connection)
        tallies = connection.execute("select path, tally from file order by path").fetchall()
    assert [json.loads(tally)["kinds"]["user"] for _, tally in tallies] == [2, 2, 2]


def test_the_second_run_reads_nothing(tmp_path: Path) -> None:
    """Reading once more is once: afterwards every file is as it was read."""
    logs, new, old = Folder(tmp_path / "logs"), tmp_path / "new", tmp_path / "old"
    _logs(logs)
    stores.ingest(new, logs.path)
    older.made(old, new, 1)
    stores.ingest(old, logs.path)
    first = old.read_bytes()
    stores.ingest(old, logs.path)
    assert old.read_bytes() == first
