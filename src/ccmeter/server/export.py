"""All that the server holds of an account, as lines of JSON: sealed as it lies there, with all that is not sealed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from ccmeter.server.storage.tables import metadata
from ccmeter.wire.v1 import encoded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Table

    from ccmeter.server.seats import Seat
    from ccmeter.server.storage.database import Database

TYPE: Final = "application/jsonl"
_ROWS: Final = 200


def lines(database: Database, seat: Seat) -> Iterator[bytes]:
    """Give one line per row, in one state of the database."""
    with database.reading() as connection:
        for table in metadata.sorted_tables:
            for row in _rows(connection, table, seat):
                values = {
                    name: encoded(value) if isinstance(value, bytes) else value for name, value in row.items()
                }
                yield json.dumps({"table": table.name, **values}).encode() + b"\n"


def _rows(connection: Connection, table: Table, seat: Seat) -> Iterator[dict[str, Any]]:
    if "vault" in table.c:
        mine = table.c.vault == seat.vault
    elif "account" in table.c:
        mine = table.c.account == seat.account
    elif table.name == "account":
        mine = table.c.id == seat.account
    else:
        return
    asked = select(table).where(mine).execution_options(yield_per=_ROWS)
    for row in connection.execute(asked).mappings():
        yield dict(row)
