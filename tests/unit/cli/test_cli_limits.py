"""`ccmeter limits` and `ccmeter guard` as a person and a script run them."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING

import pytest

from support import bulk, spooled
from support.inside import Inside

if TYPE_CHECKING:
    from support.command import Command


@pytest.fixture
def cli(person: Command, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Inside:
    inside = Inside.of(person, monkeypatch, capsys)
    (person.claude / "projects").mkdir(parents=True)
    return inside


def tell(cli: Inside, used_bp: int, *, ago_s: int = 30, left_s: int = 9_000) -> None:
    """Let the hook have told the 5-hour limit some seconds before the real now."""
    now = dt.datetime.now(dt.UTC)
    at_us = round(now.timestamp() * 1_000_000) - ago_s * 1_000_000
    window = {"used_bp": used_bp, "resets_s": round(now.timestamp()) + left_s}
    content = spooled.line(at_us=at_us, windows={"five_hour": window})
    spooled.put(cli.person.data, content, day=f"{now:%Y-%m-%d}")


def test_without_readings_it_says_what_to_do(cli: Inside) -> None:
    """With or without usage; that is no failure, and for a guard it is unknown."""
    assert "statusline install" in cli.run("limits").stdout
    bulk.write(cli.person.claude, files=1, calls=3)
    done = cli.run("limits")
    assert (done.status, "statusline install" in done.stdout) == (0, True)
    assert cli.run("guard").status == 4


def test_a_reading_is_shown_and_listed(cli: Inside) -> None:
    """From the spool that the hook wrote."""
    tell(cli, 4_100)
    assert "41.0%" in cli.run("limits", "--timezone", "UTC").stdout
    (window,) = cli.run("limits", "--json").document["windows"]
    assert (window["window"], window["usedPercent"]["middle"]) == ("five_hour", 41.0)
    (read,) = cli.run("limits", "--history", "--json").document["readings"]
    assert read["usedPercent"] == 41.0
    assert cli.run("limits", "--history", "--until", "2020-01-01", "--json").document["readings"] == []
    assert len(cli.run("limits", "--history", "--since", "7d", "--json").document["readings"]) == 1


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        ((), 0),
        (("--window", "five_hour", "--min-left", "59"), 0),
        (("--window", "five_hour", "--min-left", "60"), 3),
        (("--window", "week"), 4),
        (("--window", "any", "--min-left", "100"), 3),
    ],
)
def test_a_guard_is_an_exit_status_and_one_line(cli: Inside, arguments: tuple[str, ...], status: int) -> None:
    """0 enough, 3 below, 4 unknown; the line is the answer, so it is on stdout."""
    tell(cli, 4_100)
    done = cli.run("guard", *arguments)
    assert (done.status, done.stdout.count("\n"), done.stderr) == (status, 1, "")
    asked = cli.run("guard", *arguments, "--json")
    assert asked.status == status
    assert json.loads(asked.stdout)["exitStatus"] == status


def test_an_old_reading_is_unknown(cli: Inside) -> None:
    """As old as is allowed counts, older does not, unless it leaves too little."""
    tell(cli, 4_100, ago_s=1_200)
    assert cli.run("guard", "--max-age", "30").status == 0
    assert cli.run("guard", "--max-age", "15").status == 4
    assert cli.run("guard", "--max-age", "15", "--min-left", "60").status == 3


@pytest.mark.parametrize(
    "arguments",
    [
        ("limits", "--since", "monday"),
        ("guard", "--window", "month"),
        ("guard", "--min-left", "101"),
        ("guard", "--min-left", "-1"),
        ("guard", "--max-age", "0"),
    ],
)
def test_what_makes_no_sense_is_refused(cli: Inside, arguments: tuple[str, ...]) -> None:
    """As wrong usage, before anything is read."""
    assert cli.run(*arguments).status == 2
