"""Which folders make up one project, and what it is called.

A project is a folder that an agent worked in, or the repository that the folder belongs to: its other working trees
and its sub-folders are the same project. The answer depends on the set of folders known, never on the order in which
they were found, and a project's own folder always belongs to that project.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ccmeter.domain.filters import Grouping, Label

UNKNOWN: Final = "unknown"
"""What usage is called whose log names no folder."""

Key: TypeAlias = tuple[str, ...]
"""A path's parts behind its anchor: equal where two spellings are one folder."""

_WINDOWS: Final = re.compile(r"[A-Za-z]:(?=[\\/]|$)|[\\/]{2}(?=[^\\/])")
_WORKTREE: Final = re.compile(r"(.+)[\\/]worktrees[\\/][^\\/]+[\\/]?")
_MODULES: Final = re.compile(r"(.+)[\\/]\.git[\\/]modules[\\/](.+)")
_HIDDEN: Final = re.compile(r"(.+)[\\/]\.[^\\/]+")
_BESIDE: Final = re.compile(r"(.+)[.-]worktrees")


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """A folder that an agent worked in, and what was found there while it was."""

    cwd: str
    top: str = ""
    """Top of the working tree that it is in, spelled as `cwd` is; empty if it is in none, or was gone already."""
    root: str = ""
    """The repository's main working tree, links resolved; empty if it is in none, or was gone already."""
    is_worktree: bool = False
    """`top` is not the main working tree."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A folder with its project."""

    cwd: str
    project: str
    """The project's path; empty where the log names no folder."""
    name: str
    """What people call the project: no two are called alike."""
    group: str
    """The group that it is shown in; empty if none."""
    tags: tuple[str, ...]


def main_tree(gitdir: str) -> str | None:
    """Give the main working tree of the repository that a working tree's `gitdir` belongs to; None if it is no worktree's.

    A bare repository in a hidden folder (`shop/.bare`) belongs to the folder around it, any other is its own.
    """
    if (found := _WORKTREE.fullmatch(gitdir)) is None:
        return None
    common = found[1]
    if module := _MODULES.fullmatch(common):
        inner = re.sub(r"([\\/])modules[\\/]", r"\1", module[2])
        return f"{module[1]}{common[module.end(1)]}{inner}"
    hidden = _HIDDEN.fullmatch(common)
    return hidden[1] if hidden else common


def key(path: str) -> Key:
    r"""Give what tells a folder from others: Windows paths know neither case nor the two slashes apart."""
    if _WINDOWS.match(path):
        return ("\\", *filter(None, re.split(r"[\\/]+", path.lower())))
    return ("/" if path.startswith("/") else "", *filter(None, path.split("/")))


def is_whole(path: str) -> bool:
    """Tell whether a path says from where it is counted."""
    return bool(_WINDOWS.match(path)) or path.startswith("/")


def expanded(path: str, home: str) -> str:
    """Give a path with its `~` replaced."""
    return home + path[1:] if home and (path == "~" or path.startswith(("~/", "~\\"))) else path


def abbreviated(path: str, home: str) -> str:
    """Give a path with the home folder as `~`."""
    above = key(home)
    if len(above) == 1 or key(path)[: len(above)] != above:
        return path
    return "~" + path[len(_beginning(path, above)) :]


