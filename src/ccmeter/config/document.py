"""A settings file as it was written: what it says, and on which line it says it.

Every complaint about a file names the line, so the text is kept beside what was decoded from it. The decoder is only
loaded where there is a file: it takes 5 ms.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from itertools import takewhile
from operator import eq
from typing import TYPE_CHECKING, Any

from ccmeter.domain.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A settings file that is valid TOML; what it says need not be."""

    file: Path
    text: str
    content: Mapping[str, Any]

    def line_of(self, key: Sequence[str]) -> int | None:
        """Find the line of a key, or of what it would stand in: a missing key stands nowhere."""
        table: list[str] = []
        nearest, depth = None, 0
        for number, line in enumerate(self.text.splitlines(), 1):
            if line.lstrip().startswith("["):
                path = table = parts(line.strip().lstrip("[").partition("]")[0])
            else:
                path = table + parts(line.partition("=")[0])
            shared = sum(1 for _ in takewhile(bool, map(eq, path, key)))
            if shared > depth:
                nearest, depth = number, shared
        return nearest

    def place(self, key: Sequence[str]) -> str:
        """Say where a key stands: the file, and the line if it is known."""
        line = self.line_of(key)
        return f"{self.file}{f', line {line}' if line else ''}"


def read(file: Path) -> Document | None:
    """Read a settings file; None if there is none. Raises ConfigError."""
    try:
        content = file.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise ConfigError(f"The settings {file} cannot be read: {error.strerror}.") from error
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ConfigError(f"The settings {file} are not valid TOML: {error}.") from error
    return parse(text, file)


def parse(text: str, file: Path) -> Document:
    """Decode the text of a settings file. Raises ConfigError, which names the line."""
    import tomllib

    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"The settings {file} are not valid TOML: {error}.") from error
    return Document(file=file, text=text, content=content)


def plain(value: object) -> object:
    """Give a value with its days and times as text, as an option would be typed."""
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, list):
        return [plain(each) for each in value]
    return value


def parts(dotted: str) -> list[str]:
    """Read a TOML key: `a."b.c"` is `a` and `b.c`. Nothing, where the text is no key."""
    import tomllib

    try:
        found: object = tomllib.loads(f"{dotted} = 0")
    except tomllib.TOMLDecodeError:
        return []
    named = []
    while isinstance(found, dict) and len(found) == 1:
        (part,) = found
        named.append(part)
        found = found[part]
    return named if found == 0 else []


def dotted(key: Sequence[str]) -> str:
    """Write a TOML key: the opposite of `parts`."""
    return ".".join(
        part if part.isascii() and part.replace("-", "").replace("_", "").isalnum() else _quoted(part)
        for part in key
    )


def _quoted(part: str) -> str:
    import json

    return json.dumps(part, ensure_ascii=False).replace("\x7f", "\\u007F")
