"""Looks which repositories the folders with usage belong to, while they are still there.

Git is not asked: a `.git` folder is the top of a main working tree, and a `.git` file says in one line where the
repository is. Folders that are on another machine, or that would be mounted by being looked at, are left alone.
"""

# Paths here are text from a log, and there may be thousands.
# ruff: noqa: PTH116, PTH117, PTH118, PTH120, PTH123

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, Final, TypeAlias

from ccmeter.domain.projects import Folder, main_tree
from ccmeter.store import repositories

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ccmeter.store.lease import Connection

_Seen: TypeAlias = "dict[str, tuple[str, bool] | None]"

_FAR: Final = ("//", "\\\\", "/net/", "/Network/", "/afs/")
"""Where these begin, another machine answers, or has to be waited for in vain."""
_LONGEST_BYTES: Final = 4096
_POINTER: Final = b"gitdir: "


def note(connection: Connection) -> None:
    """Keep what can be found of folders that nothing is known of yet."""
    if cwds := repositories.unknown(connection):
        repositories.keep(connection, look(cwds))


def look(cwds: Iterable[str]) -> list[Folder]:
    """Find the repository of every folder. One that is in none, or gone, has none; nothing here can fail."""
    seen: _Seen = {}
    return [_looked(cwd, seen) for cwd in cwds]


def _looked(cwd: str, seen: _Seen) -> Folder:
    try:
        found = _found(cwd, seen)
    except ValueError:  # no path of this system
        found = None
    if found is None:
        return Folder(cwd=cwd)
    top, root, is_worktree = found
    return Folder(cwd=cwd, top=_text(top), root=_text(root), is_worktree=is_worktree)


def _found(cwd: str, seen: _Seen) -> tuple[str, str, bool] | None:
    """Give the top of the working tree around a folder, the main one, and whether these are two."""
    if not os.path.isabs(cwd) or cwd.startswith(_FAR):
        return None
    folder = real = os.path.realpath(cwd)
    if real.startswith(_FAR):
        return None
    while (found := _repository(folder, seen)) is None:
        above = os.path.dirname(folder)
        if above == folder:
            return None
        folder = above
    return _spelled(cwd, real, folder), *found


def _repository(folder: str, seen: _Seen) -> tuple[str, bool] | None:
    """Give the main working tree of the one whose top is here, and whether these are two; None if no top is here."""
    if folder not in seen:
        seen[folder] = _read(folder)
    return seen[folder]


def _read(folder: str) -> tuple[str, bool] | None:
    place = os.path.join(folder, ".git")
    try:
        mode = os.stat(place).st_mode
        if stat.S_ISDIR(mode):
            return folder, False
        if not stat.S_ISREG(mode):
            return None
        with open(place, "rb") as file:
            content = file.read(_LONGEST_BYTES)
    except OSError:
        return None
    if not content.startswith(_POINTER):
        return None
    gitdir = os.fsdecode(content.removeprefix(_POINTER).partition(b"\n")[0].strip())
    main = main_tree(os.path.normpath(os.path.join(folder, gitdir)))
    return (folder, False) if main is None else (os.path.realpath(main), True)


def _spelled(cwd: str, real: str, top: str) -> str:
    """Give the top of a working tree as the folder's own path spells it, where that goes through links."""
    if cwd == real:
        return top
    spelled = cwd.removesuffix(real.removeprefix(top))
    return spelled if os.path.realpath(spelled) == top else top


def _text(path: str) -> str:
    """Give a path as text that a store takes, whatever bytes it is made of."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
