"""What was forgotten is carried over to a store that takes the place of another, from wherever it can still be read."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest

from ccmeter.domain.errors import StoreBusyError
from ccmeter.store import backup, carrying, forget, lease, salvage
from ccmeter.store.forget import Carried, Rule
from ccmeter.store.imported import Day, take_days
from support import bulk, history, stores
from support.transcripts import Folder, Line, dumped, joined

if TYPE_CHECKING:
    from pathlib import Path

NOW = dt.datetime(2026, 11, 21, 9, 30, tzinfo=dt.UTC)
SECRET = Rule(None, "/home/dev/project-001", 2**61, takes_undated=True)
BLOCK_BYTES = 256 << 10


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return history.made(tmp_path)


@pytest.fixture
def old(store: Path, tmp_path: Path) -> Path:
    """Give a backup that was made before anything was forgotten."""
    target = tmp_path / "old.duckdb"
    backup.write(store, target)
    return target


def _forget(store: Path, *rules: Rule) -> None:
    with lease.writing(store) as connection:
        forget.forget(connection, rules, now=NOW)


def _carried(store: Path, made: Path) -> carrying.CarriedOver:
    return carrying.carry_over(store, made, now=NOW)


def _rules(store: Path) -> forget.Kept:
    with lease.reading(store) as connection:
        return forget.kept_rules(connection)


def test_rules_are_carried_over(store: Path, old: Path) -> None:
    """What the store has forgotten the other one forgets, as if it had been told; once."""
    _forget(store, SECRET)
    found = _carried(store, old)
    assert (found.source, found.rules) == (store, 2), (
        "the folder's, and that of the session that had nothing else"
    )
    assert found.carried == Carried(rules=2, keys=20, calls=20)
    assert _rules(old) == _rules(store)
    for table in ("call", "line", "origin", "forgotten", "forgotten_call"):
        assert sorted(stores.everything(old)[table]) == sorted(stores.everything(store)[table])
    again = stores.everything(old)
    assert _carried(store, old).carried == Carried(rules=0, keys=0, calls=0)
    assert stores.everything(old) == again


def test_what_the_other_forgot_itself_stays(store: Path, old: Path) -> None:
    """Rules add up; of two about the same the one that forgets more is kept."""
    _forget(old, Rule(None, "/home/dev/project-000", 2**61, takes_undated=True), SECRET)
    _forget(store, SECRET._replace(until_us=2**60))
    assert _carried(store, old).carried == Carried(rules=0, keys=0, calls=0)
    _forget(store, SECRET._replace(until_us=2**62))
    assert _carried(store, old).carried.rules == 1
    assert history.rows(old, "call") == 20
    assert [rule.until_us for _, rule in _rules(old).rules if rule.cwd == SECRET.cwd] == [2**62]


def test_copies_of_forgotten_calls_go_too(tmp_path: Path) -> None:
    """A call that the backup knows only as another session's copy is the same call; its session's title goes with it."""
    folder, store, old = Folder(tmp_path / "claude"), tmp_path / "s.duckdb", tmp_path / "o.duckdb"
    early, late = 1_767_225_600_000_000, 1_767_225_700_000_000
    title = dumped({"type": "custom-title", "customTitle": "secret", "sessionId": "copy"})
    folder.write("-x/copy.jsonl", joined([title, Line(session="copy", cwd="/copy", message_id="m", at_us=late).assistant()]))  # fmt: skip
    stores.ingest(old, tmp_path / "claude")
    folder.write(
        "-x/a.jsonl", joined([Line(session="first", cwd="/x", message_id="m", at_us=early).assistant()])
    )
    stores.ingest(store, tmp_path / "claude")
    _forget(store, Rule(None, "/x", late, takes_undated=True))
    assert history.rows(store, "call") == 0
    assert _carried(store, old).carried.calls == 1
    assert (history.rows(old, "call"), history.rows(old, "line"), history.rows(old, "title")) == (0, 0, 0)


def test_forgotten_days_of_reports_go_too(store: Path, old: Path) -> None:
    """Days of an imported report before a forgotten day are not brought back."""
    with lease.writing(old) as connection:
        take_days(connection, [Day(dt.date(2025, 1, 1), "", 1, 0, 0, 0, None)], source="a", machine="", now=NOW)  # fmt: skip
    _forget(store, Rule(None, None, 1_740_000_000_000_000, takes_undated=False))
    _carried(store, old)
    assert history.rows(old, "imported_day") == 0


def test_nothing_is_half_carried(store: Path, old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error in the middle leaves the other store as it was."""
    _forget(store, SECRET)
    before = stores.everything(old)

    def failing(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(forget, "_sweep", failing)
    with pytest.raises(KeyboardInterrupt):
        _carried(store, old)
    assert stores.everything(old) == before


def test_a_damaged_store_still_tells(store: Path, old: Path, tmp_path: Path) -> None:
    """Wherever one block of a store is damaged, its rules are read or said to be unreadable; they are never wrong."""
    bulk.write(tmp_path / "claude", files=8, calls=2_000)
    stores.ingest(store, tmp_path / "claude")
    _forget(store, SECRET)
    sound, kept = store.read_bytes(), _rules(store)
    told = set()
    for at in range(3 * 4096, len(sound), BLOCK_BYTES):
        store.write_bytes(sound[: at + 100] + bytes(200) + sound[at + 300 :])
        found = salvage.rules(store)
        told.add(found is not None)
        assert found in (None, kept)
    assert told == {True, False}


@pytest.mark.parametrize("content", [b"", b"nothing", bytes(20_000)])
def test_a_daily_backup_tells_in_its_place(content: bytes, store: Path, old: Path) -> None:
    """Where the store is past reading, or gone, the newest daily backup that still tells is asked."""
    first, second = dt.date(2026, 11, 20), NOW.date()
    _forget(store, SECRET)
    made = backup.make_daily(store, first, keep=7)
    (store.parent / "backups" / f"ccmeter-{second}.duckdb").write_bytes(content)
    store.write_bytes(content)
    found = _carried(store, old)
    assert (found.source, found.carried.calls) == (made, 20)
    store.unlink()
    assert _carried(store, old).source == made


def test_nothing_tells(store: Path, old: Path) -> None:
    """Where neither store nor backup can be read, that is the answer, and nothing is carried."""
    store.write_bytes(bytes(20_000))
    found = _carried(store, old)
    assert (found.source, found.rules, found.carried.calls) == (None, 0, 0)
    assert history.rows(old, "call") == 60


def test_a_store_older_than_rules(store: Path) -> None:
    """A store from before there were rules has none: that is known."""
    with lease.writing(store) as connection:
        connection.execute("drop table forgotten")
    assert salvage.rules(store) == forget.Kept([], [])


def test_whoever_writes_is_waited_for(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store in use is not taken for one that cannot be read."""

    def busy(*_: object, **__: object) -> None:
        raise StoreBusyError("busy")

    monkeypatch.setattr(lease, "beside", busy)
    with pytest.raises(StoreBusyError):
        salvage.rules(store)
