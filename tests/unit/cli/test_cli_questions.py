"""`blocks`, `stats`, `compare` and `trend` as people run them: options, answers, and errors that say what to do."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from ccmeter.cli.ranges import days_of
from ccmeter.domain.errors import UsageError
from support.inside import Inside
from support.transcripts import Folder, Line, joined, us

if TYPE_CHECKING:
    from support.command import Command

MINUTE_US = 60_000_000
JUNE_US = us("2026-06-01T12:00:00+00:00")
DAY_US = 24 * 60 * MINUTE_US
REPORTS = ("blocks", "stats", "trend")


@pytest.fixture
def cli(person: Command, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Inside:
    return Inside.of(person, monkeypatch, capsys)


def call(number: int, at_us: int | None, **changes: Any) -> Line:
    line = Line(message_id=f"msg_{number}", at_us=at_us, input_tokens=1_000_000, output_tokens=1_000)
    return replace(line, stop_reason="end_turn", **changes)


def june(*days: int) -> list[Line]:
    """Give a call at noon of each of these days after the first of June."""
    return [call(number, JUNE_US + day * DAY_US) for number, day in enumerate(days)]


def lately(*minutes: int) -> list[Line]:
    """Give calls so many minutes ago."""
    now_us = int(dt.datetime.now(dt.UTC).timestamp() * 1_000_000)
    return [call(number, now_us - each * MINUTE_US) for number, each in enumerate(minutes)]


def write(cli: Inside, *calls: Line) -> None:
    Folder(cli.person.claude).write("-p/s.jsonl", joined([each.assistant() for each in calls]))


@pytest.mark.parametrize("name", REPORTS)
def test_the_demo_shows_what_it_will_look_like(cli: Inside, name: str) -> None:
    """On sample logs, at 80 columns, without reading anything of yours."""
    done = cli.run(name, "--demo")
    assert (done.status, done.stderr) == (0, "")
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert len(done.stdout.splitlines()) > 8
    assert list(cli.person.home.iterdir()) == []


@pytest.mark.parametrize("name", REPORTS)
def test_without_any_log_it_says_what_to_do(cli: Inside, name: str) -> None:
    """No usage is an answer, not a failure; neither is usage that fits no filter."""
    done = cli.run(name)
    assert done.status == 0
    assert done.stdout.startswith("No usage found.")
    assert f"ccmeter {name} --demo" in done.stdout
    write(cli, *june(0))
    done = cli.run(name, "--until", "2020-01-01")
    assert (done.status, done.stdout[:28]) == (0, "No usage fits these filters.")
    done = cli.run(name, "--model", "gpt")
    assert (done.status, done.stdout[:41]) == (0, "There is no model with 'gpt' in its name.")
    assert cli.run(name, "--json", "--model", "gpt").document["totals"]["messages"] == 0


@pytest.mark.parametrize(
    "arguments",
    [[], ["--since", "2026-06-02"], ["--last", "99999"], ["--model", "opus"], ["--project", "alpha"]],
)
def test_every_total_is_that_of_daily(cli: Inside, arguments: list[str]) -> None:
    """Key for key, for the same filters."""
    write(cli, *june(0, 1, 1, 5), call(7, None), call(8, JUNE_US, model="nobody-knows-it"))
    totals = cli.run("daily", "--json", *arguments).document["totals"]
    for name in REPORTS:
        assert cli.run(name, "--json", *arguments).document["totals"] == totals


def test_active_shows_the_block_of_now_with_its_burn(cli: Inside) -> None:
    """`--token-limit max` is the largest block of all history, whatever is shown."""
    write(cli, *june(0), *[replace(each, message_id=f"now_{n}") for n, each in enumerate(lately(9, 3))])
    (block,) = cli.run("blocks", "--active", "--json", "-t", "max").document["blocks"]
    assert block["isActive"] is True
    assert block["tokenLimitStatus"]["limit"] == 1_001_000
    assert block["tokenLimitStatus"]["status"] == "exceeds"
    assert block["burnRate"]["last5Minutes"]["tokensPerMinute"] == 1_001_000 / 5
    shown = cli.run("blocks", "-a").stdout
    assert "The active block" in shown
    assert "block so far" in shown
    assert "At the block's average it ends with" in shown
    assert len(cli.run("blocks", "--recent", "--json").document["blocks"]) == 1
    (row,) = cli.run("blocks", "-a", "--csv").stdout.splitlines()[1:]
    assert ",active," in row


@pytest.mark.parametrize("report", ["blocks", "trend", "stats", "compare"])
def test_sentences_are_in_the_currency_of_the_table(cli: Inside, report: str) -> None:
    """Not one amount of a page is in dollars where euros were asked for, and numbers are in their style."""
    cli.configure("[currency.rates]\nEUR = 2\n")
    write(cli, *june(0), *[replace(each, message_id=f"now_{n}") for n, each in enumerate(lately(9, 3))])
    sides = ("today", "2026-06") if report == "compare" else ()
    for style in (("--numbers", "point"), ()):
        shown = " ".join(cli.run(report, *sides, "--currency", "EUR", *style).stdout.split())
        assert "€" in shown
        assert "$" not in shown
    if report in {"blocks", "trend"}:
        line = {"blocks": "tokens and €", "trend": "In all €"}[report]
        assert line in shown


def test_without_an_active_block_active_says_so(cli: Inside) -> None:
    """And when the last one was; there is no largest block to measure by where none is over."""
    write(cli, *june(0))
    assert "No block is active: the last usage was 2026-06-01 12:00 (UTC)." in cli.run("blocks", "-a").stdout
    assert cli.run("blocks", "--active", "--json").document["blocks"] == []
    assert "The limit is 1,001,000 tokens." in cli.run("blocks", "-t", "max").stdout


def test_the_newest_block_may_come_first(cli: Inside) -> None:
    """As with ccusage's `blocks --order desc`: gaps keep their places, usage without a time and the total stay last."""
    write(cli, *june(0, 1, 1, 5), call(7, None))
    oldest, newest = (cli.run("blocks", "--json", "--order", way).document for way in ("asc", "desc"))
    assert len(newest["blocks"]) == 5
    assert newest["blocks"] == oldest["blocks"][::-1]
    assert newest["totals"] == oldest["totals"]
    first = [line.split("  ")[0] for line in cli.run("blocks", "-o", "desc").stdout.splitlines()]
    days = [line for line in first if line.startswith("2026-06")]
    assert days == sorted(days, reverse=True)
    assert first.index("undated") > first.index(days[-1])
    assert cli.run("blocks", "--order", "up").status == 2


