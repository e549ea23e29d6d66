"""What a transcript is opened with: found on the search path, run by argv, never through a shell."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from ccmeter.tui import pager

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def programs(tmp_path: Path) -> str:
    for name in ("less", "mine", "edit"):
        (tmp_path / name).write_text(
            f'#!/bin/sh\nprintf "%s\\n" "$@" "$LESSSECURE" "$LESSOPEN" > {tmp_path}/said\n', "utf-8"
        )
        (tmp_path / name).chmod(0o755)
    return os.fspath(tmp_path)


def test_a_persons_pager_goes_before_their_editor_and_what_is_usual(programs: str) -> None:
    path = {"PATH": programs}
    assert pager.command("/t", {**path, "PAGER": "mine -R 'a b'", "EDITOR": "edit"}) == [
        f"{programs}/mine",
        "-R",
        "a b",
        "/t",
    ]
    assert pager.command("/t", {**path, "EDITOR": "edit"}) == [f"{programs}/edit", "/t"]
    assert pager.command("/t", {**path, "VISUAL": "edit", "EDITOR": "mine"}) == [f"{programs}/edit", "/t"]
    assert pager.command("/t", path) == [f"{programs}/less", "/t"]
    assert pager.command("/t", {**path, "PAGER": "not-there", "EDITOR": "'open"}) == [
        f"{programs}/less",
        "/t",
    ]
    assert pager.command("/t", {"PATH": "/nowhere", "PAGER": "mine"}) is None


def test_a_path_is_one_argument_whatever_stands_in_it(programs: str, tmp_path: Path) -> None:
    path = "/x/$(touch ran); 'a' .jsonl"
    argv = pager.command(path, {"PATH": programs, "PAGER": "mine"})
    assert argv is not None
    assert pager.run(argv, {"PATH": os.environ["PATH"], "LESSOPEN": "|evil %s"})
    assert (tmp_path / "said").read_text("utf-8").splitlines() == [path, "1", ""]


def test_a_program_that_cannot_be_started_is_no_crash(tmp_path: Path) -> None:
    assert not pager.run([os.fspath(tmp_path / "gone")], {})


def test_only_a_file_that_is_there_is_opened(tmp_path: Path) -> None:
    there = tmp_path / "t.jsonl"
    there.write_text("", "utf-8")
    assert pager.is_there(os.fspath(there))
    for path in ("", "t.jsonl", os.fspath(tmp_path), os.fspath(tmp_path / "gone"), f"imported:{there}"):
        assert not pager.is_there(path)
