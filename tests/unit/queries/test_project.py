"""Usage by project, group and tag: folders of one project add up, and the total is the usage's own."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ccmeter.domain.filters import Filters, Grouping, Label
from ccmeter.queries import project
from ccmeter.queries.placing import placed
from ccmeter.queries.summary import By, summarize
from support import stores
from support.transcripts import Folder, Line, joined, us

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ccmeter.queries.project import Project, Projects

NOON_US = us("2026-06-01T12:00:00+00:00")
MINUTE_US = 60_000_000
DAY_US = 86_400_000_000


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a home with a repository, a worktree of it, and two folders of one name."""
    home = tmp_path_factory.mktemp("home")
    for name in ("work/shop/.git", "work/shop/api", "a/web", "b/web"):
        (home / name).mkdir(parents=True)
    (home / "fix").mkdir()
    (home / "fix" / ".git").write_text(f"gitdir: {home}/work/shop/.git/worktrees/fix\n", "utf-8")
    return home


@pytest.fixture(scope="module")
def store(home: Path) -> Path:
    """Give a store with a call in each folder; minutes apart in the repository."""
    own = Line(at_us=NOON_US, input_tokens=1_000_000, output_tokens=0, stop_reason="end_turn")
    cwds = [f"{home}/{name}" for name in ("work/shop", "work/shop/api", "fix", "a/web", "b/web")]
    lines = [
        replace(
            own,
            message_id=f"msg_{number}",
            session=f"s{number % 3}",
            cwd=cwd,
            at_us=NOON_US + number * MINUTE_US,
            input_tokens=1_000_000 * (number + 1),
        )
        for number, cwd in enumerate([*cwds, ""])
    ]
    lines.append(replace(lines[0], message_id="msg_later", at_us=NOON_US + DAY_US, model="nobody-knows-it"))
    Folder(home / "logs").write("p/1.jsonl", joined([line.assistant() for line in lines]))
    stores.ingest(home / "store", home / "logs")
    return home / "store"


def asked(store: Path, home: Path, **more: object) -> Projects:
    """Ask by project, group or tag."""
    options = {name: more.pop(name) for name in ("by", "sort", "greatest_first") if name in more}
    merges = more.pop("merges_worktrees", True)
    grouping = Grouping(
        home=str(home),
        labels=(
            Label(path="~/a/web", alias="Site", group="client", tags=("work", "web")),
            Label(path="~/work/shop", group="client", tags=("work",)),
            Label(path="~/nowhere", group="none", tags=("never",)),
        ),
        merges_worktrees=bool(merges),
    )
    filters = replace(Filters(time_zone="UTC", grouping=grouping), **more)  # type: ignore[arg-type]
    with stores.asking(store) as connection:
        return project.report(connection, filters, **options)  # type: ignore[arg-type]


