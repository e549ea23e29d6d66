"""How the command behaves among other programs: pipes, streams, keys, exit statuses, files, terminals."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from support import bulk
from support.command import CCMETER, TIMEOUT_S, Command, agree, finished

posix_only = pytest.mark.skipif(os.name != "posix", reason="needs a POSIX shell and signals")
ESCAPE = "\x1b"


@pytest.fixture
def user(person: Command) -> tuple[Command, bulk.Sums]:
    """Give somebody with a few logs."""
    return person, bulk.write(person.claude, files=3, calls=40)


def _shell(person: Command, script: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", script],
        env=person.env(CCMETER=" ".join(CCMETER), **more),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=TIMEOUT_S,
        check=False,
    )


def test_empty_home(person: Command) -> None:
    """Without any logs a report is friendly and no failure, and a script gets an empty list and zero totals."""
    done = person.run()
    assert (done.status, done.stderr) == (0, "")
    assert "No usage found" in done.stdout
    assert "ccmeter doctor" in done.stdout
    document = person.run("daily", "--json").document
    assert document["daily"] == []
    assert {name: value for name, value in document["totals"].items() if value not in (0, "0")} == {}
    for command in ("ingest", "doctor"):
        assert person.run(command).status == 0
    assert person.run("prices", "--unpriced").status == 0


def test_daily_is_what_no_command_means(user: tuple[Command, bulk.Sums]) -> None:
    """`ccmeter` is `ccmeter daily`, with its options too."""
    person, sums = user
    assert person.run().stdout == person.run("daily").stdout
    assert person.run("--json").stdout == person.run("daily", "--json").stdout
    assert person.run("--last", "3").stdout == person.run("daily", "--last", "3").stdout
    assert agree(person.run("--json").document["totals"], sums)


def test_log_folders_come_from_the_environment(user: tuple[Command, bulk.Sums], tmp_path: Path) -> None:
    """CLAUDE_CONFIG_DIR names one folder or several; the newer place below XDG_CONFIG_HOME is read by default too."""
    person, sums = user
    both = sums + bulk.write(tmp_path / "second", files=1, calls=0)
    text, more = bulk.content(77, 0, 5)
    bulk.place(tmp_path / "second", 77).write_text(text, "utf-8")
    both += more
    several = Command(person.home, {"CLAUDE_CONFIG_DIR": f"{person.claude},{tmp_path / 'second'}"})
    assert agree(several.totals("--data-dir", str(tmp_path / "d1")), both)
    (tmp_path / "config").mkdir()
    (tmp_path / "second").rename(tmp_path / "config" / "claude")
    default = Command(person.home, {"XDG_CONFIG_HOME": str(tmp_path / "config")})
    assert agree(default.totals("--data-dir", str(tmp_path / "d2")), both)


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["nonsense"], "There is no command nonsense"),
        (["daily", "--bogus"], "daily -h"),
        (["--bogus"], "-h"),
        (["daily", "extra"], "There is no place for extra.\n`ccmeter daily -h`"),
        (["daily", "--since", "nonsense"], "2026-11-20"),
        (["daily", "--since", "2026-02-30"], "2026-11-20"),
        (["daily", "--since", "2026-05-01", "--until", "2026-04-01"], "Swap"),
        (["daily", "--last", "0"], "--last"),
        (["daily", "--last", "x"], "--last is refused: it must be a whole number, not 'x'."),
        (["daily", "--last", "9999999999"], "--last"),
        (["daily", "--last", "2", "--since", "today"], "not both"),
        (["daily", "-z", "europe/berln"], "Europe/Berlin"),
        (["daily", "-z", "Mars"], "Europe/Berlin"),
        (["daily", "--format", "xml"], "csv, html, json, jsonl, markdown, parquet, table, xlsx"),
        (["daily", "--json", "--csv"], "One format at a time"),
        (["daily", "--mode", "x"], "auto, calculate, display"),
        (["daily", "--order", "x"], "asc, desc"),
        (["daily", "--claude-dir", "no-such-folder"], "~/.claude"),
        (["prices", "--at", "x"], "2026-11-20"),
    ],
)
def test_wrong_usage(arguments: list[str], hint: str, person: Command) -> None:
    """What cannot be meant ends with 2 and a hint, on standard error alone, and touches nothing."""
    done = person.run(*arguments)
    assert done.status == 2
    assert done.stdout == ""
    assert hint in done.stderr
    assert "Traceback" not in done.stderr
    assert not person.data.exists()


@posix_only
@pytest.mark.parametrize(
    "arguments", ["daily --json", "daily", "--help", "daily --help", "ingest", "prices", "doctor"]
)
@pytest.mark.parametrize("reader", ["head -1", "true"])
def test_closed_pipe(arguments: str, reader: str, user: tuple[Command, bulk.Sums]) -> None:
    """Whoever reads the answer may leave early: that is no error, and nothing is said about it."""
    done = _shell(user[0], f"$CCMETER {arguments} | {reader} > /dev/null; exit ${{PIPESTATUS[0]}}")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@posix_only
def test_streams_that_are_closed(user: tuple[Command, bulk.Sums]) -> None:
    """A process without standard streams, as some timers start it, works, and no stream's number goes to the store."""
    person, sums = user
    for closing in ("<&-", ">&-", "2>&-", "<&- >&- 2>&-"):
        assert _shell(person, f"$CCMETER ingest {closing}").returncode == 0
        assert _shell(person, f"$CCMETER daily {closing}").returncode == 0
        assert _shell(person, f"$CCMETER daily --bogus {closing}").returncode == 2
        assert agree(person.totals(), sums)
        shutil.rmtree(person.data)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_answer_that_cannot_be_written(user: tuple[Command, bulk.Sums]) -> None:
    """An answer that finds no room is an error that is said."""
    done = _shell(user[0], "$CCMETER daily > /dev/full")
    assert done.returncode == 1
    assert done.stderr == "ccmeter: The answer cannot be written: No space left on device.\n"


