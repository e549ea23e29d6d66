"""The server's contract, on both databases: migrations, copies, backups, what is looked at, what is locked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text, update

from ccmeter.server import copying, doctor, extra, running
from ccmeter.server.errors import ServerError
from ccmeter.server.storage import claim, schema
from ccmeter.server.storage.database import Database
from ccmeter.server.storage.tables import metadata, record, vault
from support.rotating import everything
from support.server import Client, good, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.postgres import Cluster


@pytest.fixture
def filled(database_url: str) -> Iterator[Database]:
    """Give a database with two vaults in it."""
    with serving(database_url) as served:
        for name in ("a", "b"):
            with Client(served.url, vault=name) as one:
                one.register()
                one.push(*(one.sealed(number, size=number % 4) for number in range(30)))
                one.enrol("two").http.close()
    database = Database(database_url)
    yield database
    database.close()


def test_migrations_make_the_tables_that_the_program_knows(filled: Database) -> None:
    with filled.writing() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        assert schema.version(connection) == schema.latest()


def test_newer_tables_are_refused(filled: Database) -> None:
    with filled.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    try:
        with pytest.raises(ServerError, match="newer ccmeter"):
            schema.upgrade(filled)
    finally:
        with filled.writing() as connection:
            connection.execute(
                text("UPDATE alembic_version SET version_num = :now"), {"now": schema.latest()}
            )


def test_copy_is_proven_and_serves(filled: Database, tmp_path: Path) -> None:
    """Out of either database into a file; clients go on there as if nothing had been."""
    target = Database(f"sqlite:///{tmp_path / 'copy.db'}")
    found = copying.copy(filled, target)
    assert {each.table: each.rows for each in found if each.table in ("account", "device", "record")} == {
        "account": 2,
        "device": 4,
        "record": 60,
    }
    with filled.reading() as connection:
        assert copying.proofs(connection) == found
    with pytest.raises(ServerError, match="not empty"):
        copying.copy(filled, target)
    assert copying.copy(filled, target, replace=True) == found
    assert all(each.is_good for each in doctor.examine(target))
    target.close()
    with serving(f"sqlite:///{tmp_path / 'copy.db'}") as served, Client(served.url, vault="b") as one:
        assert len(everything(one)) == 30
        one.push(one.sealed(31))


def test_sqlite_moves_to_postgresql_and_back(postgres: Cluster, tmp_path: Path) -> None:
    """Counts and digests of every table are equal on all three."""
    first, url = f"sqlite:///{tmp_path / 'first.db'}", postgres.new()
    with serving(first) as served, Client(served.url) as one:
        one.register()
        one.push(*(one.sealed(number, size=3) for number in range(150)))
    old, middle, last = Database(first), Database(url), Database(f"sqlite:///{tmp_path / 'last.db'}")
    proven = copying.copy(old, middle)
    assert copying.copy(middle, last) == proven
    with old.reading() as connection:
        assert copying.proofs(connection) == proven
    for database in (old, middle, last):
        database.close()
    with serving(url) as served, Client(served.url) as one:
        assert len(everything(one)) == 150


def test_wrong_copy_is_taken_back(filled: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a row would arrive changed, nothing arrives."""
    target = Database(f"sqlite:///{tmp_path / 'copy.db'}")
    monkeypatch.setattr(copying, "_ROWS", 7)
    monkeypatch.setattr(copying, "proof", lambda *_: copying.Proof(table="record", rows=0, digest=1))
    with pytest.raises(ServerError, match="differs"):
        copying.copy(filled, target)
    monkeypatch.undo()
    with target.reading() as connection:
        assert not any(each.rows for each in copying.proofs(connection))
    target.close()


def test_source_must_stand_at_the_latest_tables(tmp_path: Path) -> None:
    old, new = (Database(f"sqlite:///{tmp_path / name}") for name in ("old.db", "new.db"))
    with pytest.raises(ServerError, match="source does not stand"):
        copying.copy(old, new)
    old.close()
    new.close()


@pytest.mark.parametrize(
    ("change", "sign"),
    [
        (update(record).values(ct=b"changed"), "bodies that differ from their digest: 60"),
        (update(vault).values(records=1), "vaults whose counters do not add up: 2"),
        (update(vault).values(seq=1), "vaults whose counters do not add up: 2"),
        (text("UPDATE audit SET event = 'nothing' WHERE n = 1"), "audit log: 0 rows, broken at 1"),
    ],
)
def test_doctor_finds_what_is_wrong(filled: Database, change: object, sign: str) -> None:
    assert [each.text for each in doctor.examine(filled) if not each.is_good and "sync" not in each.text] in (
        [],
        ["fsync is off"],
    )
    with filled.writing() as connection:
        connection.execute(change)  # type: ignore[call-overload]  # one of several kinds of statement
    assert sign in [each.text for each in doctor.examine(filled) if not each.is_good]


def test_nothing_is_replaced_under_a_server(filled: Database) -> None:
    """While a server runs nobody has the database alone; afterwards somebody has."""
    with claim.serving(filled):
        with pytest.raises(ServerError, match="running"), claim.alone(filled):
            pass
        if filled.is_sqlite:
            with pytest.raises(ServerError, match="running"), claim.serving(filled):
                pass
        else:
            with claim.serving(filled):
                pass
    with claim.alone(filled):
        pass


def test_vacuum_keeps_everything(filled: Database) -> None:
    filled.vacuum()
    with filled.reading() as connection:
        assert {each.table: each.rows for each in copying.proofs(connection)}["record"] == 60


def test_database_that_is_none_is_refused(tmp_path: Path) -> None:
    for wrong in ("no address", "nosuch://x", "mysql://x/y"):
        with pytest.raises(ServerError, match="no address"):
            running.opened(wrong)
    with pytest.raises(ServerError, match="There is no database"):
        running.opened(f"sqlite:///{tmp_path / 'none.db'}", is_new=False)
    with pytest.raises(ServerError, match="does not answer"):
        running.opened(f"postgresql://x@/x?host={tmp_path}")


def test_missing_extra_says_what_to_install() -> None:
    with pytest.raises(ServerError, match="nosuchpackage") as found:
        extra.require(("sqlalchemy", "nosuchpackage"))
    assert found.value.hint == "pip install 'ccmeter-cli[server]'"


def test_port_in_use_is_said() -> None:
    with running.listen("127.0.0.1", 0) as taken, pytest.raises(ServerError, match="cannot be taken"):
        running.listen("127.0.0.1", taken.getsockname()[1])


def test_readiness_tells_of_a_database_that_went(filled: Database, database_url: str) -> None:
    with serving(database_url) as served, Client(served.url) as one:
        good(one.ask("GET", "/readyz"))
        with filled.writing() as connection:
            connection.execute(text("ALTER TABLE alembic_version RENAME TO gone"))
        try:
            assert one.ask("GET", "/readyz").status_code == 503
        finally:
            with filled.writing() as connection:
                connection.execute(text("ALTER TABLE gone RENAME TO alembic_version"))
