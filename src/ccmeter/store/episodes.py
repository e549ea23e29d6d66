"""Keeps episodes of alerts and what came of telling them, so that however many processes look, each is told once.

Whoever writes holds the only writer's lease there is: what it finds open is open, and what it begins nobody else has
begun. A try to tell is noted before it is made; whoever else looks meanwhile leaves it alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from ccmeter.domain.alerts import Mark, Open

if TYPE_CHECKING:
    from collections.abc import Sequence

    from _duckdb import DuckDBPyConnection

MOST_TRIES: Final = 3
"""Checks at which a channel is tried for one episode."""
REST_US: Final = 60_000_000
"""Between two tries: longer than one can take."""

_MARKED: Final = "rule = $rule and subject = $subject and level = $level and began_us = $began_us"


class Episode(NamedTuple):
    """A stretch of time in which a rule was met."""

    mark: Mark
    began_us: int
    ended_us: int | None
    said: str
    """What was told; empty where only a weightier one was."""


class Delivery(NamedTuple):
    """An episode and a channel that tells it."""

    mark: Mark
    began_us: int
    channel: str
    said: str
    tries: int
    done_us: int | None
    failed: str


def going(connection: DuckDBPyConnection) -> list[Open]:
    """Give the episodes that go on."""
    rows = connection.execute(
        "select rule, subject, level, began_us from episode where ended_us is null"
    ).fetchall()
    return [Open(mark=_mark(row), began_us=row[3]) for row in rows]


def latest(connection: DuckDBPyConnection, most: int) -> list[Episode]:
    """Give the newest episodes, newest first."""
    rows = connection.execute(
        "select rule, subject, level, began_us, ended_us, said from episode order by began_us desc, rule, subject, level "
        "limit $1",
        [most],
    ).fetchall()
    return [Episode(_mark(row), *row[3:]) for row in rows]


def deliveries(connection: DuckDBPyConnection, since_us: int) -> list[Delivery]:
    """Give what came of telling episodes that began from an instant on."""
    rows = connection.execute(
        "select rule, subject, level, began_us, channel, said, tries, done_us, failed from delivery "
        "join episode using (rule, subject, level, began_us) where began_us >= $1 order by all",
        [since_us],
    ).fetchall()
    return [Delivery(_mark(row), *row[3:]) for row in rows]


def due(connection: DuckDBPyConnection, now_us: int) -> list[Delivery]:
    """Give what has not gone out and may be tried: of episodes that go on, a while after the last try."""
    rows = connection.execute(
        "select rule, subject, level, began_us, channel, said, tries, done_us, failed from delivery "
        "join episode using (rule, subject, level, began_us) "
        "where done_us is null and ended_us is null and tries < $most "
        "and (tried_us is null or tried_us <= $now_us - $rest_us) order by all",
        {"most": MOST_TRIES, "now_us": now_us, "rest_us": REST_US},
    ).fetchall()
    return [Delivery(_mark(row), *row[3:]) for row in rows]


def begin(
    connection: DuckDBPyConnection, mark: Mark, began_us: int, said: str, channels: Sequence[str]
) -> None:
    """Keep that an episode begins, and by which channels it is to be told. Within the caller's transaction."""
    connection.execute(
        "insert into episode (rule, subject, began_us, ended_us, level, said) "
        "values ($rule, $subject, $began_us, null, $level, $said)",
        {**_named(mark, began_us), "said": said},
    )
    for channel in channels:
        connection.execute(
            "insert into delivery values ($rule, $subject, $level, $began_us, $channel, 0, null, null, '')",
            {**_named(mark, began_us), "channel": channel},
        )


def end(connection: DuckDBPyConnection, episode: Open, ended_us: int) -> None:
    """Keep that an episode is over. Within the caller's transaction."""
    connection.execute(
        f"update episode set ended_us = $ended_us where {_MARKED} and ended_us is null",  # noqa: S608 - our own words
        {**_named(episode.mark, episode.began_us), "ended_us": ended_us},
    )


def attempt(connection: DuckDBPyConnection, delivery: Delivery, now_us: int) -> None:
    """Note that a channel is about to be tried. Within the caller's transaction."""
    connection.execute(
        f"update delivery set tries = tries + 1, tried_us = $now_us where {_MARKED} and channel = $channel",  # noqa: S608
        {**_named(delivery.mark, delivery.began_us), "channel": delivery.channel, "now_us": now_us},
    )


def settle(connection: DuckDBPyConnection, delivery: Delivery, now_us: int, failed: str) -> None:
    """Note what came of a try: that it went out, or why it did not. Within the caller's transaction."""
    connection.execute(
        f"update delivery set done_us = $done_us, failed = $failed where {_MARKED} and channel = $channel",  # noqa: S608
        {
            **_named(delivery.mark, delivery.began_us),
            "channel": delivery.channel,
            "done_us": None if failed else now_us,
            "failed": failed,
        },
    )


def _mark(row: tuple[str, ...]) -> Mark:
    return Mark(rule=row[0], subject=row[1], level=row[2])


def _named(mark: Mark, began_us: int) -> dict[str, str | int]:
    return {"rule": mark.rule, "subject": mark.subject, "level": mark.level, "began_us": began_us}
