"""The status line hook as Claude Code runs it: real processes, many at once, ended in the middle."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from support.command import CCMETER, TIMEOUT_S, Command
from support.transcripts import Line, stamp

if TYPE_CHECKING:
    from pathlib import Path

SESSION = "5e551011-0000-4000-8000-000000000001"
RATES_PICO = {"input": 5_000_000, "output": 25_000_000}
"""Of the model below; a golden test holds them."""


def hook(person: Command, content: bytes, *options: str, **more: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [*CCMETER, "statusline", *options],
        input=content,
        env=person.env(NO_COLOR="1", **more),
        capture_output=True,
        timeout=TIMEOUT_S,
        check=False,
    )


def transcript(person: Command) -> Path:
    return person.claude / "projects" / "-home-dev-shop" / f"{SESSION}.jsonl"


def said(person: Command, **document: Any) -> bytes:
    known = {
        "session_id": SESSION,
        "transcript_path": str(transcript(person)),
        "model": {"id": "claude-opus-4-5", "display_name": "Opus 4.5"},
        "cost": {"total_cost_usd": 0.5},
        "rate_limits": {"five_hour": {"used_percentage": 42, "resets_at": int(time.time()) + 7_230}},
    }
    return json.dumps(known | document).encode()


def log(person: Command, *numbers: int, output_tokens: int = 40_000, **more: Any) -> None:
    """Write calls of a dollar each, as they come just now; with fewer tokens, their first lines."""
    file = transcript(person)
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("ab") as opened:
        for number in numbers:
            line = Line(
                message_id=f"msg_{number}",
                session=SESSION,
                at_us=time.time_ns() // 1_000,
                input_tokens=0,
                output_tokens=output_tokens,
                **more,
            )
            opened.write(line.assistant() + b"\n")


def session_cost(person: Command) -> str:
    done = hook(person, said(person), "--no-refresh", "--template", "{session_cost} {today} {block_cost}")
    assert (done.returncode, done.stderr) == (0, b"")
    return done.stdout.decode().strip()


def test_new_calls_show_before_they_are_read(person: Command) -> None:
    """A call counts from its first line on, once, whether it was read before or comes now, or both."""
    log(person, 1, 2)
    assert person.run("ingest").status == 0
    assert session_cost(person) == "$2.00 $2.00 $2.00"
    log(person, 2, 3)
    assert session_cost(person) == "$3.00 $3.00 $3.00"
    log(person, 4, output_tokens=20_000)
    assert session_cost(person) == "$3.50 $3.50 $3.50"
    assert person.run("ingest").status == 0
    assert session_cost(person) == "$3.50 $3.50 $3.50"
    log(person, 4)
    assert session_cost(person) == "$4.00 $4.00 $4.00"
    assert person.run("daily", "--json").document["totals"]["costExact"] == "4"


def test_a_model_that_was_never_met_has_its_price_at_once(person: Command) -> None:
    """From the cards in the snapshot, by its name and by that with a day; one without a card is unknown, not $0.00."""
    (person.claude / "projects").mkdir(parents=True)
    assert person.run("ingest").status == 0
    log(person, 1)
    assert session_cost(person) == "$1.00 $1.00 $1.00"
    assert person.run("ingest").status == 0
    assert session_cost(person) == "$1.00 $1.00 $1.00"


def test_a_model_without_a_price_is_unknown(person: Command) -> None:
    (person.claude / "projects").mkdir(parents=True)
    assert person.run("ingest").status == 0
    log(person, 1, model="claude-opus-99")
    for _ in range(2):
        done = hook(
            person, said(person, cost={}), "--no-refresh", "--template", "{session_cost} {today} {block_cost}"
        )
        assert done.stdout.decode() == "? ? ?\n"
        assert person.run("ingest").status == 0


def test_currency_is_that_of_reports(person: Command) -> None:
    log(person, 1, 2)
    assert person.run("ingest").status == 0
    file = person.home / "config.toml"
    file.write_text('currency.code = "EUR"\n[currency.rates]\nEUR = 0.92\n', "utf-8")
    options = ("--no-refresh", "--template", "{today}", "--config", str(file))
    for _ in range(2):
        assert hook(person, said(person), *options).stdout.decode() == "€1.84\n"
        report = person.run("daily", "--config", str(file))
        assert "€1.84" in report.stdout
        assert person.run("ingest", "--config", str(file)).status == 0


def test_readings_reach_the_store(person: Command) -> None:
    log(person, 1)
    hook(person, said(person), "--no-refresh")
    assert person.run("ingest").status == 0
    rows = person.run("sql", "--json", "select count(*) as n from limits")
    assert rows.status == 0, rows.stderr
    assert json.loads(rows.stdout)[0]["n"] == 1


def test_without_a_store_it_says_what_it_is_told(person: Command) -> None:
    done = hook(person, said(person), "--no-refresh")
    assert done.stdout.decode() == "Opus 4.5 · ~$0.50 · 5h 42% ↓ 2h00m\n"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n",
        b"{",
        b"null",
        b"[]",
        b"\xff\xfe\x00",
        b"{" * 200_000,
        b'{"session_id": {}, "rate_limits": [1], "model": 5, "cost": "x"}',
        b'{"session_id": "s", "transcript_path": "/dev/null", "rate_limits": {"five_hour": {"used_percentage": 1795260000}}}',
        b'{"session_id": "s", "transcript_path": "/", "cost": {"total_cost_usd": NaN}}',
        b'{"x": "' + b"y" * 20_000_000 + b'"}',
    ],
    ids=range(11),
)
def test_any_input_ends_well(person: Command, content: bytes) -> None:
    done = hook(person, content, "--no-refresh")
    assert (done.returncode, done.stderr, done.stdout.count(b"\n")) == (0, b"", 1)


@pytest.mark.parametrize("what", ["snapshot", "folder", "settings", "spool"])
def test_any_state_of_the_folders_ends_well(person: Command, what: str) -> None:
    """A broken snapshot, a file where the folder should be, settings that are none, a folder in place of the spool's file."""
    if what == "folder":
        person.data.write_text("in the way", "utf-8")
    else:
        person.data.mkdir()
    if what == "snapshot":
        (person.data / "snapshot.json").write_bytes(b"\0" * 1_000)
    if what == "spool":
        (person.data / "spool").write_text("in the way", "utf-8")
    config = person.home / "config.toml"
    config.write_text("[statusline\n" if what == "settings" else "", "utf-8")
    done = hook(person, said(person), CCMETER_CONFIG=str(config))
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.decode().startswith("Opus 4.5 · ~$0.50")


