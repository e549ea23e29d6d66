import os
import pty
import sys
import time

import pytest

from ccmeter.cli import progress
from ccmeter.statusline import snapshot
from support import spooled
from support.command import Command
from support.inside import Inside
from support.transcripts import Folder, Line, joined


@pytest.fixture
def cli(person: Command, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Inside:
    return Inside.of(person, monkeypatch, capsys)


def test_it_says_what_was_read_and_what_the_store_holds(cli: Inside) -> None:
    """Once something, then nothing new, then what was added."""
    folder = Folder(cli.person.claude)
    folder.write("-p/s.jsonl", joined([Line().assistant(), Line().assistant()]))
    done = cli.run("ingest")
    assert (done.status, done.stderr) == (0, "")
    assert done.stdout.startswith("Read 0.0 MiB of 1 file in ")
    assert done.stdout.endswith(f" s. The store holds 1 message: {cli.person.store}\n")
    assert cli.run("ingest").stdout.startswith("Nothing new in ")
    folder.append("-p/s.jsonl", joined([Line(message_id="2").assistant()]))
    assert "The store holds 2 messages" in cli.run("ingest").stdout


def test_without_a_folder_it_says_where_to_look(cli: Inside) -> None:
    """From a timer nobody reads a table: standard error has the reason, and it is no failure."""
    done = cli.run("ingest")
    assert done.status == 0
    assert done.stderr == "No Claude Code folder was found; `ccmeter doctor` says where was looked.\n"
    assert "The store holds 0 messages" in done.stdout


def test_a_log_that_cannot_be_read_is_told(cli: Inside) -> None:
    """The others are read all the same."""
    folder = Folder(cli.person.claude)
    folder.write("-p/s.jsonl", joined([Line().assistant()]))
    (folder.path / "projects" / "-p" / "folder.jsonl").symlink_to("folder.jsonl")
    done = cli.run("ingest")
    assert done.status == 0
    assert "The store holds 1 message" in done.stdout
    assert all(line.startswith("Not read: ") for line in done.stderr.splitlines())


def test_a_store_that_cannot_be_made_is_an_error(cli: Inside) -> None:
    """Where it should have been is named."""
    cli.person.data.write_text("a file")
    done = cli.run("ingest")
    assert (done.status, done.stdout) == (1, "")
    assert str(cli.person.data) in done.stderr


def test_it_leaves_what_the_status_line_shows(cli: Inside) -> None:
    """By the days of the zone that is asked for, and with what the hook was told."""
    Folder(cli.person.claude).write("-p/s.jsonl", joined([Line().assistant()]))
    spooled.put(cli.person.data, spooled.line() + b"broken\n")
    done = cli.run("ingest", "--timezone", "Asia/Tokyo")
    assert (done.status, done.stderr) == (0, "Not read: broken line in the spool (1)\n")
    left = snapshot.load(str(cli.person.data))
    assert left.zone == "Asia/Tokyo"
    assert left.block["start_us"] == Line().at_us
    assert len(spooled.sessions(cli.person.store)) == 1


def test_a_snapshot_that_cannot_be_written_is_told(cli: Inside) -> None:
    """Nothing else depends on it."""
    (cli.person.data / snapshot.NAME).mkdir(parents=True)
    done = cli.run("ingest", "--claude-dir", str(cli.person.home))
    assert done.status == 0
    assert done.stderr == "The status line's snapshot could not be written: Is a directory.\n"


def test_a_script_gets_no_bar(capsys: pytest.CaptureFixture[str]) -> None:
    """Counts are kept, nothing is drawn."""
    with progress.shown(at_once=True) as (narration, bar):
        narration.planned(10, 1)
        narration.progress(10, 1)
        assert (bar.bytes, bar.files) == (10, 1)
    assert capsys.readouterr() == ("", "")


def test_a_person_gets_a_bar_after_half_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is read at once is never announced; the bar is gone when it is done."""
    leader, follower = pty.openpty()
    with os.fdopen(leader, "rb", buffering=0) as seen, os.fdopen(follower, "w") as terminal:
        monkeypatch.setattr(sys, "stderr", terminal)
        monkeypatch.setenv("TERM", "xterm")
        with progress.shown() as (narration, _):
            narration.planned(4 * 2**20, 2)
            narration.progress(2**20, 1)
            time.sleep(0.6)
            narration.progress(2**20, 1)
            narration.progress(2**20, 0)
            terminal.flush()
        terminal.write("end")
        terminal.flush()
        drawn = b""
        while not drawn.endswith(b"end"):
            drawn += seen.read(4096)
    assert drawn.index(b"Reading logs") > 0
    assert b"2/2 files" in drawn


def test_waiting_is_told_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    """A person must know why nothing happens."""
    with progress.shown() as (narration, _):
        narration.waiting("waiting for the store")
    assert capsys.readouterr() == ("", "waiting for the store\n")
