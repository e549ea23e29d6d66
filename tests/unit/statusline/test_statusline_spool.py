"""Readings on their way to the store."""

from __future__ import annotations

import json
import os
import stat
from typing import TYPE_CHECKING, Any

import pytest

from ccmeter.statusline import said, spool

if TYPE_CHECKING:
    from pathlib import Path

NOW_US = 1_795_260_000_000_000


def told(session: str = "s1", cost: float | None = 1.5, **more: Any) -> said.Said:
    document = {
        "session_id": session,
        "model": {"id": "claude-opus-5"},
        "cost": {"total_cost_usd": cost},
        "context_window": {
            "context_window_size": 200_000,
            "used_percentage": 50,
            "total_input_tokens": 100_000,
        },
        "effort": {"level": "xhigh"},
        "rate_limits": {"five_hour": {"used_percentage": 42.5, "resets_at": NOW_US // 10**6 + 60}},
    }
    return said.read(json.dumps(document | more).encode(), NOW_US // 10**6)


def lines(folder: Path) -> list[Any]:
    return [
        json.loads(line) for file in sorted(folder.glob("spool/*")) for line in file.read_text().splitlines()
    ]


def test_line_is_as_agreed(tmp_path: Path) -> None:
    assert spool.append(str(tmp_path), told(), NOW_US)
    assert lines(tmp_path) == [
        {
            "v": 1,
            "at_us": NOW_US,
            "session": "s1",
            "model": "claude-opus-5",
            "cost_usd": 1.5,
            "context_tokens": 100_000,
            "context_size": 200_000,
            "context_bp": 5_000,
            "effort": "xhigh",
            "windows": {"five_hour": {"used_bp": 4_250, "resets_s": NOW_US // 10**6 + 60}},
        }
    ]


def test_file_is_private_and_of_the_utc_day(tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    spool.append(str(folder), told(), NOW_US)
    file = folder / "spool" / "readings-2026-11-21.jsonl"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE((folder / "spool").stat().st_mode) == 0o700
    assert spool.path_of(str(folder), NOW_US + 86_400_000_000).endswith("readings-2026-11-22.jsonl")


def test_same_again_within_a_minute_is_not_written(tmp_path: Path) -> None:
    folder = str(tmp_path)
    assert spool.append(folder, told(), NOW_US)
    assert spool.append(folder, told("s2"), NOW_US + 1)
    assert not spool.append(folder, told(), NOW_US + 59_999_999)
    assert spool.append(folder, told(), NOW_US + 60_000_000)
    assert spool.append(folder, told(cost=1.6), NOW_US + 60_000_001)
    assert spool.append(folder, told(), NOW_US + 60_000_002), "only the session's last line counts"
    assert len(lines(tmp_path)) == 5


def test_a_session_whose_id_ends_like_another_is_another(tmp_path: Path) -> None:
    assert spool.append(str(tmp_path), told('x"session":"s1'), NOW_US)
    assert spool.append(str(tmp_path), told(), NOW_US + 1)


@pytest.mark.parametrize(
    "nothing",
    [
        {"session_id": ""},
        {"session_id": None},
        {"cost": None, "context_window": None, "rate_limits": None},
    ],
)
def test_who_says_nothing_writes_nothing(tmp_path: Path, nothing: dict[str, Any]) -> None:
    assert not spool.append(str(tmp_path), told(**nothing), NOW_US)
    assert not list(tmp_path.iterdir())


def test_line_behind_a_long_past_is_found(tmp_path: Path) -> None:
    """Only the end of the file is looked at, and its first line may be cut."""
    spool.append(str(tmp_path), told(), NOW_US)
    for number in range(400):
        spool.append(str(tmp_path), told(f"other-{number}"), NOW_US + 1)
    assert spool.append(str(tmp_path), told(), NOW_US + 2)
    assert not spool.append(str(tmp_path), told(), NOW_US + 3)


def test_broken_last_line_is_no_reading(tmp_path: Path) -> None:
    spool.append(str(tmp_path), told(), NOW_US)
    file = next(tmp_path.glob("spool/*"))
    with file.open("a") as opened:
        opened.write('{"v":1,"at_us":x,"session":"s1",')
    assert spool.append(str(tmp_path), told(), NOW_US + 1)


def test_full_disk_leaves_no_half_line_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system writes a part: the line is ended, so that the next one is whole."""
    write = os.write
    parts = iter([10])
    monkeypatch.setattr(os, "write", lambda to, what: write(to, what[: next(parts, len(what))]))
    assert not spool.append(str(tmp_path), told(), NOW_US)
    assert spool.append(str(tmp_path), told("s2"), NOW_US)
    last = next(tmp_path.glob("spool/*")).read_text().splitlines()[-1]
    assert json.loads(last)["session"] == "s2"


def test_file_that_nobody_takes_in_stops_growing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool, "_MOST_BYTES", 100)
    assert spool.append(str(tmp_path), told(), NOW_US)
    assert not spool.append(str(tmp_path), told("s2"), NOW_US)
