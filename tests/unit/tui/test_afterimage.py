"""The afterimage: when it is shown again, and what becomes of the terminal."""

from __future__ import annotations

import os
import stat
import sys
from typing import TYPE_CHECKING, Any

import pytest

from ccmeter.tui import afterimage
from ccmeter.tui.afterimage import Afterimage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")

NOW_US = 1_795_000_000_000_000
MINUTE_US = 60_000_000
OF: list[object] = [7, "0.1.0", ["--compact"]]
SIZE = (40, 3)


def document(**other: object) -> dict[str, object]:
    return {
        "v": 1,
        "of": OF,
        "as_of_us": NOW_US - 4 * MINUTE_US,
        "day_ends_us": NOW_US + MINUTE_US,
        "at": "15:30",
        "title": "Now",
        "head": "\x1b[1m\0\x1b[0m",
        "lines": [" Now   15:30", "$3.20", "keys"],
    } | other


def test_it_says_of_which_instant_it_is_and_keeps_every_line_in_its_place() -> None:
    said = f"{' Now  as of 15:30, 4m ago; asking for now':<40}"[:40]
    expected = f"\x1b[1;1H\x1b[1m{said}\x1b[0m\x1b[2;1H$3.20\x1b[3;1Hkeys"
    assert afterimage.drawn(document(), OF, SIZE, NOW_US) == expected


def test_seconds_are_told_as_such() -> None:
    found = afterimage.drawn(document(as_of_us=NOW_US - 12_000_000), OF, (80, 3), NOW_US)
    assert "as of 15:30, 12s ago; asking for now" in found


@pytest.mark.parametrize(
    "other",
    [
        {"v": 2},
        {"of": [8, *OF[1:]]},
        {"as_of_us": NOW_US + 1},
        {"as_of_us": NOW_US - afterimage.OLDEST_US - 1},
        {"as_of_us": "now"},
        {"day_ends_us": NOW_US},
        {"day_ends_us": None},
        {"lines": ["one", "two"]},
        {"lines": ["one", "two", 3]},
        {"lines": "abc"},
    ],
)
def test_what_is_no_longer_true_is_not_shown(other: dict[str, object]) -> None:
    assert afterimage.drawn(document(**other), OF, SIZE, NOW_US) == ""


class Terminal:
    """A terminal of its own."""

    def __init__(self) -> None:
        self.master, self.slave = os.openpty()

    @property
    def drawn(self) -> str:
        os.set_blocking(self.master, False)
        try:
            return os.read(self.master, 1 << 16).decode()
        except BlockingIOError:
            return ""

    @property
    def modes(self) -> list[Any]:
        import termios

        return termios.tcgetattr(self.slave)


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    made = Terminal()
    yield made
    os.close(made.master)
    os.close(made.slave)


def image(folder: Path, terminal: Terminal) -> Afterimage:
    (folder / "ccmeter.duckdb").touch()
    return Afterimage(str(folder), OF, SIZE, keys=terminal.slave, terminal=terminal.slave)


def leave(folder: Path, terminal: Terminal) -> None:
    left = {key: value for key, value in document().items() if key not in ("v", "of")}
    image(folder, terminal).keep(left)


def test_what_was_kept_is_drawn_and_taken_away_with_the_terminal_as_it_was(
    tmp_path: Path, terminal: Terminal
) -> None:
    import termios

    leave(tmp_path, terminal)
    file = tmp_path / afterimage.NAME
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    before = terminal.modes
    with image(tmp_path, terminal) as shown:
        assert shown.draw(NOW_US)
        assert "\x1b[?1049h" in (drawn := terminal.drawn)
        assert "$3.20" in drawn
        assert not terminal.modes[3] & termios.ECHO, "keys would be written into it"
    assert terminal.drawn.endswith("\x1b[?1049l")
    assert terminal.modes == before


def test_another_store_has_another_afterimage(tmp_path: Path, terminal: Terminal) -> None:
    leave(tmp_path, terminal)
    shown = image(tmp_path, terminal)
    store = tmp_path / "ccmeter.duckdb"
    store.rename(tmp_path / "aside")
    assert not shown.draw(NOW_US), "there is none"
    store.touch()
    assert not shown.draw(NOW_US), "it is another"
    (tmp_path / "aside").replace(store)
    assert shown.draw(NOW_US)
    shown.leave()


