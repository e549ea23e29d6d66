"""Keeps which repository a folder belonged to, for folders are often gone when somebody asks.

What was found once is not looked for again: a worktree that was removed since still belongs where it did.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccmeter.domain.projects import Folder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from _duckdb import DuckDBPyConnection


def unknown(connection: DuckDBPyConnection) -> list[str]:
    """Give the folders with usage of which nothing is kept yet."""
    rows = connection.execute(
        "select distinct cwd from origin anti join repository using (cwd) where cwd <> '' order by cwd"
    ).fetchall()
    return [row[0] for row in rows]


def keep(connection: DuckDBPyConnection, folders: Sequence[Folder]) -> None:
    """Keep what was found of folders that nothing was known of."""
    connection.execute(
        """
        insert into repository
        select unnest($cwd::varchar[]), unnest($top::varchar[]), unnest($root::varchar[]),
            unnest($is_worktree::boolean[])
        """,
        {
            "cwd": [folder.cwd for folder in folders],
            "top": [folder.top for folder in folders],
            "root": [folder.root for folder in folders],
            "is_worktree": [folder.is_worktree for folder in folders],
        },
    )


def kept(connection: DuckDBPyConnection) -> list[Folder]:
    """Give the folders that were in a repository."""
    rows = connection.execute(
        "select cwd, top, root, is_worktree from repository where root <> ''"
    ).fetchall()
    return [Folder(cwd=row[0], top=row[1], root=row[2], is_worktree=row[3]) for row in rows]
