"""What was forgotten stays forgotten: whatever is restored, rebuilt or imported; and what is said of it."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tarfile
import zipfile
from typing import TYPE_CHECKING

import pytest

from ccmeter.cli import forgotten
from ccmeter.store import backup as backups
from ccmeter.store import copying
from ccmeter.store.carrying import CarriedOver
from ccmeter.store.forget import Carried
from support import bulk, history, stores
from support.command import Command, agree
from support.inside import Inside

if TYPE_CHECKING:
    from pathlib import Path

FORGET = ("forget", "--project", "project-001", "--yes")


@pytest.fixture
def cli(person: Command, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Inside:
    return Inside.of(person, monkeypatch, capsys)


@pytest.fixture
def sums(cli: Inside) -> bulk.Sums:
    """Give what the logs hold, which are read."""
    sums = bulk.write(cli.person.claude, files=3, calls=30)
    assert cli.run("ingest").status == 0
    return sums


@pytest.fixture
def mine(cli: Inside, sums: bulk.Sums, tmp_path: Path) -> Path:
    """Give a backup that somebody keeps, from before anything was forgotten."""
    file = tmp_path / "mine.duckdb"
    assert cli.run("backup", str(file)).status == 0
    return file


def _messages(cli: Inside) -> int:
    messages: int = cli.run("daily", "--json").document["totals"]["messages"]
    return messages


def _said(text: str) -> str:
    return " ".join(text.split())


def _read_logs_again(cli: Inside) -> None:
    for log in cli.person.claude.rglob("*.jsonl"):
        copy = log.with_suffix(".new")
        copy.write_bytes(log.read_bytes())
        copy.replace(log)


def test_restore_does_not_bring_it_back(cli: Inside, mine: Path) -> None:
    """What was forgotten after the backup was made is left out, said, and does not come from logs either."""
    assert cli.run(*FORGET).status == 0
    done = cli.run("restore", str(mine), "--yes")
    assert done.status == 0, done.stderr
    assert "and left out: 30 messages (2 rules carried over)" in done.stderr
    assert done.stderr.count("left out") == 1
    assert "was made is back" not in done.stderr
    _read_logs_again(cli)
    assert _messages(cli) == 60
    assert cli.run("verify").status == 0


def test_restore_brings_it_back_when_asked(cli: Inside, mine: Path, sums: bulk.Sums) -> None:
    """`--with-forgotten` restores the backup as it was made; it goes with no rebuild."""
    assert cli.run(*FORGET).status == 0
    done = cli.run("restore", str(mine), "--yes", "--with-forgotten")
    assert done.status == 0, done.stderr
    assert "was made is back; `ccmeter forget`" in done.stderr
    assert agree(cli.person.totals(), sums)
    done = cli.run("restore", "--rebuild", "--yes", "--with-forgotten")
    assert (done.status, "--with-forgotten goes with a backup" in done.stderr) == (2, True)


def test_restore_says_nothing_where_nothing_was_forgotten(cli: Inside, mine: Path) -> None:
    """Without a rule there is nothing to say of one."""
    assert "orgotten" not in cli.run("restore", str(mine), "--yes").stderr


def test_forgotten_while_restore_asks(cli: Inside, mine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What somebody forgets while the question stands is left out as well."""

    class Slow:
        def isatty(self) -> bool:
            return True

        def readline(self) -> str:
            assert cli.person.run(*FORGET).status == 0
            return "yes\n"

    monkeypatch.setattr(sys, "stdin", Slow())
    done = cli.run("restore", str(mine))
    assert "left out: 30 messages" in done.stderr
    assert _messages(cli) == 60


def test_restore_over_a_damaged_store(cli: Inside, mine: Path) -> None:
    """A store past reading is not asked to be imported; the daily backup says what was forgotten, or nothing does."""
    assert cli.run(*FORGET).status == 0
    _store(cli).write_bytes(bytes(20_000))
    done = cli.run("restore", str(mine), "--yes")
    (daily,) = backups.dailies(_store(cli))
    assert f"{daily.name} was asked instead" in done.stderr
    assert "left out: 30 messages" in done.stderr
    assert "It is damaged" in done.stderr
    assert "adds them" not in done.stderr
    assert _messages(cli) == 60
    _store(cli).write_bytes(bytes(20_000))
    daily.unlink()
    done = cli.run("restore", str(mine), "--yes")
    assert "read neither in the damaged store nor in a daily backup" in done.stderr
    assert _messages(cli) == 90


def _store(cli: Inside) -> Path:
    return cli.person.store


