"""The list of sessions: its columns, its orders, what a filter finds, and which two are marked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ccmeter.reports.model_names import short
from ccmeter.reports.show import hit_share
from ccmeter.tui import words
from ccmeter.tui.widgets.rows import Column
from ccmeter.tui.widgets.waterfall import cost, cost_tone

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Collection, Sequence

    from ccmeter.queries.sessions import Session
    from ccmeter.tui.moment import Moment

SORTS: Final[Sequence[tuple[str, Callable[[Session], Any]]]] = (
    ("newest", lambda session: session.session_id),  # the order of the answer
    ("dearest", lambda session: (session.measures.cost_pico, session.measures.counts.total_tokens)),
    ("most tokens", lambda session: session.measures.counts.total_tokens),
    ("longest", lambda session: session.active.seconds if session.active else -1),
)
_LETTERS: Final = "AB"


class Mark:
    """Which sessions are marked to be compared, in the order of marking."""

    def __init__(self) -> None:
        self.ids: list[str] = []

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.ids)

    def turn(self, session_id: str) -> None:
        """Mark a session, or no longer."""
        if session_id in self.ids:
            self.ids.remove(session_id)
        else:
            self.ids.append(session_id)

    def letter(self, session_id: str) -> str:
        """Give what stands before a session; empty for one that is not marked."""
        return _LETTERS[self.ids.index(session_id)] if session_id in self.ids else ""

    def forget(self, known: Collection[str]) -> None:
        """Keep only the marks of sessions that are there."""
        self.ids = [each for each in self.ids if each in known]

    def clear(self) -> None:
        """Take the marks away."""
        self.ids = []


def matches(session: Session, text: str) -> bool:
    """Tell whether a session is meant by this text, which is casefolded: by id, title, project or branch."""
    said = (session.session_id, session.title, session.place, session.project, session.branch)
    return not text or any(text in each.casefold() for each in said)


def clock(at: dt.datetime | None, moment: Moment | None) -> str:
    """Give an instant in eleven cells: month, day and time of this year, the whole day of another one."""
    if at is None:
        return "undated"
    return f"{at:%m-%d %H:%M}" if moment is not None and at.year == moment.now.year else f"{at:%Y-%m-%d}"


def columns_of(moment: Moment | None, mark: Mark) -> list[Column[Session]]:
    """Give the columns, with times as seen from a moment."""
    return [
        Column(
            key="mark",
            title="",
            text=lambda each: mark.letter(each.session_id),
            width=1,
            tone=lambda _: "warn",
        ),
        Column(key="last", title="Last used", text=lambda each: clock(each.last_at, moment), width=11),
        Column(key="project", title="Project", text=_place, width=12, grows=True, cut="start"),
        Column(key="branch", title="Branch", text=lambda each: each.branch, width=12, drop=6, cut="middle"),
        Column(key="title", title="Title", text=_title, width=11, drop=5, grows=True),
        Column(key="models", title="Model", text=_models, width=12, drop=7),
        Column(key="agents", title="Agents", text=_agents, width=6, drop=8, is_number=True),
        Column(key="active", title="Active", text=_active, width=8, drop=3, is_number=True),
        Column(key="tokens", title="Tokens", text=_tokens, width=6, drop=2, is_number=True),
        Column(key="hits", title="Hits", text=_hits, width=4, drop=4, is_number=True),
        Column(
            key="cost",
            title="Cost",
            text=lambda each: cost(each.measures),
            width=10,
            is_number=True,
            tone=_tone,
        ),
    ]


def _tone(session: Session) -> Any:
    return cost_tone(session.measures)


def _place(session: Session) -> str:
    return session.place or session.project or "unknown"


def _title(session: Session) -> str:
    return session.title or session.session_id[:8] or "no session"


def _models(session: Session) -> str:
    first, *others = [short(share.model) for share in session.models] or [""]
    return f"{first} +{len(others)}" if others else first


def _agents(session: Session) -> str:
    return "" if session.agents.are_none else str(session.agents.count or "some")


def _active(session: Session) -> str:
    if session.active is None:
        return words.NOTHING
    return ("" if session.active.source == "turns" else "~") + words.lasting(session.active.seconds)


def _tokens(session: Session) -> str:
    return words.tokens(session.measures.counts.total_tokens)


def _hits(session: Session) -> str:
    return words.percent(hit_share(session.measures))