_AS_SHIPPED = {"PYTHONWARNINGS": "default::DeprecationWarning"}
"""Between opening a file and entering its `with`, an interrupt leaves it to the collector, which may warn of that."""


@posix_only
def test_interrupt(person: Command) -> None:
    """Ctrl-C ends a run with 130, without a word, and the next run is right."""
    sums = bulk.write(person.claude, files=20, calls=400)
    process = person.start("ingest", new_group=True, **_AS_SHIPPED)
    give_up_s = time.monotonic() + TIMEOUT_S
    while [path.name for path in person.data.glob("*") if path.suffix != ".wal"] != [person.store.name]:
        assert time.monotonic() < give_up_s
        time.sleep(0.001)
    os.killpg(process.pid, signal.SIGINT)
    done = finished(process)
    assert (done.status, done.stdout, done.stderr) == (130, "", "")
    assert agree(person.totals(), sums)


@posix_only
def test_interrupts_at_any_moment(person: Command) -> None:
    """Ctrl-C never ends in a traceback or an abort, whatever the program is doing: loading, opening, asking, storing."""
    sums = bulk.write(person.claude, files=20, calls=100)
    for number in range(24):
        process = person.start("ingest", new_group=True, **_AS_SHIPPED)
        time.sleep(0.1 + number * 0.015)
        os.killpg(process.pid, signal.SIGINT)
        done = finished(process)
        assert done.status in (
            130,
            -signal.SIGINT,
            0,
        )  # the signal itself: Python had not begun, or had ended
        assert done.stderr == ""
    assert agree(person.totals(), sums)


@posix_only
def test_interrupted_while_it_waits(user: tuple[Command, bulk.Sums]) -> None:
    """Ctrl-C also ends a run that waits for another process, which is named meanwhile."""
    person, sums = user
    assert person.run("ingest").status == 0
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import _duckdb, sys; c = _duckdb.connect(sys.argv[1]); print(1, flush=True); sys.stdin.read()",
            str(person.store),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert holder.stdin is not None
    assert holder.stdout is not None
    holder.stdout.readline()
    process = person.start("daily", "--no-ingest", new_group=True)
    assert process.stderr is not None
    said = process.stderr.readline()
    assert said.startswith("waiting for the store: ")
    assert str(holder.pid) in said
    os.killpg(process.pid, signal.SIGINT)
    done = finished(process)
    assert (done.status, done.stdout, done.stderr) == (130, "", "")
    with contextlib.closing(holder.stdout), contextlib.closing(holder.stdin):
        pass
    holder.wait(TIMEOUT_S)
    assert agree(person.totals(), sums)


def test_width_and_colour(user: tuple[Command, bulk.Sums]) -> None:
    """COLUMNS bounds the width; colour is for terminals alone, unless FORCE_COLOR or NO_COLOR say otherwise."""
    person, _ = user
    for width in (60, 80, 120):
        lines = person.run("daily", COLUMNS=str(width)).stdout.splitlines()
        assert max(map(len, lines)) <= width
    assert ESCAPE not in person.run("daily").stdout
    assert ESCAPE in person.run("daily", FORCE_COLOR="1").stdout
    assert ESCAPE not in person.run("daily", FORCE_COLOR="1", NO_COLOR="1").stdout
    assert ESCAPE not in person.run("daily", "--json", FORCE_COLOR="1").stdout


