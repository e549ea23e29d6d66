"""Backups: compared, private, never half; put in place as a whole; made once a day."""

from __future__ import annotations

import datetime as dt
import os
import stat
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from ccmeter.domain.errors import OutputError, StoreBusyError, StoreCorruptError, StoreError, StoreNewerError
from ccmeter.store import backup, copying, lease, schema, vacuum
from support import bulk, history, stores

if TYPE_CHECKING:
    from pathlib import Path

NOW = dt.datetime(2026, 11, 21, 9, 30, tzinfo=dt.UTC)
TODAY = NOW.date()
_KILLED = (
    "import _duckdb, os, sys; c = _duckdb.connect(sys.argv[1]); "
    "c.execute(\"insert into forgotten_call values ('killed')\"); os._exit(9)"
)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return history.made(tmp_path)


def _killed(store: Path) -> None:
    """Leave a store as a process does that was killed after a commit: what it wrote is in the log beside it."""
    subprocess.run([sys.executable, "-c", _KILLED, str(store)], check=False)
    assert store.with_name(store.name + ".wal").exists()


def test_backup_holds_everything(store: Path, tmp_path: Path) -> None:
    """A backup has every row of the store, for its owner alone, and leaves nothing beside it."""
    target = tmp_path / "out" / "mine.duckdb"
    target.parent.mkdir()
    steps: list[tuple[int, int]] = []
    written = backup.write(store, target, progress=lambda done, total: steps.append((done, total)))
    assert stores.everything(target) == stores.everything(store)
    assert written.content == copying.check(store)
    assert written.size_bytes == target.stat().st_size
    assert history.names(target.parent) == ["mine.duckdb"]
    assert steps[-1][0] == steps[-1][1] == written.content.rows
    if os.name == "posix":
        assert stat.S_IMODE(target.stat().st_mode) == 0o600


def test_backup_replaces_nothing_unasked(store: Path, tmp_path: Path) -> None:
    """A file that is there stays, unless forced; the store itself and a folder are never replaced."""
    target = tmp_path / "mine.duckdb"
    target.write_text("mine")
    with pytest.raises(OutputError, match="exists already"):
        backup.write(store, target)
    assert target.read_text() == "mine"
    backup.write(store, target, force=True)
    assert copying.check(target).calls == 60
    for place in (store, tmp_path):
        with pytest.raises(OutputError, match="no place"):
            backup.write(store, place, force=True)
    with pytest.raises(OutputError, match="cannot be written"):
        backup.write(store, tmp_path / "nowhere" / "mine.duckdb")