@pytest.mark.parametrize("with_backup", [True, False])
def test_rebuild_of_a_sound_store(cli: Inside, sums: bulk.Sums, *, with_backup: bool) -> None:
    """A rebuilt store forgets what the old one did, though the logs are still there."""
    assert cli.run(*FORGET).status == 0
    if not with_backup:
        shutil.rmtree(cli.person.data / "backups")
    done = cli.run("restore", "--rebuild", "--yes")
    assert done.status == 0, done.stderr
    assert "stays forgotten: 2 rules, read in ccmeter.duckdb." in done.stderr
    assert _messages(cli) == 60


@pytest.mark.parametrize("is_old", [True, False])
def test_rebuild_after_damage(cli: Inside, sums: bulk.Sums, *, is_old: bool) -> None:
    """Straight after damage the newest backup says what was forgotten: `forget` has told it."""
    (daily,) = backups.dailies(_store(cli))
    if is_old:
        daily.rename(daily.with_name("ccmeter-2026-01-01.duckdb"))
    done = cli.run(*FORGET)
    assert "Taken out of 1 daily backup too." in done.stderr
    (daily,) = backups.dailies(_store(cli))
    _store(cli).write_bytes(bytes(20_000))
    done = cli.run("restore", "--rebuild", "--yes")
    assert done.status == 0, done.stderr
    assert f"stays forgotten: 2 rules, read in {daily.name}." in done.stderr
    assert _messages(cli) == 60


def test_rebuild_where_one_block_is_damaged(cli: Inside) -> None:
    """A store that is damaged elsewhere than in its rules still says them."""
    bulk.write(cli.person.claude, files=6, calls=3_000)
    assert cli.run("ingest").status == 0
    assert cli.run(*FORGET).status == 0
    shutil.rmtree(cli.person.data / "backups")
    sound = _store(cli).read_bytes()
    rebuilt = 0
    for at in range(12_288 + (256 << 10), len(sound), 256 << 10):
        _store(cli).write_bytes(sound[: at + 100] + bytes(200) + sound[at + 300 :])
        done = cli.run("restore", "--rebuild", "--yes")
        assert done.status == 0, done.stderr
        is_known = "stays forgotten: 2 rules" in done.stderr
        assert is_known != ("may be back" in done.stderr)
        assert _messages(cli) == (15_000 if is_known else 18_000)
        rebuilt += is_known
        if rebuilt == 2:
            break
        shutil.rmtree(cli.person.data / "backups", ignore_errors=True)
    assert rebuilt


def test_rebuild_where_nothing_tells(cli: Inside, sums: bulk.Sums) -> None:
    """Where neither store nor backup can say what was forgotten, that is said in plain words."""
    assert cli.run(*FORGET).status == 0
    shutil.rmtree(cli.person.data / "backups")
    _store(cli).write_bytes(bytes(20_000))
    done = cli.run("restore", "--rebuild", "--yes")
    assert "If anything was, it may be back: `ccmeter forget` takes it out again." in done.stderr


def test_forget_goes_through_copies(cli: Inside, sums: bulk.Sums) -> None:
    """Daily backups and stores put aside forget it too; what cannot be changed is named."""
    assert cli.run("restore", "--latest", "--yes").status == 0
    folder = cli.person.data / "backups"
    (folder / "ccmeter-2026-01-01.duckdb").write_bytes(bytes(9_000))
    screen = cli.person.data / "afterimage.json"
    screen.write_text("{}")
    done = cli.run(*FORGET)
    assert "Taken out of 1 daily backup and 1 replaced store too." in done.stderr
    assert (
        f"Could not be changed, and may still hold it: {folder / 'ccmeter-2026-01-01.duckdb'}" in done.stderr
    )
    assert "until `ccmeter vacuum`" in done.stderr
    assert not screen.exists(), "what the monitor showed last may show it"
    newest, _ = backups.dailies(_store(cli))
    (aside,) = backups.replaced(_store(cli))
    assert [copying.check(file).calls for file in (newest, aside)] == [60, 60]


def test_forget_tells_of_a_screen_that_stays(cli: Inside, sums: bulk.Sums) -> None:
    (cli.person.data / "afterimage.json").mkdir()
    done = cli.run(*FORGET)
    assert done.status == 0
    assert "The last screen of the monitor could not be removed" in done.stderr


def test_forget_completes_what_was_cut_short(cli: Inside, sums: bulk.Sums) -> None:
    """Where the store has forgotten and a backup has not, asking once more is enough; a dry run changes nothing."""
    (daily,) = backups.dailies(_store(cli))
    content = daily.read_bytes()
    assert cli.run(*FORGET).status == 0
    daily.write_bytes(content)
    assert cli.run(*FORGET[:-1], "--dry-run").status == 0
    assert daily.read_bytes() == content
    done = cli.run(*FORGET)
    assert "Nothing fits" in done.stdout
    assert "Taken out of 1 daily backup too." in done.stderr
    assert copying.check(daily).calls == 60
    assert cli.run(*FORGET).stderr == ""


