"""Which project every folder with usage belongs to, as questions need it: made when asked, from what ingest kept.

The rule is `domain.projects`; here it meets the store. Only questions about projects come here, so that others do not
pay for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ccmeter.domain import projects
from ccmeter.store import repositories

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ccmeter.domain.filters import Filters
    from ccmeter.domain.projects import Placed
    from ccmeter.store.lease import Connection

WORDS: Final[Mapping[str, str]] = {
    "placed": "join folder using (cwd)",
    "place": ", project, project_group",
}
"""What chosen.sql says besides, once `hand_over` has been called."""
UNTAGGED: Final = ""
"""The tag of projects that have none."""

_FOLDER: Final = """
create or replace temp table folder as
select unnest($cwd::varchar[]) as cwd, unnest($project::varchar[]) as project,
    unnest($project_group::varchar[]) as project_group
"""
_TAG: Final = """
create or replace temp table project_tag as
select unnest($project::varchar[]) as project, unnest($tag::varchar[]) as tag
"""


def placed(connection: Connection, filters: Filters) -> tuple[Placed, ...]:
    """Give every folder with usage, whatever the filters ask for; the one that no log names comes first."""
    cwds = [row[0] for row in connection.execute("select distinct cwd from counted_origin").fetchall()]
    return projects.place(cwds, repositories.kept(connection), filters.grouping)


def hand_over(connection: Connection, filters: Filters) -> None:
    """Make the tables `folder`, which holds only what the filters ask for, and `project_tag` on this connection."""
    asked = projects.chosen(
        placed(connection, filters), filters.projects, filters.tags, filters.grouping.home
    )
    connection.execute(
        _FOLDER,
        {
            "cwd": [each.cwd for each in asked],
            "project": [each.project for each in asked],
            "project_group": [each.group for each in asked],
        },
    )
    tags = dict.fromkeys((each.project, tag) for each in asked for tag in each.tags or (UNTAGGED,))
    connection.execute(_TAG, {"project": [pair[0] for pair in tags], "tag": [pair[1] for pair in tags]})
