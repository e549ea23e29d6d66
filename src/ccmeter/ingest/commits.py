"""Asks git which commits a repository has: by argv, with a time limit, and with nothing switched on that runs programs.

A repository's own settings may name programs (hooks, file monitors, signatures, other transports). None is run: hooks
and monitor are switched off, signatures are not checked, nothing is fetched, no lock is taken. Whatever goes wrong, the
repository has no history, and usage there is of unknown commits.
"""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING, Final

from ccmeter.domain.commits import Commit, History

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

LONGEST_S: Final = 10.0
"""What git may take for one answer."""
MOST_COMMITS: Final = 20_000
_LOOK_AGAIN_US: Final = 10_000_000
_SAFELY: Final = (
    "--no-pager",
    "--no-optional-locks",
    "-c", "core.hooksPath=/dev/null",
    "-c", "core.fsmonitor=false",
    "-c", "log.showSignature=false",
    "-c", "protocol.allow=never",
    "-c", "i18n.logOutputEncoding=UTF-8",
)  # fmt: skip
_REFS: Final = (
    "for-each-ref",
    "--format=%(refname)%00%(objectname)%00%(symref)",
    "refs/heads",
    "refs/remotes/origin",
)
_LOG: Final = ("log", "-z", f"--max-count={MOST_COMMITS}", "--format=%H%x00%P%x00%at%x00%ae%x00%s", "--branches", "--remotes=origin")  # fmt: skip
_REFLOG: Final = ("log", "-z", "--walk-reflogs", f"--max-count={MOST_COMMITS}", "--format=%H%x00%gD%x00%gs", "--branches")  # fmt: skip
_HEADS, _REMOTE = "refs/heads/", "refs/remotes/origin/"
_MADE: Final = ("commit", "cherry-pick")
"""How entries of a reflog begin that made a commit there."""
_USUAL_MAIN: Final = ("main", "master", "trunk")


class Git:
    """A git program and what it may see: a person's settings, but no variables that point it elsewhere."""

    def __init__(self, environment: Mapping[str, str], *, longest_s: float = LONGEST_S) -> None:
        self._environment = {
            **{name: value for name, value in environment.items() if not name.startswith("GIT_")},
            "GIT_OPTIONAL_LOCKS": "0",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_NO_LAZY_FETCH": "1",
            "GIT_ALLOW_PROTOCOL": "",
        }
        self._longest_s = longest_s

    def said(self, root: str, *words: str) -> str | None:
        """Give what git answers in this very folder, none above; None if it has no answer in time."""
        try:
            done = subprocess.run(  # noqa: S603 - no shell, and words of our own but for the folder
                ["git", *_SAFELY, *words],  # noqa: S607 - a person's own git
                cwd=root,
                env={**self._environment, "GIT_CEILING_DIRECTORIES": os.path.dirname(root)},  # noqa: PTH120 - text from a log
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                timeout=self._longest_s,
                check=True,
            )
        except (OSError, ValueError, subprocess.SubprocessError):
            return None
        return done.stdout.decode("utf-8", "replace")


def read(git: Git, root: str, refs: str) -> History:
    """Give a repository's history; `refs` is what `_REFS` gave for it."""
    tips, main = _tips(refs)
    commits = dict(_commits(git.said(root, *_LOG) or ""))
    is_shallow = (git.said(root, "rev-parse", "--is-shallow-repository") or "").strip() != "false"
    return History(
        root=root,
        commits=commits,
        tips=tips,
        main=main,
        made_on=_made_on(git.said(root, *_REFLOG) or ""),
        mail=(git.said(root, "config", "--get", "user.email") or "").strip(),
        is_cut=is_shallow or len(commits) >= MOST_COMMITS,
    )


def _tips(refs: str) -> tuple[dict[str, str], str]:
    """Give the tip of every branch, the one here before the one of the remote, and the main branch."""
    here: dict[str, str] = {}
    there: dict[str, str] = {}
    main = ""
    for line in refs.splitlines():
        name, sha, leads_to = [*line.split("\0"), "", ""][:3]
        if name == _REMOTE + "HEAD":
            main = leads_to.removeprefix(_REMOTE)
        elif name.startswith(_HEADS):
            here[name.removeprefix(_HEADS)] = sha
        elif name.startswith(_REMOTE):
            there[name.removeprefix(_REMOTE)] = sha
    tips = {**there, **here}
    return tips, main or next((name for name in _USUAL_MAIN if name in tips), "")


def _commits(said: str) -> Iterable[tuple[str, Commit]]:
    words = said.split("\0")
    for at in range(0, len(words) - 4, 5):
        sha, parents, authored_s, mail, subject = words[at : at + 5]
        if authored_s.isdecimal():
            first = parents.partition(" ")[0]
            authored_us = int(authored_s) * 1_000_000
            yield sha, Commit(sha=sha, parent=first, authored_us=authored_us, mail=mail, subject=subject)


def _made_on(said: str) -> dict[str, frozenset[str]]:
    words = said.split("\0")
    found: dict[str, set[str]] = {}
    for at in range(0, len(words) - 2, 3):
        sha, place, action = words[at : at + 3]
        if action.startswith(_MADE):
            found.setdefault(sha, set()).add(place.removeprefix(_HEADS).rpartition("@{")[0])
    return {sha: frozenset(branches) for sha, branches in found.items()}


class Histories:
    """Histories of repositories, each read anew only when a branch of it has moved."""

    def __init__(self, git: Git) -> None:
        self._git = git
        self._found: dict[str, tuple[str, History]] = {}
        self._looked_us: dict[str, int] = {}

    def known(self, roots: Iterable[str]) -> dict[str, History]:
        """Give what is known of these repositories, without looking."""
        found = ((root, self._found.get(root)) for root in roots)  # another thread may be looking meanwhile
        return {root: each[1] for root, each in found if each is not None}

    def missing(self, roots: Iterable[str], now_us: int) -> list[str]:
        """Give the repositories that were not looked at for ten seconds of what the screen shows."""
        return [
            root
            for root in roots
            if root not in self._looked_us or abs(now_us - self._looked_us[root]) >= _LOOK_AGAIN_US
        ]

    def look(self, roots: Iterable[str], now_us: int) -> bool:
        """Read what has moved, which may take seconds; tell whether anything is new."""
        is_new = False
        for root in roots:
            is_new |= root not in self._looked_us
            self._looked_us[root] = now_us
            refs = self._git.said(root, *_REFS) if os.path.isabs(root) and os.path.isdir(root) else None  # noqa: PTH112, PTH117
            if refs is None:
                is_new |= self._found.pop(root, None) is not None
            elif root not in self._found or self._found[root][0] != refs:
                self._found[root] = (refs, read(self._git, root, refs))
                is_new = True
        return is_new
