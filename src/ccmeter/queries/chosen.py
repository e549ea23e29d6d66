"""Asks a question about the calls that filters choose: `chosen.sql`, then the question's own file.

A question's file says `with /* chosen */` and goes on from there with the table `chosen`, one row per call: what
`priced_call` has, and `model_label`, `local_at` (its time in the zone asked for) and `cost_pico`.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ccmeter.domain.filters import EVERY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ccmeter.domain.filters import Filters
    from ccmeter.store.lease import Connection


def ask(
    connection: Connection,
    question: str,
    filters: Filters,
    parameters: Mapping[str, Any] | None = None,
    *,
    words: Mapping[str, str] | None = None,
    by_project: bool = False,
) -> list[tuple[Any, ...]]:
    """Give the rows that answer `queries/<question>.sql`. Its arguments are those of `written`."""
    sql, values = written(connection, question, filters, parameters, words=words, by_project=by_project)
    return connection.execute(sql, values).fetchall()


def written(
    connection: Connection,
    question: str,
    filters: Filters,
    parameters: Mapping[str, Any] | None = None,
    *,
    words: Mapping[str, str] | None = None,
    by_project: bool = False,
) -> tuple[str, dict[str, Any]]:
    """Give a question as SQL, and its values: for an answer that is too large to be fetched as a whole.

    `words` are pieces of SQL that take the place of `/* name */` in it; they must come from our own code. By project,
    `chosen` has the columns `project` and `project_group` as well.
    """
    sql = _sql(question)
    places: Mapping[str, str] = {}
    if by_project or filters.projects or filters.tags:
        from ccmeter.queries import placing  # most questions are not about projects

        placing.hand_over(connection, filters)
        places = placing.WORDS
    asked: dict[str, str] = {}
    if places or filters.models or filters.sessions:  # all calls: not where all are asked for
        asked["asked_origins"] = "join asked_origin using (origin_id)"
    if filters.device != EVERY:
        from ccmeter.queries import devices

        asked.update(devices.hand_over(connection, filters.device))
    for name, piece in {**places, **asked, **(words or {})}.items():
        sql = sql.replace(f"/* {name} */", piece)
    return sql, {
        "time_zone": filters.time_zone,
        "mode": filters.cost_mode,
        "since_on": filters.since_on,
        "until_on": filters.until_on,
        "since_us": filters.since_us,
        "until_us": filters.until_us,
        "before_us": filters.before_us,
        "models": list(filters.models),
        "sessions": list(filters.sessions),
        **(parameters or {}),
    }


@cache
def _sql(question: str) -> str:
    folder = Path(__file__).parent
    chosen = (folder / "chosen.sql").read_text("utf-8").strip()
    return (folder / f"{question}.sql").read_text("utf-8").replace("/* chosen */", f"{chosen},")


@cache
def piece(name: str) -> str:
    """Give a part of questions that several share, `queries/<name>.sql`: a word for `ask`."""
    return (Path(__file__).parent / f"{name}.sql").read_text("utf-8")
