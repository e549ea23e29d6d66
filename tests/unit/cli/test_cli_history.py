"""`backup`, `restore`, `vacuum`, `import`, `forget`, `verify`, and what is done once a day."""

from __future__ import annotations

import datetime as dt
import io
import json
import os
import shutil
import sys
import tarfile
import time
from typing import TYPE_CHECKING

import pytest

from ccmeter.cli import confirming, copying, housekeeping
from ccmeter.store import backup as backups
from ccmeter.store import lease
from support import bulk, history, stores
from support.command import Command, agree
from support.inside import Inside
from support.transcripts import Folder, Line, joined, us

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def cli(person: Command, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Inside:
    return Inside.of(person, monkeypatch, capsys)


@pytest.fixture
def sums(cli: Inside) -> bulk.Sums:
    """Give what the logs hold, which are read."""
    sums = bulk.write(cli.person.claude, files=3, calls=30)
    assert cli.run("ingest").status == 0
    return sums


def _today() -> dt.date:
    return dt.datetime.now().astimezone().date()


class _Terminal(io.StringIO):
    """Somebody who types."""

    def isatty(self) -> bool:
        return True


def _totals(cli: Inside, *arguments: str) -> object:
    return cli.run("daily", "--json", *arguments).document["totals"]


def _store(cli: Inside) -> Path:
    return cli.person.store


def test_backup_and_restore(cli: Inside, sums: bulk.Sums, tmp_path: Path) -> None:
    """A backup says what it holds; restored without logs it answers the same."""
    file = tmp_path / "mine.duckdb"
    done = cli.run("backup", str(file))
    assert done.status == 0, done.stderr
    assert done.stdout.startswith(f"Written and checked: {file} (90 messages, ")
    assert "exists already" in cli.run("backup", str(file)).stderr
    assert cli.run("backup", str(file), "--force", "--no-ingest").status == 0
    shutil.rmtree(cli.person.claude)
    shutil.rmtree(cli.person.data)
    done = cli.run("restore", str(file), "--yes")
    assert done.status == 0, done.stderr
    assert f"{file}: 90 messages, " in done.stderr
    assert done.stdout == f"Restored: {_store(cli)}\n"
    assert agree(cli.person.totals(), sums)


def test_restore_asks(cli: Inside, sums: bulk.Sums, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal it is asked; with nobody there, `--yes` has to be said. Nothing happens before."""
    before = stores.everything(_store(cli))
    done = cli.run("restore", "--latest")
    assert done.status == 2
    assert "--yes" in done.stderr
    for word, status in (("no", ""), ("", ""), ("yes", f"Restored: {_store(cli)}\n")):
        monkeypatch.setattr(sys, "stdin", _Terminal(word + "\n"))
        done = cli.run("restore", "--latest")
        assert (done.status, done.stdout) == (0, status)
        assert ("Nothing was changed." in done.stderr) == (not status)
    assert stores.everything(_store(cli)) == before
    assert agree(cli.person.totals(), sums)
    assert len([name for name in history.names(cli.person.data) if ".replaced-" in name]) == 1


@pytest.mark.parametrize("arguments", [[], ["--latest", "--rebuild"], ["x.duckdb", "--latest"]])
def test_restore_of_what(arguments: list[str], cli: Inside) -> None:
    """Exactly one thing can be restored."""
    assert cli.run("restore", *arguments).status == 2


def test_restore_passes_over_damaged_backups(cli: Inside, sums: bulk.Sums, tmp_path: Path) -> None:
    """The newest backup that is sound is taken; a damaged one that was named is refused."""
    folder = cli.person.data / "backups"
    (good,) = folder.glob("*.duckdb")
    good.rename(folder / "ccmeter-2026-01-01.duckdb")
    (folder / "ccmeter-2026-01-02.duckdb").write_bytes(bytes(50_000))
    _store(cli).write_bytes(b"nothing")
    done = cli.run("daily")
    assert (done.status, "`ccmeter restore --latest`" in done.stderr) == (1, True)
    done = cli.run("restore", "--latest", "--yes")
    assert done.status == 0, done.stderr
    assert "Passed over, damaged" in done.stderr
    assert "ccmeter-2026-01-01.duckdb: 90 messages" in done.stderr
    assert agree(cli.person.totals(), sums)
    done = cli.run("restore", str(folder / "ccmeter-2026-01-02.duckdb"), "--yes")
    assert (done.status, "is damaged or no store" in done.stderr) == (1, True)
    shutil.rmtree(folder)
    done = cli.run("restore", "--latest", "--yes")
    assert (done.status, "no sound daily backup" in done.stderr) == (1, True)


def test_vacuum(cli: Inside, sums: bulk.Sums) -> None:
    """It says the bytes before and after; without a store it says so."""
    done = cli.run("vacuum")
    assert done.status == 0, done.stderr
    assert f"{_store(cli).stat().st_size:,} bytes after" in done.stdout
    assert agree(cli.person.totals(), sums)
    done = cli.run("vacuum", "--data-dir", str(cli.person.home))
    assert (done.status, "There is no store" in done.stderr) == (1, True)


def test_rebuild_tells_where_usage_is_from(cli: Inside, sums: bulk.Sums) -> None:
    """What logs and the backup hold is in the new store; what only the damaged one listed is counted."""
    bulk.place(cli.person.claude, 0).unlink()
    text, _ = bulk.content(3, 0, 10)
    bulk.place(cli.person.claude, 3).write_text(text, "utf-8")
    assert cli.run("ingest").status == 0
    bulk.place(cli.person.claude, 3).unlink()
    _damage_line_table(_store(cli))
    done = cli.run("restore", "--rebuild", "--yes")
    assert done.status == 0, done.stderr
    assert "From logs that still exist: 60 messages" in done.stderr
    assert "in no log any more: 30 messages" in done.stderr
    assert agree(cli.person.totals(), sums)


def _damage_line_table(store: Path) -> None:
    """Damage a store so that it is refused."""
    content = store.read_bytes()
    store.write_bytes(content[:100] + bytes(12_188) + content[12_288:])


def test_rebuild_of_a_sound_store_loses_nothing(cli: Inside, sums: bulk.Sums) -> None:
    """Nothing of a store that can be read is lost, with a backup or without, with logs or without."""
    before = history.counted(_store(cli))
    shutil.rmtree(cli.person.claude)
    for _ in range(2):
        done = cli.run("restore", "--rebuild", "--yes")
        assert done.status == 0, done.stderr
        assert "in no log any more: 90 messages" in done.stderr
        assert "Not rebuilt" not in done.stderr
        assert history.counted(_store(cli)) == before
        shutil.rmtree(cli.person.data / "backups", ignore_errors=True)


def test_rebuild_without_anything(cli: Inside, sums: bulk.Sums, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where neither store nor backup can be read, that is said, and logs make the store anew; asked first."""
    (good,) = (cli.person.data / "backups").glob("*.duckdb")
    good.write_bytes(bytes(9_000))
    _store(cli).write_bytes(bytes(9_000))
    monkeypatch.setattr(sys, "stdin", _Terminal("no\n"))
    assert "Nothing was changed." in cli.run("restore", "--rebuild").stderr
    done = cli.run("restore", "--rebuild", "--yes")
    assert "Passed over, damaged" in done.stderr
    assert "there is no sound backup, so how much it held" in done.stderr
    assert agree(cli.person.totals(), sums)
    shutil.rmtree(cli.person.data)
    done = cli.run("restore", "--rebuild", "--yes")
    assert done.status == 0
    assert "kept" not in done.stderr
    assert agree(cli.person.totals(), sums)


def test_rebuild_counts_what_is_lost(cli: Inside, sums: bulk.Sums, tmp_path: Path) -> None:
    """A damaged store that can still be listed tells how much of it is nowhere else."""
    from ccmeter.store import salvage

    other = history.made(tmp_path, files=2, calls=30)
    found = salvage.lost(_store(cli), other)
    assert found is not None
    assert (found.calls, found.tokens > 0, found.days > 0) == (30, True, True)
    other.write_bytes(b"")
    assert salvage.lost(other, _store(cli)) is None


def test_import_tells_what_was_new(cli: Inside, sums: bulk.Sums, tmp_path: Path) -> None:
    """An import says what was not here yet; a listing says what is known from nowhere else."""
    other = tmp_path / "laptop" / ".claude"
    bulk.write(other, files=4, calls=30)
    archive = tmp_path / "laptop.tgz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(other, ".claude")
        info = tarfile.TarInfo("../projects/-x/a.jsonl")
        tar.addfile(info)
    done = cli.run("import", str(archive))
    assert done.status == 0, done.stderr
    assert "4 transcripts read; 30 messages and 3" in done.stderr
    assert "Not read: name in the archive that leads out of it (1)" in done.stderr
    done = cli.run("import", str(archive))
    assert "0 transcripts read, 4 files imported before; 0 messages" in done.stderr
    listed = cli.run("import", "--list", "--json").document
    assert listed["transcripts"]["files"] == 4
    assert listed["transcripts"]["messagesFromNowhereElse"] == 30
    shutil.rmtree(other)
    assert cli.run("doctor", "--json").document["files"]["deletedSince"] == 0
    assert cli.run("verify", "--json").document["onlyInStore"]["messages"] == 30


def test_import_of_reports(cli: Inside, sums: bulk.Sums, tmp_path: Path) -> None:
    """A report's days are listed with how many are shown; forgetting takes one out again."""
    report = tmp_path / "report.json"
    row = {
        "inputTokens": 5,
        "outputTokens": 5,
        "cacheCreationTokens": 0,
        "cacheReadTokens": 0,
        "totalCost": 1.5,
    }
    report.write_text(json.dumps({"daily": [{**row, "date": day} for day in ("2025-05-01", "2026-01-01")]}))
    done = cli.run("import", str(report), "--machine", "laptop")
    assert "2 days of a report" in done.stderr
    assert "laptop" in done.stdout
    assert "imported before" in cli.run("import", str(report), "--machine", "laptop").stderr
    (listed,) = cli.run("import", "--list", "--json").document["reports"]
    assert (listed["days"], listed["shownDays"], listed["totalTokens"], listed["costExact"]) == (
        2,
        1,
        20,
        "3",
    )
    assert agree(cli.person.totals(), sums), "no sum of real usage has them"
    assert "Would be forgotten: 2 days" in cli.run("forget", "--import", listed["id"][:6], "--dry-run").stdout
    for wrong in ("", "zzz"):
        assert cli.run("forget", "--import", wrong, "--yes").status == 2
    assert "Forgotten: 2 days" in cli.run("forget", "--import", listed["id"], "--yes").stderr
    assert cli.run("import", "--list", "--json").document["reports"] == []
    again = cli.run("import", str(report), "--machine", "laptop")
    assert "Left out: 2 days of it. `ccmeter forget` has taken that out" in again.stderr
    assert cli.run("import", "--list", "--json").document["reports"] == []


def test_a_report_of_two_machines_is_forgotten_as_a_whole(cli: Inside, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    report.write_text(json.dumps({"daily": [{"date": "2025-05-01", "inputTokens": 5}]}))
    for machine in ("one", "two"):
        assert cli.run("import", str(report), "--machine", machine).status == 0
    reports = cli.run("import", "--list", "--json").document["reports"]
    assert len({each["id"] for each in reports}) == 1
    done = cli.run("forget", "--import", reports[0]["id"], "--yes")
    assert done.stderr.count("1 day of the report imported at") == 2
    assert cli.run("import", "--list", "--json").document["reports"] == []


def test_import_of_a_backup(cli: Inside, sums: bulk.Sums, tmp_path: Path) -> None:
    """A store that was put aside can be taken in again."""
    other = history.made(tmp_path, files=5, calls=30)
    assert "a store; 60 messages" in cli.run("import", str(other)).stderr
    assert "a store; 0 messages" in cli.run("import", str(other)).stderr


@pytest.mark.parametrize("arguments", [["import"], ["import", "--list", "x"], ["forget"], ["forget", "--import", "a", "--before", "7d"]])  # fmt: skip
def test_what_is_asked_makes_no_sense(arguments: list[str], cli: Inside) -> None:
    """Nothing named, or too much: wrong usage."""
    assert cli.run(*arguments).status == 2


def test_import_of_the_own_folder(cli: Inside, sums: bulk.Sums) -> None:
    """What every report reads anyway is not imported."""
    for folder in (cli.person.claude, cli.person.claude / "projects"):
        done = cli.run("import", str(folder))
        assert (done.status, "read by every report" in done.stderr) == (2, True)
    done = cli.run("import", str(cli.person.home / "nothing"))
    assert (done.status, "There is no" in done.stderr) == (1, True)


@pytest.mark.parametrize(
    ("arguments", "left"),
    [
        (["--project", "project-001"], 60),
        (["--session", "00000002"], 60),
        (["--before", "2026-01-10"], None),
        (["--project", "project-001", "--session", "00000002"], 90),
        (["--project", "project-001", "--session", "00000001"], 60),
        (["--project", "project-001", "--before", "2026-01-10"], None),
        (["--before", "2030-01-01"], 0),
        (["--before", "2020-01-01"], 90),
    ],
)
def test_forget_what_was_shown(arguments: list[str], left: int | None, cli: Inside, sums: bulk.Sums) -> None:
    """The preview shows exactly what goes, a dry run changes nothing, and nothing comes back."""
    before = cli.person.totals()
    shown = cli.run("forget", *arguments, "--dry-run", "--json").document["totals"]
    assert cli.person.totals() == before
    done = cli.run("forget", *arguments, "--yes")
    assert done.status == 0, done.stderr
    for file in range(3):
        log = bulk.place(cli.person.claude, file)
        copy = log.with_suffix(".new")
        copy.write_bytes(log.read_bytes())
        copy.replace(log)
    after = cli.person.totals()
    assert before["messages"] - after["messages"] == shown["messages"]
    assert before["totalTokens"] - after["totalTokens"] == shown["totalTokens"]
    assert left in (None, after["messages"])
    assert cli.run("verify").status == 0, "what is forgotten is not missing"
    if not shown["messages"]:
        assert "Nothing fits" in cli.run("forget", *arguments).stdout


def test_forget_asks(cli: Inside, sums: bulk.Sums, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing goes before somebody says yes."""
    assert cli.run("forget", "--session", "0").status == 2
    monkeypatch.setattr(sys, "stdin", _Terminal("nein\n"))
    done = cli.run("forget", "--session", "0")
    assert "Forget 90 messages for good? Type yes: " in done.stderr
    assert agree(cli.person.totals(), sums)


def test_verify_and_repair(cli: Inside, sums: bulk.Sums) -> None:
    """What the logs hold and the store does not is told log by log, with status 1, until it is repaired."""
    assert cli.run("verify").status == 0
    with lease.writing(_store(cli)) as connection:
        connection.execute("delete from line where call_key like 'msg_00010000000%'")
        connection.execute("delete from call where call_key like 'msg_00010000000%'")
        connection.execute("update call set output_tokens = 0 where call_key = 'msg_000200000005'")
        connection.execute("update call set is_final = false where call_key = 'msg_000200000006'")
    done = cli.run("verify", "--json")
    document = json.loads(done.stdout)
    assert done.status == 1
    assert (document["isWhole"], document["missing"]["messages"], document["differing"]["messages"]) == (
        False,
        10,
        2,
    )
    assert [(each["missingMessages"], each["differingMessages"]) for each in document["files"]] == [
        (10, 0),
        (0, 2),
    ]
    done = cli.run("verify")
    assert (done.status, "`ccmeter verify --repair`" in done.stdout) == (1, True)
    done = cli.run("verify", "--repair")
    assert done.status == 0, done.stdout
    assert "2 logs had been read anew" in " ".join(done.stdout.split())
    assert agree(cli.person.totals(), sums)


def test_verify_without_a_store(cli: Inside) -> None:
    """The first verification reads the logs; without reading there is nothing to compare."""
    bulk.write(cli.person.claude, files=1, calls=5)
    assert cli.run("verify", "--no-ingest").status == 1
    assert cli.run("verify").status == 0
    text, _ = bulk.content(0, 5, 5)
    with bulk.place(cli.person.claude, 0).open("a", encoding="utf-8") as log:
        log.write(text)
    assert cli.run("verify", "--no-ingest").status == 1
    assert cli.run("verify").status == 0


def test_backups_can_be_switched_off(cli: Inside) -> None:
    """`[history] backups = false` makes none; `keep-backups` says how many stay."""
    bulk.write(cli.person.claude, files=1, calls=5)
    cli.configure("[history]\nbackups = false\n")
    assert cli.run("daily").status == 0
    assert backups.dailies(_store(cli)) == []
    cli.configure("[history]\nkeep-backups = 1\n")
    _yesterday(cli)
    old = cli.person.data / "backups" / "ccmeter-2026-01-01.duckdb"
    old.write_bytes(b"")
    os.utime(old, (0, 0))
    assert cli.run("daily").status == 0
    assert [path.name for path in backups.dailies(_store(cli))] == [f"ccmeter-{_today()}.duckdb"]
    cli.configure("[history]\nkeep-backups = 0\n")
    assert "keep-backups" in cli.run("daily").stderr


def _yesterday(cli: Inside) -> None:
    """Let what is done once a day have been done yesterday, and something have been stored since."""
    done = cli.person.data / "backups" / ".done"
    os.utime(done, (time.time() - 86_400, time.time() - 86_400))


def test_old_usage_is_forgotten(cli: Inside, sums: bulk.Sums) -> None:
    """`keep-days` forgets what is older, once a day; 0 keeps it for ever."""
    cli.configure("[history]\nkeep-days = 36500\n")
    _yesterday(cli)
    assert cli.run("daily").status == 0
    assert history.rows(_store(cli), "call") == 90
    days = (_today() - dt.date(2026, 1, 10)).days
    cli.configure(f"[history]\nkeep-days = {days}\n")
    _yesterday(cli)
    assert cli.run("daily").status == 0
    first = cli.run("daily", "--json").document["daily"][0]["date"]
    assert first >= "2026-01-10"
    assert 0 < history.rows(_store(cli), "call") < 90


def test_daily_backup_that_cannot_be_made(cli: Inside, sums: bulk.Sums) -> None:
    """It is said, and no command fails of it; the next one tries again."""
    shutil.rmtree(cli.person.data / "backups")
    (cli.person.data / "backups").write_text("mine")
    done = cli.run("daily", "--json")
    assert done.status == 0
    assert "The daily backup could not be made" in done.stderr
    (cli.person.data / "backups").unlink()
    assert cli.run("daily").stderr == ""
    assert len(backups.dailies(_store(cli))) == 1


def test_daily_backup_while_somebody_writes(
    cli: Inside, sums: bulk.Sums, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It waits for nobody, and says nothing of it."""
    from ccmeter.domain.errors import StoreBusyError

    shutil.rmtree(cli.person.data / "backups")

    def busy(*_: object, **__: object) -> None:
        raise StoreBusyError("busy")

    monkeypatch.setattr(backups, "make_daily", busy)
    housekeeping.do(_store(cli), cli.settings)
    assert not (cli.person.data / "backups" / ".done").exists()
    housekeeping.do(cli.person.home / "nothing", cli.settings)


def test_bar_is_drawn_for_a_person(monkeypatch: pytest.MonkeyPatch) -> None:
    """A person who waits longer than half a second sees a bar; a script sees nothing."""
    terminal = _Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with copying.shown("Copying") as advance:
        advance(1, 2)
    assert terminal.getvalue() == ""
    monkeypatch.setattr(copying, "_PATIENCE_S", 0.0)
    with copying.shown("Copying") as advance:
        advance(1, 2)
        advance(2, 2)
    assert "Copying" in terminal.getvalue()


def test_yes_is_asked_of_nobody() -> None:
    """`--yes` asks nothing."""
    assert confirming.is_confirmed("Sure?", yes=True)


def test_forget_takes_what_is_yet_to_come(cli: Inside) -> None:
    """Usage that a wrong clock put into the future goes with its project, as it was shown; undated usage too."""
    folder = Folder(cli.person.claude)
    lines = [
        Line(message_id=f"m{number}", at_us=at_us)
        for number, at_us in enumerate((None, us("2049-01-01T00:00:00+00:00")))
    ]
    folder.write("-x/a.jsonl", joined([line.assistant() for line in lines]))
    done = cli.run("forget", "--project", "alpha", "--yes")
    assert done.status == 0, done.stderr
    assert "Forgotten: 2 messages." in done.stderr
    assert cli.person.totals()["messages"] == 0


def test_forget_shows_what_has_no_price(cli: Inside, tmp_path: Path) -> None:
    """Unpriced usage makes the cost a lower bound, and imported days that go are said."""
    folder = Folder(cli.person.claude)
    lines = [Line(message_id="m1", model="of-nobody", cwd="/home/dev/x"), Line(message_id="m2")]
    folder.write("-x/a.jsonl", joined([line.assistant() for line in lines]))
    report = tmp_path / "report.json"
    report.write_text(json.dumps({"daily": [{"date": "2025-05-01", "inputTokens": 5}]}))
    assert cli.run("import", str(report)).status == 0
    done = cli.run("forget", "--before", "2030-01-01", "--dry-run")
    assert "Cost is a lower bound: 13 tokens without a known price." in done.stdout
    assert "unpriced" in done.stdout
    assert "With it go 1 day of imported reports." in done.stdout


def test_verify_tells_what_could_not_be_read(cli: Inside, sums: bulk.Sums) -> None:
    """A link to nowhere is counted in both."""
    (cli.person.claude / "projects" / "gone.jsonl").symlink_to(cli.person.home / "nothing")
    assert "Not read: link to nowhere (1)" in cli.run("verify").stdout


def test_rebuild_says_what_is_lost(cli: Inside, sums: bulk.Sums, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the damaged store lists and nothing else holds is said in numbers; nothing, where it lists nothing more."""
    from ccmeter.store import salvage

    damaged = bytes(20_000)
    for lost, said in ((salvage.Part(calls=7, tokens=8, days=1), "alone had it: 7 messages, 8 tokens on 1 day."), (salvage.Part(calls=0, tokens=0, days=0), "Nothing that the damaged store lists is lost."), (None, "cannot be counted: usage that was read after")):  # fmt: skip
        monkeypatch.setattr(salvage, "lost", lambda *_, lost=lost: lost)
        _store(cli).write_bytes(damaged)
        assert said in cli.run("restore", "--rebuild", "--yes").stderr
