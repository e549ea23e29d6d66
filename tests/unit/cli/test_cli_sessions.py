"""`session`, `show`, `hourly`, `model` and `branch` as people and scripts see them.

`CCMETER_UPDATE_GOLDEN=1 pytest tests/unit/cli/test_cli_sessions.py` writes the golden files anew; read the difference.
"""

from __future__ import annotations

import csv
import io
import json
import os
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from support import sessions
from support.inside import Inside
from support.sessions import ALPHA, BETA, BETTER, GAMMA, OLD
from support.transcripts import Folder, Line, joined

if TYPE_CHECKING:
    from support.command import Command

GOLDEN = Path(__file__).parents[2] / "golden"
UPDATING = bool(os.environ.get("CCMETER_UPDATE_GOLDEN"))
BERLIN = ("--timezone", "Europe/Berlin")
REPORTS = {
    "session": ("session", *BERLIN),
    "session-breakdown": ("session", *BERLIN, "--breakdown", "--sort", "cost"),
    "show": ("show", ALPHA[:4], *BERLIN),
    "show-day": ("show", "2026-06-02", *BERLIN),
    "hourly": ("hourly", *BERLIN),
    "model": ("model", *BERLIN),
    "branch": ("branch", *BERLIN, "--breakdown"),
    "daily-active": ("daily", *BERLIN, "--active-time"),
}
LOOKS = {
    **{f"table-{width}.txt": ("--format", "table", width) for width in (60, 80, 120, 200)},
    "json.json": ("--json", "", 80),
    "csv.csv": ("--csv", "", 80),
    "markdown.md": ("--format", "markdown", 80),
}


