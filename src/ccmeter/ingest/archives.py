"""Unpacks the transcripts of a tar or zip, and nothing else, into a folder of our own.

Whoever made the archive has no say in where files go: only regular files named `*.jsonl` inside a `projects` folder are
taken, under names made of their own parts; links, devices and names that climb out are counted and left. What is
unpacked may not outgrow the disk, nor be out of all proportion to the archive, as a few bytes can unpack to terabytes.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
import tarfile
import time
import zipfile
import zlib
from collections import Counter
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Final

from ccmeter.domain.errors import ForeignError
from ccmeter.ingest.discover import ENDING, FOLDER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_BLOCK_BYTES: Final = 1 << 20
_SPARE_BYTES: Final = 256 << 20
"""Left free on the disk."""
_ALWAYS_BYTES: Final = 1 << 30
_MOST_TIMES: Final = 200
"""Logs shrink to a tenth or a thirtieth."""
_PROJECT: Final = re.compile(r"-|[A-Za-z]--")
"""How Claude Code's folder of a project begins: `-home-user-x`, `C--Users-x`."""
_BROKEN: Final = (
    EOFError, OSError, RuntimeError, NotImplementedError, tarfile.TarError, zipfile.BadZipFile, zlib.error, ValueError
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Unpacked:
    """What was in an archive."""

    roots: tuple[Path, ...]
    """Configuration folders, with `projects` below each."""
    problems: Counter[str] = field(default_factory=Counter)
    """What was left out, by reason."""


@dataclass(frozen=True, slots=True)
class _Member:
    name: str
    is_regular: bool
    is_folder: bool
    mtime_s: float
    open: Callable[[], IO[bytes] | None]


def is_archive(file: Path) -> bool:
    """Tell whether a file is a tar, packed or not, or a zip."""
    return tarfile.is_tarfile(file) or zipfile.is_zipfile(file)


def unpack(archive: Path, into: Path) -> Unpacked:
    """Unpack the transcripts of an archive below `into`. Raises ForeignError."""
    problems: Counter[str] = Counter()
    numbers: dict[tuple[str, ...], int] = {}
    left = _limit(archive, into)
    try:
        for member in _members(archive):
            place = _place(member, problems)
            if place is None:
                continue
            root, below = place
            target = into.joinpath(str(numbers.setdefault(root, len(numbers))), *below)
            with _opened(member) as packed:
                left -= _written(packed, target, left)
            os.utime(target, (member.mtime_s, member.mtime_s))
            os.utime(into)  # not abandoned: see `lease.writing`
    except ForeignError:
        raise
    except _BROKEN as error:
        raise ForeignError(f"The archive {archive} cannot be unpacked: {error}.") from error
    return Unpacked(roots=tuple(into / str(number) for number in numbers.values()), problems=problems)


def _limit(archive: Path, into: Path) -> int:
    free = shutil.disk_usage(into).free - _SPARE_BYTES
    return max(min(free, archive.stat().st_size * _MOST_TIMES + _ALWAYS_BYTES), 0)


def _members(archive: Path) -> Iterator[_Member]:
    if not tarfile.is_tarfile(archive):
        with zipfile.ZipFile(archive) as packed:
            for info in packed.infolist():
                kind = stat.S_IFMT(info.external_attr >> 16)
                yield _Member(
                    info.filename,
                    kind in (0, stat.S_IFREG) and not info.is_dir(),
                    info.is_dir(),
                    time.mktime((*info.date_time, 0, 0, -1)),
                    lambda info=info: packed.open(info),  # type: ignore[misc]
                )
        return
    with tarfile.open(archive) as tar:
        for entry in tar:
            yield _Member(
                entry.name,
                entry.isreg(),
                entry.isdir(),
                entry.mtime,
                lambda entry=entry: tar.extractfile(entry),  # type: ignore[misc]
            )


def _opened(member: _Member) -> IO[bytes]:
    packed = member.open()
    if packed is None:
        raise ForeignError(f"{member.name} in the archive has no content.")
    return packed


def _place(member: _Member, problems: Counter[str]) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """Give the parts of a transcript's name above and below its configuration folder; None for anything else."""
    named = member.name.replace("\\", "/")
    parts = tuple(part for part in named.split("/") if part not in ("", "."))
    if member.is_folder or not named.endswith(ENDING):
        return None
    if named.startswith("/") or ".." in parts or any("\0" in part for part in parts) or ":" in parts[0]:
        problems["name in the archive that leads out of it"] += 1
        return None
    if not member.is_regular:
        problems["link or device in the archive"] += 1
        return None
    if FOLDER in parts[:-1]:
        at = len(parts) - 1 - parts[::-1].index(FOLDER)
        return parts[:at], parts[at:]
    for at, part in enumerate(parts[:-1]):
        if _PROJECT.match(part):
            return parts[:at], (FOLDER, *parts[at:])
    return None


def _written(packed: IO[bytes], target: Path, most_bytes: int) -> int:
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    count = 0
    with target.open("wb") as file:
        while block := packed.read(_BLOCK_BYTES):
            count += len(block)
            if count > most_bytes:
                raise ForeignError(
                    "The archive unpacks to more than there is room for, or than logs ever do.",
                    hint="Unpack it yourself and import the folder.",
                )
            file.write(block)
    return count
