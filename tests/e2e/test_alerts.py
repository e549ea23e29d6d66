"""Alerts between processes: told once, whoever comes first; and nobody is contacted unless that was asked for."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest

from support import bulk
from support.command import Command, finished

if TYPE_CHECKING:
    from pathlib import Path

_LINE = "import sys; open(sys.argv[1], 'a').write(sys.stdin.read())"
_WATCH = """
import sys

def _refuse(event, arguments):
    if event.startswith("socket."):
        raise SystemExit(f"{event} {arguments}")

sys.addaudithook(_refuse)
"""


def _configure(person: Command, text: str) -> None:
    folder = person.home / ".config" / "ccmeter"
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text(text, "utf-8")


@pytest.mark.parametrize("before", [False, True], ids=["first read", "known store"])
def test_ten_processes_tell_it_once(*, before: bool, person: Command, tmp_path: Path) -> None:
    """All see a budget that is spent at the same time."""
    bulk.write(person.claude, files=2, calls=60)
    if before:
        assert person.run("ingest").status == 0
    argv = json.dumps([sys.executable, "-c", _LINE, str(tmp_path / "told")])
    _configure(
        person,
        '[[alerts]]\nwhen = "budget"\nat = [0.01]\nforecast = false\nchannels = ["command"]\n'
        f'[[budgets]]\namount = 0.01\nproject = "project-000"\n[notify.command]\nargv = {argv}\n',
    )
    _write_today(person)
    running = [person.start("ingest") for _ in range(10)]
    ended = [finished(each) for each in running]
    assert [each.status for each in ended] == [0] * 10
    assert sum(each.stderr.count("Alert: ") for each in ended) == 1
    assert len((tmp_path / "told").read_text("utf-8").splitlines()) == 1


def test_nobody_is_contacted_unless_configured(person: Command, tmp_path: Path) -> None:
    """A rule that is met, and an address that is not among its channels: no socket is opened."""
    _write_today(person)
    _configure(
        person,
        '[[budgets]]\namount = 0.01\nproject = "project-000"\n[notify.webhook]\nurl = "https://127.0.0.1:1/x"\n',
    )
    site = tmp_path / "site"
    site.mkdir()
    (site / "sitecustomize.py").write_text(_WATCH, "utf-8")
    watched = Command(person.home, {"PYTHONPATH": str(site)})
    for command in (["ingest"], ["alerts", "check"], ["alerts", "list"], ["budget", "list"], ["daily"]):
        done = watched.run(*command)
        assert done.status == 0, done.stderr
    refused = watched.run("alerts", "test", "webhook")
    assert refused.status != 0  # the watch works


def _write_today(person: Command) -> None:
    import time

    from support.transcripts import Folder, Line, joined

    line = Line(
        message_id="today", output_tokens=1_000, at_us=time.time_ns() // 1_000, cwd="/home/dev/project-000"
    )
    Folder(person.claude).write("-today/today.jsonl", joined([line.assistant()]))
