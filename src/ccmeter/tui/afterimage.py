"""The afterimage: the first screen as it was last drawn, on the terminal again before anything heavy is loaded.

Loading Textual and asking the store take some tenths of a second; the monitor therefore leaves what it drew beside the
store, and the next one begins by drawing that. It is shown only where the same screen would be drawn again: same
store, arguments, settings, environment, version and size of the terminal, the same local day, not older than `OLDEST_US`. Its
first line says of which instant its figures are and how old that is; it stays until the store has answered, and then the
live screen takes its place line by line. `afterimage.json` is one JSON object:

    v             1 (`VERSION`)
    of            what must be the same again: the store's file (another is put in its place as a whole), `conditions`
    as_of_us      the instant of the answer that is drawn, in microseconds since 1970 UTC
    day_ends_us   when the local day of that instant ends, exclusive
    at            the instant as the screen tells it: "15:30"
    title         the name of the screen
    head          how its first line is drawn, with `TEXT` in place of the text
    lines         the lines as drawn, with colours

Standard library only, and little of that: it is there to be fast.
"""

import json
import os
import sys

from ccmeter import __version__
from ccmeter.statusline import settings, snapshot

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, Self

VERSION = 1
NAME = "afterimage.json"
TEXT = "\0"
OLDEST_US = 3_600_000_000
"""Rates of the last minutes say nothing any more after an hour."""
MOST_BYTES = 2_000_000
"""A larger file is not ours."""
ELSEWHERE = ("--once", "--inline", "--demo", "--help", "-h")
"""Options with which it is another screen, or none."""
_STORE = "ccmeter.duckdb"
_NAMED = (
    "CLAUDE_CONFIG_DIR",
    "COLORTERM",
    "HOME",
    "LANG",
    "NO_COLOR",
    "TERM",
    "TZ",
    "XDG_CONFIG_HOME",
    "XDG_DATA_HOME",
)
_BEGINNINGS = ("CCMETER_", "LC_", "TEXTUAL_")
_BEGIN = "\x1b[?1049h\x1b[?25l\x1b[?7l"
_END = "\x1b[0m\x1b[?7h\x1b[?25h\x1b[?1049l"
_TERMINAL = 2
"""Textual draws on standard error."""


class Afterimage:
    """What was last drawn under the same conditions, and the place for what is drawn now. Leaves the terminal as it was."""

    def __init__(
        self,
        folder: str,
        of: "list[object]",
        size: "tuple[int, int]",
        *,
        keys: int = 0,
        terminal: int = _TERMINAL,
    ) -> None:
        """Take the folder of the store, the conditions, the size of the terminal, and its descriptors; nothing is read yet."""
        self.folder = folder
        self._keys = keys
        self._terminal = terminal
        self.size = size
        self._of = of
        self._drawn = ""
        self._is_ours = False
        """The terminal shows it, and nobody else has taken it over."""
        self._modes: list[Any] | None = None

    def __enter__(self) -> "Self":
        """Do nothing: it is drawn when it is drawn."""
        return self

    def __exit__(self, *_: object) -> None:
        """Take it off the terminal."""
        self.leave()

    def draw(self, now_us: int) -> bool:
        """Show it, if it is still true; tell whether it was."""
        self._drawn = self._read(now_us)
        if not self._drawn:
            return False
        self._hush()
        self._is_ours = True
        self._write(_BEGIN + self._drawn)
        return True

    def take_over(self) -> str:
        """Give what stands on the terminal, to whoever draws there from now on; empty if nothing does."""
        self._is_ours = False
        self._speak()
        return self._drawn

    def leave(self) -> None:
        """Take it away, unless somebody else draws by now."""
        if self._is_ours:
            self._is_ours = False
            self._write(_END)
        self._speak()

    def keep(self, document: "dict[str, object]") -> None:
        """Leave what was drawn for the next time; `document` has the keys above but `v` and `of`. Raises OSError."""
        content = json.dumps({"v": VERSION, "of": self._conditions(), **document}, separators=(",", ":"))
        snapshot.replace(os.path.join(self.folder, NAME), content.encode("utf-8", "replace"))  # noqa: PTH118

    def _read(self, now_us: int) -> str:
        try:
            with open(os.path.join(self.folder, NAME), "rb") as file:  # noqa: PTH118, PTH123 - before pathlib is loaded
                content = file.read(MOST_BYTES + 1)
            document = json.loads(content) if len(content) <= MOST_BYTES else None
            return drawn(snapshot.table(document), self._conditions(), self.size, now_us)
        except (OSError, ValueError, RecursionError):
            return ""

    def _conditions(self) -> "list[object]":
        """Give the conditions, with what the store's file is now. Raises OSError if there is none."""
        return [os.stat(os.path.join(self.folder, _STORE)).st_ino, *self._of]  # noqa: PTH116, PTH118

    def _hush(self) -> None:
        """Keep keys from being echoed into it, and from stopping a process that could not take it away any more."""
        import termios

        self._modes = termios.tcgetattr(self._keys)
        modes = termios.tcgetattr(self._keys)
        modes[3] &= ~termios.ECHO
        modes[6][termios.VSUSP] = b"\0"
        termios.tcsetattr(self._keys, termios.TCSANOW, modes)

    def _speak(self) -> None:
        """Let keys be as they were."""
        if self._modes is not None:
            import termios

            termios.tcsetattr(self._keys, termios.TCSANOW, self._modes)
            self._modes = None

    def _write(self, text: str) -> None:
        rest = text.encode("utf-8", "replace")
        try:
            while rest:
                rest = rest[os.write(self._terminal, rest) :]
        except OSError:  # whoever draws next will say that it is gone
            pass


