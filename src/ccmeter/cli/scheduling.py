"""Lets the system's own timer sync, and says honestly whether that works.

Of systemd, launchd and the Task Scheduler each is told by files and commands that a person can read with `--dry-run`.
Nothing runs as another user than the one who installs it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ccmeter.cli import output as out
from ccmeter.cli import quiet, syncing
from ccmeter.domain.errors import SyncError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ccmeter.cli import options as o
    from ccmeter.cli.syncing import Site

UNIT: Final = "ccmeter-sync"
LABEL: Final = "io.ccmeter.sync"
_ASKED_S: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """How a timer of one kind of system is put in place."""

    kind: str
    files: Mapping[Path, str]
    start: tuple[tuple[str, ...], ...]
    """Commands that put it into force."""
    stop: tuple[tuple[str, ...], ...]
    ask: tuple[str, ...]
    """Ends with status 0 where the timer is in force."""


def do(action: str, kept: o.Kept, *, dry_run: bool) -> None:
    """Install the timer, take it away, or say how it stands."""
    with syncing.site(kept, ingest=False) as there:
        there.state()
        if action == "status":
            out.write(f"{told(there)[:1].upper()}{told(there)[1:]}.\n")
            return
        schedule = of(there)
        if schedule is None:
            raise SyncError("There is no timer here that ccmeter knows.", hint=_by_hand(there))
        if dry_run:
            out.write(_shown(schedule, action))
            return
        if action == "install":
            _install(schedule, there)
        else:
            _uninstall(schedule)


def told(there: Site) -> str:
    """Say in words how it stands with the timer."""
    schedule = of(there)
    if schedule is None:
        return "there is none on this system that ccmeter knows"
    is_there = any(file.exists() for file in schedule.files)
    if schedule.files and not is_there:
        return "not installed"
    failed = _run(schedule.ask)
    if failed is None:
        return f"in force, by {schedule.kind}"
    if not schedule.files:
        return "not installed"
    return f"installed, but {schedule.kind} does not run it ({failed})"


def of(there: Site, *, platform: str = sys.platform, home: Path | None = None) -> Schedule | None:
    """Give the schedule for a kind of system; None for one without a timer that is known."""
    home = home or Path("~").expanduser()
    words = command(there)
    minutes = max(1, quiet.pause_s(there.chosen) // 60)
    if platform == "darwin":
        return _launchd(home, words, minutes)
    if platform == "win32":
        return _tasks(words, minutes)
    if shutil.which("systemctl") is None:
        return None
    return _systemd(home, words, minutes, config=os.environ.get("XDG_CONFIG_HOME"))


def command(there: Site) -> tuple[str, ...]:
    """Give what the timer runs: this Python, this store, these settings; logs are read first."""
    places = ("--data-dir", there.folder, "--config", str(syncing.settings_file(there)))
    settings = places if syncing.settings_file(there).exists() else places[:2]
    return (sys.executable, "-P", "-m", "ccmeter", "sync", "now", "--quiet", *settings)


def _systemd(home: Path, words: tuple[str, ...], minutes: int, *, config: str | None) -> Schedule:
    folder = (Path(config) if config else home / ".config") / "systemd" / "user"
    run = " ".join(_quoted(word) for word in words)
    service = f"[Unit]\nDescription=Sync usage between your machines (ccmeter)\n\n[Service]\nType=oneshot\nExecStart={run}\n"
    timer = (
        "[Unit]\nDescription=Sync usage between your machines (ccmeter)\n\n"
        f"[Timer]\nOnStartupSec=2min\nOnUnitActiveSec={minutes}min\nRandomizedDelaySec=30\n\n"
        "[Install]\nWantedBy=timers.target\n"
    )
    asked = ("systemctl", "--user")
    return Schedule(
        kind="systemd",
        files={folder / f"{UNIT}.service": service, folder / f"{UNIT}.timer": timer},
        start=((*asked, "daemon-reload"), (*asked, "enable", "--now", f"{UNIT}.timer")),
        stop=((*asked, "disable", "--now", f"{UNIT}.timer"),),
        ask=(*asked, "is-active", "--quiet", f"{UNIT}.timer"),
    )


def _launchd(home: Path, words: tuple[str, ...], minutes: int) -> Schedule:
    from xml.sax.saxutils import escape

    file = home / "Library" / "LaunchAgents" / f"{LABEL}.plist"
    listed = "".join(f"    <string>{escape(word)}</string>\n" for word in words)
    content = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">\n'
        f'<plist version="1.0">\n<dict>\n  <key>Label</key>\n  <string>{LABEL}</string>\n'
        f"  <key>ProgramArguments</key>\n  <array>\n{listed}  </array>\n"
        f"  <key>StartInterval</key>\n  <integer>{minutes * 60}</integer>\n"
        "  <key>RunAtLoad</key>\n  <true/>\n  <key>ProcessType</key>\n  <string>Background</string>\n</dict>\n</plist>\n"
    )
    domain = f"gui/{os.getuid() if hasattr(os, 'getuid') else 0}"
    return Schedule(
        kind="launchd",
        files={file: content},
        start=(("launchctl", "bootstrap", domain, str(file)),),
        stop=(("launchctl", "bootout", f"{domain}/{LABEL}"),),
        ask=("launchctl", "print", f"{domain}/{LABEL}"),
    )


def _tasks(words: tuple[str, ...], minutes: int) -> Schedule:
    run = subprocess.list2cmdline(words)
    task = ("/tn", UNIT)
    return Schedule(
        kind="the Task Scheduler",
        files={},
        start=(("schtasks", "/create", *task, "/sc", "minute", "/mo", str(minutes), "/tr", run, "/f"),),
        stop=(("schtasks", "/delete", *task, "/f"),),
        ask=("schtasks", "/query", *task),
    )


def _install(schedule: Schedule, there: Site) -> None:
    for file, content in schedule.files.items():
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content, "utf-8")
        except OSError as error:
            raise SyncError(f"{file} cannot be written: {error.strerror}.", hint=_by_hand(there)) from error
        out.say(f"Written: {file}")
    for words in schedule.start:
        if failed := _run(words):
            raise SyncError(
                f"The timer is written, but {schedule.kind} does not run it: `{' '.join(words)}` ended with: {failed}",
                hint=_by_hand(there),
            )
    if failed := _run(schedule.ask):
        raise SyncError(
            f"The timer is written and started, but {schedule.kind} does not show it: {failed}",
            hint=_by_hand(there),
        )
    out.write(f"The timer is in force, by {schedule.kind}.\n")
    if schedule.kind == "systemd":
        out.say(
            "It runs while you are logged in; `loginctl enable-linger` lets it run also when you are not."
        )


def _uninstall(schedule: Schedule) -> None:
    is_there = any(file.exists() for file in schedule.files)
    if schedule.files and not is_there:
        out.write("There is no timer installed.\n")
        return
    failed = [reason for words in schedule.stop if (reason := _run(words))]
    for file in schedule.files:
        file.unlink(missing_ok=True)
    out.write("The timer is taken away.\n")
    if failed:
        out.say(f"{schedule.kind} said: {failed[0]}")


def _run(words: tuple[str, ...]) -> str | None:
    """Run a command of the system; give why it failed, None where it did not."""
    try:
        ended = subprocess.run(  # noqa: S603 - words of ours
            words, capture_output=True, text=True, check=False, timeout=_ASKED_S, stdin=subprocess.DEVNULL
        )
    except OSError as error:
        return f"{error.strerror}"
    except subprocess.TimeoutExpired:
        return "no answer"
    if not ended.returncode:
        return None
    said = (ended.stderr or ended.stdout).strip()
    return syncing.harmless(said.splitlines()[0]) if said else f"status {ended.returncode}"


def _shown(schedule: Schedule, action: str) -> str:
    """Give the files and commands as a person would write them."""
    if action == "uninstall":
        lines = [*(" ".join(words) for words in schedule.stop), *(f"rm {file}" for file in schedule.files)]
        return "\n".join(lines) + "\n"
    files = "".join(f"# {file}\n{content}\n" for file, content in schedule.files.items())
    return files + "".join(f"{' '.join(words)}\n" for words in schedule.start)


def _by_hand(there: Site) -> str:
    line = " ".join(_quoted(word) for word in command(there))
    return f"By hand, with cron: */{max(1, min(59, quiet.pause_s(there.chosen) // 60))} * * * * {line}"


def _quoted(word: str) -> str:
    plain = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{plain}"' if any(char.isspace() or char in "\"'\\" for char in word) else plain
