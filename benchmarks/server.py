"""How fast the server takes pushes, against bare SQL inserts of the same rows in the same run, on both databases.

`python benchmarks/server.py [--seconds 8] [--soak SECONDS]`: PostgreSQL is a cluster of its own, made by an unprivileged user
with everything flushed to disk, and left out where it is not installed. A push has two records of 2 KiB. Bare inserts are
one flushed transaction per push into the server's own tables, two records and the mark of the commit: by one connection on SQLite (it takes one writer), by as many as the server has on
PostgreSQL. Server, clients and databases share the machine's cores. `--soak` holds half of the rate reached for so long and
tells whether memory stays flat.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import secrets
import sqlite3
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import psycopg

from ccmeter.server import accounts
from ccmeter.server.storage import schema
from ccmeter.server.storage.database import POOL, Database
from ccmeter.wire import v1
from support import postgres
from support.killing import process
from support.server import Client, bytes_of, good

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DEVICES = 32
SIZE = 2_088
Row = tuple[object, ...]
_RECORD = "INSERT INTO record (vault, rid, owner, ver, seq, digest, ct) VALUES ({}, {}, {}, {}, {}, {}, {})"
_TICK = "INSERT INTO commit_tick (vault, seq, tick, at) VALUES ({}, {}, {}, {})"


def requests_of(client: Client) -> Iterator[bytes]:
    """Give pushes without end, as they go over the wire."""
    number = 0
    while True:
        records = [
            v1.Sealed(rid=bytes_of(client.name, number + each), prev=0, ver=1, ct=os.urandom(SIZE))
            for each in range(2)
        ]
        number += 2
        body = v1.Push(gen=0, records=tuple(records)).model_dump_json().encode()
        yield (
            f"POST /v1/sync/push HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {client.token}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        ).encode() + body


async def pushing(port: int, sent: Iterator[bytes], until: float, every_s: float, took: list[float]) -> None:
    """Push over one connection: at once after each answer, or at an even rate."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    due = time.perf_counter()
    while (now := time.perf_counter()) < until:
        if every_s and due > now:
            await asyncio.sleep(due - now)
        began = max(due, now) if every_s else now
        due += every_s
        writer.write(next(sent))
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200"), head
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        await reader.readexactly(length)
        took.append(time.perf_counter() - began)
    writer.close()


def load(port: int, sent: list[Iterator[bytes]], seconds: float, rate: float = 0.0) -> list[float]:
    """Push from all devices; give what each push took."""
    took: list[float] = []

    async def run() -> None:
        until = time.perf_counter() + seconds
        every = len(sent) / rate if rate else 0.0
        await asyncio.gather(*(pushing(port, each, until, every, took) for each in sent))

    asyncio.run(run())
    return took


def prepared(url: str) -> list[bytes]:
    """Make the server's own tables, with a vault for each connection; give the vaults."""
    database = Database(url)
    schema.upgrade(database)
    clients = [Client("http://none", "one", f"bare{number}") for number in range(POOL)]
    with database.writing() as connection:
        for client in clients:
            accounts.create(
                connection, client.account(), registration="open", now=time.time(), draw=secrets.token_bytes
            )
    database.close()
    return [client.vault for client in clients]


def bare_sqlite(folder: Path, seconds: float) -> float:
    """Give transactions per second of one connection that inserts the same rows."""
    vaults = prepared(f"sqlite:///{folder / 'bare.db'}")
    connection = sqlite3.connect(folder / "bare.db", isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")

    def insert(rows: list[Row], tick: Row) -> None:
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(_RECORD.format(*"???????"), rows)
        connection.execute(_TICK.format(*"????"), tick)
        connection.execute("COMMIT")

    done = counted(insert, time.perf_counter() + seconds, vaults[0])
    connection.close()
    return done / seconds


def bare_postgresql(url: str, seconds: float) -> float:
    """Give transactions per second of as many connections as the server has."""
    vaults = prepared(url)
    counts = [0] * POOL

    def work(place: int) -> None:
        with psycopg.connect(url) as connection:

            def insert(rows: list[Row], tick: Row) -> None:
                with connection.transaction(), connection.cursor() as cursor:
                    cursor.executemany(_RECORD.format(*["%s"] * 7), rows)
                    cursor.execute(_TICK.format(*["%s"] * 4), tick)

            counts[place] = counted(insert, until, vaults[place])

    until = time.perf_counter() + seconds
    threads = [threading.Thread(target=work, args=(place,)) for place in range(POOL)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / seconds


def counted(insert: Callable[[list[Row], Row], None], until: float, vault: bytes) -> int:
    """Insert until the time is over; give how often that was."""
    count = 0
    while time.perf_counter() < until:
        count += 1
        rows: list[Row] = [
            (vault, os.urandom(16), vault, 1, 2 * count + each, os.urandom(32), os.urandom(SIZE))
            for each in range(2)
        ]
        insert(rows, (vault, 2 * count + 1, os.urandom(16), 0.0))
    return count


def rss_mib(pid: int) -> float:
    """Give the memory of a process."""
    pages = int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def measure(url: str, folder: Path, seconds: float, soak: float, bare: Callable[[float], float]) -> None:
    """Measure one database: bare, server, bare again; then half of the load."""
    before = bare(seconds / 2)
    with process(url, folder) as (running, address), contextlib.ExitStack() as stack:
        clients = [stack.enter_context(Client(address, "one", f"v{number}")) for number in range(DEVICES)]
        for client in clients:
            client.register()
        port, sent = int(address.rpartition(":")[2]), [requests_of(client) for client in clients]
        load(port, sent, 1)
        rate = len(load(port, sent, seconds)) / seconds
        for client in clients:  # a vault holds 64 MiB
            good(client.ask("DELETE", "/v1/sync"))
        took = sorted(load(port, sent, seconds, rate / 2))
        memory = [rss_mib(running.pid)]
        end = time.monotonic() + soak
        while time.monotonic() < end:
            load(port, sent, min(20.0, soak), rate / 2)
            for client in clients:
                good(client.ask("DELETE", "/v1/sync"))
            memory.append(rss_mib(running.pid))
    after = bare(seconds / 2) if url.startswith("sqlite") else before
    inserts = (before + after) / 2
    p50, p99 = (took[int(len(took) * share)] * 1_000 for share in (0.5, 0.99))
    print(f"  {rate:,.0f} pushes/s, bare inserts {inserts:,.0f}/s: {rate / inserts:.2f}x (>= 0.5)")
    print(f"  at half of that: p50 {p50:.1f} ms, p99 {p99:.1f} ms (<= 50)")
    print(f"  memory {' '.join(f'{each:.0f}' for each in memory)} MiB")


def main() -> None:
    """Measure both databases."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--soak", type=float, default=0.0)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        print("SQLite")
        rounds = iter(range(9))
        measure(
            f"sqlite:///{folder / 'server.db'}",
            folder,
            asked.seconds,
            asked.soak,
            lambda seconds: bare_sqlite(
                Path(tempfile.mkdtemp(dir=folder, suffix=str(next(rounds)))), seconds
            ),
        )
        if postgres.programs() is None:
            print("PostgreSQL is not installed: not measured")
            return
        with postgres.cluster(is_durable=True) as cluster:
            print("PostgreSQL")
            measure(
                cluster.migrated(),
                folder,
                asked.seconds,
                asked.soak,
                lambda seconds: bare_postgresql(cluster.new(), seconds),
            )


if __name__ == "__main__":
    main()
