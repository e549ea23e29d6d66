"""Reads in a repository's own settings where it was cloned from; git is not asked, and nothing here can fail.

Two machines have one project in different folders. What they have in common is the address of its repository.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ccmeter.ingest import repositories

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_LONGEST_BYTES: Final = 1 << 16
_POINTER: Final = "gitdir: "
_ORIGIN: Final = "origin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """Which project a folder belongs to, as another machine may know it."""

    folder: str
    """The main working tree of its repository, else the folder itself."""
    remote: str = ""
    """The address of the repository, as its settings spell it; empty if there is none."""


def look(cwds: Iterable[str], roots: Mapping[str, str]) -> dict[str, Home]:
    """Find the home of every folder; `roots` tells the repositories of folders that may be gone by now."""
    remotes: dict[str, str] = {}
    found: dict[str, Home] = {}
    for each in repositories.look(cwds):
        root = each.root or roots.get(each.cwd, "")
        if root and root not in remotes:
            remotes[root] = remote(Path(root))
        found[each.cwd] = Home(folder=root or each.cwd, remote=remotes.get(root, ""))
    return found


def remote(root: Path) -> str:
    """Give the address of a repository by its main working tree: that of `origin`, else of the first; empty if none."""
    place = root / ".git"
    try:
        if place.is_file():  # a module of another repository
            pointer = place.read_text("utf-8", "replace")[:_LONGEST_BYTES]
            place = root / pointer.removeprefix(_POINTER).strip()
        with (place / "config").open(encoding="utf-8", errors="replace") as file:
            content = file.read(_LONGEST_BYTES)
    except (OSError, ValueError):
        return ""
    urls = _urls(content)
    return urls.get(_ORIGIN) or next(iter(urls.values()), "")


def _urls(content: str) -> dict[str, str]:
    """Give the first address of every remote, in the order of the file."""
    found: dict[str, str] = {}
    name = ""
    for each in content.splitlines():
        line = each.strip()
        if line.startswith("["):
            kind, _, rest = line.strip("[]").partition(" ")
            name = rest.strip().strip('"') if kind.lower() == "remote" else ""
            continue
        key, is_set, value = line.partition("=")
        if name and is_set and key.strip().lower() == "url":
            found.setdefault(name, value.strip().strip('"'))
    return found
