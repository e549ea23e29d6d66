"""The hook in Claude Code's settings: put in and taken out, and everything else left alone."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from ccmeter.statusline import installation, settings_json
from ccmeter.statusline.settings_json import File, Refused

OWN = ["/opt/my tools/ccmeter", "statusline"]
OURS = "'/opt/my tools/ccmeter' statusline"
NOW_S = 1_795_260_000.0


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "settings.json"


def command(file: Path) -> str:
    text: str = json.loads(file.read_bytes().decode("utf-8-sig"))["statusLine"]["command"]
    return text


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            '{\n  "model": "opus"\n}\n',
            '{\n  "model": "opus",\n  "statusLine": {\n    "type": "command",\n    "command": "OURS"\n  }\n}\n',
        ),
        (
            '{\r\n\t"model": "opus"\r\n}',
            '{\r\n\t"model": "opus",\r\n\t"statusLine": {\r\n\t\t"type": "command",\r\n\t\t"command": "OURS"\r\n\t}\r\n}',
        ),
        ('{"model":"opus"}', '{"model":"opus", "statusLine": {"type": "command", "command": "OURS"}}'),
        ("{ }\n", '{\n  "statusLine": {\n    "type": "command",\n    "command": "OURS"\n  }\n}\n'),
        ("", '{\n  "statusLine": {\n    "type": "command",\n    "command": "OURS"\n  }\n}\n'),
        (
            '{\n    "statusLine": null,\n    "x": [1,2]\n}',
            '{\n    "statusLine": {\n        "type": "command",\n        "command": "OURS"\n    },\n    "x": [1,2]\n}',
        ),
    ],
)
def test_it_is_written_in_the_form_of_the_file(file: Path, before: str, after: str) -> None:
    file.write_bytes(before.encode())
    done = installation.install(str(file), OWN, NOW_S)
    assert file.read_bytes().decode() == after.replace("OURS", OURS)
    assert done.is_changed
    assert Path(done.copy).read_bytes() == before.encode()


def test_file_that_is_not_there_is_made(tmp_path: Path) -> None:
    file = tmp_path / "new" / "settings.json"
    done = installation.install(str(file), OWN, NOW_S)
    assert (command(file), done.copy, stat.S_IMODE(file.stat().st_mode)) == (OURS, "", 0o600)


def test_own_command_is_wrapped_and_comes_back_to_the_byte(file: Path) -> None:
    text = '{"statusLine" :{"padding":0, "command":"echo \\"it\'s\\" $USER | cat","type":"command"},"a":1}'
    file.write_text(text)
    done = installation.install(str(file), OWN, NOW_S)
    assert done.wrapped == 'echo "it\'s" $USER | cat'
    assert installation.wrapped_in(command(file)) == done.wrapped
    assert json.loads(file.read_text())["statusLine"]["padding"] == 0
    again = installation.install(str(file), OWN, NOW_S)
    assert not again.is_changed
    moved = installation.install(str(file), ["/new/ccmeter", "statusline"], NOW_S)
    assert moved.command.startswith("/new/ccmeter statusline --wrap ")
    assert moved.wrapped == done.wrapped
    back = installation.uninstall(str(file), NOW_S)
    assert back.command == done.wrapped
    assert file.read_text() == text


def test_what_is_not_ours_is_not_taken_out(file: Path) -> None:
    for text in ('{"statusLine":{"type":"command","command":"ccusage statusline"}}', "{}"):
        file.write_text(text)
        assert not installation.uninstall(str(file), NOW_S).is_changed
        assert file.read_text() == text


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"a": 1,}', "not JSON"),
        ('{"a": 1} // comment', "not JSON"),
        ("[]", "not a JSON object"),
        ('{"statusLine": "echo"}', "not a command"),
        ('{"statusLine": {"type": "other", "command": "echo"}}', "not a command"),
        ('{"statusLine": {"type": "command", "command": " "}}', "not a command"),
        ('{"statusLine": {"type": "command"}}', "not a command"),
    ],
)
def test_file_that_is_not_understood_is_left_alone(file: Path, text: str, reason: str) -> None:
    file.write_text(text)
    with pytest.raises(Refused, match=reason):
        installation.install(str(file), OWN, NOW_S)
    assert file.read_text() == text
    assert list(file.parent.iterdir()) == [file]


def test_file_that_is_not_text_is_left_alone(file: Path) -> None:
    file.write_bytes(b'{"a": "\xff"}')
    with pytest.raises(Refused, match="UTF-8"):
        installation.install(str(file), OWN, NOW_S)


def test_mode_mark_and_link_are_kept(tmp_path: Path) -> None:
    target, link = tmp_path / "dotfiles.json", tmp_path / "settings.json"
    target.write_bytes(b'\xef\xbb\xbf{"a": "\xc3\xa4"}')
    target.chmod(0o640)
    link.symlink_to(target)
    done = installation.install(str(link), OWN, NOW_S)
    assert link.is_symlink()
    assert target.read_bytes().startswith(b'\xef\xbb\xbf{"a": "\xc3\xa4"')
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert stat.S_IMODE(Path(done.copy).stat().st_mode) == 0o640
    assert Path(done.copy).parent == tmp_path


def test_copies_do_not_replace_each_other(file: Path) -> None:
    file.write_text("{}")
    copies = {installation.install(str(file), OWN, NOW_S).copy, installation.uninstall(str(file), NOW_S).copy}
    copies.add(installation.install(str(file), OWN, NOW_S).copy)
    assert len(copies) == 3


def test_file_that_changed_meanwhile_is_left_alone(file: Path) -> None:
    file.write_text("{}")
    found = File(str(file))
    file.write_text('{"theirs": 1}')
    with pytest.raises(Refused, match="another program"):
        found.write('{"ours": 1}', NOW_S)
    assert file.read_text() == '{"theirs": 1}'
    file.unlink()
    with pytest.raises(Refused, match="another program"):
        found.write('{"ours": 1}', NOW_S)
    assert list(file.parent.iterdir()) == []


def test_no_room_for_a_copy(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text("{}")
    monkeypatch.setattr(settings_json, "range", lambda _: (), raising=False)
    with pytest.raises(Refused, match="free name"):
        File(str(file)).write("{}", NOW_S)


def test_key_that_stands_twice_goes_twice() -> None:
    text = '{"statusLine": 1, "a": 2, "statusLine": {"type": "command", "command": "x"}}'
    assert settings_json.without_member(text) == '{"a": 2}'


def test_edit_that_goes_wrong_is_refused() -> None:
    with pytest.raises(Refused, match="more than the status line"):
        settings_json._check('{"a": 1}', {"a": True})


@pytest.mark.parametrize(
    ("text", "is_ours"),
    [
        ("ccmeter statusline", True),
        ("/x/ccmeter statusline --wrap y", True),
        ("C:/x/ccmeter.exe statusline", True),
        ("/x/python3 -P -m ccmeter statusline", True),
        ("ccmeter daily", False),
        ("python -m other statusline", False),
        ("npx ccusage statusline", False),
        ("echo 'unclosed", False),
        ("", False),
    ],
)
def test_what_is_ours(*, text: str, is_ours: bool) -> None:
    assert installation.is_ours(text) is is_ours


def test_program_or_this_python() -> None:
    assert installation.own_words("/x/ccmeter", ["--no-refresh"]) == [
        "/x/ccmeter",
        "statusline",
        "--no-refresh",
    ]
    assert installation.own_words("", [])[1:] == ["-P", "-m", "ccmeter", "statusline"]
    assert installation.wrapped_in("echo") == ""


def test_last_reading(tmp_path: Path) -> None:
    now_us = int(NOW_S) * 10**6
    assert installation.last_reading_us(str(tmp_path), now_us) is None
    (tmp_path / "spool").mkdir()
    for day, at_s in (("2026-11-20", NOW_S - 5_000), ("2026-11-21", NOW_S - 90)):
        file = tmp_path / "spool" / f"readings-{day}.jsonl"
        file.touch()
        os.utime(file, (at_s, at_s))
    assert installation.last_reading_us(str(tmp_path), now_us) == now_us - 90_000_000