def test_closed_streams_end_well(person: Command) -> None:
    command = f'"{sys.executable}" -m ccmeter statusline --no-refresh'
    for closed in ("<&-", ">&-", "2>&-", "<&- >&- 2>&-"):
        done = subprocess.run(
            ["/bin/sh", "-c", f"{command} {closed}"], env=person.env(), stdin=subprocess.DEVNULL, check=False
        )
        assert done.returncode == 0


def test_wrapped_command_never_takes_the_line_away(person: Command) -> None:
    known = said(person)
    assert hook(person, known, "--no-refresh", "--wrap", "cat | wc -c").stdout.decode().splitlines() == [
        str(len(known)),
        "Opus 4.5 · ~$0.50 · 5h 42% ↓ 2h00m",
    ]
    slow = hook(person, known, "--no-refresh", "--wrap", "sleep 60", "--wrap-timeout", "0.2")
    assert (slow.returncode, slow.stdout.decode()) == (0, "Opus 4.5 · ~$0.50 · 5h 42% ↓ 2h00m\n")
    broken = hook(person, known, "--no-refresh", "--wrap", "no-such-program", COLUMNS="80")
    assert broken.stdout.decode() == "Opus 4.5 · ~$0.50 · 5h 42% ↓ 2h00m\n"
    both = hook(person, known, "--no-refresh", "--wrap", "echo mine", COLUMNS="80")
    assert both.stdout.decode() == "mine · Opus 4.5 · ~$0.50 · 5h 42% ↓ 2h00m\n"