def test_copy_that_differs_is_refused(store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was written is compared with what was read; a difference is an error, and the copy is gone."""
    contents = iter(range(9))
    monkeypatch.setattr(copying, "content", lambda *_: next(contents))
    with pytest.raises(StoreCorruptError, match="not what it was made of"):
        backup.write(store, tmp_path / "mine.duckdb")
    assert not (tmp_path / "mine.duckdb").exists()


def test_restore_puts_a_backup_in_place(store: Path, tmp_path: Path) -> None:
    """A restored store is the backup; the one that was there is kept beside it, whole."""
    target = tmp_path / "mine.duckdb"
    backup.write(store, target)
    before = stores.everything(store)
    bulk.write(tmp_path / "claude", files=5, calls=20)
    stores.ingest(store, tmp_path / "claude")
    later = stores.everything(store)
    for number in (1, 2):
        with backup.ready(store, target) as ready:
            assert ready.content.calls == 60
            kept = backup.put(ready.path, store, now=NOW)
        assert kept is not None
        assert kept.name == "ccmeter.duckdb.replaced-2026-11-21T093000" + ("" if number == 1 else "-2")
        assert stores.everything(store) == before
        if number == 1:
            assert stores.everything(kept) == later
    assert history.names(store.parent) == [
        "ccmeter.duckdb",
        "ccmeter.duckdb.replaced-2026-11-21T093000",
        "ccmeter.duckdb.replaced-2026-11-21T093000-2",
    ]


def test_restore_where_there_is_no_store(store: Path, tmp_path: Path) -> None:
    """Without a store there is nothing to keep."""
    target = tmp_path / "other" / "ccmeter.duckdb"
    with backup.ready(target, store) as ready:
        assert backup.put(ready.path, target, now=NOW) is None
    assert stores.everything(target) == stores.everything(store)


def test_restore_keeps_what_a_killed_process_logged(store: Path, tmp_path: Path) -> None:
    """What a killed process left in the log is part of the store that is kept, and not of the one restored."""
    target = tmp_path / "mine.duckdb"
    backup.write(store, target)
    _killed(store)
    with backup.ready(store, target) as ready:
        kept = backup.put(ready.path, store, now=NOW)
    assert kept is not None
    assert (history.rows(store, "forgotten_call"), history.rows(kept, "forgotten_call")) == (0, 1)


def test_restore_over_a_damaged_store(store: Path, tmp_path: Path) -> None:
    """A damaged store is kept as it is, with the log beside it."""
    target = tmp_path / "mine.duckdb"
    backup.write(store, target)
    store.write_bytes(bytes(20_000))
    store.with_name("ccmeter.duckdb.wal").write_bytes(b"log")
    with backup.ready(store, target) as ready:
        kept = backup.put(ready.path, store, now=NOW)
    assert kept is not None
    assert kept.read_bytes() == bytes(20_000)
    assert kept.with_name(kept.name + ".wal").read_bytes() == b"log"
    assert copying.check(store).calls == 60


@pytest.mark.parametrize("content", [b"", b"mine", bytes(20_000)])
def test_backup_that_is_none_is_refused(content: bytes, store: Path, tmp_path: Path) -> None:
    """What is no sound store is never put in place, and is left as it is."""
    target = tmp_path / "mine.duckdb"
    target.write_bytes(content)
    with pytest.raises(StoreError), backup.ready(store, target):
        pass
    assert target.read_bytes() == content
    assert history.names(store.parent) == ["ccmeter.duckdb"]


def test_database_of_others_is_refused(store: Path, tmp_path: Path) -> None:
    """A DuckDB file without our tables is no backup; nor is a file that is not there, nor a newer store."""
    target = tmp_path / "mine.duckdb"
    with lease.beside(store) as connection:
        connection.execute(f"attach '{target}' as other")
        connection.execute("create table other.t (a integer)")
    with pytest.raises(StoreCorruptError, match="no store of ccmeter"), backup.ready(store, target):
        pass
    with pytest.raises(StoreError, match="There is no backup"), backup.ready(store, tmp_path / "nothing"):
        pass
    with lease.writing(store) as connection:
        connection.execute(
            "insert into schema_version (version, name) values ($1, 'later')", [schema.LATEST + 1]
        )
    with pytest.raises(StoreNewerError), backup.ready(tmp_path / "other" / "store.duckdb", store):
        pass


def test_vacuum_makes_it_small(store: Path) -> None:
    """A store that has lost most of its rows shrinks, and holds the same."""
    with lease.writing(store) as connection:
        connection.execute("create table ballast as select random() as a from range(2000000)")
    with lease.writing(store) as connection:
        connection.execute("create table late as select random() as a from range(200000)")
    with lease.writing(store) as connection:
        connection.execute("drop table ballast")
    held = stores.everything(store)
    before, after = vacuum.vacuum(store, progress=lambda *_: None)
    assert after == store.stat().st_size < before / 4
    assert stores.everything(store) == held
    assert history.names(store.parent) == ["ccmeter.duckdb"]
    if os.name == "posix":
        assert stat.S_IMODE(store.stat().st_mode) == 0o600


def test_whoever_opened_the_old_file_takes_the_new(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that is replaced between being looked at and being opened is opened again."""
    found = iter([(1, 1), (1, 2), (1, 2), (1, 2)])
    monkeypatch.setattr(lease, "_place", lambda _: next(found))
    with lease.reading(store) as connection:
        assert connection.execute("select count(*) from call").fetchall() == [(60,)]
    assert next(found, None) is None
    found = iter([(1, 1), (1, 2), (1, 2), (1, 2)])
    with lease.beside(store) as connection:
        assert connection.execute("select count(*) from store.call").fetchall() == [(60,)]
    real = store.stat().st_dev, store.stat().st_ino
    found = iter([(0, 0), real])
    with lease.holding(store):
        pass
    assert next(found, None) is None


def test_holding_keeps_others_out(store: Path) -> None:
    """The lock on the file is the one that DuckDB takes: readers may share it, a writer may not."""
    code = "import sys; from pathlib import Path; from ccmeter.store import lease\nwith getattr(lease, sys.argv[2])(Path(sys.argv[1]), patience_s=0): pass"

    def status(how: str) -> int:
        return subprocess.run(
            [sys.executable, "-c", code, str(store), how], capture_output=True, check=False
        ).returncode

    with lease.holding(store):
        assert (status("reading"), status("holding"), status("writing")) == (0, 0, 1)
    with lease.holding(store, is_exclusive=True):
        assert (status("reading"), status("holding"), status("writing"), status("beside")) == (1, 1, 1, 1)
    assert status("writing") == 0


def test_daily_backup_is_made_once(store: Path) -> None:
    """One backup a day, the same as the store, private; the oldest go."""
    os.utime(store, (1_000_000, 1_000_000))
    made = backup.make_daily(store, TODAY, keep=2)
    assert made == store.parent / "backups" / "ccmeter-2026-11-21.duckdb"
    assert stores.everything(made) == stores.everything(store)
    assert backup.make_daily(store, TODAY, keep=2) is None
    assert backup.make_daily(store, TODAY + dt.timedelta(days=1), keep=2) is None, "nothing was stored since"
    for days in (1, 2):
        os.utime(store)
        assert backup.make_daily(store, TODAY + dt.timedelta(days=days), keep=2) is not None
    assert [path.name for path in backup.dailies(store)] == [
        "ccmeter-2026-11-23.duckdb",
        "ccmeter-2026-11-22.duckdb",
    ]
    if os.name == "posix":
        assert stat.S_IMODE(made.parent.stat().st_mode) == 0o700
        assert {stat.S_IMODE(path.stat().st_mode) for path in backup.dailies(store)} == {0o600}


def test_daily_backup_has_what_a_killed_process_logged(store: Path) -> None:
    """What stands only in the log of a killed process is taken in first."""
    _killed(store)
    made = backup.make_daily(store, TODAY, keep=7)
    assert made is not None
    assert history.rows(made, "forgotten_call") == 1


def test_daily_backup_waits_for_nobody(store: Path) -> None:
    """While somebody writes there is none, and nothing is left behind; what a killed process left is swept."""
    folder = store.parent / "backups"
    folder.mkdir()
    old = folder / ".ccmeter-2026-11-20.duckdb.99"
    old.write_text("half")
    os.utime(old, (0, 0))
    hold = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import _duckdb, sys; c = _duckdb.connect(sys.argv[1]); print(1, flush=True); sys.stdin.read()",
            str(store),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with hold:
        assert hold.stdout is not None
        hold.stdout.readline()
        with pytest.raises(StoreBusyError):
            backup.make_daily(store, TODAY, keep=7)
        assert history.names(folder) == []


def test_daily_backup_on_a_plain_disk(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where blocks cannot be shared and names cannot be linked, it is copied and renamed."""

    def refused(*_: object) -> int:
        raise OSError

    monkeypatch.setattr(os, "copy_file_range", refused, raising=False)
    monkeypatch.setattr(os, "link", refused)
    made = backup.make_daily(store, TODAY, keep=7)
    assert made is not None
    assert stores.everything(made) == stores.everything(store)
    with backup.ready(store, made) as ready:
        kept = backup.put(ready.path, store, now=NOW)
    assert kept is not None
    assert stores.everything(kept) == stores.everything(store)