def found(arguments: "Sequence[str]", environment: "os._Environ[str] | dict[str, str]") -> Afterimage | None:
    """Give the afterimage for arguments behind `monitor`; None where there is no terminal to draw it on."""
    if sys.platform == "win32" or not all(map(os.isatty, (0, 1, _TERMINAL))):
        return None
    if any(word in ELSEWHERE for word in arguments):
        return None
    size = _size(environment)
    return Afterimage(_folder(arguments, environment), conditions(arguments, environment, size), size)


def conditions(
    arguments: "Sequence[str]", environment: "os._Environ[str] | dict[str, str]", size: "tuple[int, int]"
) -> "list[object]":
    """Give all that the screen depends on beside store and clock: what must be the same for it to be shown again."""
    file = os.path.expanduser(_given(arguments, "--config")) or settings.config_file({}, environment)  # noqa: PTH111
    try:
        state = os.stat(file)  # noqa: PTH116
        stamp = [state.st_mtime_ns, state.st_size]
    except (OSError, ValueError):
        stamp = []
    said = sorted(
        [name, value] for name, value in environment.items() if name in _NAMED or name.startswith(_BEGINNINGS)
    )
    return [__version__, list(arguments), os.getcwd(), said, file, stamp, list(size)]  # noqa: PTH109


def drawn(document: "dict[str, object]", of: "list[object]", size: "tuple[int, int]", now_us: int) -> str:
    """Give what to write to the terminal; empty where the document says nothing that is still true."""
    if document.get("v") != VERSION or document.get("of") != of:
        return ""
    as_of_us = snapshot.number(document.get("as_of_us")) or 0
    day_ends_us = snapshot.number(document.get("day_ends_us")) or 0
    lines = document.get("lines")
    if not isinstance(lines, list) or len(lines) != size[1] or not all(type(line) is str for line in lines):
        return ""
    if not 0 <= now_us - as_of_us <= OLDEST_US or now_us >= day_ends_us:
        return ""
    age_s = (now_us - as_of_us) // 1_000_000
    age = f"{age_s}s" if age_s < 60 else f"{age_s // 60}m"  # noqa: PLR2004 - a minute
    said = f" {snapshot.text(document.get('title'))}  as of {snapshot.text(document.get('at'))}, {age} ago; asking for now"
    head = snapshot.text(document.get("head")).replace(TEXT, said[: size[0]].ljust(size[0]))
    return "".join(f"\x1b[{row};1H{line}" for row, line in enumerate([head, *lines[1:]], 1))


def drop(folder: "str | os.PathLike[str]") -> None:
    """Remove what was left in a folder, because what it shows is to be forgotten. Raises OSError."""
    path = os.path.join(folder, NAME)  # noqa: PTH118
    if os.path.lexists(path):
        os.unlink(path)  # noqa: PTH108


def _folder(arguments: "Sequence[str]", environment: "os._Environ[str] | dict[str, str]") -> str:
    """Give the folder of the store, if flags or the environment name it or nothing does."""
    named = (
        _given(arguments, "--data-dir")
        or environment.get("CCMETER_MONITOR_DATA_DIR")
        or environment.get("CCMETER_DATA_DIR")
    )
    return os.path.expanduser(named) if named else settings.default_data_dir(environment)  # noqa: PTH111


def _given(arguments: "Sequence[str]", option: str) -> str:
    """Give the value of an option; the last one counts."""
    value = ""
    for place, word in enumerate(arguments):
        if word == option:
            value = arguments[place + 1] if place + 1 < len(arguments) else ""
        elif word.startswith(f"{option}="):
            value = word.partition("=")[2]
    return value


def _size(environment: "os._Environ[str] | dict[str, str]") -> "tuple[int, int]":
    """Give columns and lines as `shutil.get_terminal_size` does, which Textual asks; 0 by 0 if nobody knows."""
    said = [environment.get(name, "") for name in ("COLUMNS", "LINES")]
    columns, lines = (int(text) if text.isdecimal() else 0 for text in said)
    if columns and lines:
        return columns, lines
    try:
        size = os.get_terminal_size(1)
    except OSError:
        return columns, lines
    return columns or size.columns, lines or size.lines
