"""What a project's usage went into: every way to part it adds up to the project, and nothing is guessed."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccmeter.domain.commits import Commit, History
from ccmeter.domain.filters import Filters
from ccmeter.ingest.commits import Git, Histories
from ccmeter.queries import commits, project
from support import stores, workshop
from support.workshop import at

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ccmeter.queries.commits import Breakdown, Part
    from ccmeter.queries.summary import Measures

UTC = Filters(time_zone="UTC")
NEVER_US = 2**61


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, dict[str, History]]:
    folder = tmp_path_factory.mktemp("workshop")
    store = workshop.made(folder, with_repository=True)
    root = os.path.realpath(folder / "shop")
    found = Histories(Git({"PATH": os.environ["PATH"], "HOME": os.fspath(folder)}))
    found.look([root], 0)
    return store, root, found.known([root])


def numbers(each: Measures) -> tuple[int, ...]:
    return (*each.counts, each.cost_pico, each.unpriced_tokens, each.calls, each.nonfinal_calls)


def added(parts: Sequence[Part]) -> tuple[int, ...]:
    return tuple(map(sum, zip(*(numbers(each.measures) for each in parts), strict=True)))


def adds_up(found: Breakdown, total: Measures) -> None:
    assert found.total == total
    for parts in (found.branches, found.commits, found.pulls):
        assert added(parts) == numbers(total)
        assert len({each.key for each in parts}) == len(parts)
        for part in parts:
            assert tuple(
                map(sum, zip(*(numbers(share.measures) for share in part.models), strict=True))
            ) == numbers(part.measures)
    for branch in found.branches:
        assert added(found.by_branch[branch.key]) == numbers(branch.measures)


def told(parts: Sequence[Part]) -> dict[tuple[str, ...], int]:
    return {
        (each.kind, each.subject or (each.branch if each.kind == "open" else each.name)): each.measures.calls
        for each in parts
    }


def test_usage_goes_to_branches_commits_and_pull_requests(made: Any) -> None:
    store, root, histories = made
    with stores.asking(store) as connection:
        rows = {row.path: row for row in project.report(connection, UTC, by="project").rows}
        assert commits.roots(connection, UTC, root) == (root,)
        found = commits.breakdown(connection, UTC, root, histories, now_us=NEVER_US)
    adds_up(found, rows[root].measures)
    assert told(found.branches) == {
        ("branch", "feature/cart"): 12,
        ("branch", "main"): 2,
        ("branch", "gone"): 1,
    }
    assert told(found.commits) == {
        ("commit", "Add a cart"): 6,
        ("commit", "Take vouchers"): 4,
        ("open", "feature/cart"): 2,
        ("commit", "Mend the build"): 1,
        ("open", "main"): 1,
        ("unknown", ""): 1,
    }
    assert found.commits[-1].kind == "unknown"
    assert told(found.pulls) == {("pull", "dev/shop#7"): 12, ("unknown", ""): 3}, (
        "two in a session are not one"
    )
    pull = found.pulls[0]
    assert (pull.url, pull.last_us) == (workshop.URL.format(7), at("11:40:20"))
    commit = next(each for each in found.commits if each.subject == "Add a cart")
    assert commit.at is not None
    assert commit.at.isoformat() == "2026-11-20T09:05:00+00:00"
    assert (commit.first_us, commit.last_us) == (at("09:00:10"), at("09:03:30"))
    gone = next(each for each in found.branches if each.name == "gone")
    assert told(found.by_branch[gone.key]) == {("unknown", ""): 1}


def test_without_git_every_commit_is_unknown(made: Any) -> None:
    store, root, _ = made
    with stores.asking(store) as connection:
        found = commits.breakdown(connection, UTC, root, {}, now_us=NEVER_US)
        total = next(row for row in project.report(connection, UTC, by="project").rows if row.path == root)
    adds_up(found, total.measures)
    assert told(found.commits) == {("unknown", ""): 15}
    assert len(found.branches) == 3


def test_a_folder_in_no_repository_has_no_branch(made: Any) -> None:
    store, _, histories = made
    with stores.asking(store) as connection:
        assert commits.roots(connection, UTC, "/home/dev/notes") == ()
        found = commits.breakdown(connection, UTC, "/home/dev/notes", histories, now_us=NEVER_US)
    assert told(found.branches) == told(found.commits) == told(found.pulls) == {("unknown", ""): 1}
    assert found.total.unpriced_tokens > 0
    assert found.total.cost_pico == 0


def test_the_past_knows_neither_later_usage_nor_later_commits_nor_later_pull_requests(made: Any) -> None:
    store, root, histories = made
    now_us = at("09:04:00")
    past = replace(UTC, before_us=now_us + 1)
    with stores.asking(store) as connection:
        found = commits.breakdown(connection, past, root, histories, now_us=now_us)
        total = next(row for row in project.report(connection, past, by="project").rows if row.path == root)
    adds_up(found, total.measures)
    assert told(found.commits)["open", "feature/cart"] == 6
    assert ("commit", "Add a cart") not in told(found.commits)
    assert told(found.pulls) == {("unknown", ""): 9}


def test_filters_hold(made: Any) -> None:
    store, root, histories = made
    haiku = replace(UTC, models=("haiku",))
    with stores.asking(store) as connection:
        found = commits.breakdown(connection, haiku, root, histories, now_us=NEVER_US)
        total = next(row for row in project.report(connection, haiku, by="project").rows if row.path == root)
    adds_up(found, total.measures)
    assert {share.model for part in found.branches for share in part.models} == {workshop.HAIKU}


def test_a_project_without_usage_has_no_parts(made: Any) -> None:
    store, root, histories = made
    with stores.asking(store) as connection:
        found = commits.breakdown(
            connection, replace(UTC, models=("none",)), root, histories, now_us=NEVER_US
        )
    assert (found.branches, found.commits, found.pulls, found.total.calls) == ((), (), (), 0)


@given(
    cuts=st.lists(st.integers(at("08:00:00", 19), at("12:00:00")), max_size=8),
    branch=st.sampled_from(["main", "feature/cart", "gone", "other"]),
    is_mine=st.booleans(),
)
def test_whatever_git_says_nothing_is_lost_or_doubled(
    made: Any, cuts: list[int], branch: str, *, is_mine: bool
) -> None:
    store, root, _ = made
    chain = {
        f"c{number}": Commit(
            sha=f"c{number}",
            parent=f"c{number - 1}" if number else "",
            authored_us=cut,
            mail="dev@example.com",
            subject="x",
        )
        for number, cut in enumerate(cuts)
    }
    said = History(
        root=root,
        commits=chain,
        tips={branch: f"c{len(cuts) - 1}"},
        main="main",
        made_on={},
        mail="dev@example.com" if is_mine else "other@example.com",
        is_cut=False,
    )
    with stores.asking(store) as connection:
        found = commits.breakdown(connection, UTC, root, {root: said}, now_us=NEVER_US)
        total = next(row for row in project.report(connection, UTC, by="project").rows if row.path == root)
    adds_up(found, total.measures)
    assert is_mine or not any(each.kind == "commit" for each in found.commits)
    assert all(each.branch == branch for each in found.commits if each.kind in ("commit", "open"))
