"""The system's own timer: what is written and run for each kind, and what is said where it does not work."""

from __future__ import annotations

import os
import plistlib
import shutil
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ccmeter.cli import scheduling
from ccmeter.cli.opening import Places
from ccmeter.cli.syncing import Site
from ccmeter.cli.syncing import at as site_at
from ccmeter.config.settings import SyncSettings
from support.household import Household, calls
from support.server import serving

if TYPE_CHECKING:
    from pathlib import Path

SYSTEMCTL = """#!/bin/sh
echo "$@" >> "{notes}"
case "$*" in *{fails}*) echo "Failed to connect to bus" >&2; exit 1;; esac
"""


@pytest.fixture
def site(tmp_path: Path) -> Site:
    folder = tmp_path / "with blanks & %"
    folder.mkdir()
    return site_at(Places(store=folder / "ccmeter.duckdb", claude_dirs=(), settings=tmp_path / "config.toml"))


def _systemctl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: str = "nothing") -> Path:
    folder, notes = tmp_path / "bin", tmp_path / "notes"
    folder.mkdir(exist_ok=True)
    file = folder / "systemctl"
    file.write_text(SYSTEMCTL.format(notes=notes, fails=fails), "utf-8")
    file.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return notes


def test_launchd(site: Site, tmp_path: Path) -> None:
    schedule = scheduling.of(site, platform="darwin", home=tmp_path)
    assert schedule is not None
    ((file, content),) = schedule.files.items()
    found = plistlib.loads(content.encode())
    assert file.name == f"{found['Label']}.plist"
    assert tuple(found["ProgramArguments"]) == scheduling.command(site)
    assert found["StartInterval"] == 300
    assert schedule.start[0][:2] == ("launchctl", "bootstrap")


def test_windows(site: Site, tmp_path: Path) -> None:
    hourly = replace(site, chosen=SyncSettings(cadence="hourly"))
    schedule = scheduling.of(hourly, platform="win32", home=tmp_path)
    assert schedule is not None
    ((program, *words),) = schedule.start
    assert program == "schtasks"
    assert words[words.index("/mo") + 1] == "60"
    assert "sync now --quiet" in words[words.index("/tr") + 1]


@pytest.mark.skipif(sys.platform != "linux", reason="systemd is of Linux")
def test_systemd(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _systemctl(tmp_path, monkeypatch)
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    (tmp_path / "config.toml").write_text("", "utf-8")
    schedule = scheduling.of(site, platform="linux", home=tmp_path)
    assert schedule is not None
    service, timer = schedule.files.values()
    run = next(line for line in service.splitlines() if line.startswith("ExecStart="))
    assert '"' in run
    assert "%%" in run
    assert "--config" in run
    assert "OnUnitActiveSec=5min" in timer
    assert {file.parent for file in schedule.files} == {tmp_path / ".config" / "systemd" / "user"}


def test_none_that_is_known(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert shutil.which("systemctl") is None
    assert scheduling.of(site, platform="linux", home=tmp_path) is None


@pytest.mark.skipif(sys.platform != "linux", reason="systemd is of Linux")
def test_install_status_uninstall(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Installed is only said where systemd says so as well; else what to do by hand."""
    desk = Household(tmp_path / "homes", monkeypatch, capsys).home("desk")
    desk.log(*calls(1, 1))
    with serving(f"sqlite:///{tmp_path / 'server.db'}") as served:
        desk.begin(served.url)
    notes = _systemctl(tmp_path, monkeypatch)
    units = desk.person.home / ".config" / "systemd" / "user"
    assert desk.good("sync", "schedule", "status") == "Not installed.\n"
    assert "ExecStart=" in desk.good("sync", "schedule", "install", "--dry-run")
    assert desk.good("sync", "schedule", "uninstall") == "There is no timer installed.\n"
    assert not units.exists()
    assert desk.good("sync", "schedule", "install") == "The timer is in force, by systemd.\n"
    assert "enable --now ccmeter-sync.timer" in notes.read_text("utf-8")
    assert len(list(units.iterdir())) == 2
    assert desk.good("sync", "schedule", "status") == "In force, by systemd.\n"
    _systemctl(tmp_path, monkeypatch, fails="is-active")
    assert "does not run it (Failed to connect to bus)" in desk.good("sync", "schedule", "status")
    done = desk.run("sync", "schedule", "install")
    assert (done.status, "By hand, with cron: */5 " in done.stderr) == (1, True)
    _systemctl(tmp_path, monkeypatch, fails="enable")
    done = desk.run("sync", "schedule", "install")
    assert (done.status, "does not run it" in done.stderr) == (1, True)
    _systemctl(tmp_path, monkeypatch, fails="disable")
    assert "rm " in desk.good("sync", "schedule", "uninstall", "--dry-run")
    done = desk.run("sync", "schedule", "uninstall")
    assert (done.stdout, "Failed to connect" in done.stderr) == ("The timer is taken away.\n", True)
    assert list(units.iterdir()) == []
    monkeypatch.setenv("PATH", str(tmp_path))
    done = desk.run("sync", "schedule", "install")
    assert (done.status, "no timer here" in done.stderr) == (1, True)
    assert "none on this system" in desk.good("sync", "schedule", "status")
    assert desk.run("sync", "schedule", "often").status == 2


def test_a_command_that_cannot_run(tmp_path: Path) -> None:
    assert scheduling._run((str(tmp_path / "missing"),)) == "No such file or directory"
    assert scheduling._run((sys.executable, "-c", "raise SystemExit(3)")) == "status 3"
    assert scheduling._run((sys.executable, "-c", "")) is None
