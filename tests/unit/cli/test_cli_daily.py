import datetime as dt
import json
import os
import signal
import threading
from decimal import Decimal
from pathlib import Path

import pytest

from ccmeter.cli.front import with_command
from support.command import Command
from support.inside import Inside
from support.transcripts import Folder, Line, joined

JUNE = int(dt.datetime(2026, 6, 1, 12, tzinfo=dt.UTC).timestamp() * 1e6)
DAY_US = 86_400 * 10**6


@pytest.fixture
def cli(person: Command, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Inside:
    return Inside.of(person, monkeypatch, capsys)


def call(number: int, model: str = "claude-opus-4-5-20251101", *, tokens: int = 1_000_000) -> Line:
    return Line(
        message_id=f"msg_{number}",
        model=model,
        at_us=JUNE + number * DAY_US,
        input_tokens=tokens,
        output_tokens=0,
        stop_reason="end_turn",
    )


def write(cli: Inside, *calls: Line) -> None:
    Folder(cli.person.claude).write("-p/s.jsonl", joined([each.assistant() for each in calls]))


def test_the_demo_shows_every_mark_and_reads_nothing_of_yours(cli: Inside) -> None:
    """It is the first thing somebody without logs sees, and leaves nothing behind."""
    done = cli.run("daily", "--demo")
    assert done.status == 0
    assert done.stderr == ""
    assert "* Output is a lower bound" in done.stdout
    assert "+ Cost is a lower bound" in done.stdout
    assert "opus-4.8 fast" in done.stdout
    assert done.stdout.count("2026-11-") == 14
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert list(cli.person.home.iterdir()) == []


def test_the_demo_takes_all_options(cli: Inside) -> None:
    """What is tried out on it works later."""
    document = cli.run("daily", "--demo", "--json", "--by-project", "-p", "webshop", "--no-ingest").document
    assert list(document["projects"]) == ["/home/sam/work/webshop"]
    shown = cli.run("daily", "--demo", "--breakdown", "--order", "desc", "--last", "99999").stdout
    assert shown.index("2026-11-20") < shown.index("2026-11-03")
    assert "└ " in shown


def test_without_any_log_it_says_what_to_do(cli: Inside) -> None:
    """No usage is an answer, not a failure."""
    done = cli.run("daily")
    assert done.status == 0
    assert done.stdout.startswith("No usage found.")
    assert "ccmeter doctor" in done.stdout
    assert "ccmeter daily --demo" in done.stdout


def test_with_filters_that_fit_nothing_it_says_so(cli: Inside) -> None:
    """There is usage; it must not look like none."""
    write(cli, call(0))
    done = cli.run("daily", "--until", "2020-01-01")
    assert (done.status, done.stdout[:28]) == (0, "No usage fits these filters.")
    done = cli.run("daily", "--model", "gpt")
    assert (done.status, done.stdout[:41]) == (0, "There is no model with 'gpt' in its name.")


def test_days_models_and_sessions_can_be_left_out(cli: Inside) -> None:
    """Filters of different kinds all hold."""
    write(cli, call(0), call(1), call(2, "claude-haiku-4-5-20251001"))
    for arguments, days in (
        (["--since", "2026-06-02"], ["2026-06-02", "2026-06-03"]),
        (["--until", "20260602"], ["2026-06-01", "2026-06-02"]),
        (["--model", "HAIKU"], ["2026-06-03"]),
        (["--session", "session-2"], []),
        (["--project", "/home/dev/alpha/", "--since", "2026-06"], ["2026-06-01", "2026-06-02", "2026-06-03"]),
        (["-z", "pacific/kiritimati", "--until", "2026-06-02"], ["2026-06-02"]),
    ):
        document = cli.run("daily", "--json", *arguments).document
        assert [day["date"] for day in document["daily"]] == days


def test_own_prices_reach_the_cost(cli: Inside) -> None:
    """From the settings file to the cell: multiplier, own models, aliases; exact to the digit."""
    write(cli, call(0), call(1, "qwen4"), call(2, "profile/x"), call(3, "nobody-knows-it"))
    assert _costs(cli) == [Decimal(5), None, None, None]
    cli.configure(
        "[pricing]\nmultiplier = 0.5\n"
        'aliases = { "profile/x" = "claude-opus-4-5" }\n'
        "[pricing.models.qwen4]\ninput = 0.3\noutput = 1\n"
    )
    assert _costs(cli) == [Decimal("2.5"), Decimal("0.15"), Decimal("2.5"), None]
    assert "has no known price" not in cli.run("daily", "--no-cost").stdout


def test_settings_that_cannot_be_used_stop_the_command(cli: Inside) -> None:
    """A report with other prices than those set would be wrong in silence."""
    write(cli, call(0))
    cli.configure("[pricing]\nmultiplyer = 0.5\n")
    done = cli.run("daily")
    assert (done.status, done.stdout) == (1, "")
    told = (
        f"ccmeter: {cli.settings}, line 2: pricing.multiplyer is not a setting.\nDid you mean multiplier?\n"
    )
    assert done.stderr == told


def test_a_cost_that_the_log_states_counts_by_the_mode(cli: Inside) -> None:
    """`auto` takes it, `calculate` does not, `display` takes nothing else."""
    stated = Line(at_us=JUNE, input_tokens=1_000_000, output_tokens=0, cost_usd=1.25, stop_reason="end_turn")
    write(cli, stated)
    for mode, cost in (("auto", "1.25"), ("calculate", "5"), ("display", "1.25")):
        assert cli.run("daily", "--json", "-m", mode).document["totals"]["costExact"] == cost


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--order", "up"], "--order cannot be 'up'.\nIt takes asc, desc.\n"),
        (["--mode", "x"], "--mode cannot be 'x'.\nIt takes auto, calculate, display.\n"),
        (["-z", "Europe/Berln"], "There is no time zone 'Europe/Berln'.\nDid you mean Europe/Berlin?\n"),
        (
            ["--last", "3", "--since", "7d"],
            "--last goes without --since and --until.\nUse either, not both.\n",
        ),
        (["--last", "0"], "--last cannot be 0.\n--last 1 is today alone.\n"),
        (["--json", "--csv"], "One format at a time: csv and json were asked for.\n"),
        (
            ["--format", "xml"],
            "There is no format 'xml'.\nFormats: csv, html, json, jsonl, markdown, parquet, table, xlsx.\n",
        ),
        (
            ["--claude-dir", "/none"],
            "There is no folder /none.\n--claude-dir takes a folder such as ~/.claude.\n",
        ),
    ],
)
def test_wrong_usage_ends_with_2_and_says_what_is_possible(
    cli: Inside, arguments: list[str], told: str
) -> None:
    """The answer stays empty; what went wrong stands on standard error, then what to do."""
    done = cli.run("daily", *arguments)
    assert (done.status, done.stdout, done.stderr) == (2, "", f"ccmeter: {told}")