def test_forgotten_reports_leave_copies(cli: Inside, sums: bulk.Sums, tmp_path: Path) -> None:
    """An imported report that is forgotten goes out of the daily backups too."""
    report = tmp_path / "report.json"
    report.write_text(json.dumps({"daily": [{"date": "2025-05-01", "inputTokens": 5}]}))
    assert cli.run("import", str(report)).status == 0
    shutil.rmtree(cli.person.data / "backups")
    assert cli.run("ingest").status == 0
    (daily,) = backups.dailies(_store(cli))
    (listed,) = cli.run("import", "--list", "--json").document["reports"]
    assert "1 daily backup too" in cli.run("forget", "--import", listed["id"], "--yes").stderr
    assert history.rows(daily, "imported_day") == 0


@pytest.mark.parametrize("form", ["folder", "archive", "store"])
def test_import_says_what_it_leaves_out(form: str, cli: Inside, mine: Path, tmp_path: Path) -> None:
    """What is forgotten here is left out of an import, and that is said with its number and its reason."""
    assert cli.run(*FORGET).status == 0
    bulk.write(tmp_path / "other", files=4, calls=30)
    path = tmp_path / "other"
    if form == "archive":
        path = tmp_path / "other.tgz"
        with tarfile.open(path, "w:gz") as tar:
            tar.add(tmp_path / "other", ".claude")
    elif form == "store":
        path = tmp_path / "other.duckdb"
        stores.ingest(path, tmp_path / "other")
    done = cli.run("import", str(path))
    assert done.status == 0, done.stderr
    assert "30 messages and" in done.stderr
    assert "added" in done.stderr
    assert "not here" not in done.stderr
    assert "Left out: 30 messages in it. `ccmeter forget` has taken that out of this store" in done.stderr
    assert _messages(cli) == 90
    done = cli.run("import", str(mine))
    assert "0 messages and 0 tokens added" in done.stderr
    assert "Left out: 30 messages in it." in done.stderr


def test_import_of_a_report_says_what_it_leaves_out(cli: Inside, sums: bulk.Sums, tmp_path: Path) -> None:
    """Days before one that was forgotten do not come back in a report."""
    report = tmp_path / "report.json"
    rows = [{"date": day, "inputTokens": 5} for day in ("2025-05-01", "2025-05-02", "2025-07-01")]
    report.write_text(json.dumps({"daily": rows}))
    assert cli.run("forget", "--before", "2025-06-01", "--yes").status == 0
    assert cli.run("forget", "--before", "2026-01-05", "--yes").status == 0
    report.write_text(json.dumps({"daily": [*rows, {"date": "2026-01-05", "inputTokens": 5}]}))
    done = cli.run("import", str(report))
    assert "1 day of a report" in done.stderr
    assert "Left out: 3 days of it." in done.stderr


def test_restore_refuses_logs(cli: Inside, sums: bulk.Sums, tmp_path: Path) -> None:
    """A folder, an archive, a log or a report is no backup, and the hint says what takes it in."""
    with tarfile.open(tmp_path / "logs.tgz", "w:gz") as tar:
        tar.add(cli.person.claude, ".claude")
    with zipfile.ZipFile(tmp_path / "logs.zip", "w") as packed:
        packed.write(bulk.place(cli.person.claude, 0), "projects/-x/a.jsonl")
    (tmp_path / "report.json").write_text("{}")
    log = bulk.place(cli.person.claude, 0)
    before = stores.everything(_store(cli))
    for path in (
        tmp_path / "logs.tgz",
        tmp_path / "logs.zip",
        cli.person.claude,
        log,
        tmp_path / "report.json",
    ):
        done = cli.run("restore", str(path), "--yes")
        assert done.status == 2
        assert "no backup of a store" in done.stderr
        assert f"`ccmeter import {path}`" in done.stderr
    done = cli.run("restore", str(cli.person.data), "--yes")
    assert (done.status, "Name a file in it, such as" in done.stderr) == (2, True)
    assert stores.everything(_store(cli)) == before


