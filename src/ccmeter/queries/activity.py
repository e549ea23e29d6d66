"""How long was worked, by session, day or folder: the question behind every active time that is shown.

Every instant is taken as its whole second before anything is added up, so that sums over keys are sums of what their rows
show, and the same work comes to the same whatever it is by. The seconds of one key are united: sessions side by side on
one day count once there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from ccmeter.domain.activity import IDLE_S, Active
from ccmeter.queries.chosen import ask, piece

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ccmeter.domain.activity import ActiveFrom
    from ccmeter.domain.filters import Filters
    from ccmeter.store.lease import Connection

By: TypeAlias = Literal["session", "day", "cwd"]

_DAYS: Final = """
    select day as key, is_turn,
        greatest(start_us, epoch_us(day::timestamp at time zone $time_zone)) as start_us,
        least(end_us, epoch_us((day + 1)::timestamp at time zone $time_zone)) as end_us
    from (
        select
            *,
            unnest(
                generate_series(
                    (make_timestamptz(start_us) at time zone $time_zone)::date,
                    (make_timestamptz(greatest(end_us - 1, start_us)) at time zone $time_zone)::date,
                    interval 1 day
                )
            )::date as day
        from span
    )
"""
_PLAIN: Final = "select {} as key, is_turn, start_us, end_us from span"
_NAMED: Final = (
    "select coalesce(map_extract_value(map($folders::varchar[], $names::varchar[]), cwd), cwd) as key, is_turn, "
    "start_us, end_us from span"
)
_SESSIONS: Final = (
    "semi join (from counted_origin semi join asked_origin using (origin_id)) using (session_id)"
)
_FOLDERS: Final = {
    "gap_cwd": ", coalesce(cwd, lag(cwd) over before, max(cwd) over (partition by session_id)) as cwd",
    "cwd": ", cwd",
    "turn_cwd": ", coalesce(c.cwd, (select min(cwd) from called where session_id = t.session_id)) as cwd",
    "turn_called": "asof left join called c on c.session_id = t.session_id and c.at_us <= t.end_us",
    "asked": "semi join (from counted_origin semi join asked_origin using (origin_id)) using (session_id, cwd)",
}
"""What activity.sql needs besides, to tell folders apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveTime:
    """Active time by key, and of all keys together."""

    by_key: Mapping[Any, Active]
    """Keys are session ids, local days or folders."""
    total: Active


def active_time(
    connection: Connection, filters: Filters, *, by: By, names: Mapping[str, str] | None = None
) -> ActiveTime:
    """Ask for active time. `names` gives folders a name by which they are one, as a repository's are."""
    parameters: dict[str, Any] = {"idle_us": IDLE_S * 1_000_000}
    keyed = _DAYS if by == "day" else _PLAIN.format("session_id" if by == "session" else "cwd")
    if by == "cwd" and names:
        keyed = _NAMED
        parameters |= {"folders": list(names), "names": list(names.values())}
    words = {"keyed": keyed, "once": piece("once")}
    if by == "cwd" or filters.projects or filters.tags:
        words |= _FOLDERS
    elif filters.models or filters.sessions:
        words["asked"] = _SESSIONS
    rows = ask(connection, "activity", filters, parameters, words=words)
    found = {
        (level, key): Active(seconds=seconds, source=_source(has_turns=has_turns, has_gaps=has_gaps))
        for level, key, seconds, has_turns, has_gaps in rows
    }
    return ActiveTime(
        by_key={key: active for (level, key), active in found.items() if not level}, total=found[1, None]
    )


def active_seconds(
    connection: Connection, filters: Filters, *, by: By, names: Mapping[str, str] | None = None
) -> Mapping[Any, Active]:
    """Give active time by session id, local day, or folder (by its name in `names`, where it has one)."""
    return active_time(connection, filters, by=by, names=names).by_key


def _source(*, has_turns: bool, has_gaps: bool) -> ActiveFrom:
    return ("both" if has_gaps else "turns") if has_turns else "gaps"
