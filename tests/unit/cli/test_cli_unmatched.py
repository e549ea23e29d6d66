"""A filter that chooses nothing is named, with what may have been meant: it is not a month without usage."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support import sessions
from support.inside import Inside
from support.transcripts import Folder, Line, joined

if TYPE_CHECKING:
    from support.command import Command

REPORTS = ("daily", "weekly", "hourly", "session", "project", "model", "branch", "blocks", "stats", "trend")


@pytest.fixture
def cli(person: Command, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Inside:
    sessions.write(person.claude)
    return Inside.of(person, monkeypatch, capsys)


def said(cli: Inside, *arguments: str) -> str:
    done = cli.run(*arguments)
    assert (done.status, done.stderr) == (0, "")
    return " ".join(done.stdout.split())


@pytest.mark.parametrize("report", REPORTS)
def test_every_report_names_the_filter(cli: Inside, report: str) -> None:
    """And the model that is most like it."""
    told = "There is no model with 'oput' in its name. Did you mean claude-opus-4-5-20251101?"
    assert said(cli, report, "--model", "oput") == told


@pytest.mark.parametrize(
    ("option", "value", "told"),
    [
        ("--model", "xyz", "There is no model with 'xyz' in its name. `ccmeter model` lists all."),
        ("--project", "shpo", "There is no project 'shpo'. Did you mean shop?"),
        ("--project", "/home/elsewhere/log-parse", "There is no project '/home/elsewhere/log-parse'. Did you mean log-parser?"),
        ("--project", "nothing like it", "There is no project 'nothing like it'. `ccmeter project list` lists all."),
        ("--tag", "wrok", "No project has the tag 'wrok'. Did you mean work?"),
        ("--session", "aaaaaaaa-2", "No session begins with 'aaaaaaaa-2'. Did you mean aaaaaaaa-1?"),
        ("--session", "0123", "No session begins with '0123'. `ccmeter session` lists all."),
    ],
)  # fmt: skip
def test_what_is_meant_is_guessed(cli: Inside, option: str, value: str, told: str) -> None:
    """From what is in the store."""
    cli.configure('[projects."/home/dev/shop"]\ntags = ["work"]\n')
    assert said(cli, "daily", option, value) == told


def test_a_value_beside_one_that_chooses_something_is_told_aside(cli: Inside) -> None:
    """The answer is that of the other, and the document stays whole."""
    alone = cli.run("daily", "--json", "--model", "opus")
    done = cli.run("daily", "--json", "--model", "opus", "--model", "haikku")
    assert done.stdout == alone.stdout
    assert (
        done.stderr
        == "There is no model with 'haikku' in its name. Did you mean claude-haiku-4-5-20251001?\n"
    )


def test_filters_that_choose_something_are_not_told_of(cli: Inside) -> None:
    """Days without usage are another matter, and so is a store without any."""
    fits = ("--model", "OPUS", "--project", "shop", "--session", "aaaa")
    assert cli.run("daily", *fits).stderr == ""
    empty = said(cli, "daily", *fits, "--since", "2030-01-01")
    assert empty == "No usage fits these filters. `ccmeter daily` without them shows all there is."


def test_a_model_may_be_named_as_reports_name_it(cli: Inside) -> None:
    """What is fast has a name of its own there, and so has usage whose log names no model."""
    quick = Line(message_id="quick", request_id=None, speed="fast", session="quick")
    nameless = Line(message_id="nameless", request_id=None, model="", session="nameless")
    Folder(cli.person.claude).write("-p/q.jsonl", joined([quick.assistant(), nameless.assistant()]))
    for row in cli.run("model", "--json").document["model"]:
        found = cli.run("model", "--json", "--model", row["model"])
        assert found.stderr == ""
        assert row in found.document["model"]


def test_letters_that_would_steer_a_terminal_are_made_harmless(cli: Inside) -> None:
    """They come back from the command line."""
    assert "\x1b" not in cli.run("daily", "--model", "opus", "--model", "a\x1b[2J").stderr
