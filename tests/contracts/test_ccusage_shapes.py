"""What ccusage 20.0.24 printed for the same logs, and what ccmeter prints: every key, type and value of it is there.

The files in tests/golden/ccusage are its own output (`ccusage daily|weekly|monthly|session --json --offline -z UTC`, and the
same after `ccusage claude`), over the four messages below, in which none of its faults bites.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from support.inside import Inside

if TYPE_CHECKING:
    from support.command import Command

GOLDEN = Path(__file__).parents[1] / "golden" / "ccusage"
REPORTS = ("daily", "weekly", "monthly", "session")
ONE, TWO = "11111111-1111-1111-1111-111111111111", "22222222-2222-2222-2222-222222222222"
MESSAGES = (
    (ONE, "2026-06-01T10:00:00.000Z", "claude-opus-4-6", 1200, 340, 5000, 20000),
    (ONE, "2026-06-02T11:30:00.000Z", "claude-sonnet-4-20250514", 800, 150, 0, 31000),
    (TWO, "2026-06-09T08:15:00.000Z", "claude-haiku-4-5-20251001", 50, 900, 0, 0),
    (TWO, "2026-07-09T08:15:00.000Z", "claude-opus-9-9", 1000, 10, 0, 0),
)


@pytest.fixture
def cli(person: Command, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Inside:
    folder = person.claude / "projects" / "-home-u-proj"
    folder.mkdir(parents=True)
    for number, (session, at, model, sent, output, written, read) in enumerate(MESSAGES):
        line = {
            "type": "assistant",
            "sessionId": session,
            "cwd": "/home/u/proj",
            "timestamp": at,
            "version": "2.1.0",
            "requestId": f"req_{number}",
            "message": {
                "id": f"msg_{number}",
                "role": "assistant",
                "model": model,
                "stop_reason": "end_turn",
                "usage": {
                    "input_tokens": sent,
                    "output_tokens": output,
                    "cache_creation_input_tokens": written,
                    "cache_read_input_tokens": read,
                },
            },
        }
        with (folder / f"{session}.jsonl").open("a", encoding="utf-8") as log:
            log.write(json.dumps(line) + "\n")
    return Inside.of(person, monkeypatch, capsys)


def lacking(theirs: Any, ours: Any, path: str = "") -> list[str]:
    """Say what of their document is not in ours. A number with decimals is the same to a hundredth of a cent's millionth."""
    if isinstance(theirs, dict) and isinstance(ours, dict):
        gone = [f"{path}/{key} is missing" for key in theirs if key not in ours]
        return gone + [
            word for key in theirs if key in ours for word in lacking(theirs[key], ours[key], f"{path}/{key}")
        ]
    if isinstance(theirs, list) and isinstance(ours, list) and len(theirs) == len(ours):
        pairs = enumerate(zip(theirs, ours, strict=True))
        return [word for place, (one, other) in pairs for word in lacking(one, other, f"{path}[{place}]")]
    if isinstance(theirs, float | int) and isinstance(ours, float) and abs(theirs - ours) < 1e-10:
        return []  # they write a cost of 0 without decimals, which JSON does not tell apart
    return [] if theirs == ours and type(theirs) is type(ours) else [f"{path}: {theirs!r} is {ours!r}"]


@pytest.mark.parametrize("name", REPORTS)
def test_the_claude_shape_is_theirs(cli: Inside, name: str) -> None:
    """Scripts for `ccusage claude …` read it unchanged: rows in the same order, weeks from the same day."""
    theirs = json.loads((GOLDEN / f"claude-{name}.json").read_text("utf-8"))
    assert lacking(theirs, json.loads(cli.run(name, "--json", "-z", "UTC").stdout)) == []


@pytest.mark.parametrize("name", REPORTS)
def test_the_unified_shape_is_theirs(cli: Inside, name: str) -> None:
    """Scripts for its reports over all agents too; its weeks there begin on Monday, and so do ours."""
    theirs = json.loads((GOLDEN / f"unified-{name}.json").read_text("utf-8"))
    done = cli.run(name, "--json", "--json-shape", "unified", "-z", "UTC")
    assert lacking(theirs, json.loads(done.stdout)) == []


@pytest.mark.parametrize("way", ["flag", "environment", "file"])
def test_a_start_of_week_that_is_chosen_holds_in_both_shapes(
    cli: Inside, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Monday is what ccusage begins with where nothing was said; it cannot be told otherwise, we can."""
    if way == "environment":
        monkeypatch.setenv("CCMETER_WEEKLY_START_OF_WEEK", "sunday")
    elif way == "file":
        cli.configure('start-of-week = "sunday"\n')
    flags = ("--start-of-week", "sunday") if way == "flag" else ()
    unified = cli.run("weekly", "--json", "--json-shape", "unified", "-z", "UTC", *flags).document
    plain = cli.run("weekly", "--json", "-z", "UTC", *flags).document
    assert [row["period"] for row in unified["weekly"]] == [row["week"] for row in plain["weekly"]]
    assert unified["weekly"][0]["period"] == "2026-05-31"


def test_the_unified_shape_has_no_names_of_the_other(cli: Inside) -> None:
    """One row, one name: a script may look for `date` to tell the shapes apart."""
    for name, key in (("daily", "date"), ("weekly", "week"), ("monthly", "month"), ("session", "sessionId")):
        document = json.loads(cli.run(name, "--json", "--json-shape", "unified").stdout)
        assert all(key not in row for row in document[name])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("hourly", "--json", "--json-shape", "unified"), "has no unified JSON"),
        (("daily", "--by-project", "--json", "--json-shape", "unified"), "has no unified JSON"),
        (("daily", "--json-shape", "unified"), "--json-shape is for JSON"),
        (("daily", "--json", "--json-shape", "other"), "--json-shape cannot be 'other'"),
    ],
)
def test_what_has_no_unified_shape_says_so(cli: Inside, arguments: tuple[str, ...], words: str) -> None:
    """Instead of a document that looks like something else."""
    done = cli.run(*arguments)
    assert (done.status, done.stdout) == (2, "")
    assert words in done.stderr