@posix_only
def test_terminal(user: tuple[Command, bulk.Sums]) -> None:
    """On a terminal the table has colour and the terminal's width; NO_COLOR and TERM=dumb take the colour away."""
    person, _ = user
    assert ESCAPE in _on_terminal(person, "daily", TERM="xterm-256color")
    assert ESCAPE not in _on_terminal(person, "daily", TERM="xterm-256color", NO_COLOR="1")
    assert ESCAPE not in _on_terminal(person, "daily", TERM="dumb")
    plain = _on_terminal(person, "daily", TERM="dumb", COLUMNS="70")
    assert max(map(len, plain.splitlines())) <= 70


def _on_terminal(person: Command, *arguments: str, **more: str) -> str:
    import pty

    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*CCMETER, *arguments], env=person.env(**more), stdin=theirs, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    shown = b""
    with contextlib.suppress(OSError):  # Linux ends a terminal so
        while part := os.read(ours, 65_536):
            shown += part
    os.close(ours)
    assert process.wait(TIMEOUT_S) == 0
    return shown.decode()


def test_output_file(user: tuple[Command, bulk.Sums], tmp_path: Path) -> None:
    """--output writes the format of its ending, never over a file unless forced, and whole or not at all."""
    person, sums = user
    target = tmp_path / "report.json"
    done = person.run("daily", "--output", str(target))
    assert (done.status, done.stdout, done.stderr) == (0, "", f"Written: {target}\n")
    assert agree(json.loads(target.read_text("utf-8"))["totals"], sums)
    target.write_text("mine", "utf-8")
    refused = person.run("daily", "--output", str(target))
    assert refused.status == 1
    assert "--force" in refused.stderr
    assert target.read_text("utf-8") == "mine"
    assert person.run("daily", "--output", str(target), "--force").status == 0
    assert agree(json.loads(target.read_text("utf-8"))["totals"], sums)
    for ending, sign in (("csv", "date,"), ("md", "| "), ("txt", "Total")):
        assert person.run("daily", "--output", str(tmp_path / f"report.{ending}")).status == 0
        assert sign in (tmp_path / f"report.{ending}").read_text("utf-8").lower().replace("total", "Total")


def test_output_file_that_cannot_be_written(user: tuple[Command, bulk.Sums], tmp_path: Path) -> None:
    """An --output that cannot be written is said so, and leaves nothing beside it."""
    person, _ = user
    (tmp_path / "folder").mkdir()
    for target in (tmp_path / "nowhere" / "a.json", tmp_path / "folder"):
        done = person.run("daily", "--output", str(target), "--force")
        assert done.status == 1
        assert f"{target} cannot be written" in done.stderr
    assert {path.name for path in tmp_path.iterdir()} == {"folder", "home"}


def test_version_and_help(person: Command) -> None:
    """The version and the help are answers: standard output, 0, and nothing is made for them."""
    for arguments in (["--version"], ["-V"]):
        done = person.run(*arguments)
        assert (done.status, done.stderr) == (0, "")
        assert re.fullmatch(r"ccmeter \d+\.\d+\.\d+\n", done.stdout)
    for arguments in (
        ["--help"],
        ["-h"],
        ["daily", "--help"],
        ["ingest", "-h"],
        ["doctor", "-h"],
        ["prices", "-h"],
    ):
        done = person.run(*arguments)
        assert (done.status, done.stderr) == (0, "")
        assert done.stdout.startswith("Usage: ccmeter")
    assert list(person.home.iterdir()) == []


def test_demo(person: Command) -> None:
    """The demo shows usage where there is none, and leaves nothing behind."""
    assert person.run("daily", "--demo", "--json").document["totals"]["messages"] > 0
    assert list(person.home.iterdir()) == []


def test_nothing_is_written_elsewhere(user: tuple[Command, bulk.Sums]) -> None:
    """Of a person's home only the data folder is written to, and the logs stay as they are."""
    person, _ = user
    before = {path: path.stat().st_mtime_ns for path in person.claude.rglob("*")}
    for arguments in (["ingest"], ["daily"], ["doctor"], ["prices"], ["prices", "--unpriced"]):
        assert person.run(*arguments).status == 0
    assert {path: path.stat().st_mtime_ns for path in person.claude.rglob("*")} == before
    assert {path.name for path in person.home.iterdir()} == {".claude", "kept"}