def test_replaced_stores(cli: Inside, mine: Path) -> None:
    """A store put aside is said with what it alone holds; they go when somebody says so, and not before."""
    bulk.place(cli.person.claude, 3).write_text(bulk.content(3, 0, 10)[0], "utf-8")
    assert cli.run("ingest").status == 0
    shutil.rmtree(cli.person.claude)
    done = cli.run("restore", str(mine), "--yes")
    assert "It holds 10 messages with" in done.stderr
    assert "replaced stores take" not in done.stderr
    (first,) = backups.replaced(_store(cli))
    assert f"`ccmeter import {first}` adds them" in done.stderr
    done = cli.run("restore", str(mine), "--yes")
    assert "It holds no message that the store does not." in done.stderr
    assert "2 replaced stores take" in done.stderr
    (second, _) = backups.replaced(_store(cli))
    second.write_bytes(bytes(9_000))
    second.with_name(second.name + ".wal").write_bytes(b"log")
    done = cli.run("vacuum", "--replaced")
    assert (done.status, "Remove 2 replaced stores for good?" in done.stderr) == (2, True)
    assert len(backups.replaced(_store(cli))) == 2
    done = cli.run("vacuum", "--replaced", "--yes")
    assert f"{first} (" in done.stderr
    assert "It holds 10 messages with" in done.stderr
    assert "It is damaged" in done.stderr
    assert "Removed: 2 replaced stores" in done.stdout
    assert [name for name in history.names(cli.person.data) if "replaced" in name] == []
    assert "There are no replaced stores." in cli.run("vacuum", "--replaced").stderr


def test_replaced_stores_stay_when_nobody_says_so(
    cli: Inside, mine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever does not say yes keeps them."""

    class No:
        def isatty(self) -> bool:
            return True

        def readline(self) -> str:
            return "no\n"

    assert cli.run("restore", str(mine), "--yes").status == 0
    monkeypatch.setattr(sys, "stdin", No())
    assert "Nothing was changed." in cli.run("vacuum", "--replaced").stderr
    assert len(backups.replaced(_store(cli))) == 1


def test_damage_found_by_the_daily_backup(cli: Inside, sums: bulk.Sums) -> None:
    """A store that is damaged where a report does not look is said so, with the way out; older backups stay."""
    bulk.write(cli.person.claude, files=6, calls=3_000)
    assert cli.run("ingest").status == 0
    (daily,) = backups.dailies(_store(cli))
    old = daily.rename(daily.with_name("ccmeter-2026-01-01.duckdb"))
    (cli.person.data / "backups" / ".done").unlink()
    os.utime(old, (1_000_000, 1_000_000))
    sound = _store(cli).read_bytes()
    was_said = False
    for at in range(12_288, len(sound), 256 << 10):
        _store(cli).write_bytes(sound[: at + 100] + bytes(200) + sound[at + 300 :])
        done = cli.run("model", "--json")
        if done.status:
            continue
        if "could not be made" in done.stderr:
            assert "ccmeter.duckdb is damaged. `ccmeter restore --latest` puts" in done.stderr
            was_said = True
            assert backups.dailies(_store(cli)) == [old]
        else:
            backups.dailies(_store(cli))[0].unlink()
        (cli.person.data / "backups" / ".done").unlink(missing_ok=True)
    assert was_said


@pytest.mark.parametrize("name", ["restore", "import", "forget", "vacuum"])
def test_history_is_changed_where_the_settings_say(
    name: str, cli: Inside, sums: bulk.Sums, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`data-dir` in the settings file is where these commands work too, as all others do."""
    place = tmp_path / "elsewhere"
    cli.configure(f'data-dir = "{place}"\ntimezone = "Asia/Tokyo"\n')
    monkeypatch.delenv("CCMETER_DATA_DIR")
    bulk.write(tmp_path / "other", files=5, calls=30)
    assert cli.run("ingest").status == 0
    arguments = {
        "restore": ("restore", "--latest", "--yes"),
        "import": ("import", str(tmp_path / "other")),
        "forget": ("forget", "--before", "2026-01-02", "--yes"),
        "vacuum": ("vacuum",),
    }[name]
    done = cli.run(*arguments)
    assert done.status == 0, done.stderr
    assert ("Asia/Tokyo" in done.stdout) == (name == "forget")
    assert history.names(place / "backups")[0] == ".done"
    assert history.rows(place / "ccmeter.duckdb", "call") == {"import": 150, "forget": 87}.get(name, 90)
    assert history.rows(_store(cli), "call") == 90


def test_nothing_is_said_of_a_store_that_is_gone(tmp_path: Path) -> None:
    """Where there was no store, nothing of one is unknown."""
    found = CarriedOver(carried=Carried(0, 0, 0), rules=0, source=None)
    assert [*forgotten.stays(tmp_path / "no", found), *forgotten.left_out(tmp_path / "no", found)] == []