class Tree:
    """What is known of repositories, to be asked which project a folder belongs to."""

    def __init__(self, folders: Iterable[Folder], *, home: str = "") -> None:
        self._home = key(home) if home else ()
        self._owner: dict[Key, Key] = {}
        """Tops of working trees, and the main working tree of each: a main one is its own, whatever else was seen."""
        self._of_folder: dict[Key, Key] = {}
        known = [folder for folder in folders if folder.root and not self._holds_all(folder)]
        for folder in known:
            top, root = key(folder.top), key(folder.root)
            for place in (key(folder.cwd), top):
                self._of_folder[place] = min(self._of_folder.get(place, root), root)
            self._owner[top] = self._of_folder[top]
        for folder in known:
            root = key(folder.root)
            self._owner[root] = root
        roots = [(key(folder.root), folder.root) for folder in known]
        own = [
            (key(folder.root), folder.top)
            for folder in known
            # a link that leads elsewhere by now spells the repository that is there now
            if not folder.is_worktree and self._owner[key(folder.top)] == key(folder.root)
        ]
        self._spelled = {**_shortest(roots), **_shortest(own)}
        self._beside: dict[Key, set[Key]] = {}
        for root in self._owner.values():
            self._beside.setdefault(root[:-1], set()).add(root)

    def places(self, cwds: Iterable[str]) -> dict[str, str]:
        """Give the path of every folder's project."""
        found = {cwd: self._place(cwd) for cwd in cwds}
        spelled = _shortest(found.values())
        return {cwd: self._spelled.get(place, spelled[place]) for cwd, (place, _) in found.items()}

    def project(self, path: str) -> Key:
        """Give the key of the project that a folder belongs to."""
        return self._place(path)[0]

    def _holds_all(self, folder: Folder) -> bool:
        return self._is_wide(key(folder.top)) or self._is_wide(key(folder.root))

    def _is_wide(self, place: Key) -> bool:
        """Tell whether a folder holds all that a person has: a repository there is not what is worked on below it."""
        return len(place) == 1 or place[-1].endswith(":") or self._home[: len(place)] == place

    def _place(self, path: str) -> tuple[Key, str]:
        """Give a project's key, and the way to spell it that this path suggests."""
        place = key(path)
        if place not in self._owner and (root := self._of_folder.get(place)) is not None:
            return root, self._spelled[root]
        for count in range(len(place), 1, -1):
            if (owner := self._owner.get(place[:count])) is not None:
                return owner, self._spelled[owner]
        for at in range(1, len(place) - 1):
            if (found := self._shaped(path, place, at)) is not None:
                return found
        return place, _beginning(path, place)

    def _shaped(self, path: str, place: Key, at: int) -> tuple[Key, str] | None:
        """Give the project of a worktree that is gone, if its path is of a usual shape: the part `at` says so."""
        marker, above = place[at], place[:at]
        is_inside = marker == ".worktrees"
        if marker == "worktrees" and above[-1] == ".claude":
            is_inside, above = True, above[:-1]
        if is_inside and not self._is_wide(above):
            return self._place(_beginning(path, above))
        owner = next(
            (self._owner[each] for each in self._suspects(place, at, above) if each in self._owner), None
        )
        return None if owner is None else (owner, self._spelled[owner])

    def _suspects(self, place: Key, at: int, above: Key) -> Iterator[Key]:
        """Give the repositories that a folder of worktrees may belong to, the surest first."""
        marker = place[at]
        if stem := _BESIDE.fullmatch(marker):
            yield (*above, stem[1])
        elif marker in ("worktrees", ".worktrees"):
            yield (*above, place[at + 1])
            if marker == "worktrees" and above == place[:at] and len(self._beside.get(above, ())) == 1:
                yield from self._beside[above]


def place(cwds: Iterable[str], folders: Iterable[Folder], grouping: Grouping) -> tuple[Placed, ...]:
    """Put every folder into its project, by what is known of repositories and what a person said of projects.

    Groups and tags go by the repository even where working trees are kept apart: they are about what is worked on.
    """
    all_cwds = set(cwds)
    named = sorted(all_cwds - {""})
    tree = Tree(folders, home=grouping.home)
    merged = tree.places(named)
    paths = merged if grouping.merges_worktrees else _apart(named)
    said: dict[Key, list[Label]] = {}
    for label in sorted(grouping.labels, key=lambda label: label.path):
        said.setdefault(tree.project(expanded(label.path, grouping.home)), []).append(label)
    labels = {cwd: said.get(tree.project(path), []) for cwd, path in merged.items()}
    names = _names({path: _alias(labels[cwd], path, grouping) for cwd, path in paths.items()}, grouping)
    unknown = Placed(cwd="", project="", name=UNKNOWN, group="", tags=())
    return (
        *((unknown,) if "" in all_cwds else ()),
        *(
            Placed(
                cwd=cwd,
                project=path,
                name=names[path],
                group=next((label.group for label in labels[cwd] if label.group), ""),
                tags=tuple(dict.fromkeys(tag for label in labels[cwd] for tag in label.tags)),
            )
            for cwd, path in paths.items()
        ),
    )


