"""Daily backups and stores put aside are kept in step: made anew, compact, as a whole or not at all."""

from __future__ import annotations

import datetime as dt
import os
import stat
from typing import TYPE_CHECKING

import pytest

from ccmeter.domain.errors import StoreCorruptError
from ccmeter.store import backup, copies, copying, forget
from ccmeter.store.forget import Rule
from support import bulk, history, stores

if TYPE_CHECKING:
    from pathlib import Path

    from ccmeter.store.lease import Connection

NOW = dt.datetime(2026, 11, 21, 9, 30, tzinfo=dt.UTC)
SECRET = Rule(None, "/home/dev/project-001", 2**61, takes_undated=True)


TITLE = "told-to-nobody"


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Give a store with two daily backups and one that was put aside, and a title in a project of it."""
    bulk.write(tmp_path / "claude", files=3, calls=20)
    with bulk.place(tmp_path / "claude", 1).open("a", encoding="utf-8") as log:
        session = "00000001-0000-4000-8000-000000000001"
        log.write(f'{{"type":"custom-title","customTitle":"{TITLE}","sessionId":"{session}"}}\n')
    store = tmp_path / "data" / "ccmeter.duckdb"
    stores.ingest(store, tmp_path / "claude")
    for days in (0, 1):
        os.utime(store)
        assert backup.make_daily(store, NOW.date() + dt.timedelta(days=days), keep=7) is not None
    with backup.ready(store, backup.dailies(store)[0]) as ready:
        backup.put(ready.path, store, now=NOW)
    return store


def _taken_out(connection: Connection) -> int:
    return forget.forget(connection, [SECRET], now=NOW)


def test_all_copies_are_made_anew(store: Path) -> None:
    """What is taken out is in none of their bytes; their names, ages and rights are what they were."""
    files = [*backup.dailies(store), *backup.replaced(store)]
    ages = [file.stat().st_mtime_ns for file in files]
    wanted = copying.check(store).calls - 20
    assert all(TITLE.encode() in file.read_bytes() for file in files)
    steps: list[tuple[int, int]] = []
    changed = copies.change(store, _taken_out, progress=lambda done, total: steps.append((done, total)))
    assert changed == copies.Changed(dailies=2, replaced=1)
    assert steps == [(1, 3), (2, 3), (3, 3)]
    assert [*backup.dailies(store), *backup.replaced(store)] == files
    assert [copying.check(file).calls for file in files] == [wanted] * 3
    assert [file.stat().st_mtime_ns for file in files] == ages
    assert not any(TITLE.encode() in file.read_bytes() for file in files)
    if os.name == "posix":
        assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert history.names(store.parent) == ["backups", "ccmeter.duckdb", backup.replaced(store)[0].name]
    before = [file.stat().st_ino for file in files]
    assert copies.change(store, _taken_out) == copies.Changed()
    assert [file.stat().st_ino for file in files] == before, "what has nothing of it stays as it is"


def test_copies_that_cannot_be_changed_are_named(store: Path) -> None:
    """A damaged copy, or one with a log that was never taken in, is left and named; the others are changed."""
    newest, oldest = backup.dailies(store)
    (aside,) = backup.replaced(store)
    newest.write_bytes(bytes(9_000))
    aside.with_name(aside.name + ".wal").write_bytes(b"log")
    changed = copies.change(store, _taken_out)
    assert changed == copies.Changed(dailies=1, left=(newest, aside))
    assert newest.read_bytes() == bytes(9_000)
    assert copying.check(oldest).calls == 40


def test_a_copy_whose_time_has_come_is_not_missed(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A daily backup that another process has let go of meanwhile is no failure."""
    dailies = backup.dailies(store)
    monkeypatch.setattr(backup, "dailies", lambda _: dailies)
    dailies[1].unlink()
    assert copies.change(store, _taken_out) == copies.Changed(dailies=1, replaced=1)


def test_a_damaged_store_pushes_no_backup_out(store: Path, tmp_path: Path) -> None:
    """The daily copy is read before an older one gives way to it; a damaged one is refused, and leaves nothing."""
    bulk.write(tmp_path / "claude", files=8, calls=2_000)
    stores.ingest(store, tmp_path / "claude")
    before = [(file, file.read_bytes()) for file in backup.dailies(store)]
    content = bytearray(store.read_bytes())
    for at in range(12_288 + 1_000, len(content), 256 << 10):
        content[at : at + 200] = bytes(200)
    content[12_288 : 12_288 + (256 << 10)] = store.read_bytes()[12_288 : 12_288 + (256 << 10)]
    store.write_bytes(content)
    with pytest.raises(StoreCorruptError, match=r"ccmeter\.duckdb is damaged") as refused:
        backup.make_daily(store, NOW.date() + dt.timedelta(days=9), keep=1)
    assert "`ccmeter restore --latest`" in refused.value.hint
    assert [(file, file.read_bytes()) for file in backup.dailies(store)] == before
    assert history.names(store.parent / "backups") == sorted(file.name for file, _ in before)
