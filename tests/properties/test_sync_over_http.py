"""The same model over HTTP: the real client and the real server, on either database."""

from __future__ import annotations

from hypothesis.stateful import run_state_machine_as_test

from support.server import Clock, serving
from support.syncing.http_world import HttpWorld
from support.syncing.model import Syncing, cruel


def test_machines_agree_over_http(database_url: str) -> None:
    """Whatever happens between them, on SQLite and on PostgreSQL."""
    clock = Clock()
    with serving(database_url, clock=clock) as served:

        class OverHttp(Syncing):
            def made_world(self) -> HttpWorld:
                return HttpWorld(self.folder, served, clock)

        run_state_machine_as_test(OverHttp, settings=cruel(100))
