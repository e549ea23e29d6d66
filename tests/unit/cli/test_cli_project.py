"""`ccmeter project`. `CCMETER_UPDATE_GOLDEN=1 pytest tests/unit/cli/test_cli_project.py` writes the golden files anew."""

from __future__ import annotations

import csv
import io
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from support.inside import Inside
from support.transcripts import Folder, Line, joined, us

if TYPE_CHECKING:
    from support.command import Command

GOLDEN = Path(__file__).parents[2] / "golden" / "project"
UPDATING = bool(os.environ.get("CCMETER_UPDATE_GOLDEN"))
JUNE = us("2026-06-01T12:00:00+00:00")


@pytest.fixture
def cli(person: Command, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Inside:
    """Give somebody with a repository, a worktree of it that is gone, and two folders of one name."""
    inside = Inside.of(person, monkeypatch, capsys)
    for name in ("work/shop/.git", "a/web", "b/web"):
        (person.home / name).mkdir(parents=True)
    own = Line(at_us=JUNE, input_tokens=1_000_000, output_tokens=0, stop_reason="end_turn")
    cwds = ("work/shop", "work/shop/.claude/worktrees/fix", "a/web", "b/web")
    lines = [
        replace(own, message_id=f"msg_{number}", cwd=f"{person.home}/{name}", at_us=JUNE + number * 10**7)
        for number, name in enumerate(cwds)
    ]
    Folder(person.claude).write("-p/s.jsonl", joined([line.assistant() for line in lines]))
    return inside


def golden(name: str, text: str) -> None:
    """Hold a text against its golden file."""
    if UPDATING:
        GOLDEN.mkdir(exist_ok=True)
        (GOLDEN / name).write_text(text, encoding="utf-8", newline="")
    assert (GOLDEN / name).read_bytes().decode("utf-8") == text


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("json.json", ["--json"]),
        ("csv.csv", ["--csv"]),
        ("csv-breakdown.csv", ["--csv", "--breakdown"]),
        ("markdown.md", ["-f", "markdown"]),
        ("tag.json", ["--json", "--group-by", "tag", "--no-cost"]),
    ],
)
def test_what_people_parse_stays_as_it_is(cli: Inside, name: str, arguments: list[str]) -> None:
    """On the sample logs, which never change by themselves."""
    done = cli.run("project", "--demo", *arguments)
    assert (done.status, done.stderr) == (0, "")
    golden(name, done.stdout)


