"""What sessions are called: a person's own title, else Claude Code's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ccmeter.queries.chosen import piece

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ccmeter.store.lease import Connection

_BY_LEAF: Final = """
    union all
    select l.session_id, t.kind, t.offset_bytes, t.title from title t join leaf l on l.uuid = t.leaf_uuid
"""


def titles(connection: Connection) -> Mapping[str, str]:
    """Give the titles of all sessions that have one, by session id."""
    ((count, by_leaf),) = connection.execute("select count(*), count(leaf_uuid) from title").fetchall()
    if not count:
        return {}
    # looking through every line for a summary's record takes longer than all the rest, and only old logs have summaries
    words = {"leaf": piece("leaf"), "by_leaf": _BY_LEAF} if by_leaf else {}
    sql = piece("titles")
    for name in ("leaf", "by_leaf"):
        sql = sql.replace(f"/* {name} */", words.get(name, ""))
    return dict(connection.execute(sql).fetchall())