def test_wrapped_command_goes_when_claude_code_cancels(person: Command) -> None:
    told = person.home / "pid"
    process = subprocess.Popen(
        [*CCMETER, "statusline", "--no-refresh", "--wrap", f"echo $$ > {told}; sleep 60"],
        env=person.env(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    pid = int(until(lambda: told.exists() and told.read_text().strip()))
    process.send_signal(signal.SIGTERM)
    assert process.wait(TIMEOUT_S) == 0
    until(lambda: not is_alive(pid))


def test_wrapped_command_goes_when_claude_code_cancels_while_it_starts(person: Command) -> None:
    """A signal that comes as early as the command itself: it ends us well, and the command does not live on."""
    for number in range(5):
        told = person.home / f"pid-{number}"
        wrapped = f"kill -TERM $PPID; echo $$ > {told}; exec sleep 60"
        done = hook(person, said(person), "--no-refresh", "--wrap", wrapped)
        assert (done.returncode, done.stdout) == (0, b"")
        assert not told.exists() or not told.read_text() or until(lambda: not is_alive(int(told.read_text())))  # noqa: B023


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def until(what: Any) -> Any:
    """Wait for something that is bound to come."""
    for _ in range(TIMEOUT_S * 50):
        if found := what():
            return found
        time.sleep(0.02)
    raise AssertionError("it never came")


def readings(person: Command) -> list[Any]:
    files = person.data.glob("spool/*.jsonl")
    return [json.loads(line) for file in files for line in file.read_text("utf-8").splitlines()]


def test_stale_snapshot_is_renewed(person: Command) -> None:
    """The first run of all starts the reading of the logs, and the next one knows."""
    log(person, 1)
    assert hook(person, said(person)).returncode == 0
    until((person.data / "snapshot.json").exists)
    assert session_cost(person) == "$1.00 $1.00 $1.00"


def test_two_hundred_at_once_do_no_harm(person: Command) -> None:
    """Every line is whole, no reading is lost, and the logs are read by one process at most at a time."""
    log(person, 1)
    running = []
    for number in range(200):
        process = subprocess.Popen(
            [*CCMETER, "statusline"],
            env=person.env(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        running.append((process, said(person, session_id=f"session-{number}")))
    for process, content in running:
        output, errors = process.communicate(content, TIMEOUT_S)
        assert (process.returncode, errors, output.count(b"\n")) == (0, b"", 1)
    started_us, _, tries = (person.data / "refresh.lock").read_text().split()
    assert started_us.isdecimal()
    until((person.data / "snapshot.json").exists)
    assert person.run("ingest").status == 0
    assert sorted({reading["session"] for reading in readings(person)}) == sorted(
        f"session-{number}" for number in range(200)
    )
    assert int(tries) <= 3, "a new one starts 10 s after the last at the earliest"
    assert session_cost(person) == "$1.00 $1.00 $1.00"


def test_killed_in_the_middle_leaves_whole_lines(person: Command) -> None:
    for number in range(60):
        process = subprocess.Popen(
            [*CCMETER, "statusline", "--no-refresh"],
            env=person.env(),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
        )
        assert process.stdin is not None
        process.stdin.write(said(person, session_id=f"session-{number}"))
        process.stdin.close()
        time.sleep(number / 1_000)
        process.kill()
        process.wait()
    assert hook(person, said(person, session_id="last"), "--no-refresh").returncode == 0
    found = readings(person)
    assert found[-1]["session"] == "last"
    assert len(found) == len({reading["session"] for reading in found})


def test_stamp_is_one_that_the_hook_reads() -> None:
    from ccmeter.statusline import transcript as reader

    assert reader.micros(stamp(1_795_260_000_123_000)) == 1_795_260_000_123_000
