"""`ccmeter serve` as a process: started, asked, ended gracefully, killed; and the commands around it."""

from __future__ import annotations

import json
import os
import random
import signal
import threading
from typing import TYPE_CHECKING

import httpx
import pytest

from support import killing, postgres
from support.rotating import everything
from support.server import Client, good

if TYPE_CHECKING:
    from pathlib import Path

    from support.command import Command

KILLS = int(os.environ.get("CCMETER_TEST_KILLS", "6"))
"""By hand: 100."""


def test_kill_loses_nothing_acknowledged(database_url: str, tmp_path: Path) -> None:
    """`kill -9` at random moments: every acknowledged record is there afterwards."""
    found = killing.trial(database_url, tmp_path, KILLS, seed=random.SystemRandom().randrange(1 << 30))
    assert found.kills == KILLS
    assert found.acknowledged >= 3 * KILLS
    assert found.lost == []


def test_crashed_postgresql_loses_nothing_acknowledged(tmp_path: Path) -> None:
    """PostgreSQL stopped without a checkpoint, as by a crash: the server says 503, and all is there afterwards."""
    if postgres.programs() is None:
        pytest.skip("PostgreSQL is NOT INSTALLED: crashes of it were not tested")
    with postgres.cluster(is_durable=True) as cluster:

        def crash() -> None:
            cluster.stop("immediate")
            cluster.start()

        found = killing.trial(cluster.migrated(), tmp_path, max(KILLS // 2, 2), seed=1, crash=crash)
    assert found.lost == []
    assert found.acknowledged > 0


def test_end_is_graceful(tmp_path: Path) -> None:
    """What was begun when SIGTERM came is answered; the status is 0."""
    url = f"sqlite:///{tmp_path / 'server.db'}"
    answers: list[int] = []
    begun = threading.Event()
    with killing.process(url, tmp_path) as (running, address), Client(address) as one:
        one.register()
        content = one.sealed(1).model_dump_json().encode()
        body = b'{"gen":0,"records":[' + content + b"]}"

        def slowly() -> object:
            yield body[:10]
            begun.set()
            ended.wait(60)
            yield body[10:]

        ended = threading.Event()
        headers = {"Authorization": f"Bearer {one.token}", "Content-Type": "application/json"}

        def push() -> None:
            answers.append(one.http.post("/v1/sync/push", content=slowly(), headers=headers).status_code)  # type: ignore[arg-type]  # a generator

        pushing = threading.Thread(target=push)
        pushing.start()
        begun.wait(60)
        running.send_signal(signal.SIGTERM)
        ended.set()
        pushing.join()
        assert running.wait(60) == 0
    assert answers == [200]


def test_commands_around_a_server(person: Command, tmp_path: Path) -> None:
    """From the first invite over backup and purge to a restore, as whoever runs it would."""
    data = ("--data-dir", str(person.data))
    said = person.run("serve", "doctor", *data)
    assert (said.status, "There is no database" in said.stderr) == (1, True)
    with killing.process(f"sqlite:///{person.data / 'server.db'}", tmp_path) as (_, url), Client(url) as one:
        one.register()
        one.push(one.sealed(1))
        backup = tmp_path / "backup.db"
        told = person.run("serve", "backup", str(backup), *data)
        assert told.status == 0, told.stderr
        assert "record                  1 rows" in told.stdout
        assert backup.stat().st_mode & 0o777 == 0o600
        one.push(one.sealed(2))
        refused = person.run("serve", "restore", str(backup), "--yes", *data)
        assert (refused.status, "Stop it first." in refused.stderr) == (1, True)
        assert person.run("serve", "migrate", "--to", f"sqlite:///{tmp_path / 'x.db'}", *data).status == 1
    asked = person.run("serve", "restore", str(backup), *data)
    assert (asked.status, "Nobody is there" in asked.stderr) == (2, True)
    assert person.run("serve", "restore", str(backup), "--yes", *data).status == 0
    invite = person.run("serve", "invite", "--hours", "2", *data).stdout.strip()
    assert invite.startswith("ccm_i_")
    assert "Nothing was changed" in person.run("serve", "purge", *data).stderr
    assert person.run("serve", "purge", "--yes", *data).status == 0
    looked = person.run("serve", "doctor", *data)
    assert (looked.status, "BAD" in looked.stdout, "1 records" in looked.stdout) == (0, False, True)
    chain = person.run("serve", "audit", "verify", *data).stdout
    last = chain.split()[-1]
    assert person.run("serve", "audit", "verify", "--expect", last, *data).status == 0
    assert person.run("serve", "audit", "verify", "--expect", "00", *data).status == 1
    rows = [json.loads(line) for line in person.run("serve", "audit", "show", *data).stdout.splitlines()]
    assert [row["event"] for row in rows] == ["account_created", "restored", "invite_created", "purged"]
    moved = person.run("serve", "migrate", "--to", f"sqlite:///{tmp_path / 'moved.db'}", *data)
    assert moved.status == 0, moved.stderr
    with killing.process(f"sqlite:///{tmp_path / 'moved.db'}", tmp_path) as (_, url), Client(url) as one:
        assert [each.rid for each in everything(one)] == [one.sealed(1).rid]


def test_first_start_invites_the_owner(person: Command, tmp_path: Path) -> None:
    """While nobody is here each start prints an invite, which works; afterwards none."""
    url = f"sqlite:///{tmp_path / 'server.db'}"
    with killing.process(url, tmp_path, "--registration", "invite") as (running, address):
        assert running.stderr is not None
        line = running.stderr.readline()
        assert "Nobody is here yet." in line
        with Client(address) as one:
            one.register(line.split()[-1])
            good(one.ask("GET", "/v1/sync/head"))
        assert httpx.get(f"{address}/healthz").text == "ok\n"
    with killing.process(url, tmp_path, "--registration", "invite") as (running, address):
        running.terminate()
        assert running.stderr is not None
        assert "ccm_i_" not in running.stderr.read()
