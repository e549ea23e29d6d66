"""Leases: made whole, closed again, waited for, refused with a reason."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import _duckdb
import pytest

from ccmeter.domain.errors import (
    StoreBusyError,
    StoreCorruptError,
    StoreError,
    StoreFullError,
    StoreNewerError,
    UsageError,
)
from ccmeter.store import lease, merge, schema

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_HOLD = (
    "import _duckdb, sys; c = _duckdb.connect(sys.argv[1], read_only=sys.argv[2] == 'reading'); "
    "print(1, flush=True); sys.stdin.read()"
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Give the path of a new store."""
    path = tmp_path / "data" / "store.duckdb"
    with lease.writing(path):
        pass
    return path


@contextlib.contextmanager
def held(path: Path, how: str) -> Iterator[int]:
    """Let another process hold a store; give its id."""
    command = [sys.executable, "-c", _HOLD, str(path), how]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        yield holder.pid


def test_new_store_has_the_latest_schema(path: Path) -> None:
    """A new store is made whole: migrated, counted by today's rule, with nothing beside it."""
    with lease.reading(path) as connection:
        assert schema.version(connection) == schema.LATEST
        assert schema.is_current(connection)
        assert connection.execute("select count(*) from call").fetchall() == [(0,)]
    assert [each.name for each in path.parent.iterdir()] == ["store.duckdb"]


def test_many_may_read(path: Path) -> None:
    """Readers do not keep each other out."""
    with held(path, "reading"), lease.reading(path, patience_s=0) as connection:
        assert connection.execute("select 1").fetchall() == [(1,)]


@pytest.mark.parametrize("how", ["reading", "writing"])
def test_writer_waits_for_its_turn(how: str, path: Path) -> None:
    """A lease that cannot be had in time is refused, and the error names the process that holds the store."""
    with (
        held(path, how) as pid,
        pytest.raises(StoreBusyError, match=f"process {pid} ") as caught,
        lease.writing(path, patience_s=0),
    ):
        pass
    assert "Nothing was lost" in caught.value.hint


def test_waiting_is_told_once(path: Path) -> None:
    """Whoever waits for more than a moment is told for whom, once."""
    told: list[str] = []
    with (
        held(path, "writing") as pid,
        pytest.raises(StoreBusyError),
        lease.reading(path, patience_s=4, waiting=told.append),
    ):
        pass
    assert len(told) == 1
    assert told[0].startswith(f"waiting for the store: process {pid} ")


def test_lease_ends_with_an_error(path: Path) -> None:
    """A lease is given back whatever happens while it is held."""
    with pytest.raises(ZeroDivisionError), lease.writing(path):
        _ = 1 / 0
    with lease.writing(path, patience_s=0):
        pass


def test_reader_brings_an_older_count_up_to_date(path: Path) -> None:
    """A store counted by an older rule is counted anew before it is read."""
    with lease.writing(path) as connection:
        connection.execute("update counting set revision = revision - 1")
    with lease.reading(path) as connection:
        assert merge.is_current(connection)


def test_reader_migrates(tmp_path: Path) -> None:
    """A store without a schema, as other programs make it, gets one before it is read."""
    path = tmp_path / "store.duckdb"
    _duckdb.connect(str(path)).close()
    with lease.reading(path) as connection:
        assert schema.version(connection) == schema.LATEST


def test_newer_store_is_refused(path: Path) -> None:
    """A store that a newer version wrote is refused, for reading and for writing."""
    with lease.writing(path) as connection:
        connection.execute(
            "insert into schema_version (version, name) values (?, 'later')", [schema.LATEST + 1]
        )
    for how in (lease.reading, lease.writing):
        with pytest.raises(StoreNewerError, match=f"schema {schema.LATEST + 1}"), how(path):
            pass


def test_damaged_store_is_refused(path: Path) -> None:
    """What is no store is refused with what to do, and left as it is."""
    path.write_bytes(b"nothing of ours" * 1_000)
    before = path.read_bytes()
    for how in (lease.reading, lease.writing):
        with pytest.raises(StoreCorruptError) as caught, how(path):
            pass
        assert "ccmeter restore --rebuild" in caught.value.hint
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        (_duckdb.IOException("IO Error: Could not write file: No space left on device"), StoreFullError),
        (_duckdb.TransactionException("Failed to commit: Could not write: File too large"), StoreFullError),
        (OSError(28, "No space left on device"), StoreFullError),
        (_duckdb.IOException("IO Error: something about the file"), StoreError),
        (_duckdb.TransactionException("Failed to commit: Permission denied"), StoreError),
        (_duckdb.FatalException("FATAL Error: the database has been invalidated"), StoreError),
        (_duckdb.SerializationException("Serialization Error: Failed to deserialize"), StoreCorruptError),
        (_duckdb.NotImplementedException("Unknown TimeZone 'Mars/Base'!"), UsageError),
    ],
)
def test_faults_of_the_file_become_our_errors(
    raised: Exception, expected: type[Exception], path: Path
) -> None:
    """What goes wrong with the file while a lease is held is told in our words."""
    with pytest.raises(expected) as caught, lease.writing(path):
        raise raised
    assert caught.type is expected
    assert caught.value.__cause__ is raised


@pytest.mark.parametrize(
    "raised", [_duckdb.BinderException("no such column"), OSError(2, "gone"), KeyError("x")]
)
def test_other_faults_stay_what_they_are(raised: Exception, path: Path) -> None:
    """A mistake in the program, or a fault of something else, is not told as one of the store."""
    with pytest.raises(type(raised)) as caught, lease.writing(path):
        raise raised
    assert caught.value is raised


def test_what_was_left_half_made_is_swept(path: Path) -> None:
    """What a process left that was killed while it made a store is taken away, but not what may still be at work."""
    for name, age_s in ((".new-old", 4_000), (".new-now", 5)):
        folder = path.parent / name
        folder.mkdir()
        (folder / "store.duckdb").write_bytes(b"half")
        os.utime(folder, (time.time() - age_s,) * 2)
    with lease.writing(path):
        pass
    assert sorted(each.name for each in path.parent.iterdir()) == [".new-now", "store.duckdb"]


def test_nothing_is_downloaded(path: Path) -> None:
    """DuckDB may not fetch extensions by itself."""
    for how in (lease.reading, lease.writing):
        with how(path) as connection:
            settings = connection.execute(
                "select value from duckdb_settings() "
                "where name in ('autoinstall_known_extensions', 'autoload_known_extensions')"
            ).fetchall()
        assert settings == [("false",), ("false",)]


def test_without_links_the_store_is_moved_into_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a file system that has no links a new store is moved to its place instead."""

    def refuse(*_: object) -> None:
        raise OSError(1, "Operation not permitted")

    monkeypatch.setattr("os.link", refuse)
    with lease.writing(tmp_path / "store.duckdb") as connection:
        assert schema.is_current(connection)
    assert [each.name for each in tmp_path.iterdir()] == ["store.duckdb"]
