"""A PostgreSQL cluster of the tests' own: made by an unprivileged user, reached by a socket, gone afterwards."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine, text

from ccmeter.server.storage import schema
from ccmeter.server.storage.database import Database
from ccmeter.server.storage.tables import metadata

if TYPE_CHECKING:
    from collections.abc import Iterator

START_S = 120


def programs() -> Path | None:
    """Give the folder of initdb and its siblings; None where PostgreSQL is not installed."""
    found = [*Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    found += [Path(each) for each in (shutil.which("initdb"),) if each]
    return max(found, key=lambda path: (len(path.parts), path)).parent if found else None


@dataclass
class Cluster:
    """A cluster that runs."""

    folder: Path
    programs: Path
    user: int | None
    is_durable: bool
    """It flushes to disk; only tests of crashes need it."""
    numbers: count[int] = field(default_factory=count)

    def url(self, name: str) -> str:
        """Give the address of a database."""
        return f"postgresql://ccmeter@/{name}?host={self.folder}"

    def new(self) -> str:
        """Make an empty database; give its address."""
        name = f"empty{next(self.numbers)}"
        self._execute(f"CREATE DATABASE {name}")
        return self.url(name)

    def migrated(self) -> str:
        """Make a database with all tables; give its address."""
        name = f"ready{next(self.numbers)}"
        self._execute(f"CREATE DATABASE {name} TEMPLATE tables")
        return self.url(name)

    def cleared(self) -> str:
        """Give a database with all tables, empty: always the same one, which is faster than a new one."""
        engine = create_engine(self.url("tables").replace("postgresql", "postgresql+psycopg", 1))
        with engine.begin() as connection:
            names = ", ".join(table.name for table in metadata.sorted_tables)
            connection.execute(text(f"TRUNCATE {names}"))
        engine.dispose()
        return self.url("tables")

    def make_template(self) -> None:
        """Make the database that those with tables are copied from."""
        self._execute("CREATE DATABASE tables")
        database = Database(self.url("tables"))
        schema.upgrade(database)
        database.close()

    def start(self) -> None:
        """Start it, and wait until it answers."""
        options = f"-c listen_addresses= -c unix_socket_directories={self.folder} -c max_connections=60"
        options += "" if self.is_durable else " -c fsync=off -c synchronous_commit=off"
        self._control("start", "-l", str(self.folder / "log"), "-o", options)

    def stop(self, mode: str = "fast") -> None:
        """Stop it; `immediate` is like a crash."""
        self._control("stop", "-m", mode)

    def _control(self, action: str, *arguments: str) -> None:
        run(
            [self.programs / "pg_ctl", "-D", self.folder / "data", "-w", "-t", START_S, action, *arguments],
            self.user,
        )

    def _execute(self, sql: str) -> None:
        engine = create_engine(
            self.url("postgres").replace("postgresql", "postgresql+psycopg", 1), isolation_level="AUTOCOMMIT"
        )
        with engine.connect() as connection:
            connection.execute(text(sql))
        engine.dispose()


@contextmanager
def cluster(*, is_durable: bool = False) -> Iterator[Cluster]:
    """Make a cluster, and take it away at the end."""
    found = programs()
    assert found is not None
    user = pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else None  # initdb refuses root
    folder = Path(tempfile.mkdtemp(prefix="ccmeter-pg-"))
    if user is not None:
        os.chown(folder, user, -1)
    made = Cluster(folder, found, user, is_durable)
    try:
        run(
            [
                found / "initdb",
                "-D",
                folder / "data",
                "-U",
                "ccmeter",
                "-A",
                "trust",
                "-E",
                "UTF8",
                "--no-sync",
            ],
            user,
        )
        made.start()
        try:
            made.make_template()
            yield made
        finally:
            made.stop("immediate")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def run(command: list[Any], user: int | None) -> None:
    """Run a program of PostgreSQL, as the unprivileged user where the tests run as root."""
    ended = subprocess.run(
        [str(part) for part in command],
        user=user,
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
