"""Which commit a stretch of work went into: by repository, branch, and the time between that branch's commits.

Work on a branch belongs to the branch's next commit. That is said only where it is certain: the commit must have been
made on this very branch, by the person whose repository it is. Everything else is unknown, and stays so; time alone never
decides.

A commit was made on a branch if git's own record of the branch (its reflog) says so; without such a record, if the chain
of first parents from the tip of exactly one branch leads to it, where the main branch goes before all others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

UNKNOWN: Final = ""
"""What cannot be known."""
OPEN: Final = "open"
"""Work on a branch after the last commit in it; no commit is called so."""
FOREVER_US: Final = 2**62
"""After all instants."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """One commit, as git tells it."""

    sha: str
    parent: str
    """The first one; empty for a root."""
    authored_us: int
    """When it was made first: rebasing moves the other date."""
    mail: str
    subject: str


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What git tells of a repository."""

    root: str
    commits: Mapping[str, Commit]
    tips: Mapping[str, str]
    """The last commit of every branch."""
    main: str
    """The branch that others come from; empty if it is not known."""
    made_on: Mapping[str, frozenset[str]]
    """By commit, the branches that git recorded it to have been made on."""
    mail: str
    """Whose repository it is; empty if git is not told."""
    is_cut: bool
    """Its beginning is not here: a shallow clone, or too many commits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Work on a branch up to an instant, after the stretch before it."""

    root: str
    branch: str
    until_us: int
    """Inside."""
    sha: str
    """The commit that it went into, `OPEN`, or `UNKNOWN`."""


def stretches(history: History, *, now_us: int) -> tuple[Stretch, ...]:
    """Give the stretches of every branch in the order of time, as known at an instant: later commits are left out."""
    own_main = {each.sha for each in _chain(history, history.main)}
    chains = {branch: _own_chain(history, branch, own_main) for branch in history.tips}
    holders: dict[str, set[str]] = {}
    for branch, chain in chains.items():
        for commit in chain:
            holders.setdefault(commit.sha, set()).add(branch)
    found: list[Stretch] = []
    for branch, chain in chains.items():
        found += _of_branch(history, branch, chain, holders, now_us)
    return tuple(found)


def _chain(history: History, branch: str) -> Iterator[Commit]:
    """Give the commits of a branch from its tip on, by first parents."""
    sha = history.tips.get(branch, "")
    while sha and (commit := history.commits.get(sha)) is not None:
        yield commit
        sha = commit.parent


def _own_chain(history: History, branch: str, main: set[str]) -> list[Commit]:
    """Give the commits of a branch down to the main one, and with those of the main one that git recorded here."""
    found: list[Commit] = []
    for commit in _chain(history, branch):
        if (
            branch != history.main
            and commit.sha in main
            and branch not in history.made_on.get(commit.sha, ())
        ):
            found.append(commit)  # where it began: no work of the branch is older
            break
        found.append(commit)
    return found


def _is_of(history: History, commit: Commit, branch: str, holders: Mapping[str, set[str]]) -> bool:
    if history.mail and commit.mail.casefold() != history.mail.casefold():
        return False
    if recorded := history.made_on.get(commit.sha):
        return recorded == {branch}
    holding = holders[commit.sha]
    return branch == history.main if history.main in holding else holding == {branch}


def _of_branch(
    history: History, branch: str, chain: list[Commit], holders: Mapping[str, set[str]], now_us: int
) -> list[Stretch]:
    known = sorted((each for each in chain if each.authored_us <= now_us), key=lambda each: each.authored_us)
    if not known:
        return []
    has_beginning = not history.is_cut and not chain[-1].parent
    found = [
        Stretch(
            root=history.root,
            branch=branch,
            until_us=commit.authored_us,
            sha=commit.sha if _is_of(history, commit, branch, holders) else UNKNOWN,
        )
        for commit in known
    ]
    if not has_beginning and found[0].sha:
        found[0] = Stretch(root=history.root, branch=branch, until_us=found[0].until_us, sha=UNKNOWN)
    return [*found, Stretch(root=history.root, branch=branch, until_us=FOREVER_US, sha=OPEN)]