@pytest.mark.parametrize(
    ("line", "what", "remedy"),
    [
        ("daily --last x", "--last is refused: it must be a whole number, not 'x'.", "daily -h"),
        ("sql --timeout x", "--timeout is refused: it must be a number, not 'x'.", "sql -h"),
        ("daily --last", "--last needs a value.", "daily -h"),
        ("daily -z", "-z needs a value.", "daily -h"),
        ("--config", "--config needs a value.", " -h"),
        ("daily --breakdown=3", "--breakdown takes no value.", "daily -h"),
        ("daily --zzzz", "There is no option --zzzz.", "daily -h"),
        ("--brakdown", "There is no option --brakdown.", "Did you mean --breakdown?"),
        ("config --nope", "There is no option --nope.", "config -h"),
        ("config show daily --brakdown", "There is no option --brakdown.", "Did you mean --breakdown?"),
        ("-x", "There is no option -x.", "daily -h"),
        ("nope", "There is no command nope.", "daily, "),
        ("dialy", "There is no command dialy.", "Did you mean daily?"),
        ("daily x", "There is no place for x.", "daily -h"),
        ("daily x y", "There is no place for 'x y'.", "daily -h"),
        ("daily x\x1b[2J", "There is no place for x\\x1b[2J.", "daily -h"),
        ("config", "`ccmeter config` needs a command.", "There are: show, edit,"),
        ("config shw", "There is no command config shw.", "Did you mean show?"),
        ("config set order", "An argument is missing: VALUE.", "config set -h"),
        ("completion", "An argument is missing: bash|zsh|fish|powershell.", "completion -h"),
        ("completion tcsh", "The shell cannot be 'tcsh'.", "It takes bash"),
        ("daily --order up", "--order cannot be 'up'.", "It takes asc, desc."),
    ],
)
def test_wrong_usage_has_one_shape(cli: Inside, line: str, what: str, remedy: str) -> None:
    """What is wrong, then what to do, and the same status, whoever finds it."""
    done = cli.run(*with_command(line.split(" ")))
    assert (done.status, done.stdout) == (2, "")
    said, hint, *others = done.stderr.splitlines()
    assert (said, others) == (f"ccmeter: {what}", [])
    assert remedy in hint