def test_whoever_takes_it_over_takes_it_away(tmp_path: Path, terminal: Terminal) -> None:
    leave(tmp_path, terminal)
    before = terminal.modes
    with image(tmp_path, terminal) as shown:
        assert shown.draw(NOW_US)
        assert "$3.20" in shown.take_over()
        assert terminal.modes == before, "Textual keeps the modes that it finds"
        assert terminal.drawn
    assert terminal.drawn == ""


@pytest.mark.parametrize(
    "content", ["", "[]", "{", "[" * 100_000, f'{{"v": 1, "x": "{"x" * afterimage.MOST_BYTES}"}}']
)
def test_a_broken_file_shows_nothing(tmp_path: Path, terminal: Terminal, content: str) -> None:
    (tmp_path / afterimage.NAME).write_text(content)
    shown = image(tmp_path, terminal)
    before = terminal.modes
    assert not shown.draw(NOW_US)
    assert shown.take_over() == ""
    shown.leave()
    assert (terminal.drawn, terminal.modes) == ("", before)


def test_a_terminal_that_is_gone_is_no_error(tmp_path: Path, terminal: Terminal) -> None:
    leave(tmp_path, terminal)
    reading, writing = os.pipe()
    os.close(reading)
    shown = Afterimage(str(tmp_path), OF, SIZE, keys=terminal.slave, terminal=writing)
    assert shown.draw(NOW_US)
    shown.leave()
    os.close(writing)


def test_what_is_to_be_forgotten_is_removed(tmp_path: Path) -> None:
    (tmp_path / afterimage.NAME).write_text("{}")
    afterimage.drop(tmp_path)
    afterimage.drop(tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.fixture
def at_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "isatty", lambda _: True)


@pytest.mark.usefixtures("at_terminal")
@pytest.mark.parametrize(
    ("arguments", "environment"),
    [
        (["--data-dir", "{}"], {}),
        (["--data-dir={}"], {}),
        (["--data-dir", "elsewhere", "--data-dir", "{}"], {}),
        ([], {"CCMETER_DATA_DIR": "{}"}),
        (["--data-dir"], {"CCMETER_DATA_DIR": "{}"}),
        ([], {"CCMETER_MONITOR_DATA_DIR": "{}", "CCMETER_DATA_DIR": "elsewhere"}),
    ],
)
def test_it_stands_beside_the_store(
    tmp_path: Path, arguments: list[str], environment: dict[str, str]
) -> None:
    filled = [word.replace("{}", str(tmp_path)) for word in arguments]
    named = {name: value.replace("{}", str(tmp_path)) for name, value in environment.items()}
    found = afterimage.found(filled, {"HOME": "/nowhere", "COLUMNS": "90", "LINES": "30", **named})
    assert found is not None
    assert (found.folder, found.size) == (str(tmp_path), (90, 30))


@pytest.mark.usefixtures("at_terminal")
def test_there_is_none_for_another_screen(tmp_path: Path) -> None:
    environment = {"CCMETER_DATA_DIR": str(tmp_path)}
    assert afterimage.found([], environment) is not None
    for word in afterimage.ELSEWHERE:
        assert afterimage.found([word], environment) is None


def test_there_is_none_without_a_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "isatty", lambda descriptor: descriptor != 1)
    assert afterimage.found([], {"CCMETER_DATA_DIR": str(tmp_path)}) is None


@pytest.mark.usefixtures("at_terminal")
def test_another_size_is_asked_of_the_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    environment = {"CCMETER_DATA_DIR": str(tmp_path), "LINES": "33", "COLUMNS": "0"}
    monkeypatch.setattr(os, "get_terminal_size", lambda _: os.terminal_size((70, 20)))
    found = afterimage.found([], environment)
    assert found is not None
    assert found.size == (70, 33)

    def fails(_: int) -> os.terminal_size:
        raise OSError

    monkeypatch.setattr(os, "get_terminal_size", fails)
    found = afterimage.found([], environment)
    assert found is not None
    assert found.size == (0, 33)


def test_whatever_may_change_the_screen_is_a_condition(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    base: dict[str, str] = {"CCMETER_CONFIG": str(file), "HOME": "/nowhere"}

    def of(*arguments: str, size: tuple[int, int] = SIZE, **more: str) -> list[object]:
        return afterimage.conditions(arguments, {**base, **more}, size)

    first = of()
    others = [
        of("--compact"),
        of(size=(41, 3)),
        of(NO_COLOR="1"),
        of(CCMETER_THEME="light"),
        of("--config", "other.toml"),
        of(TZ="Asia/Tokyo"),
    ]
    assert first == of(UNRELATED="1")
    assert all(other != first for other in others)
    file.write_text('theme = "light"\n')
    assert of() != first