def test_a_block_lasts_as_long_as_asked(cli: Inside) -> None:
    """Ids stay distinct; a filter moves none of them."""
    write(cli, *[call(number, JUNE_US + number * 50 * MINUTE_US) for number in range(12)])
    for hours, count in (("1", 10), ("5", 2), ("168", 1)):
        blocks = cli.run("blocks", "--json", "-n", hours).document["blocks"]
        ids = [block["id"] for block in blocks]
        assert len(set(ids)) == len(ids)
        assert sum(not block["isGap"] for block in blocks) == count
    assert "5 hours each" in cli.run("blocks").stdout


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (
            ["blocks", "-n", "0"],
            "--session-length cannot be 0.\nIt takes whole hours, 1 to 168: blocks begin with the hour.\n",
        ),
        (
            ["blocks", "-n", "169"],
            "--session-length cannot be 169.\nIt takes whole hours, 1 to 168: blocks begin with the hour.\n",
        ),
        *(
            (
                ["blocks", "-t", limit],
                f"--token-limit cannot be '{limit}'.\nIt takes a number of tokens, or max for your largest block.\n",
            )
            for limit in ("0", "-5", "many", "1.5", "²", "9" * 30)
        ),
        (["trend", "--by", "hour"], "--by cannot be 'hour'.\nIt takes day, week, month.\n"),
        (
            ["trend", "--metric", "x"],
            "--metric cannot be 'x'.\nIt takes cost, tokens, input, output, cache-read, messages.\n",
        ),
        (["stats", "--year", "0"], "--year cannot be 0.\nIt takes a year such as 2026.\n"),
        (
            ["stats", "--year", "2026", "--last", "3"],
            "--year goes without --since, --until and --last.\nUse either, not both.\n",
        ),
        *(
            (
                ["compare", *arguments],
                f"{message}\nName two ranges (2026-09 2026-10), or give --model or --project twice.\n",
            )
            for arguments, message in (
                ([], "There is nothing to compare."),
                (["--model", "opus"], "There is nothing to compare."),
                (["2026"], "A comparison is of two ranges, not of 1."),
                (["1d", "2d", "3d"], "A comparison is of two ranges, not of 3."),
                (["1d", "2d", "--last", "3"], "--since, --until and --last go without ranges."),
                (
                    ["--model", "a", "--model", "b", "-p", "a", "-p", "b"],
                    "Models and projects cannot be compared at once.",
                ),
            )
        ),
    ],
)
def test_wrong_usage_ends_with_2_and_says_what_is_possible(
    cli: Inside, arguments: list[str], told: str
) -> None:
    """The answer stays empty."""
    done = cli.run(*arguments)
    assert (done.status, done.stdout, done.stderr) == (2, "", f"ccmeter: {told}")


