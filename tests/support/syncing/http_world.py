"""The world of the model around a real server: the same machines over HTTP, its database in the place of plain state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, insert, select

from ccmeter.server.storage.tables import metadata
from ccmeter.sync.remotes.http import HttpRemote
from ccmeter.wire import v1
from support.syncing.world import World

if TYPE_CHECKING:
    from pathlib import Path

    from ccmeter.sync.remotes.base import Remote
    from support.server import Clock, Served

PAGE = 5
"""Records in a page: few, so that borders are met often."""


class HttpWorld(World):
    """Machines around a server that runs; it is emptied first."""

    def __init__(self, folder: Path, served: Served, clock: Clock) -> None:
        super().__init__(folder)
        self._served, self._clock = served, clock
        self.restore({})

    def remote(self, token: str) -> Remote:
        return HttpRemote(self._served.url, token, page=PAGE)

    def back_up(self) -> object:
        with self._served.database.reading() as connection:
            return {
                table.name: [dict(row) for row in connection.execute(select(table)).mappings()]
                for table in metadata.sorted_tables
            }

    def restore(self, backup: Any) -> None:
        with self._served.database.writing() as connection:
            for table in reversed(metadata.sorted_tables):
                connection.execute(delete(table))
            for table in metadata.sorted_tables:
                if rows := backup.get(table.name):
                    connection.execute(insert(table), rows)

    def joined(self, *arguments: Any, **named: Any) -> Any:
        self.expire()
        return super().joined(*arguments, **named)

    def expire(self) -> None:
        """Let tickets and mailboxes of before be over."""
        self._clock.now += v1.MAILBOX_S + 1
