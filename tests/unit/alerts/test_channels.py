import json
import os
import stat
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from ccmeter.alerts import channels
from ccmeter.alerts.channels import bell, command, desktop, osc
from ccmeter.alerts.message import Undelivered
from ccmeter.config.settings import CommandSettings, NotifySettings
from support.alerting import MESSAGE, means

KEEP = "import os, sys; open(sys.argv[1], 'w').write(sys.stdin.read() + os.environ['CCMETER_ALERT_LEVEL'])"


def running(*argv: str, timeout_s: int = 10) -> NotifySettings:
    return NotifySettings(command=CommandSettings(argv=argv, timeout_s=timeout_s))


def test_the_folder_is_the_registry() -> None:
    """Each has `send` and says whether it needs a terminal."""
    assert channels.names() == ("bell", "command", "desktop", "osc", "webhook")
    needs = {name for name in channels.names() if channels.channel(name).NEEDS_TERMINAL}
    assert needs == {"bell", "osc"}


def test_terminal_channels_fail_without_a_terminal(tmp_path: Path) -> None:
    """And say so."""
    for channel in (bell, osc):
        with pytest.raises(Undelivered, match="there is no terminal"):
            channel.send(MESSAGE, means(tmp_path))


@pytest.mark.parametrize(
    ("form", "sent"),
    [
        ("9", "\x1b]9;ccmeter: a, b;]2;x \x07"),
        ("777", "\x1b]777;notify;ccmeter;a, b,]2,x\x07"),
    ],
)
def test_a_text_cannot_leave_its_sequence(form: str, sent: str, tmp_path: Path) -> None:
    """Nothing that ends it or begins another is left; nor a separator of OSC 777."""
    said: list[str] = []
    notify = NotifySettings(osc="777" if form == "777" else "9")
    osc.send(replace(MESSAGE, text="a, b;\x1b]2;x\x07"), means(tmp_path, notify, terminal=said.append))
    (text,) = said
    assert text.count("\x1b") == 1
    assert text.count("\x07") == 1
    assert text.endswith("\x07")
    assert text.replace(" ", "") == sent.replace(" ", "")


def test_both_forms_can_be_sent_and_the_bell_rings(tmp_path: Path) -> None:
    """For whoever has two terminals."""
    said: list[str] = []
    osc.send(MESSAGE, means(tmp_path, NotifySettings(osc="both"), terminal=said.append))
    bell.send(MESSAGE, means(tmp_path, terminal=said.append))
    assert said[0].count("\x1b]") == 2
    assert said[1] == "\x07"


def test_a_command_gets_the_alert(tmp_path: Path) -> None:
    """As JSON on its standard input, and in its environment; a word with spaces stays one."""
    target = tmp_path / "a b; touch c"
    command.send(MESSAGE, means(tmp_path, running(sys.executable, "-c", KEEP, str(target))))
    document, _, level = target.read_text("utf-8").rpartition("\n")
    assert json.loads(document) == MESSAGE.document
    assert level == "80%"
    assert not (tmp_path / "c").exists()


@pytest.mark.parametrize(
    ("notify", "reason"),
    [
        (NotifySettings(), "is not set"),
        (running("/nowhere/at-all"), "could not be started: No such file"),
        (running("a\0b"), "cannot be used"),
        (running(sys.executable, "-c", "raise SystemExit(3)"), "ended with status 3"),
    ],
)
def test_a_command_that_fails_is_told(notify: NotifySettings, reason: str, tmp_path: Path) -> None:
    """By why."""
    with pytest.raises(Undelivered, match=reason):
        command.send(MESSAGE, means(tmp_path, notify))


def test_a_command_that_does_not_end_is_ended_with_all_it_started(tmp_path: Path) -> None:
    """Its children too: they stop writing."""
    beat = tmp_path / "beat"
    child = f"import time\nwhile True: open({str(beat)!r}, 'a').write('x'); time.sleep(0.02)"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    with pytest.raises(Undelivered, match="longer than 1 s"):
        command.send(MESSAGE, means(tmp_path, running(sys.executable, "-c", parent, timeout_s=1)))
    before = beat.stat().st_size if beat.exists() else 0
    time.sleep(0.2)
    assert (beat.stat().st_size if beat.exists() else 0) == before


@pytest.mark.skipif(sys.platform in ("darwin", "win32"), reason="another program there")
def test_the_desktop_is_asked_with_arguments(tmp_path: Path) -> None:
    """A text that looks like an option, or like a script, is a text."""
    fake, seen = tmp_path / "notify-send", tmp_path / "seen"
    fake.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {seen}\n')
    fake.chmod(0o755)
    desktop.send(
        replace(MESSAGE, text="--help $(touch x) `y`\x07"), means(tmp_path, PATH=f"{tmp_path}:/usr/bin:/bin")
    )
    assert seen.read_text().splitlines() == ["--app-name=ccmeter", "--", "ccmeter", "--help $(touch x) `y`"]
    with pytest.raises(Undelivered, match="there is no notify-send"):
        desktop.send(MESSAGE, means(tmp_path, PATH=str(tmp_path / "none")))


def test_no_system_gets_the_text_in_a_script() -> None:
    """It is an argument of its own, or not among them at all."""
    assert desktop.words("darwin", 'x" & y')[-2:] == ["ccmeter", 'x" & y']
    assert all("evil" not in word for word in desktop.words("win32", "evil"))
    assert desktop.words("linux", "-x")[-3:] == ["--", "ccmeter", "-x"]


def test_the_files_are_ours_alone(tmp_path: Path) -> None:
    """What a channel is handed holds nobody's rights but ours."""
    kept = means(tmp_path).secrets
    kept.put("a", "b")
    assert os.name != "posix" or stat.S_IMODE(kept.file.stat().st_mode) == 0o600