def inputs(found: Projects) -> Mapping[str, int]:
    """Give the millions of input tokens by name."""
    return {row.name: row.measures.counts.input_tokens // 1_000_000 for row in found.rows}


def named(found: Projects, name: str) -> Project:
    """Give one row."""
    return next(row for row in found.rows if row.name == name)


def test_a_repository_is_one_project_with_its_worktrees_and_folders(store: Path, home: Path) -> None:
    """Folders of one name are two projects; what names no folder is kept apart."""
    found = asked(store, home, by="project")
    assert inputs(found) == {"shop": 7, "unknown": 6, "web": 5, "Site": 4}
    shop = named(found, "shop")
    assert (shop.path, shop.group, shop.tags) == (f"{home}/work/shop", "client", ("work",))
    assert shop.folders == (f"{home}/fix", f"{home}/work/shop", f"{home}/work/shop/api")
    assert (named(found, "unknown").path, named(found, "unknown").folders) == ("", ("",))
    assert found.total.counts.input_tokens == 22_000_000
    assert found.total == summarize_total(store)
    assert not found.overlap


def summarize_total(store: Path) -> object:
    """Give the total that every other report has."""
    with stores.asking(store) as connection:
        return summarize(connection, Filters(time_zone="UTC")).total


def test_sessions_days_and_times_are_those_of_the_row(store: Path, home: Path) -> None:
    """Each counted once, in all as well; times in the zone asked for."""
    found = asked(store, home, by="project", time_zone="Asia/Tokyo")
    shop = named(found, "shop").worked
    assert (shop.sessions, shop.days, found.worked.sessions, found.worked.days) == (3, 2, 3, 2)
    assert (str(shop.first_at), str(shop.last_at)) == (
        "2026-06-01 21:00:00+09:00",
        "2026-06-02 21:00:00+09:00",
    )


def test_active_time_of_a_project_is_that_of_its_folders_together(store: Path, home: Path) -> None:
    """Rows add up to the total, by project and by group."""
    for by in ("project", "group"):
        found = asked(store, home, by=by)
        seconds = [row.active.seconds for row in found.rows if row.active]
        assert sum(seconds) == found.active.seconds > 0


def test_a_group_is_one_row(store: Path, home: Path) -> None:
    """With the projects that are in it; others stay what they are."""
    found = asked(store, home)
    assert inputs(found) == {"client": 11, "unknown": 6, "web": 5}
    client = named(found, "client")
    assert (client.path, client.group, client.tags) == ("", "client", ())
    assert client.projects == (f"{home}/a/web", f"{home}/work/shop")
    assert found.total == summarize_total(store)


def test_a_project_with_two_tags_is_in_two_rows_and_once_in_the_total(store: Path, home: Path) -> None:
    """What has no tag has a row too, so that nothing is missing."""
    found = asked(store, home, by="tag")
    assert inputs(found) == {"work": 11, "": 11, "web": 4}
    assert found.overlap
    assert found.total == summarize_total(store)
    assert found.active.seconds == asked(store, home, by="project").active.seconds
    assert named(found, "web").active == named(asked(store, home, by="project"), "Site").active
    assert named(found, "work").worked.sessions == 3
    assert not asked(store, home, by="tag", tags=("never",)).rows


def test_filters_choose_projects_by_what_they_are_called(store: Path, home: Path) -> None:
    """By alias, group, path and tag; worktrees are in it unless they are kept apart."""
    for limits, total in (
        ({"projects": ("site",)}, 4),
        ({"projects": ("client",)}, 11),
        ({"projects": ("shop",)}, 7),
        ({"projects": (f"{home}/work/shop",)}, 7),
        ({"projects": (f"{home}/work/shop",), "merges_worktrees": False}, 2),
        ({"projects": ("~/fix",)}, 3),
        ({"projects": ("web",)}, 5),
        ({"projects": ("a/web", "b/web")}, 9),
        ({"projects": ("unknown",)}, 6),
        ({"tags": ("WEB",)}, 4),
        ({"tags": ("work",)}, 11),
        ({"tags": ("work",), "merges_worktrees": False}, 11),
        ({"tags": ("work",), "projects": ("shop", "b/web")}, 7),
        ({"projects": ("nobody",)}, 0),
    ):
        found = asked(store, home, **limits)
        assert found.total.counts.input_tokens == total * 1_000_000, limits
        assert sum(inputs(found).values()) == total


def test_rows_are_in_the_order_asked_for(store: Path, home: Path) -> None:
    """Dearest first unless something else is asked for; equal ones by name."""
    names = ["shop", "unknown", "web", "Site"]
    assert [row.name for row in asked(store, home, by="project").rows] == names
    assert [row.name for row in asked(store, home, by="project", sort="tokens").rows] == names
    assert asked(store, home, by="project", sort="time").rows[0].name == "shop"
    by_duration = asked(store, home, by="project", sort="duration").rows
    seconds = [row.active.seconds if row.active else -1 for row in by_duration]
    assert seconds == sorted(seconds, reverse=True)
    assert len(set(seconds)) > 1
    by_name = asked(store, home, by="project", sort="name", greatest_first=False)
    assert [row.name for row in by_name.rows] == ["shop", "Site", "unknown", "web"]


def test_other_reports_have_the_same_projects(store: Path, home: Path) -> None:
    """By day and project: merged, and with the names that people read."""
    filters = Filters(time_zone="UTC", grouping=Grouping(home=str(home)))
    with stores.asking(store) as connection:
        summary = summarize(connection, filters, by=By.MONTH, by_project=True)
        known = placed(connection, filters)
    found = {period.project: period.measures.counts.input_tokens // 1_000_000 for period in summary.periods}
    assert found == {"": 6, f"{home}/work/shop": 7, f"{home}/a/web": 4, f"{home}/b/web": 5}
    assert summary.names == {
        "": "unknown",
        f"{home}/work/shop": "shop",
        f"{home}/a/web": "a/web",
        f"{home}/b/web": "b/web",
    }
    assert known[0].cwd == ""