@pytest.mark.parametrize("width", [60, 80, 120, 200])
def test_the_table_fits_its_terminal(cli: Inside, width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """At every width the name and the cost are there."""
    monkeypatch.setenv("COLUMNS", str(width))
    done = cli.run("project", "--demo")
    assert max(map(len, done.stdout.splitlines())) <= width
    golden(f"table-{width}.txt", done.stdout)


def test_options_alone_are_those_of_the_report(cli: Inside) -> None:
    """`project` is a report first; its commands come by name."""
    assert cli.run("project", "--json").document == cli.run("project", "report", "--json").document
    assert cli.run("project").stdout == cli.run("project", "report").stdout
    assert "--group-by" in cli.run("project", "--json", "--help").stdout
    assert "alias" in cli.run("project", "-h").stdout
    assert cli.run("project", "nonsense").status == 2
    assert cli.run("project", "--sort", "colour").status == 2
    assert cli.run("project", "--group-by", "colour").status == 2


def test_a_worktree_is_in_its_repository_unless_it_is_kept_apart(cli: Inside) -> None:
    """Names are as long as tells them apart; files have whole paths."""
    home = cli.person.home
    merged = cli.run("project", "--json", "--sort", "name").document["projects"]
    assert [row["name"] for row in merged] == ["a/web", "b/web", "shop"]
    assert [row["project"] for row in merged] == [f"{home}/a/web", f"{home}/b/web", f"{home}/work/shop"]
    apart = cli.run("project", "--json", "--no-merge-worktrees", "--sort", "name", "-o", "desc").document
    assert [row["name"] for row in apart["projects"]] == ["shop", "fix", "b/web", "a/web"]
    assert apart["totals"]["totalTokens"] == sum(row["totalTokens"] for row in merged) == 4_000_000


def test_other_reports_take_the_same_filters(cli: Inside) -> None:
    """By path, end of path, short name, tag; and worktrees with their repository."""
    cli.run("project", "tag", str(cli.person.home / "a" / "web"), "Work")
    for arguments, tokens in (
        (["-p", "shop"], 2),
        (["-p", "~/work/shop", "--no-merge-worktrees"], 1),
        (["-p", "web"], 2),
        (["-p", "~/a/web"], 1),
        (["--tag", "work"], 1),
        (["--tag", "play"], 0),
    ):
        for report in ("daily", "monthly", "session"):
            totals = cli.run(report, "--json", *arguments).document["totals"]
            assert totals["totalTokens"] == tokens * 1_000_000, (report, arguments)
    shown = cli.run("daily", "--by-project").stdout
    assert "\nshop\n2026-06-01" in shown
    assert "\na/web\n2026-06-01" in shown
    by_project = cli.run("daily", "--by-project", "--json").document["projects"]
    assert f"{cli.person.home}/work/shop" in by_project
    rows = list(csv.DictReader(io.StringIO(cli.run("daily", "--by-project", "--csv").stdout)))
    assert f"{cli.person.home}/work/shop" in [row["project"] for row in rows]


def test_aliases_groups_and_tags_are_kept_in_the_settings(
    cli: Inside, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a person would write them; the report shows them at once."""
    monkeypatch.chdir(cli.person.home / "work")
    assert cli.run("project", "alias", "shop", "My Shop").stdout == "~/work/shop is called My Shop.\n"
    assert cli.run("project", "group", "client", f"{cli.person.home}/work/shop/", "~/a/web").status == 0
    assert cli.run("project", "tag", "~/work/shop", "work", "billable").status == 0
    assert cli.run("project", "tag", ".", "work").stdout == "Tags of ~/work: work.\n"
    assert cli.settings.read_text("utf-8") == (
        '[projects."~/work/shop"]\nalias = "My Shop"\ngroup = "client"\ntags = ["work", "billable"]\n\n'
        '[projects."~/a/web"]\ngroup = "client"\n\n[projects."~/work"]\ntags = ["work"]\n'
    )
    groups = cli.run("project", "--json").document["projects"]
    assert [(row["name"], row["totalTokens"]) for row in groups] == [
        ("client", 3_000_000),
        ("b/web", 1_000_000),
    ]
    alone = cli.run("project", "--json", "--group-by", "project").document["projects"]
    assert [row["name"] for row in alone] == ["My Shop", "a/web", "b/web"]
    tags = cli.run("project", "--json", "--group-by", "tag").document
    assert {row["tag"]: row["totalTokens"] for row in tags["tags"]} == {
        "work": 2_000_000,
        "billable": 2_000_000,
        None: 2_000_000,
    }
    assert tags["overlapping"]
    assert tags["totals"]["totalTokens"] == 4_000_000
    assert "these rows add up" in cli.run("project", "--group-by", "tag").stdout.replace("\n", " ")
    assert cli.run("daily", "--json", "-p", "my shop").document["totals"]["totalTokens"] == 2_000_000


def test_what_was_said_can_be_taken_back(cli: Inside) -> None:
    """Until nothing of it is left in the settings."""
    cli.run("project", "alias", "/gone/x", "X")
    cli.run("project", "group", "g", "/gone/x")
    cli.run("project", "tag", "/gone/x", "a", "b")
    assert cli.run("project", "alias", "/gone/x", "--remove").stdout == "/gone/x has no alias any more.\n"
    assert cli.run("project", "group", "--remove", "/gone/x").stdout == "In no group any more: /gone/x.\n"
    assert cli.run("project", "tag", "/gone/x", "a", "--remove").stdout == "Tags of /gone/x: b.\n"
    assert cli.run("project", "tag", "/gone/x", "b", "--remove").stdout == "/gone/x has no tags any more.\n"
    assert "gone" not in cli.settings.read_text("utf-8")


@pytest.mark.parametrize(
    "arguments",
    [
        ["alias", "/x"],
        ["alias", "/x", "a", "--remove"],
        ["alias", "nowhere", "a"],
        ["alias", "/x", "  "],
        ["alias", "/x", "a" * 81],
        ["group", "a"],
        ["tag", "/x", "\x1b[2J"],
    ],
)
def test_what_cannot_be_said_is_refused(cli: Inside, arguments: list[str]) -> None:
    """With a word on what can; the settings stay as they are."""
    done = cli.run("project", *arguments)
    assert (done.status, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 2
    assert not cli.settings.exists()


def test_projects_are_listed(cli: Inside) -> None:
    """What is known of each, for people and for scripts."""
    cli.run("project", "alias", str(cli.person.home / "work" / "shop"), "Shop")
    listed = cli.run("project", "list", "--json").document["projects"]
    assert [(each["name"], len(each["folders"])) for each in listed] == [
        ("a/web", 1),
        ("b/web", 1),
        ("Shop", 2),
    ]
    assert len(cli.run("project", "list", "--json", "--no-merge-worktrees").document["projects"]) == 4
    shown = cli.run("project", "list").stdout
    assert "Shop" in shown
    assert "Group" not in shown
    assert "webshop" in cli.run("project", "list", "--demo").stdout


def test_without_any_usage_it_says_what_to_do(
    person: Command, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """For the report and for the list."""
    cli = Inside.of(person, monkeypatch, capsys)
    for arguments in (["project"], ["project", "list"]):
        done = cli.run(*arguments)
        assert done.status == 0
        assert done.stdout.startswith("No usage found.")


def test_settings_of_projects_that_cannot_be_used_stop_the_report(cli: Inside) -> None:
    """With the file, the line and the key."""
    cli.configure('[projects."~/work/shop"]\nalais = "Shop"\n')
    done = cli.run("project")
    assert (done.status, done.stdout) == (1, "")
    assert "line 2" in done.stderr
    assert "alias" in done.stderr
