"""`ccmeter monitor` in this process: what the screen is handed by the command line, printed once and on a terminal."""

from __future__ import annotations

import datetime as dt
import sys
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from ccmeter.cli import monitoring, opening
from ccmeter.cli import options as o
from ccmeter.cli.commands import monitor
from ccmeter.domain.errors import StoreError, UsageError
from ccmeter.domain.filters import Filters
from ccmeter.tui.feed import Feed, Voice
from ccmeter.tui.setup import Asked, Setup
from support import bulk, terminal
from support.inside import Inside

if TYPE_CHECKING:
    from pathlib import Path

    from support.command import Command

NOTHING_READ = False
NOW = dt.datetime(2026, 11, 20, 15, 30, tzinfo=dt.UTC)


@pytest.fixture
def cli(person: Command, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Inside:
    inside = Inside.of(person, monkeypatch, capsys)
    monkeypatch.setenv("LINES", "20")
    bulk.write(person.claude, files=3, calls=40)
    return inside


def _places(cli: Inside) -> opening.Places:
    return opening.Places(store=cli.person.store, claude_dirs=(cli.person.claude,), settings=cli.settings)


@pytest.mark.parametrize("screen", ["now", "reports", "trust"])
def test_once_prints_a_screen(cli: Inside, screen: str) -> None:
    """As many cells as there are; budgets are told, nothing goes to the other stream."""
    cli.configure('[[budgets]]\namount = 20\nper = "day"\n')
    done = cli.run("monitor", "--once", "--screen", screen)
    assert (done.status, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0].split()[0] == screen.title()
    assert len(lines) <= 20
    assert max(map(len, lines)) <= 80
    assert any(line.startswith(" day ") for line in lines) == (screen == "now")


def test_once_without_reading_logs(cli: Inside) -> None:
    """A store is needed then."""
    done = cli.run("monitor", "--once", "--no-ingest")
    assert done.status == 1
    assert "There is no store" in done.stdout
    assert "There is no store" in done.stderr
    assert cli.run("ingest").status == 0
    assert cli.run("monitor", "--once", "--no-ingest", "--compact").status == 0


def test_the_sample_is_shown(cli: Inside) -> None:
    done = cli.run("monitor", "--once", "--demo", "--screen", "sessions")
    assert done.status == 0
    assert "sessions" in done.stdout
    assert not cli.person.store.exists()


def test_without_a_terminal_or_with_wrong_names_it_is_refused(cli: Inside) -> None:
    done = cli.run("monitor")
    assert (done.status, done.stdout) == (2, "")
    assert "--once" in done.stderr
    for wrong in (("--screen", "moon"), ("--theme", "plaid")):
        done = cli.run("monitor", "--once", *wrong)
        assert (done.status, done.stdout) == (2, "")
        assert wrong[0] in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
@pytest.mark.parametrize("more", [(), ("--inline",)])
def test_it_runs_on_a_terminal_until_somebody_has_seen_enough(cli: Inside, more: tuple[str, ...]) -> None:
    """Read, shown, another screen, and out."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TERM", "xterm-256color")
        patch.setenv("COLUMNS", "100")
        patch.setenv("LINES", "40")
        steps = (("Total", "4"), ("newest first", "q"))
        with terminal.underneath(patch, *steps) as watcher:
            from ccmeter.__main__ import run

            status = run(["monitor", "--screen", "reports", *more])
    assert watcher.left == [], watcher.drawn[-2_000:]
    assert status == 0
    assert cli.person.store.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_a_crash_is_a_failure(cli: Inside) -> None:
    """It says how on the terminal, and scripts hear of it by the status."""

    def lend(_: bool) -> Any:  # noqa: FBT001 - what Lend takes
        raise ZeroDivisionError("a wrong program")

    feed = Feed(lend)
    setup = Setup(lend=lend, clock=lambda: NOW, filters=Filters(time_zone="UTC"), week_starts=1, feed=feed)
    assert cli.person.home.exists()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TERM", "xterm-256color")
        with (
            terminal.underneath(patch, ("a wrong program", "")) as watcher,
            pytest.raises(SystemExit) as ended,
        ):
            monitor._run(setup, screen="now", theme=None, once=False, inline=False, compact=False)
        assert ended.value.code == 1
    assert "ZeroDivisionError" in watcher.drawn


# parts


def test_a_store_that_goes_away_is_told(cli: Inside) -> None:
    """One that never was there is made; one that was is not made anew behind a person's back."""
    lend = monitoring.Lender(_places(cli), Voice(), reads_logs=True)
    with lend(NOTHING_READ) as opened:
        assert opened.connection.execute("select count(*) from call").fetchall() == [(120,)]
    cli.person.store.rename(cli.person.store.with_suffix(".aside"))
    with pytest.raises(StoreError, match="is gone from"), lend(NOTHING_READ):
        raise AssertionError
    assert not cli.person.store.exists()


def test_whether_the_store_is_there(cli: Inside) -> None:
    """Where nobody may look, or no name can be, the lease has the word."""
    where = _places(cli)
    assert not monitoring.is_there(where)
    assert cli.run("ingest").status == 0
    assert monitoring.is_there(where)
    assert monitoring.is_there(replace(where, store=where.store.with_name("x" * 300)))


def test_progress_is_told_where_it_is_worth_it(cli: Inside) -> None:
    """Once for each percent, and never for what is read before anybody could read the words."""
    voice = Voice()
    heard: list[str] = []
    voice.listener = heard.append
    narration = monitoring.Lender(_places(cli), voice, reads_logs=True)._narration()
    narration.planned(1_000, 1)
    narration.progress(500, 1)
    assert heard == []
    narration = monitoring.Lender(_places(cli), voice, reads_logs=True)._narration()
    narration.planned(100 << 20, 1)
    for _ in range(4):
        narration.progress(1 << 19, 1)
    narration.progress(1 << 30, 1)
    assert heard == ["reading logs 0%", "reading logs 1%", "reading logs 2%", "reading logs 100%"]


def test_what_follows_a_reading(cli: Inside) -> None:
    """The status line's snapshot is left; alerts have nothing to say without limits."""
    lend = monitoring.Lender(_places(cli), Voice(), reads_logs=True)
    after = monitoring.follower(lend, Voice(), time_zone="UTC")
    assert after(NOW) == []
    assert (cli.person.data / "snapshot.json").exists()


def test_what_is_typed_becomes_filters_and_back(cli: Inside) -> None:
    """The options that the screen does not show stay; what is wrong is refused."""
    which = o.Which(since="2026-11-01", projects=["shop", "api"], models=["opus"], tags=["work"])
    asked = monitoring.asked_of(which)
    assert asked == Asked(since="2026-11-01", project="shop, api", model="opus")
    assert monitoring.asked_of(o.Which(last=7)).last == "7"
    parse = monitoring.parser(which, week_starts=1, is_demo=False, clock=lambda: NOW)
    found = parse(asked)
    assert (found.since_on, found.projects, found.models) == (
        dt.date(2026, 11, 1),
        ("shop", "api"),
        ("opus",),
    )
    assert found.tags == ("work",)
    assert parse(Asked(last="1")).since_on == NOW.date()
    assert parse(replace(asked, project=" , ")).projects == ()
    with pytest.raises(UsageError, match="no number of days"):
        parse(Asked(last="week"))


def test_budgets_come_from_the_settings(cli: Inside) -> None:
    """None without a file, or without a place for one."""
    assert monitoring.budgets(_places(cli), NOW) == ()
    assert monitoring.budgets(replace(_places(cli), settings=None), NOW) == ()
    cli.configure('[[budgets]]\namount = 20\nper = "day"\n')
    assert [each.name for each in monitoring.budgets(_places(cli), NOW)] == ["day"]


def test_the_hook_is_listened_to_and_is_no_log(cli: Inside) -> None:
    where = _places(cli)
    assert monitoring.log_folders(where) == (cli.person.claude / "projects",)
    assert monitoring.watched(where) == (cli.person.claude / "projects", cli.person.data / "spool")


def test_how_large_a_printed_screen_is(cli: Inside, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """LINES, else the terminal's, else 24."""
    assert cli.person.home.exists()
    assert tmp_path.exists()
    assert monitoring.size() == (80, 20)
    monkeypatch.setenv("LINES", "none")
    assert monitoring.size()[0] == 80
    assert monitoring.size()[1] > 0


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_a_printed_screen_is_as_large_as_the_terminal(cli: Inside) -> None:
    assert cli.person.home.exists()
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("LINES")
        with terminal.underneath(patch, size=(100, 33)):
            found = monitoring.size()
    assert found[1] == 33


def test_what_shows_nothing_but_ascii(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal that says so, or an encoding that does."""
    monkeypatch.setenv("TERM", "dumb")
    assert monitoring.is_ascii()
    monkeypatch.setenv("TERM", "xterm")
    for encoding, expected in (("utf-8", False), ("UTF8", False), ("ascii", True), (None, True)):
        monkeypatch.setattr(sys, "stdout", SimpleNamespace(encoding=encoding))
        assert monitoring.is_ascii() is expected