@pytest.fixture
def cli(person: Command, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Inside:
    sessions.write(person.claude)
    return Inside.of(person, monkeypatch, capsys)


def fields(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def ids(document: dict[str, Any]) -> list[str]:
    return [each["sessionId"] for each in document["sessions"]]


@pytest.mark.parametrize("report", REPORTS)
def test_reports_are_the_golden_ones(cli: Inside, report: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What people and scripts see changes only on purpose; no line is wider than the terminal."""
    folder = GOLDEN / report
    for file, (option, value, width) in LOOKS.items():
        monkeypatch.setenv("COLUMNS", str(width))
        done = cli.run(*REPORTS[report], *filter(None, (option, value)))
        assert (done.status, done.stderr) == (0, "")
        shown = done.stdout.encode()
        if UPDATING:
            folder.mkdir(exist_ok=True)
            (folder / file).write_bytes(shown)
        assert (folder / file).read_bytes() == shown, file


def test_every_report_comes_to_the_same_total(cli: Inside) -> None:
    """To the last digit, in JSON and in CSV, whatever is asked by."""
    daily = cli.run("daily", "--json").document["totals"]
    for name in ("session", "hourly", "model", "branch"):
        document = cli.run(name, "--json").document
        assert {key: document["totals"][key] for key in daily} == daily
        rows = document["sessions" if name == "session" else name]
        assert sum(Decimal(row["costExact"] or 0) for row in rows) == Decimal(daily["costExact"])
        lines = fields(cli.run(name, "--csv").stdout)
        assert sum(Decimal(line["cost_usd"] or 0) for line in lines) == Decimal(daily["costExact"])
        assert sum(int(line["total_tokens"]) for line in lines) == daily["totalTokens"]


def test_json_is_dearest_first_as_in_ccusage_unless_asked_otherwise(cli: Inside) -> None:
    """Tables have the newest last; both take any order."""
    every = cli.run("session", "--json").document
    costs = [each["totalCost"] for each in every["sessions"]]
    assert costs == sorted(costs, reverse=True)
    by_time = cli.run("session", "--json", "--sort", "time").document
    assert ids(by_time) == [ALPHA, BETA, BETTER, OLD, "unknown", GAMMA]
    assert ids(cli.run("session", "--json", "--order", "desc").document) == [
        "unknown", OLD, BETTER, BETA, ALPHA, GAMMA,
    ]  # fmt: skip
    assert ids(cli.run("session", "--json", "--sort", "tokens", "--order", "asc").document)[-1] == ALPHA
    assert ids(cli.run("session", "--json", "--sort", "duration").document)[0] == ALPHA


def test_session_json_has_every_key_of_ccusage(cli: Inside) -> None:
    """Names, types and meanings of `ccusage claude session --json`."""
    document = cli.run("session", "--json").document
    assert {"sessions", "totals"} <= set(document)
    row = next(each for each in document["sessions"] if each["sessionId"] == ALPHA)
    tokens = {"inputTokens", "outputTokens", "cacheCreationTokens", "cacheReadTokens", "totalTokens"}
    own = {"sessionId", "projectPath", "firstActivity", "lastActivity", "totalCost"}
    assert tokens | own | {"modelsUsed", "modelBreakdowns"} <= set(row)
    assert tokens | {"totalCost"} <= set(document["totals"])
    assert row["projectPath"] == "-home-dev-shop"
    assert (row["firstActivity"], row["lastActivity"]) == (
        "2026-06-01T23:40:04.500Z",
        "2026-06-02T00:12:05.000Z",
    )
    assert (row["title"], row["branch"], row["project"]) == ("Invoices", "feature/invoice", "/home/dev/shop")
    assert (row["activeSeconds"], row["activeFrom"]) == (480, "turns")
    assert (row["subagents"], row["subagentShareOf"]) == (2, "cost")


def test_the_share_of_sub_agents_is_of_tokens_where_cost_is_unknown(cli: Inside) -> None:
    """A share of a lower bound would be too large."""
    rows = {each["sessionId"]: each for each in cli.run("session", "--json").document["sessions"]}
    assert (rows[BETTER]["subagentShareOf"], rows[BETTER]["subagentShare"]) == ("tokens", 0)
    without = cli.run("session", "--json", "--no-cost").document["sessions"][0]
    assert without["subagentShareOf"] == "tokens"
    assert not [key for key in without if "ost" in key]


def test_a_range_of_days_cuts_a_session(cli: Inside) -> None:
    """Days add up to what the sessions of each day come to."""
    for day in cli.run("daily", "--json").document["daily"][:-1]:
        asked = cli.run("session", "--json", "--since", day["date"], "--until", day["date"]).document
        assert asked["totals"]["costExact"] == day["costExact"]
        shown = cli.run("show", day["date"], "--json").document
        assert shown["totals"]["costExact"] == day["costExact"]
        assert set(ids(shown)) == set(ids(asked))


@pytest.mark.parametrize("session", [ALPHA, BETA, BETTER, OLD, GAMMA, "unknown"])
def test_show_comes_to_what_the_session_comes_to(cli: Inside, session: str) -> None:
    """To the last digit, in all and by row, in JSON and CSV."""
    row = next(
        each for each in cli.run("session", "--json").document["sessions"] if each["sessionId"] == session
    )
    document = cli.run("show", session, "--json").document
    assert document["session"] == row
    assert document["totals"]["costExact"] == row["costExact"]
    parts = [part for turn in document["turns"] for part in (turn, *turn["subagents"])]
    assert sum(Decimal(part["costExact"] or 0) for part in parts) == Decimal(row["costExact"] or 0)
    lines = fields(cli.run("show", session, "--csv").stdout)
    assert sum(int(line["total_tokens"]) for line in lines) == row["totalTokens"]
    assert len(lines) == len(parts)


def test_a_session_is_named_by_its_beginning(cli: Inside) -> None:
    """One that several share is refused with all that it may mean, one that none has with the latest."""
    assert cli.run("show", "bbbbbbbb-2", "--json").document["session"]["sessionId"] == BETA
    several = cli.run("show", "bbbb")
    assert (several.status, several.stdout) == (2, "")
    assert several.stderr == (
        "ccmeter: 2 sessions begin with 'bbbb'.\n"
        "Say more of the id:\n"
        "  bbbbbbbb-3  2026-06-03 09:00\n"
        "  bbbbbbbb-2  2026-06-02 09:03  =HYPERLINK(1) �[2J größer 日本語の長い題名です、とても長い\n"
    )
    none = cli.run("show", "nobody")
    assert none.status == 2
    assert "There is no session 'nobody', and it is not a day." in none.stderr
    assert "  aaaaaaaa  2026-06-02 00:12  Invoices" in none.stderr
    assert "\x1b" not in several.stderr + none.stderr


def test_an_error_lists_ten_sessions_at_most(cli: Inside) -> None:
    """The latest, and how many more there are."""
    done = cli.run("show", "zz", "--demo")
    assert done.status == 2
    assert done.stderr.count("  2026-11-") == 10
    assert done.stderr.endswith("  and 12 more\n")


def test_a_word_is_a_session_before_it_is_a_day_and_a_date_is_a_day(cli: Inside) -> None:
    """`dd` could only be a session, `2026-06-02` only a day; a month is all of its days."""
    assert cli.run("show", "dd", "--json").document["session"]["sessionId"] == OLD
    month = cli.run("show", "2026-06", "--json").document
    assert ids(month) == [ALPHA, BETA, BETTER, OLD, "unknown"]
    assert "Sessions of 2026-06-01 to 2026-06-30" in cli.run("show", "2026-06").stdout
    assert ids(cli.run("show", "20260603", "--json").document) == [BETTER]
    assert cli.run("show", "2026-02-30").status == 2
    assert "is not a day" in cli.run("show", "2026-02-30").stderr


def test_show_says_what_turn_0_is(cli: Inside) -> None:
    """All of a session without prompts, or what came before the first one; a session with all of them has none."""
    assert "no prompts of this session, so that all of it is one turn" in " ".join(
        cli.run("show", OLD).stdout.split()
    )
    assert "Turn 0 is what was used before" in cli.run("show", "e8e0", "--demo").stdout
    assert "turn" not in cli.run("show", BETA).stdout.partition("Total")[2].replace("the turn", "")


def test_show_cuts_by_the_other_filters(cli: Inside) -> None:
    """A range within a session, one model of a day; a range and a day at once are too many days."""
    until = cli.run("show", ALPHA, "--until", "2026-06-01", "--json").document
    assert [turn["turn"] for turn in until["turns"]] == [1]
    assert ids(cli.run("show", "2026-06-02", "--model", "haiku", "--json").document) == [ALPHA]
    refused = cli.run("show", "2026-06-02", "--since", "2026-06-01")
    assert refused.status == 2
    assert "A day goes without --since" in refused.stderr


def test_a_session_without_usage_in_a_range_is_there_all_the_same(cli: Inside) -> None:
    """It is told apart from one that does not exist, with the days that it has usage on."""
    late = cli.run("show", ALPHA[:6], "--since", "2026-07-01")
    assert (late.status, late.stdout) == (2, "")
    assert late.stderr == (
        "ccmeter: Session aaaaaaaa has no usage that fits these filters.\n"
        "All of its usage is from 2026-06-01 to 2026-06-02 (UTC).\n"
    )
    other = cli.run("show", ALPHA, "--model", "oput")
    assert "There is no model with 'oput' in its name. Did you mean" in other.stderr
    assert "There is no session" in cli.run("show", "nobody", "--since", "2026-07-01").stderr
    undated = cli.run("show", GAMMA, "--since", "2026-06-01").stderr
    assert (
        "Session cccccccc has no usage that fits these filters.\nIts usage has no readable time." in undated
    )
    several = cli.run("show", "bbbb", "--since", "2026-07-01").stderr
    assert several.startswith(
        "ccmeter: 2 sessions begin with 'bbbb', none with usage that fits these filters."
    )


def test_show_says_that_a_range_cuts_a_session(cli: Inside) -> None:
    """Its turns keep the numbers that they have in all of it."""
    shown = " ".join(cli.run("show", ALPHA, "--since", "2026-06-02").stdout.split())
    told = "4 messages of this session do not fit these filters; turns are numbered as in all of it."
    assert told in shown.replace("3 messages", "4 messages")
    assert "do not fit" not in cli.run("show", ALPHA).stdout
    assert "do not fit" not in cli.run("show", ALPHA, "--since", "2026-06-01").stdout


def test_a_session_is_placed_as_its_project_is(
    person: Command, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """By its alias, or by as much of its path as tells it from others: what `project` calls it."""
    cli = Inside.of(person, monkeypatch, capsys)
    cwds = ("/home/dev/a/api/src", "/home/dev/b/api/src", "/home/dev/web")
    lines = [
        Line(message_id=f"m{n}", request_id=None, session=f"{n}-{n}", cwd=cwd).assistant()
        for n, cwd in enumerate(cwds)
    ]
    Folder(person.claude).write("-p/s.jsonl", joined(lines))
    cli.configure('[projects."/home/dev/web"]\nalias = "Shop front"\n')
    monkeypatch.setenv("COLUMNS", "200")
    shown, projects = cli.run("session").stdout, cli.run("project", "list", "--json").document
    for project in projects["projects"]:
        assert f"  {project['name']}  " in shown
    assert {"a/api/src", "Shop front"} <= {project["name"] for project in projects["projects"]}
    assert "Shop front" in cli.run("show", "2-2").stdout


def test_a_day_without_usage_says_so(cli: Inside) -> None:
    """And where there is some."""
    done = cli.run("show", "2026-01-01")
    assert (done.status, done.stderr) == (0, "")
    assert done.stdout.startswith("No usage on 2026-01-01 fits. `ccmeter session` lists all sessions")
    assert cli.run("show", "7d", "--json").document["sessions"] == []


def test_nothing_to_show_says_what_to_do(
    person: Command, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Somebody without logs is told of the demo; a session cannot be there."""
    nobody = Inside.of(person, monkeypatch, capsys)
    for name in ("session", "hourly", "model", "branch"):
        done = nobody.run(name)
        assert done.status == 0
        assert f"`ccmeter {name} --demo`" in " ".join(done.stdout.split())
        assert nobody.run(name, "--demo").status == 0
    assert "`ccmeter show --demo`" in " ".join(nobody.run("show", "today").stdout.split())
    assert nobody.run("show", "abc").status == 2
    document = nobody.run("session", "--json").document
    assert (document["sessions"], document["totals"]["activeSeconds"]) == ([], 0)


def test_without_an_argument_and_a_terminal_it_asks_for_one(cli: Inside) -> None:
    """A script must not hang."""
    done = cli.run("show")
    assert (done.status, done.stdout) == (2, "")
    assert "Which session, or which day?" in done.stderr


class _Terminal(io.StringIO):
    """A person who types."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def typing(monkeypatch: pytest.MonkeyPatch) -> Any:
    def say(words: str) -> None:
        monkeypatch.setattr("sys.stdin", _Terminal(words))
        monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)

    return say


def test_a_person_picks_from_a_list(cli: Inside, typing: Any) -> None:
    """The latest first; what is none of them is asked again."""
    typing("x\n99\n5\n")
    done = cli.run("show", "--json")
    assert "  1  unknown" in done.stderr
    assert "  5  aaaaaaaa  2026-06-02 00:12  Invoices" in done.stderr
    assert done.stderr.count("Which one? [1-6, nothing to leave it]") == 3
    assert json.loads(done.stdout)["session"]["sessionId"] == ALPHA


def test_a_person_may_pick_usage_without_a_session_or_nothing(cli: Inside, typing: Any) -> None:
    """Leaving is no failure."""
    typing("1\n")
    assert json.loads(cli.run("show", "--json").stdout)["session"]["sessionId"] == "unknown"
    typing("\n")
    done = cli.run("show")
    assert (done.status, done.stdout) == (0, "")


def test_there_may_be_nothing_to_pick(
    person: Command, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], typing: Any
) -> None:
    """An error that says where to look."""
    nobody = Inside.of(person, monkeypatch, capsys)
    typing("1\n")
    done = nobody.run("show")
    assert done.status == 2
    assert "There is no session to show." in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("session", "--sort", "name"),
        ("session", "--order", "up"),
        ("model", "--order", "x"),
        ("daily", "--active-time", "--by-project"),
        ("show", "aaaa", "--format", "nothing"),
    ],
)
def test_what_cannot_be_is_refused(cli: Inside, arguments: tuple[str, ...]) -> None:
    """With a sentence and the status of wrong usage."""
    done = cli.run(*arguments)
    assert (done.status, done.stdout) == (2, "")
    assert done.stderr.startswith("ccmeter: ")


def test_models_and_branches_are_dearest_first_hours_in_time(cli: Inside) -> None:
    """Either way round where asked."""
    models = [row["model"] for row in cli.run("model", "--json").document["model"]]
    assert models[0] == "claude-opus-4-5-20251101"
    assert models == [row["model"] for row in cli.run("model", "--json", "-o", "asc").document["model"]][::-1]
    branches = {row["branch"] for row in cli.run("branch", "--json").document["branch"]}
    assert branches == {"main", "feature/invoice", "=1+1", ""}
    hours = [row["hour"] for row in cli.run("hourly", "--json", *BERLIN).document["hourly"]]
    assert hours[:2] == ["2026-06-02T01:00:00+02:00", "2026-06-02T02:00:00+02:00"]
    assert hours[-1] == "undated"


def test_active_time_stands_beside_days_only_where_asked(cli: Inside) -> None:
    """The total is what the days come to."""
    document = cli.run("daily", "--json", "--active-time").document
    days = {day["date"]: day.get("activeSeconds") for day in document["daily"]}
    assert days == {
        "2026-06-01": 300,
        "2026-06-02": 180 + 190,
        "2026-06-03": 0,
        "2026-06-04": 30,
        "2026-06-05": None,
        "undated": None,
    }
    assert document["totals"]["activeSeconds"] == 700
    assert "activeSeconds" not in cli.run("daily", "--json").stdout
    assert "Active" not in cli.run("daily", "--active-time", "--until", "2020-01-01").stdout
