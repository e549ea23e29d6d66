"""`ccmeter statusline` as a person uses it."""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from ccmeter.statusline import hook, snapshot, spool
from ccmeter.statusline.said import Said
from support import bulk
from support.inside import Inside

if TYPE_CHECKING:
    from support.command import Command


def settings(person: Command, **document: Any) -> None:
    person.claude.mkdir(exist_ok=True)
    (person.claude / "settings.json").write_text(json.dumps(document), "utf-8")


def installed(person: Command) -> Any:
    return json.loads((person.claude / "settings.json").read_text("utf-8")).get("statusLine")


@pytest.fixture
def inside(person: Command, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Inside:
    """Give `ccmeter` in this process, which was started as the installed program."""
    monkeypatch.setattr(sys, "argv", ["/opt/bin/ccmeter"])
    return Inside.of(person, monkeypatch, capsys)


def test_installed_program_is_named_with_its_path(inside: Inside) -> None:
    settings(inside.person)
    assert inside.run("statusline", "install", "--warn", "50").status == 0
    assert installed(inside.person)["command"] == (
        f"/opt/bin/ccmeter statusline --data-dir {inside.person.data} --warn 50.0"
    )
    assert "installed\n  /opt/bin/ccmeter" in inside.run("statusline", "status").stdout
    assert "Installed already" in inside.run("statusline", "install", "--warn", "50").stdout
    assert "Removed" in inside.run("statusline", "uninstall").stdout
    assert "Not installed" in inside.run("statusline", "uninstall").stdout
    settings(inside.person, statusLine={"type": "command", "command": "echo mine"}, disableAllHooks=True)
    told = inside.run("statusline", "status").stdout
    assert "another status line: echo mine" in told
    assert "Silenced" in told
    assert "is kept" in inside.run("statusline", "install").stderr
    assert "is back" in inside.run("statusline", "uninstall").stderr
    settings(inside.person, statusLine=5)
    assert inside.run("statusline", "install").status == 1
    assert "cannot be used" in inside.run("statusline", "status").stdout


def test_currency_without_a_rate_is_said(inside: Inside) -> None:
    settings(inside.person)
    done = inside.run("statusline", "install", "--currency", "eur")
    assert (done.status, installed(inside.person)) == (2, None)
    assert "no rate for EUR" in done.stderr
    told = inside.run("statusline", "status", "--currency", "eur").stdout
    assert "Currency: amounts are in dollars. The settings have no rate for EUR." in told
    assert "config set currency.rates.EUR" in told
    assert inside.run("config", "set", "currency.rates.EUR", "0.5").status == 0
    assert inside.run("statusline", "install", "--currency", "eur").status == 0
    assert installed(inside.person)["command"].endswith(" --currency eur")
    assert "Currency" not in inside.run("statusline", "status", "--currency", "eur").stdout


def test_project_and_readings(inside: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = inside.person.home / "project"
    (folder / ".claude").mkdir(parents=True)
    (folder / ".claude" / "settings.json").write_text('{"statusLine": {}, "disableAllHooks": true}', "utf-8")
    monkeypatch.chdir(folder)
    spool.append(str(inside.person.data), reading(), time.time_ns() // 1_000)
    snapshot.write(str(inside.person.data), {"made_at_us": time.time_ns() // 1_000})
    told = inside.run("statusline", "status").stdout
    assert "Overruled" in told
    assert "Last reading: <1m ago" in told
    assert "Snapshot: <1m ago" in told


def reading() -> Said:
    return Said({"session_id": "s1", "cost": {"total_cost_usd": 1}}, 0)


def test_line_by_way_of_the_other_commands(inside: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[dict[str, str]] = []
    monkeypatch.setattr(hook, "run", shown.append)
    inside.configure('[statusline]\ntemplate = "{model}"\nwarn = 1\n')
    assert inside.run("statusline").status == 0
    assert inside.run("statusline", "--data-dir", "~/d", "--no-refresh").status == 0
    common = {"template": "{model}", "wrap-timeout": "5.0", "warn": "1.0", "alarm": "90.0"}
    assert shown[0] == {**common, "refresh": "true", "data-dir": str(inside.person.data)}
    assert shown[1] == {**common, "refresh": "false", "data-dir": str(inside.person.home / "d")}


def test_misused_inside(inside: Inside) -> None:
    assert inside.run("statusline", "install", "--wrap", "x").status == 2
    assert inside.run("statusline", "install", "--no-refresh", "--config", "/nonexistent").status == 2


def test_install_and_uninstall(person: Command) -> None:
    settings(person, model="opus")
    done = person.run("statusline", "install", "--template", "{model}", "--no-refresh")
    assert (done.status, "Installed: " in done.stdout) == (0, True)
    assert installed(person)["command"] == (
        f"{sys.executable} -P -m ccmeter statusline --data-dir {person.data} --template '{{model}}' --no-refresh"
    )
    assert (
        "Installed already"
        in person.run("statusline", "install", "--template", "{model}", "--no-refresh").stdout
    )
    assert "Removed" in person.run("statusline", "uninstall").stdout
    assert installed(person) is None
    assert "Not installed" in person.run("statusline", "uninstall").stdout


def test_status_line_of_ones_own_is_kept(person: Command) -> None:
    settings(person, statusLine={"type": "command", "command": "echo mine\x1b"})
    assert "another status line: echo mine\ufffd" in person.run("statusline", "status").stdout
    assert "is not ours" in person.run("statusline", "uninstall").stdout
    done = person.run("statusline", "install")
    assert "is kept and comes first: echo mine\ufffd" in done.stderr
    assert "The file as it was" in done.stderr
    assert "is back" in person.run("statusline", "uninstall").stderr
    assert installed(person)["command"] == "echo mine\x1b"


def test_installed_command_finds_what_this_one_finds(person: Command) -> None:
    other = person.home / "other"
    other.mkdir()
    (person.home / "c.toml").touch()
    done = person.run(
        "statusline", "install", "--claude-dir", str(other), CCMETER_CONFIG=str(person.home / "c.toml")
    )
    assert done.status == 0
    line = json.loads((other / "settings.json").read_text("utf-8"))["statusLine"]["command"]
    assert line.endswith(f"--data-dir {person.data} --config {person.home / 'c.toml'}")
    plain = person.run("statusline", "install", CCMETER_DATA_DIR="")
    assert plain.status == 0
    assert installed(person)["command"].endswith(" statusline")


def test_file_that_is_not_understood(person: Command) -> None:
    person.claude.mkdir()
    file = person.claude / "settings.json"
    file.write_text("{// comment\n}", "utf-8")
    done = person.run("statusline", "install")
    assert (done.status, "was left as it is: it is not JSON" in done.stderr) == (1, True)
    assert file.read_text("utf-8") == "{// comment\n}"
    assert "cannot be used" in person.run("statusline", "status").stdout


def test_misuse(person: Command) -> None:
    assert person.run("statusline", "remove").status == 2
    assert "by itself" in person.run("statusline", "install", "--wrap", "x").stderr
    assert person.run("statusline", "--nonsense").status == 2


def test_status(person: Command) -> None:
    empty = person.run("statusline", "status").stdout
    assert "no status line. `ccmeter statusline install` sets it up." in empty
    assert "Last reading: none of late" in empty
    assert "Snapshot: none yet" in empty
    bulk.write(person.claude, files=1, calls=2)
    assert person.run("ingest").status == 0
    settings(person, disableAllHooks=True)
    assert person.run("statusline", "install").status == 0
    told = person.run("statusline", "status").stdout
    assert f"settings.json: installed\n  {sys.executable}" in told
    assert "Silenced: disableAllHooks is true" in told
    assert "Snapshot: <1m ago" in told


def test_project_whose_status_line_goes_before(person: Command) -> None:
    import subprocess

    from support.command import CCMETER

    project = person.home / "project"
    (project / ".claude").mkdir(parents=True)
    (project / ".claude" / "settings.json").write_text('{"statusLine": {}, "disableAllHooks": true}', "utf-8")
    (project / ".claude" / "settings.local.json").write_text("[", "utf-8")
    told = subprocess.run(
        [*CCMETER, "statusline", "status"],
        cwd=project,
        env=person.env(),
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "Overruled: " in told
    assert told.count("Silenced: ") == 1


def test_through_the_front_door(person: Command) -> None:
    """With `--config` in front the hook comes by way of the other commands, and says the same."""
    (person.home / "c.toml").write_text('[statusline]\ntemplate = "{version} line"\n', "utf-8")
    options = ("--config", str(person.home / "c.toml"))
    assert person.run(*options, "statusline", "--no-refresh").stdout == "\n"
    shown = person.run(
        *options, "statusline", "--template", "plain", "--data-dir", str(person.data), "--no-refresh"
    )
    assert shown.stdout == "plain\n"
