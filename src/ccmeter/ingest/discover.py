"""Finds the transcripts below Claude Code's configuration folders.

Links are followed, and no folder or file is read twice because of them. What cannot be read is a counted problem and
never stops the rest; a file that vanishes meanwhile is no problem at all.
"""

from __future__ import annotations

import os
import stat
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from ccmeter.store.cursors import Cursor

ENDING: Final = ".jsonl"
FOLDER: Final = "projects"
"""Transcripts stand in this folder of a configuration folder."""


class Source(NamedTuple):
    """A transcript as it is now."""

    path: str
    source: str
    """The path below the configuration folder: the same for every copy of that folder."""
    device: int
    inode: int
    size_bytes: int
    mtime_ns: int

    @property
    def name(self) -> str:
        """The path as text that a store takes, whatever bytes it is made of."""
        return self.path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")

    def is_as_read(self, cursor: Cursor) -> bool:
        """Tell whether the file looks just as it did when it was last read."""
        return self[2:] == cursor[1:5]

    def new_bytes(self, cursor: Cursor | None) -> int:
        """Give how much of it has not been read."""
        return self.size_bytes - (cursor.offset_bytes if cursor else 0)


Job: TypeAlias = "tuple[Source, Cursor | None]"
"""A transcript to read, and how far it has been read."""

Progress: TypeAlias = "Callable[[int, int], object]"
"""Told of bytes read and of files done since it was last told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a walk found."""

    sources: tuple[Source, ...]
    problems: Counter[str] = field(default_factory=Counter)
    """What could not be read, by reason."""


def find(config_dirs: tuple[Path, ...]) -> Found:
    """Find all transcripts below `config_dirs`, by path. Raises nothing for what cannot be read."""
    problems: Counter[str] = Counter()
    seen: set[tuple[int, int]] = set()
    sources: list[Source] = []
    for folder in config_dirs:
        top = str(folder)
        sources += _walk(os.path.join(top, FOLDER), len(top) + 1, seen, problems)  # noqa: PTH118 - a hot path
    return Found(sources=tuple(sources), problems=problems)


def find_below(folder: Path) -> Found:
    """Find all transcripts below a folder that is a copy of `projects`, whatever its name."""
    problems: Counter[str] = Counter()
    top = str(folder)
    sources = _walk(top, len(top) + 1, set(), problems)
    return Found(
        sources=tuple(each._replace(source=f"{FOLDER}/{each.source}") for each in sources), problems=problems
    )


def _walk(top: str, cut: int, seen: set[tuple[int, int]], problems: Counter[str]) -> Iterator[Source]:
    waiting = [top]
    while waiting:
        folder = waiting.pop()
        try:
            found = os.stat(folder)  # noqa: PTH116
            if (found.st_dev, found.st_ino) in seen:
                continue
            seen.add((found.st_dev, found.st_ino))
            with os.scandir(folder) as scanned:
                entries = sorted(scanned, key=lambda entry: entry.name)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            problems[f"unreadable folder: {error.strerror}"] += 1
            continue
        for entry in entries:
            try:
                if entry.is_dir():
                    if entry.name.endswith(ENDING):
                        problems[f"folder named {ENDING}"] += 1
                    waiting.append(entry.path)
                elif entry.name.endswith(ENDING):
                    yield from _source(entry, cut, seen, problems)
            except OSError as error:
                problems[f"unreadable entry: {error.strerror}"] += 1


def _source(
    entry: os.DirEntry[str], cut: int, seen: set[tuple[int, int]], problems: Counter[str]
) -> Iterator[Source]:
    try:
        found = os.stat(entry.path)  # noqa: PTH116 - what the entry itself knows lacks the inode on Windows
    except FileNotFoundError:
        if entry.is_symlink():
            problems["link to nowhere"] += 1
        return
    if not stat.S_ISREG(found.st_mode):
        problems["not a regular file"] += 1
        return
    place = (found.st_dev, found.st_ino)
    if place not in seen:
        seen.add(place)
        yield Source(entry.path, entry.path[cut:], *place, found.st_size, found.st_mtime_ns)
