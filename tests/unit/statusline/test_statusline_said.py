"""What is believed of what Claude Code says."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ccmeter.statusline import said

NOW_S = 1_795_260_000


def read(**document: Any) -> said.Said:
    return said.read(json.dumps(document).encode(), NOW_S)


def five_hour(used: Any, resets: Any = NOW_S + 600) -> Any:
    told = read(rate_limits={"five_hour": {"used_percentage": used, "resets_at": resets}})
    return told.windows.get("five_hour")


def test_everything_that_is_said() -> None:
    told = read(
        session_id="s1",
        session_name="shop",
        transcript_path="/t.jsonl",
        version="2.1.200",
        model={"id": "claude-opus-5[1m]", "display_name": "Opus 5"},
        workspace={"current_dir": "/a/b", "project_dir": "/a"},
        effort={"level": "high"},
        output_style={"name": "terse"},
        cost={
            "total_cost_usd": 1.5,
            "total_duration_ms": 61_500,
            "total_lines_added": 3,
            "total_lines_removed": 0,
        },
        context_window={
            "context_window_size": 200_000,
            "used_percentage": 41.26,
            "total_input_tokens": 82_000,
        },
        rate_limits={
            "five_hour": {"used_percentage": 42.5, "resets_at": NOW_S + 60},
            "seven_day": {"used_percentage": 7, "resets_at": NOW_S + 600_000},
        },
    )
    assert (told.session, told.session_name, told.transcript, told.version) == (
        "s1",
        "shop",
        "/t.jsonl",
        "2.1.200",
    )
    assert (told.model, told.model_id, told.cwd, told.project) == (
        "Opus 5",
        "claude-opus-5[1m]",
        "/a/b",
        "/a",
    )
    assert (told.effort, told.output_style, told.cost_usd, told.duration_s) == ("high", "terse", 1.5, 61)
    assert (told.lines_added, told.lines_removed) == (3, 0)
    assert (told.context_bp, told.context_tokens, told.context_size) == (4_126, 82_000, 200_000)
    assert told.windows == {"five_hour": (4_250, NOW_S + 60), "seven_day": (700, NOW_S + 600_000)}


@pytest.mark.parametrize(
    ("used", "known"),
    [
        (0, (0, NOW_S + 600)),
        (99.994, (9_999, NOW_S + 600)),
        (100, (10_000, NOW_S + 600)),
        (105, (10_000, NOW_S + 600)),
        (200.5, None),
        (NOW_S, None),
        (-1, None),
        (None, None),
        ("42", None),
        (True, None),
        ([42], None),
        (float("nan"), None),
        (float("inf"), None),
        (10**400, None),
    ],
)
def test_percentages_that_cannot_be(used: Any, known: Any) -> None:
    """An epoch in place of a percentage is no percentage; a little over 100 is 100 (105 was seen)."""
    assert five_hour(used) == known


@pytest.mark.parametrize(
    ("resets", "known"),
    [
        (None, (4_200, None)),
        ("2026-11-21T10:00:00Z", (4_200, None)),
        ((NOW_S + 600) * 1_000, (4_200, NOW_S + 600)),
        (NOW_S + 600.9, (4_200, NOW_S + 600)),
        (NOW_S + 18_000 + 3_600, (4_200, NOW_S + 21_600)),
        (NOW_S + 18_000 + 3_601, (4_200, None)),
        (0, (4_200, None)),
        (NOW_S, None),
        (NOW_S - 10, None),
    ],
)
def test_resets(resets: Any, known: Any) -> None:
    """A window whose reset has passed says nothing of now; a reset later than the window is long is not believed."""
    assert five_hour(42, resets) == known


@pytest.mark.parametrize(
    ("context", "full_bp", "tokens"),
    [
        ({"used_percentage": None, "remaining_percentage": 25}, 7_500, None),
        ({"context_window_size": 200_000, "total_input_tokens": 50_000}, 2_500, 50_000),
        ({"context_window_size": 1_000, "total_input_tokens": 5_000}, 10_000, 5_000),
        ({"context_window_size": 0, "total_input_tokens": 5_000}, None, 5_000),
        (
            {
                "context_window_size": 1_000,
                "total_input_tokens": 900,
                "current_usage": {
                    "input_tokens": 1,
                    "cache_creation_input_tokens": 2,
                    "cache_read_input_tokens": 97,
                },
            },
            1_000,
            100,
        ),
        ({"current_usage": None}, None, None),
        ([], None, None),
    ],
)
def test_context(context: Any, full_bp: int | None, tokens: int | None) -> None:
    told = read(context_window=context)
    assert (told.context_bp, told.context_tokens) == (full_bp, tokens)


def test_names_cannot_steer_the_terminal() -> None:
    told = read(model={"display_name": "a\x1b[2J\nb" + "x" * 300}, session_id=5, transcript_path="a\0b")
    assert told.model.startswith("a\ufffd[2J\ufffdb")
    assert len(told.model) == said.MOST_TEXT
    assert (told.session, told.transcript) == ("", "")


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"\xff\xfe", b"5", b'"x"'])
def test_what_is_no_object_says_nothing(content: bytes) -> None:
    told = said.read(content, NOW_S)
    assert (told.session, told.model, told.windows, told.cost_usd) == ("", "", {}, None)


def test_model_without_a_name_is_called_by_its_id() -> None:
    assert read(model={"id": "claude-opus-5"}).model == "claude-opus-5"
