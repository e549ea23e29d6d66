"""Transactions on either database: many read at once, and what is written is on disk before anybody hears of it.

SQLite takes one writer, so one thread writes: it takes all that waits into one transaction, each piece behind a
savepoint of its own, and one flush to disk serves them all. PostgreSQL has as many writers as its pool has connections.
"""

from __future__ import annotations

import asyncio
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from sqlalchemy import create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.pool import QueuePool

from ccmeter.server.refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import URL, Connection, Engine

T = TypeVar("T")
POOL: Final = 4
"""Connections that work at once; more only wait for each other."""
_TOGETHER: Final = 64
"""Pieces of work in one transaction at most."""
_BUSY_S: Final = 30


class WriterError(RuntimeError):
    """The writer ended without an answer: a fault of the program."""


class _Piece(Generic[T]):
    """Something to be written, and where its outcome is awaited."""

    def __init__(self, work: Callable[[Connection], T]) -> None:
        self.work = work
        self.outcome: T | None = None
        self.refusal: Refusal | SQLAlchemyError | None = None
        self.future: Future[T] = Future()

    def run(self, connection: Connection) -> None:
        """Do it behind a savepoint."""
        connection.exec_driver_sql("SAVEPOINT piece")
        try:
            self.outcome = self.work(connection)
        except (Refusal, SQLAlchemyError) as error:
            self.refusal = error
            connection.exec_driver_sql("ROLLBACK TO piece")
        connection.exec_driver_sql("RELEASE piece")

    def settle(self) -> None:
        """Tell whoever waits."""
        if self.refusal is not None:
            self.future.set_exception(self.refusal)
        else:
            self.future.set_result(self.outcome)  # type: ignore[arg-type]  # None only where T is None


class Database:
    """One database and the threads that work on it."""

    def __init__(self, url: str) -> None:
        parsed = make_url(url)
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        self.path = Path(parsed.database or "") if self.is_sqlite else None
        if self.is_sqlite:
            self._writing = _sqlite(parsed, "BEGIN IMMEDIATE", 1)
            self._reading = _sqlite(parsed, "BEGIN", POOL)
        else:
            self._writing = self._reading = _postgresql(parsed)
        self._writers = ThreadPoolExecutor(1 if self.is_sqlite else POOL, "writer")
        self._readers = ThreadPoolExecutor(POOL, "reader")
        self._waiting: deque[_Piece[Any]] = deque()

    @property
    def engine(self) -> Engine:
        """What migrations and copies work on."""
        return self._writing

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give a transaction that may write."""
        with self._writing.begin() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a transaction that sees one state, whatever others write meanwhile."""
        with self._reading.connect() as connection:
            if not self.is_sqlite:
                connection.execution_options(isolation_level="REPEATABLE READ")
            with connection.begin():
                yield connection

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Do work in a transaction, in a thread; when this returns, it is on disk."""
        if not self.is_sqlite:
            return await asyncio.wrap_future(self._writers.submit(self._write, work))
        piece = _Piece(work)
        self._waiting.append(piece)
        self._writers.submit(self._write_waiting)
        return await asyncio.wrap_future(piece.future)

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Do work that only reads, in a thread."""
        return await asyncio.wrap_future(self._readers.submit(self._read, work))

    async def scrub(self) -> None:
        """Take erased rows out of SQLite's log; in the file itself they are overwritten already.

        PostgreSQL keeps dead rows until its own vacuum or `ccmeter serve purge`.
        """
        if self.is_sqlite:
            await asyncio.wrap_future(self._writers.submit(self._truncate_log))

    def make_one_file(self) -> None:
        """Have all of it in SQLite's one file, with no log beside it."""
        with self._raw() as raw:
            raw.execute("PRAGMA journal_mode=DELETE").close()

    def vacuum(self) -> None:
        """Give back the room of erased rows, and with it what is left of them on disk."""
        with self._raw() as raw:
            raw.execute("VACUUM").close()
        if self.is_sqlite:
            self._truncate_log()

    @contextmanager
    def _raw(self) -> Iterator[Any]:
        """Give a connection without a transaction."""
        if self.is_sqlite:
            with self._writing.connect() as connection:
                yield connection.connection.dbapi_connection
        else:
            engine = self._writing.execution_options(isolation_level="AUTOCOMMIT")
            with engine.connect() as connection:
                yield connection.connection.dbapi_connection

    def _truncate_log(self) -> None:
        with self._raw() as raw:
            raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").close()

    def close(self) -> None:
        """End the threads after what they have begun, and close all connections."""
        self._writers.shutdown()
        self._readers.shutdown()
        self._writing.dispose()
        self._reading.dispose()

    def _write(self, work: Callable[[Connection], T]) -> T:
        with self.writing() as connection:
            return work(connection)

    def _read(self, work: Callable[[Connection], T]) -> T:
        with self.reading() as connection:
            return work(connection)

    def _write_waiting(self) -> None:
        """Write what waits: often an earlier call has taken it along already."""
        pieces = [self._waiting.popleft() for _ in range(min(len(self._waiting), _TOGETHER))]
        if not pieces:
            return
        try:
            with self.writing() as connection:
                for piece in pieces:
                    piece.run(connection)
        except SQLAlchemyError as error:
            for piece in pieces:
                piece.refusal = error
        else:
            for piece in pieces:
                piece.settle()
        finally:
            for piece in pieces:
                if not piece.future.done():
                    piece.future.set_exception(piece.refusal or WriterError("the writer ended"))


def _sqlite(url: URL, begin: str, connections: int) -> Engine:
    """Make an engine on a file that keeps what it acknowledged, and erases what it deletes."""
    made = create_engine(
        url,
        poolclass=QueuePool,
        pool_size=connections,
        max_overflow=0,
        connect_args={"timeout": _BUSY_S, "check_same_thread": False},
        hide_parameters=True,
    )

    @event.listens_for(made, "connect")
    def _(raw: Any, _: object) -> None:
        raw.isolation_level = None  # SQLAlchemy begins transactions, not the driver
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
            raw.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(made, "begin")
    def _(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return made


def _postgresql(url: URL) -> Engine:
    """Make an engine on a server of PostgreSQL. Raises ArgumentError for any other kind of database."""
    if url.get_backend_name() != "postgresql":
        raise ArgumentError("neither sqlite nor postgresql")
    return create_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_size=2 * POOL,
        max_overflow=0,
        pool_pre_ping=True,
        hide_parameters=True,
        connect_args={"connect_timeout": 10},
    )