def test_a_length_that_is_no_number_is_refused(cli: Inside) -> None:
    """ccusage takes `nan`."""
    for length in ("nan", "0.5", "x"):
        assert cli.run("blocks", "-n", length).status == 2


def test_ranges_are_compared(cli: Inside) -> None:
    """Each side is what `daily` says about it; filters hold for both."""
    write(cli, *june(0, 1, 1, 35), call(9, JUNE_US, model="claude-haiku-4-5-20251001"))
    found = cli.run("compare", "2026-06", "2026-07", "--json", "--model", "opus").document
    assert found["of"] == "ranges"
    for side, range_of in zip(
        found["sides"], (("2026-06-01", "2026-06-30"), ("2026-07-01", "2026-07-31")), strict=True
    ):
        assert (side["since"], side["until"]) == range_of
        since, until = range_of
        daily = cli.run("daily", "--json", "-s", since, "-u", until, "--model", "opus").document
        assert side["totals"] == daily["totals"]
        assert side["activeDays"] == len(daily["daily"])
    assert found["differences"]["messages"] == {"absolute": -2, "relative": -2 / 3}
    shown = cli.run("compare", "2026-06", "2026-07").stdout
    assert shown.startswith("2026-06 and 2026-07  UTC")
    assert "The ranges are not of one length: 30 and 31 days." in shown


def test_models_and_projects_are_compared(cli: Inside) -> None:
    """Two of a kind without ranges; other filters hold for both."""
    haiku = "claude-haiku-4-5-20251001"
    write(cli, *june(0, 1), call(9, JUNE_US, model=haiku), call(10, JUNE_US + 9 * DAY_US, model=haiku))
    found = cli.run("compare", "--model", "opus", "--model", "haiku", "-u", "2026-06-03", "--json").document
    assert (found["of"], [side["name"] for side in found["sides"]]) == ("models", ["opus", "haiku"])
    assert [side["totals"]["messages"] for side in found["sides"]] == [2, 1]
    write(cli, call(1, JUNE_US, cwd="/home/dev/a"), call(2, JUNE_US, cwd="/home/dev/b"))
    shown = cli.run("compare", "-p", "a", "-p", "b", "--no-cost").stdout
    assert shown.startswith("a and b")
    assert "$" not in shown


