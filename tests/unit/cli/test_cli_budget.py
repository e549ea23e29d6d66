import datetime as dt
import io
import json
import os
import pty
import select
import sys

import pytest

from support.command import Command
from support.inside import Inside
from support.transcripts import Folder, Line, joined, us

DAYS = 30


@pytest.fixture
def cli(person: Command, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Inside:
    """Give somebody who spent something on each of the last days."""
    now = dt.datetime.now(dt.UTC)
    lines = [
        Line(
            message_id=f"m{back}",
            at_us=us((now - dt.timedelta(days=back)).isoformat()),
            cwd="/home/dev/shop",
            output_tokens=100_000,
        ).assistant()
        for back in range(DAYS)
    ]
    Folder(person.claude).write("-p/s.jsonl", joined(lines))
    return Inside.of(person, monkeypatch, capsys)


def test_a_budget_is_set_shown_and_taken_out(cli: Inside) -> None:
    """In its table, and as JSON with exact amounts."""
    assert "No budgets are set." in cli.run("budget", "list").stdout
    done = cli.run("budget", "set", "$1,000", "--per", "month")
    assert done.status == 0, done.stderr
    assert done.stderr.startswith("The budget is $1,000.00 per month. It stands in ")
    assert "is now $2.00 per month" in cli.run("budget", "set", "2").stderr
    cli.run("budget", "set", "1", "--per", "day", "--project", "shop")
    table = cli.run("budget", "list").stdout
    assert "$2.00 per month" in table
    assert "$1.00 per day, shop" in table
    month, day = cli.run("budget", "list", "--json").document["budgets"]
    assert (month["name"], month["amountUsd"], month["pastDays"]) == ("month", "2", DAYS - 1)
    assert float(month["spentUsd"]) > 0
    assert float(month["expectedUsd"]["p10"]) <= float(month["expectedUsd"]["p50"])
    assert float(day["spentUsd"]) > 0
    assert cli.run("budget", "remove", "--per", "day", "-p", "shop").status == 0
    done = cli.run("budget", "remove", "--per", "day", "-p", "shop")
    assert (done.status, "There is no budget for day shop." in done.stderr) == (2, True)


@pytest.mark.parametrize(
    "arguments", [["x"], ["0"], ["-5"], ["nan"], ["5", "--per", "year"], ["5", "--currency", "EUR"]]
)
def test_what_is_no_budget_is_refused(arguments: list[str], cli: Inside) -> None:
    """And nothing is written."""
    assert cli.run("budget", "set", *arguments).status == 2
    assert not cli.settings.exists()


def test_a_budget_is_in_the_currency_of_reports(cli: Inside) -> None:
    """From the file, the environment or the option."""
    cli.configure('[currency]\ncode = "EUR"\nrates.EUR = 0.5\n')
    assert "€10.00 per month" in cli.run("budget", "set", "10").stderr
    (found,) = cli.run("budget", "list", "--json").document["budgets"]
    assert (found["currency"], found["amountUsd"]) == ("EUR", "20")
    assert "$10.00 per month" in cli.run("budget", "set", "10", "--currency", "USD").stderr


def test_reports_on_periods_and_projects_say_how_budgets_go(cli: Inside) -> None:
    """Not where cost is left out, not in the demo, not in other reports; JSON stays as it is."""
    plain = cli.run("daily", "--json").stdout
    cli.run("budget", "set", "1000")
    for report in ("daily", "weekly", "monthly", "project"):
        assert "Budget $1,000.00 per month: " in cli.run(report).stdout, report
    for arguments in (
        ["daily", "--no-cost"],
        ["daily", "--demo"],
        ["model"],
        ["hourly"],
        ["project", "--no-cost"],
    ):
        assert "Budget " not in cli.run(*arguments).stdout, arguments
    assert cli.run("daily", "--json").stdout == plain


def test_weeks_begin_as_the_settings_say(cli: Inside) -> None:
    """In the environment or the file."""
    cli.configure('start-of-week = "monday"\n[[budgets]]\namount = 9\nper = "week"\n')
    (found,) = cli.run("budget", "list", "--json").document["budgets"]
    assert dt.date.fromisoformat(found["since"]).isoweekday() == 1
    (found,) = cli.run("budget", "list", "--json", "--start-of-week", "friday").document["budgets"]
    assert dt.date.fromisoformat(found["since"]).isoweekday() == 5


def test_ingest_tells_of_a_budget_once(cli: Inside) -> None:
    """On standard error; then not again. The list has it."""
    assert "No alerts are set" in cli.run("alerts", "list").stdout
    assert "no alerts and no budgets" in cli.run("alerts", "check").stderr
    cli.configure('[[budgets]]\namount = 0.01\n[notify]\nchannels = ["command"]\n')
    first = cli.run("ingest")
    assert (first.status, first.stderr.count("Alert: Budget of $0.01 per month: ")) == (0, 1)
    assert "The channel command failed: [notify.command] is not set." in first.stderr
    assert "Alert" not in cli.run("ingest").stderr
    table = cli.run("alerts", "list").stdout
    assert "any budget is spent to 50%, 80%, 100% or is expected to be" in table
    assert "FAILED" in table
    document = cli.run("alerts", "list", "--json").document
    assert [each["level"] for each in document["episodes"] if each["told"]] == ["100%"]
    checked = cli.run("alerts", "check", "--no-ingest")
    assert (checked.status, checked.stdout) == (0, "3 of 3 conditions met.\n")


def test_rules_on_limits_are_listed_in_words(cli: Inside) -> None:
    """Of every kind; what was not told yet is said."""
    cli.configure(
        '[[alerts]]\nwhen = "level"\nwindow = "5h"\nused = 80\nchannels = []\n'
        '[[alerts]]\nwhen = "forecast"\n[[alerts]]\nwhen = "budget"\nbudget = "day"\nat = []\nforecast = false\n'
    )
    done = cli.run("alerts", "list", "--json")
    assert [each["told"] for each in done.document["rules"]] == [
        "5-hour limit is used to 80%",
        "any limit will run out before its reset with a chance of 50%",
        "budget day never",
    ]
    assert "Nothing was told yet." in cli.run("alerts", "list").stdout
    assert cli.run("alerts", "check").stdout.endswith("conditions met.\n")


def test_a_channel_can_be_tried(cli: Inside) -> None:
    """What fails has a reason; what there is not is refused."""
    cli.configure(f"[notify.command]\nargv = [{json.dumps(sys.executable)}, '-c', '']\n")
    assert cli.run("alerts", "test", "command").stderr == "Sent by command.\n"
    failed = cli.run("alerts", "test", "webhook")
    assert (failed.status, "The channel webhook failed: [notify.webhook] is not set." in failed.stderr) == (
        1,
        True,
    )
    assert cli.run("alerts", "test", "pigeon").status == 2
    cli.configure('secrets = "file"\n[notify.webhook]\nurl = "keyring:none"\n')
    assert "There is no secret none.\n" in cli.run("alerts", "test", "webhook").stderr


def test_bell_and_notification_reach_a_terminal(cli: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    """A real one."""
    leader, follower = pty.openpty()
    with os.fdopen(leader, "rb", buffering=0) as seen, os.fdopen(follower, "w") as terminal:
        monkeypatch.setattr(sys, "stderr", terminal)
        for channel in ("bell", "osc"):
            from ccmeter.__main__ import run

            assert run(["alerts", "test", channel]) == 0
        terminal.flush()
        shown = b""
        while (
            b"\x1b]9;ccmeter: This is a test of the channel osc.\x07" not in shown
        ):  # a read gives what has come so far
            assert select.select([seen], [], [], 60)[0]
            shown += os.read(seen.fileno(), 10_000)
    assert shown.startswith(b"\x07")


def test_a_secret_is_read_from_standard_input(cli: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    """Never from an argument; where it is kept is said, it itself is not."""
    cli.configure('secrets = "file"\n')
    monkeypatch.setattr(sys, "stdin", io.StringIO("t0ps3cret\n"))
    done = cli.run("alerts", "secret", "set", "hook")
    assert (done.status, "a file that only you may read" in done.stderr) == (0, True)
    assert "t0ps3cret" not in done.stderr + done.stdout
    assert json.loads((cli.settings.parent / "secrets.json").read_text()) == {"hook": "t0ps3cret"}
    assert cli.run("alerts", "secret", "remove", "hook").status == 0
    assert cli.run("alerts", "secret", "remove", "hook").status == 2
    monkeypatch.setattr(sys, "stdin", io.StringIO("\n"))
    assert cli.run("alerts", "secret", "set", "hook").status == 2


def test_a_secret_is_asked_for_at_a_terminal(cli: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without showing it."""
    import getpass

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    cli.configure('secrets = "file"\n')
    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr(getpass, "getpass", lambda prompt: f"{prompt}x")
    assert cli.run("alerts", "secret", "set", "hook").status == 0
    assert json.loads((cli.settings.parent / "secrets.json").read_text()) == {"hook": "Secret hook: x"}


def test_a_store_that_is_busy_does_not_fail_the_ingest(cli: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is new waits for the next check."""
    from ccmeter.alerts import check
    from ccmeter.domain.errors import StoreBusyError

    def busy(*_: object) -> None:
        raise StoreBusyError("The store is in use.")

    cli.configure("[[budgets]]\namount = 0.01\n")
    monkeypatch.setattr(check, "tell", busy)
    done = cli.run("ingest")
    assert (done.status, done.stderr) == (0, "Alerts wait for the next check: The store is in use.\n")


def test_a_settings_file_without_budgets_has_no_notes(cli: Inside) -> None:
    """Whatever else it says."""
    cli.configure('order = "desc"\n')
    assert "Budget" not in cli.run("daily").stdout
