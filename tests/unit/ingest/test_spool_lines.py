"""Reading lines of the spool: what is sane is kept, and the rest is counted by reason."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ccmeter.ingest import readings
from ccmeter.statusline.said import Said
from ccmeter.statusline.spool import append, path_of
from support.spooled import RESETS_S, START_US, line

NOW_US = START_US + 60_000_000


def read(*lines: bytes) -> readings.Readings:
    """Read lines a minute after the start."""
    return readings.read(b"".join(lines), now_us=NOW_US)


def test_a_line_becomes_a_reading_of_the_session_and_one_per_window() -> None:
    weekly = {"used_bp": 9_100, "resets_s": None}
    five = {"used_bp": 4_150, "resets_s": RESETS_S}
    found = read(
        line("s", 2, effort="high", windows={"five_hour": five, "seven_day": weekly}, cost_usd=0.123456789012)
    )
    at_us = START_US + 2_000_000
    assert found.sessions == [
        ("s", at_us, "claude-opus-4-6", 123_456_789_012, 40_000, 200_000, 2_000, "high")
    ]
    assert found.limits == [
        ("five_hour", 4_150, RESETS_S * 1_000_000, at_us, "hook", "s"),
        ("seven_day", 9_100, None, at_us, "hook", "s"),
    ]
    assert not found.rejected


def test_what_was_not_told_is_unknown() -> None:
    told = {"model": None, "cost_usd": None, "context_tokens": None, "context_size": None, "context_bp": None}
    found = read(line("s", 0, None, **told))
    assert found.sessions == [("s", START_US, "", None, None, None, None, "")]
    assert not found.limits
    assert not found.rejected


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (b"no JSON\n", readings.BROKEN),
        (b"[1]\n", readings.BROKEN),
        (b'{"v":1,"at_us":1}\n', readings.BROKEN),
        (b'{"v":1,"at_us":"1","session":"s"}\n', readings.BROKEN),
        (b'{"v":1,"at_us":%d,"session":"\xff"}\n' % START_US, readings.BROKEN),
        (b"[" * 100_000 + b"\n", readings.BROKEN),
        (line("", 0), readings.BROKEN),
        (line(v=2), readings.OTHER_VERSION),
        (line(after_s=60 + 3_601), readings.UNTIMED),
        (line(at_us=0), readings.UNTIMED),
        (line(at_us=-1), readings.UNTIMED),
    ],
)
def test_a_line_that_makes_no_sense_is_counted_and_costs_no_other(broken: bytes, reason: str) -> None:
    found = read(line("a"), broken, line("b"))
    assert [each.session_id for each in found.sessions] == ["a", "b"]
    assert found.rejected == {reason: 1}


@pytest.mark.parametrize("window", [{}, [], None, "x", {"used_bp": None, "resets_s": RESETS_S}])
def test_a_window_without_a_percentage_says_nothing(window: object) -> None:
    found = read(line(windows={"five_hour": window, "one_year": {"used_bp": 1, "resets_s": None}}))
    assert not found.limits
    assert len(found.sessions) == 1
    assert not found.rejected


@pytest.mark.parametrize("used_bp", [-1, 10_001, 41.5, "41", True, RESETS_S])
def test_an_impossible_percentage_is_left_out(used_bp: object) -> None:
    found = read(line(windows={"five_hour": {"used_bp": used_bp, "resets_s": RESETS_S}}))
    assert not found.limits
    assert found.rejected == {readings.IMPOSSIBLE: 1}


def test_a_window_that_was_over_is_left_out() -> None:
    found = read(line(windows={"five_hour": {"used_bp": 1, "resets_s": START_US // 1_000_000}}))
    assert not found.limits
    assert found.rejected == {readings.IMPOSSIBLE: 1}


def test_a_reset_that_the_window_cannot_have_is_unknown() -> None:
    late_s = START_US // 1_000_000 + 18_000 + 3_601
    found = read(line(windows={"five_hour": {"used_bp": 1, "resets_s": late_s}}))
    assert found.limits == [("five_hour", 1, None, START_US, "hook", "s")]
    assert found.rejected == {readings.IMPOSSIBLE: 1}


@pytest.mark.parametrize(
    "more",
    [
        {"cost_usd": -1},
        {"cost_usd": 1_000_001},
        {"cost_usd": "1"},
        {"cost_usd": True},
        {"context_tokens": -1},
        {"context_size": 1.5},
        {"context_bp": 10_001},
    ],
)
def test_an_impossible_value_is_unknown_and_counted(more: dict[str, Any]) -> None:
    found = read(line(**more))
    (name,) = (key.replace("_usd", "_pico") for key in more)
    assert getattr(found.sessions[0], name) is None
    assert found.rejected == {readings.IMPOSSIBLE: 1}


def test_names_are_cut_and_hold_no_zero() -> None:
    found = read(line("a\0b" + "x" * 300, model=7))
    assert found.sessions[0].session_id == "ab" + "x" * 197
    assert found.sessions[0].model == ""


def test_what_the_hook_writes_is_read(tmp_path: Path) -> None:
    document = {
        "session_id": "s",
        "model": {"id": "claude-opus-4-6[1m]"},
        "cost": {"total_cost_usd": 1.25},
        "context_window": {"context_window_size": 1_000_000, "used_percentage": 8},
        "effort": {"level": "xhigh"},
        "rate_limits": {"five_hour": {"used_percentage": 23.5, "resets_at": RESETS_S}},
    }
    said = Said(json.loads(json.dumps(document)), START_US // 1_000_000)
    assert append(str(tmp_path), said, START_US)
    found = read(Path(path_of(str(tmp_path), START_US)).read_bytes())
    assert found.sessions == [
        ("s", START_US, "claude-opus-4-6[1m]", 1_250_000_000_000, None, 1_000_000, 800, "xhigh")
    ]
    assert found.limits == [("five_hour", 2_350, RESETS_S * 1_000_000, START_US, "hook", "s")]
    assert not found.rejected