def test_without_a_store_no_ingest_is_an_error(cli: Inside) -> None:
    """There is nothing to report from, and that is not the same as no usage."""
    write(cli, call(0))
    done = cli.run("daily", "--no-ingest")
    assert done.status == 1
    assert "There is no store at" in done.stderr
    assert "Leave out --no-ingest" in done.stderr


def test_no_ingest_reports_what_was_read_before(cli: Inside) -> None:
    """The logs are not even looked at."""
    write(cli, call(0))
    assert cli.run("ingest").status == 0
    write(cli, call(0), call(1))
    assert len(cli.run("daily", "--json", "--no-ingest").document["daily"]) == 1
    assert len(cli.run("daily", "--json").document["daily"]) == 2


def test_folders_are_read_by_flag_then_environment_then_default(
    cli: Inside, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The nearer one replaces the others, and each has a store here, because a store keeps what it has read."""
    places = {name: tmp_path / name for name in ("flag", "named", "also-named")}
    for number, folder in enumerate((*places.values(), cli.person.claude)):
        Folder(folder).write("-p/s.jsonl", joined([call(number).assistant()]))
    later = cli.person.home / ".config" / "claude"
    Folder(later).write("-p/s.jsonl", joined([call(9).assistant()]))

    def days(store: str, *arguments: str) -> list[str]:
        document = cli.run("daily", "--json", "--data-dir", str(tmp_path / store), *arguments).document
        return [day["date"] for day in document["daily"]]

    assert days("a") == ["2026-06-04", "2026-06-10"]
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", f"{places['named']},{places['also-named']}")
    assert days("b") == ["2026-06-02", "2026-06-03"]
    assert days("c", "--claude-dir", str(places["flag"])) == ["2026-06-01"]


def test_a_file_takes_the_format_of_its_name(cli: Inside, tmp_path: Path) -> None:
    """Standard output stays empty, and the file is as it would have been printed."""
    write(cli, call(0))
    for ending, name in (("csv", "csv"), ("json", "json"), ("md", "markdown")):
        file = tmp_path / f"report.{ending}"
        done = cli.run("daily", "--output", str(file))
        assert (done.status, done.stdout, done.stderr) == (0, "", f"Written: {file}\n")
        printed = cli.run("daily", "-f", name).stdout
        assert file.read_text(encoding="utf-8") == printed.replace("\r\n", "\n")
    refused = cli.run("daily", "--output", str(file))
    assert refused.status == 1
    assert "exists already" in refused.stderr
    assert cli.run("daily", "--output", str(file), "--force").status == 0


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no such way to read slowly")
def test_an_interrupt_ends_with_130_and_no_traceback(cli: Inside, tmp_path: Path) -> None:
    """As a shell says it for every program. The settings come from a pipe here, so that reading them takes a while."""
    os.mkfifo(tmp_path / "slow.toml")
    os.environ["CCMETER_CONFIG"] = str(tmp_path / "slow.toml")

    def interrupt() -> None:
        with (tmp_path / "slow.toml").open("wb") as pipe:
            pipe.write(b"#" * (1 << 17))  # more than a pipe holds: it is being read when this is done
            # the pipe ends right after: a signal between two reads would be noticed only when the next one returns
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    done = cli.run("daily")
    thread.join()
    assert (done.status, done.stdout) == (130, "")
    assert "Traceback" not in done.stderr


def _costs(cli: Inside) -> list[Decimal | None]:
    days = json.loads(cli.run("daily", "--json").stdout)["daily"]
    return [None if day["costExact"] is None else Decimal(day["costExact"]) for day in days]
