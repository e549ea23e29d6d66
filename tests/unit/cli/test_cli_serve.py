"""`ccmeter serve` and the commands around it, in this process."""

from __future__ import annotations

import json
import logging
import os
import re
import signal
import threading
from typing import TYPE_CHECKING

import pytest

from ccmeter.server import purge, running
from ccmeter.server.storage.tables import metadata
from support.inside import Inside
from support.server import Client, good, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.command import Command


@pytest.fixture
def cli(person: Command, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Inside:
    """Give the command, in an environment of its own."""
    return Inside.of(person, monkeypatch, capsys)


@pytest.fixture
def file(cli: Inside) -> Path:
    """Give the database of a server that was used."""
    folder = cli.person.data
    folder.mkdir(exist_ok=True)
    with serving(f"sqlite:///{folder / running.FILE}") as served, Client(served.url) as one:
        one.register()
        one.push(one.sealed(1))
    return folder / running.FILE


@pytest.fixture
def logs() -> Iterator[None]:
    """Give the loggers back as they were."""
    names = ("ccmeter.server", "uvicorn.error")
    before = [(logging.getLogger(name), logging.getLogger(name).propagate) for name in names]
    yield
    for logger, propagates in before:
        logger.propagate, logger.handlers = propagates, []
        logger.setLevel(logging.NOTSET)


@pytest.mark.usefixtures("logs")
def test_run_serves_until_it_is_told_to_end(cli: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    """Standard error says where, and invites the owner; standard output is the log."""
    listen = running.listen

    def listening(host: str, port: int) -> object:
        taken = listen(host, port)

        def use() -> None:
            with Client(f"http://127.0.0.1:{taken.getsockname()[1]}") as one:
                good(one.ask("GET", "/v1/info"))
            os.kill(os.getpid(), signal.SIGTERM)

        threading.Thread(target=use).start()
        return taken

    monkeypatch.setattr(running, "listen", listening)
    before = signal.getsignal(signal.SIGTERM)
    try:
        done = cli.run("serve", "--port", "0", "--host", "127.0.0.1", "--data-dir", str(cli.person.data))
    finally:
        signal.signal(signal.SIGTERM, before)
    assert done.status == 0
    assert re.search(r"ccmeter serves at http://127\.0\.0\.1:\d+\n", done.stderr)
    assert "--invite ccm_i_" in done.stderr
    assert json.loads(done.stdout.splitlines()[0])["route"] == "/v1/info"
    assert (cli.person.data / running.FILE).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_open_host_is_told_of_https(cli: Inside, monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    monkeypatch.setattr(running, "run", lambda *_: None)
    arguments = ("--host", host, "--admin", "10.0.0.0/8", "--registration", "open")
    done = cli.run("serve", "run", "--port", "0", *arguments, "--data-dir", str(cli.person.data))
    if done.status:  # a machine without IPv6
        assert "cannot be taken" in done.stderr
        return
    assert "only sync over HTTPS" in done.stderr
    assert "ccm_i_" not in done.stderr


def test_owner_is_invited_once(cli: Inside, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "run", lambda *_: None)
    done = cli.run("serve", "--port", "0", "--data-dir", str(file.parent))
    assert (done.status, "ccm_i_" in done.stderr) == (0, False)


def test_backup_goes_back(cli: Inside, file: Path, tmp_path: Path) -> None:
    data, backup = ("--data-dir", str(file.parent)), tmp_path / "backup.db"
    made = cli.run("serve", "backup", str(backup), *data)
    assert made.status == 0, made.stderr
    assert re.search(r"^record +1 rows  [0-9a-f]{64}$", made.stdout, re.MULTILINE)
    assert len(made.stdout.splitlines()) == len(metadata.sorted_tables)
    assert backup.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.glob("*backup.db?*")) == []
    again = cli.run("serve", "backup", str(backup), *data)
    assert (again.status, "exists already" in again.stderr) == (1, True)
    assert cli.run("serve", "restore", str(backup), "--yes", *data).stdout == made.stdout
    asked = cli.run("serve", "restore", str(backup), *data)
    assert (asked.status, "Nobody is there" in asked.stderr) == (2, True)
    nothing = cli.run("serve", "restore", str(tmp_path / "none"), "--yes", *data)
    assert (nothing.status, "There is no database" in nothing.stderr) == (1, True)


def test_restore_asks(cli: Inside, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ccmeter.cli.confirming.is_confirmed", lambda *_, **__: False)
    done = cli.run("serve", "restore", str(tmp_path / "none"), "--data-dir", str(file.parent))
    assert (done.status, done.stdout) == (0, "")


def test_migrate_proves_itself(cli: Inside, file: Path, tmp_path: Path) -> None:
    target = f"sqlite:///{tmp_path / 'moved.db'}"
    done = cli.run("serve", "migrate", "--to", target, "--database-url", f"sqlite:///{file}")
    assert done.status == 0, done.stderr
    assert re.search(r"^record +1 rows", done.stdout, re.MULTILINE)
    again = cli.run("serve", "migrate", "--to", target, "--data-dir", str(file.parent))
    assert (again.status, "not empty" in again.stderr) == (1, True)


def test_purge_counts_first(cli: Inside, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = ("--data-dir", str(file.parent))
    cli.run("serve", "invite", "--hours", "1", *data)
    monkeypatch.setattr(purge, "AUDIT_S", -1.0)
    counted = cli.run("serve", "purge", *data)
    assert "Nothing was changed" in counted.stderr
    assert re.search(r"^audit rows +2$", counted.stdout, re.MULTILINE)
    assert cli.run("serve", "purge", "--yes", *data).stdout == counted.stdout
    chain = cli.run("serve", "audit", "verify", *data)
    assert chain.stdout.startswith("1 rows follow")
    assert cli.run("serve", "purge", "--yes", *data).status == 0
    last = chain.stdout.split()[-1]
    assert cli.run("serve", "audit", "verify", "--expect", last, *data).status == 0
    monkeypatch.setattr(purge, "AUDIT_S", 1e6)
    assert re.search(r"^audit rows +0$", cli.run("serve", "purge", "--yes", *data).stdout, re.MULTILINE)


def test_audit_log_is_shown_and_verified(cli: Inside, file: Path) -> None:
    data = ("--data-dir", str(file.parent))
    rows = [json.loads(line) for line in cli.run("serve", "audit", "show", *data).stdout.splitlines()]
    assert [row["event"] for row in rows] == ["account_created"]
    cut = cli.run("serve", "audit", "verify", "--expect", "00", *data)
    assert (cut.status, "was cut off" in cut.stderr) == (1, True)
    database = running.opened(f"sqlite:///{file}")
    with database.writing() as connection:
        connection.execute(metadata.tables["audit"].update().values(event="nothing"))
    database.close()
    broken = cli.run("serve", "audit", "verify", *data)
    assert (broken.status, "row 1 was changed" in broken.stderr) == (1, True)
    looked = cli.run("serve", "doctor", *data)
    assert (looked.status, "BAD  audit log" in looked.stdout) == (1, True)


def test_doctor_finds_all_well(cli: Inside, file: Path) -> None:
    looked = cli.run("serve", "doctor", "--data-dir", str(file.parent))
    assert (looked.status, "BAD" in looked.stdout) == (0, False)


def test_wrong_usage_is_said(cli: Inside) -> None:
    for arguments, sign in (
        (("run", "--registration", "perhaps"), "--registration"),
        (("--trusted-proxy", "nowhere"), "an address or a network"),
        (("rnu",), "run"),
        (("audit", "look"), "verify"),
    ):
        done = cli.run("serve", *arguments, "--data-dir", str(cli.person.data))
        assert (done.status, sign in done.stderr) == (2, True), done.stderr
    assert "Commands:" in cli.run("serve", "--help").stdout
