"""Filters that nothing in the store fits, whatever the days, and what is there that they may have meant.

A misspelt name would otherwise look like a month without usage.
"""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeAlias

from ccmeter.queries.names import latest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ccmeter.domain.filters import Filters
    from ccmeter.store.lease import Connection

Thing: TypeAlias = Literal["project", "tag", "model", "session"]

MOST_NEAREST: Final = 3
_LIKE: Final = 0.7
"""How much of two names must be alike, from 0 to 1."""

_LABELS: Final = """
select case when model = '' then 'unknown' when speed = 'fast' then model || '-fast' else model end as label
from counted_origin
group by label
order by count(*) desc, label
"""
"""Models by the names that reports give them (chosen.sql), the most used first."""


class Unmatched(NamedTuple):
    """A value of a filter that chooses nothing."""

    thing: Thing
    value: str
    nearest: tuple[str, ...]
    """What is most like it, best first; empty where nothing is."""
    is_all: bool
    """No other value of this filter chooses anything either."""


def unmatched(connection: Connection, filters: Filters) -> tuple[Unmatched, ...]:
    """Give the values of the filters for projects, tags, models and sessions that choose nothing on any day."""
    return (*_models(connection, filters), *_sessions(connection, filters), *_projects(connection, filters))


def _models(connection: Connection, filters: Filters) -> Iterator[Unmatched]:
    if not filters.models:
        return
    known = [row[0] for row in connection.execute(_LABELS).fetchall()]
    missing = [each for each in filters.models if not any(each.lower() in name.lower() for name in known)]
    for value in missing:
        yield Unmatched("model", value, _nearest(value, known), len(missing) == len(filters.models))


def _sessions(connection: Connection, filters: Filters) -> Iterator[Unmatched]:
    any_of = "select 1 from counted_origin where starts_with(session_id, $value) limit 1"
    missing = [
        each for each in filters.sessions if not connection.execute(any_of, {"value": each}).fetchall()
    ]
    for value in missing:
        beginnings = dict.fromkeys(name.name[: len(value)] for name in latest(connection, "session"))
        yield Unmatched("session", value, _nearest(value, beginnings), len(missing) == len(filters.sessions))


def _projects(connection: Connection, filters: Filters) -> Iterator[Unmatched]:
    if not (filters.projects or filters.tags):
        return
    from ccmeter.domain import projects
    from ccmeter.queries.placing import placed

    known, home = placed(connection, filters), filters.grouping.home
    missing = [each for each in filters.projects if not projects.chosen(known, (each,), (), home)]
    names = dict.fromkeys(name for each in known for name in (each.name, each.group) if name)
    for value in missing:
        last = value.replace("\\", "/").rpartition("/")[2]  # of a path, what tells it from others
        yield Unmatched("project", value, _nearest(last, names), len(missing) == len(filters.projects))
    tags = dict.fromkeys(tag for each in known for tag in each.tags)
    missing = [each for each in filters.tags if not projects.chosen(known, (), (each,), home)]
    for value in missing:
        yield Unmatched("tag", value, _nearest(value, tags), len(missing) == len(filters.tags))


def _nearest(value: str, names: Iterable[str]) -> tuple[str, ...]:
    """Give the names in which something stands that is like a text; of equals the first goes first."""
    scored = [(_likeness(value.casefold(), name.casefold()), name) for name in names]
    best = sorted((each for each in scored if each[0] >= _LIKE), key=lambda each: -each[0])
    return tuple(name for _, name in best[:MOST_NEAREST])


def _likeness(value: str, name: str) -> float:
    matcher = SequenceMatcher(b=value, autojunk=False)
    found = 0.0
    for start in range(max(len(name) - len(value), 0) + 1):
        matcher.set_seq1(name[start : start + len(value)])
        if matcher.real_quick_ratio() > found and matcher.quick_ratio() > found:
            found = max(found, matcher.ratio())
    return found