def chosen(placed: Sequence[Placed], projects: Sequence[str], tags: Sequence[str], home: str) -> list[Placed]:
    """Give the folders of the projects that were asked for, with one of the tags that were asked for."""
    asked = set(placed)
    if projects:
        asked = {each for wanted in projects for each in _called(placed, expanded(wanted, home))}
    if tags:
        wanted_tags = {tag.casefold() for tag in tags}
        asked = {each for each in asked if not wanted_tags.isdisjoint(map(str.casefold, each.tags))}
    return [each for each in placed if each in asked]


def short_names(paths: Iterable[str], *, home: str = "", taken: Iterable[str] = ()) -> dict[str, str]:
    """Give every path as much of its end as tells it from the others, and from names that are taken.

    The home folder is `~`. Names that differ by case or slashes alone do not tell two paths apart.
    """
    whole = {path: abbreviated(path, home) for path in paths}
    names = dict.fromkeys(whole, "")
    clashing = list(whole)
    count = 0
    while clashing:
        count += 1
        for path in clashing:
            names[path] = _end(whole[path], count)
        uses = Counter([*map(_sounding, names.values()), *map(_sounding, taken)])
        clashing = [path for path, name in names.items() if uses[_sounding(name)] > 1 and name != whole[path]]
    return names


def _names(aliases: Mapping[str, str], grouping: Grouping) -> dict[str, str]:
    """Give every project its alias, with the path behind it where two bear the same, or a short name."""
    uses = Counter(map(str.casefold, filter(None, aliases.values())))
    taken = [UNKNOWN, *uses, *(label.group for label in grouping.labels if label.group)]
    names = short_names(
        (path for path, alias in aliases.items() if not alias), home=grouping.home, taken=taken
    )
    for path, alias in aliases.items():
        if alias:
            is_shared = uses[alias.casefold()] > 1
            names[path] = f"{alias} ({abbreviated(path, grouping.home)})" if is_shared else alias
    return names


def _alias(labels: Sequence[Label], path: str, grouping: Grouping) -> str:
    """Give what a person calls a project: what was said of this very folder goes first."""
    exact: list[str] = []
    other: list[str] = []
    for label in labels:
        is_exact = key(expanded(label.path, grouping.home)) == key(path)
        (exact if is_exact else other).append(label.alias)
    return next(filter(None, (*exact, *(other if grouping.merges_worktrees else ()))), "")


def _called(placed: Sequence[Placed], wanted: str) -> list[Placed]:
    """Give the folders of the projects that are called so; failing these, the folders that are."""
    word = wanted.casefold()
    return (
        [each for each in placed if word and word in (each.name.casefold(), each.group.casefold())]
        or [each for each in placed if _is_called(each.project, wanted)]
        or [each for each in placed if _is_called(each.cwd, wanted)]
    )


def _is_called(path: str, wanted: str) -> bool:
    """Tell whether a path is this one, ends so, or is what Claude Code names a folder of transcripts by."""
    if wanted and _WINDOWS.match(path):
        path, wanted = path.lower(), wanted.lower()
    ends = wanted != "" and path.endswith(("/" + wanted, "\\" + wanted))
    return path == wanted or ends or re.sub("[^A-Za-z0-9]", "-", path) == wanted


def _apart(cwds: Sequence[str]) -> dict[str, str]:
    spelled = _shortest((key(cwd), _beginning(cwd, key(cwd))) for cwd in cwds)
    return {cwd: spelled[key(cwd)] for cwd in cwds}


def _shortest(spellings: Iterable[tuple[Key, str]]) -> dict[Key, str]:
    """Choose between spellings of one folder: the shortest, of these the first of the alphabet."""
    chosen: dict[Key, str] = {}
    for place, spelling in spellings:
        chosen[place] = min(chosen.get(place, spelling), spelling, key=lambda each: (len(each), each))
    return chosen


def _beginning(path: str, place: Key) -> str:
    """Give as much of a path as `place` says, which is the beginning of its key."""
    parts = list(re.finditer(r"[^\\/]+" if place[0] == "\\" else "[^/]+", path))
    return path[: parts[len(place) - 2].end()] if len(place) > 1 else path[:1]


def _end(path: str, count: int) -> str:
    """Give the last parts of a path; all of it where it has no more."""
    parts = list(re.finditer(r"[^\\/]+" if _WINDOWS.match(path) else "[^/]+", path))
    return path[parts[-count].start() :] if count <= len(parts) else path


def _sounding(name: str) -> str:
    return name.casefold().replace("\\", "/")
