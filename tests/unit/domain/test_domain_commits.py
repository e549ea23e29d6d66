"""Which commit work went into: only where branch, person and repository leave no doubt."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccmeter.domain.commits import FOREVER_US, OPEN, UNKNOWN, Commit, History, stretches

ME, OTHER = "me@example.com", "other@example.com"


def commit(sha: str, parent: str, at: int, mail: str = ME) -> tuple[str, Commit]:
    return sha, Commit(sha=sha, parent=parent, authored_us=at, mail=mail, subject="x")


def history(*commits: tuple[str, Commit], **more: object) -> History:
    made = History(
        root="/r", commits=dict(commits), tips={"main": "b"}, main="main", made_on={}, mail=ME, is_cut=False
    )
    return replace(made, **more)  # type: ignore[arg-type]


BASE = (commit("a", "", 10), commit("b", "a", 20))
FEATURE = (*BASE, commit("c", "b", 30), commit("d", "c", 40))
BOTH = {"main": "b", "feature": "d"}


def told(found: History, branch: str, now_us: int = 1_000) -> list[tuple[int, str]]:
    return [(each.until_us, each.sha) for each in stretches(found, now_us=now_us) if each.branch == branch]


def test_work_goes_into_the_next_commit_of_its_branch() -> None:
    assert told(history(*BASE), "main") == [(10, "a"), (20, "b"), (FOREVER_US, OPEN)]


def test_a_branch_begins_where_it_left_the_main_one() -> None:
    found = history(*FEATURE, tips=BOTH)
    assert told(found, "feature") == [(20, UNKNOWN), (30, "c"), (40, "d"), (FOREVER_US, OPEN)]
    assert told(found, "main") == [(10, "a"), (20, "b"), (FOREVER_US, OPEN)]


def test_somebody_elses_commit_is_unknown_and_still_ends_a_stretch() -> None:
    found = history(BASE[0], commit("b", "a", 20, OTHER), commit("c", "b", 30), tips={"main": "c"})
    assert told(found, "main") == [(10, "a"), (20, UNKNOWN), (30, "c"), (FOREVER_US, OPEN)]
    assert told(replace(found, mail=""), "main")[1] == (20, "b"), "without a name nobody is somebody else"
    assert told(replace(found, mail=ME.upper()), "main")[0] == (10, "a")


def test_commits_forwarded_to_main_belong_to_the_branch_that_git_recorded() -> None:
    forwarded = history(*FEATURE, tips={"main": "d", "feature": "d"})
    assert told(forwarded, "feature") == [(40, UNKNOWN), (FOREVER_US, OPEN)]
    assert (30, "c") in told(forwarded, "main"), "without a record the main branch goes first"
    recorded = replace(forwarded, made_on={sha: frozenset({"feature"}) for sha in "cd"})
    assert told(recorded, "feature") == [(20, UNKNOWN), (30, "c"), (40, "d"), (FOREVER_US, OPEN)]
    assert told(recorded, "main") == [(10, "a"), (20, "b"), (30, UNKNOWN), (40, UNKNOWN), (FOREVER_US, OPEN)]


def test_a_commit_that_two_branches_may_have_made_is_unknown() -> None:
    found = history(*FEATURE, tips={**BOTH, "copy": "d"})
    assert told(found, "feature")[:3] == [(20, UNKNOWN), (30, UNKNOWN), (40, UNKNOWN)]
    by_record = replace(found, made_on={"c": frozenset({"copy"}), "d": frozenset({"copy", "feature"})})
    assert (30, "c") in told(by_record, "copy")
    assert (30, UNKNOWN) in told(by_record, "feature")
    assert (40, UNKNOWN) in told(by_record, "copy"), "recorded on two is recorded on none"


def test_before_the_beginning_of_a_cut_history_is_unknown() -> None:
    assert told(history(*BASE, is_cut=True), "main") == [(10, UNKNOWN), (20, "b"), (FOREVER_US, OPEN)]
    gone = history(BASE[1])
    assert told(gone, "main") == [(20, UNKNOWN), (FOREVER_US, OPEN)], "its parent is not here"


def test_later_commits_are_not_known_in_the_past() -> None:
    found = history(*FEATURE, tips=BOTH)
    assert told(found, "feature", now_us=35) == [(20, UNKNOWN), (30, "c"), (FOREVER_US, OPEN)]
    assert told(found, "feature", now_us=5) == []


def test_a_branch_without_commits_has_no_stretches() -> None:
    assert stretches(history(tips={"main": "x"}), now_us=99) == ()
    assert stretches(history(tips={}), now_us=99) == ()


def test_without_a_main_branch_what_one_branch_alone_leads_to_is_its_own() -> None:
    found = history(*FEATURE, tips={"work": "b", "feature": "d"}, main="")
    assert told(found, "feature") == [(10, UNKNOWN), (20, UNKNOWN), (30, "c"), (40, "d"), (FOREVER_US, OPEN)]


@pytest.mark.parametrize("main", ["main", ""])
@given(data=st.data())
def test_stretches_of_a_branch_follow_each_other_and_name_only_its_commits(
    data: st.DataObject, main: str
) -> None:
    count = data.draw(st.integers(1, 12))
    commits = []
    for number in range(count):
        parent = data.draw(st.sampled_from(["", *(f"c{each}" for each in range(number))]))
        at, mail = data.draw(st.integers(0, 50)), data.draw(st.sampled_from([ME, OTHER]))
        commits.append(commit(f"c{number}", parent, at, mail))
    shas = [sha for sha, _ in commits]
    names = st.sampled_from(["main", "x", "y"])
    tips = data.draw(st.dictionaries(names, st.sampled_from(shas)))
    made_on = data.draw(st.dictionaries(st.sampled_from(shas), st.frozensets(names, min_size=1)))
    now_us = data.draw(st.integers(0, 60))
    found = history(*commits, tips=tips, main=main, made_on=made_on)
    by_branch: dict[str, list[tuple[int, str]]] = {}
    for each in stretches(found, now_us=now_us):
        by_branch.setdefault(each.branch, []).append((each.until_us, each.sha))
    claimed = [sha for rows in by_branch.values() for _, sha in rows if sha not in (UNKNOWN, OPEN)]
    assert len(claimed) == len(set(claimed)), "a commit is of one branch"
    for rows in by_branch.values():
        assert [until for until, _ in rows] == sorted(until for until, _ in rows)
        assert rows[-1] == (FOREVER_US, OPEN)
        for until, sha in rows[:-1]:
            assert until <= now_us
            assert sha == UNKNOWN or found.commits[sha].mail == ME