def test_a_comparison_of_nothing_says_where_there_is_some(cli: Inside) -> None:
    """`compare` cannot be asked without its two sides, so that is not what helps."""
    write(cli, *june(0, 1))
    shown = " ".join(cli.run("compare", "2020", "2021").stdout.split())
    assert shown == "Neither 2020 nor 2021 has usage that fits. `ccmeter monthly` lists all months."
    shown = " ".join(cli.run("compare", "--model", "oput", "--model", "nosnet").stdout.split())
    assert shown.startswith("There is no model with 'oput' in its name. Did you mean claude-opus-4-5")
    shown = " ".join(
        cli.run("compare", "--model", "opus", "--model", "OPUS", "-s", "2030-01-01").stdout.split()
    )
    assert shown == "Neither opus nor OPUS has usage that fits. `ccmeter model` lists all models."


def test_the_year_is_a_filter(cli: Inside) -> None:
    """Statistics of a year are those of its days."""
    write(cli, *june(0, 1), call(9, JUNE_US - 365 * DAY_US))
    found = cli.run("stats", "--year", "2025", "--json").document
    assert found["totals"]["messages"] == 1
    assert (found["heatMap"]["since"], found["heatMap"]["until"]) == ("2025-01-01", "2025-12-31")
    assert found["streaks"]["current"] is None
    shown = cli.run("stats", "--year", "2025", "--start-of-week", "sunday", "--no-cost").stdout
    assert "Usage at a glance" in shown
    assert "$" not in shown


def test_the_trend_takes_steps_and_measures(cli: Inside) -> None:
    """Days between are zero, in every format."""
    write(cli, *june(0, 3))
    series = cli.run("trend", "--metric", "messages", "--json").document["trend"]
    assert [(each["date"][-2:], each["value"]) for each in series] == [
        ("01", 1),
        ("02", 0),
        ("03", 0),
        ("04", 1),
    ]
    assert cli.run("trend", "--csv", "--metric", "tokens").stdout.split()[:2] == [
        "date,total_tokens",
        "2026-06-01,1001000",
    ]
    weeks = cli.run("trend", "--by", "week", "--start-of-week", "wednesday", "--json").document["trend"]
    assert [each["week"] for each in weeks] == ["2026-05-27", "2026-06-03"]
    assert "Cost by month" in cli.run("trend", "--by", "month").stdout


@pytest.mark.parametrize(
    ("named", "first", "last"),
    [
        ("2026-10", "2026-10-01", "2026-10-31"),
        ("2024", "2024-01-01", "2024-12-31"),
        ("7d", "2026-11-15", "2026-11-21"),
        ("2W", "2026-11-08", "2026-11-21"),
        ("yesterday", "2026-11-20", "2026-11-20"),
        ("monday", "2026-11-16", "2026-11-16"),
        ("20261003", "2026-10-03", "2026-10-03"),
        ("2026-10-01..2026-10-15", "2026-10-01", "2026-10-15"),
        ("2026-09..2026-10", "2026-09-01", "2026-10-31"),
        ("14d..8d", "2026-11-08", "2026-11-14"),
    ],
)
def test_ranges_as_people_name_them(named: str, first: str, last: str) -> None:
    """Both ends are included."""
    assert [str(day) for day in days_of(named, dt.date(2026, 11, 21))] == [first, last]


@pytest.mark.parametrize(
    ("named", "told"),
    [
        ("2026-10-01..", "has only one end"),
        ("..today", "has only one end"),
        ("2026-10..2026-09", "ends before it begins"),
        ("soon", "is not a day"),
        ("3026", "is not a day"),
        ("2026-13", "is not a day"),
    ],
)
def test_ranges_that_are_none(named: str, told: str) -> None:
    """Are refused with what is possible."""
    with pytest.raises(UsageError, match=told) as raised:
        days_of(named, dt.date(2026, 11, 21))
    assert raised.value.hint
