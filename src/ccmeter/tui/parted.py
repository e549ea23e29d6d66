"""Projects and what they were used for, as columns of tables and as lines of a box."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ccmeter.reports.model_names import short
from ccmeter.reports.show import hit_share
from ccmeter.tui import words
from ccmeter.tui.listed import clock
from ccmeter.tui.told import measures_told
from ccmeter.tui.widgets.rows import Column
from ccmeter.tui.widgets.waterfall import cost, cost_tone

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ccmeter.queries.commits import Part
    from ccmeter.queries.project import Project
    from ccmeter.queries.summary import Measures
    from ccmeter.tui.moment import Moment
    from ccmeter.tui.widgets.facts import Line
    from ccmeter.tui.widgets.rows import Piece

SHA: Final = 8
"""As much of a commit's digest as is shown."""
UNKNOWN: Final = "unknown"

SORTS: Final[Sequence[tuple[str, Callable[[Project], Any] | None]]] = (
    ("dearest", None),  # the order of the answer
    ("most tokens", lambda project: project.measures.counts.total_tokens),
    ("latest", lambda project: project.worked.last_at.timestamp() if project.worked.last_at else 0.0),
    ("longest", lambda project: project.active.seconds if project.active else -1),
)


def proportion(part: int, whole: int, width: int) -> list[Piece]:
    """Draw how much a part is of a whole, exactly so wide; what is more than nothing has at least one cell."""
    cells = max((part * width + whole // 2) // whole, 1) if part > 0 and whole > 0 else 0
    return [("█" * cells, "bar"), (" " * (width - cells), "")]


def projects_columns(moment: Moment | None, most_pico: int) -> list[Column[Project]]:
    """Give the columns of projects; bars are in proportion to the dearest."""
    return [
        Column(key="name", title="Project", text=lambda each: each.name, width=14, grows=True, cut="start"),
        Column(
            key="bar",
            title="",
            text=lambda _: "",
            width=8,
            drop=5,
            grows=True,
            draw=lambda each, width: proportion(each.measures.cost_pico, most_pico, width),
        ),
        Column(
            key="sessions",
            title="Sessions",
            text=lambda each: f"{each.worked.sessions:,}",
            width=8,
            drop=6,
            is_number=True,
        ),
        Column(
            key="days",
            title="Days",
            text=lambda each: f"{each.worked.days:,}",
            width=5,
            drop=7,
            is_number=True,
        ),
        Column(
            key="last",
            title="Last used",
            text=lambda each: clock(each.worked.last_at, moment),
            width=11,
            drop=4,
        ),
        Column(key="active", title="Active", text=_active, width=8, drop=3, is_number=True),
        Column(key="tokens", title="Tokens", text=_tokens, width=6, drop=2, is_number=True),
        Column(key="hits", title="Hits", text=_hits, width=4, drop=8, is_number=True),
        Column(key="cost", title="Cost", text=_cost, width=11, is_number=True, tone=_tone),
    ]


def parts_columns(moment: Moment | None, total: Measures, title: str) -> list[Column[Part]]:
    """Give the columns of the parts of a project."""
    return [
        Column(
            key="name",
            title=title,
            text=named,
            width=22,
            grows=True,
            tone=lambda each: "muted" if each.kind == "unknown" else "",
        ),
        Column(
            key="branch",
            title="Branch",
            text=lambda each: _branch(each, title),
            width=12,
            drop=6,
            cut="middle",
        ),
        Column(key="when", title="When", text=lambda each: _when(each, moment), width=11, drop=4),
        Column(key="models", title="Model", text=_models, width=12, drop=7),
        Column(key="tokens", title="Tokens", text=_tokens, width=6, drop=2, is_number=True),
        Column(key="hits", title="Hits", text=_hits, width=4, drop=5, is_number=True),
        Column(
            key="share", title="Share", text=lambda each: _share(each, total), width=6, drop=3, is_number=True
        ),
        Column(key="cost", title="Cost", text=_cost, width=11, is_number=True, tone=_tone),
    ]


def named(part: Part) -> str:
    """Give what a part is called."""
    if part.kind == "unknown":
        return UNKNOWN
    if part.kind == "open":
        return f"not committed: {part.branch}"
    return f"{part.name[:SHA]} {part.subject}" if part.kind == "commit" else part.name


def told_of(part: Part, total: Measures) -> tuple[str, list[Line], str]:
    """Give a title, lines and a note that tell a part in full."""
    lines: list[Line] = []
    if part.kind == "commit":
        lines += [("Commit", part.name), ("Subject", part.subject)]
    if part.at is not None:
        lines.append(("Made", f"{part.at:%Y-%m-%d %H:%M:%S}"))
    lines += [
        (name, value)
        for name, value in (("Branch", part.branch), ("Repository", part.root), ("Address", part.url))
        if value
    ]
    lines.append(("Share", _share(part, total)))
    lines += measures_told(part.measures)
    title = {"commit": f"Commit {part.name[:SHA]}", "open": "Not committed yet"}.get(part.kind, named(part))
    return title, lines, _NOTES[part.kind]


_NOTES: Final = {
    "branch": "The branch that the log names for each call.",
    "commit": "What was used on this branch of this repository after the commit before it and up to this one.",
    "open": "What was used on this branch after the last commit in it.",
    "pull": "All usage of the sessions for which the log records this pull request and no other.",
    "unknown": (
        "The log names no branch; or no pull request, or several; or git does not tell for certain which commit it went "
        "into: the repository or the branch is gone, the next commit is somebody else's or was made on another branch."
    ),
}


def _branch(part: Part, title: str) -> str:
    return "" if title == "Branch" else part.branch


def _when(part: Part, moment: Moment | None) -> str:
    if part.at is not None:
        return clock(part.at, moment)
    if part.last_us is None or moment is None:
        return "undated"
    import datetime as dt

    return clock(dt.datetime.fromtimestamp(part.last_us / 1_000_000, moment.now.tzinfo), moment)


def _share(part: Part, total: Measures) -> str:
    if not total.cost_pico:
        return words.NOTHING
    return words.share((part.measures.cost_pico * 20_000 + total.cost_pico) // (total.cost_pico * 2))


def _models(part: Part) -> str:
    first, *others = [short(share.model) for share in part.models] or [""]
    return f"{first} +{len(others)}" if others else first


def _active(project: Project) -> str:
    if project.active is None:
        return words.NOTHING
    return ("" if project.active.source == "turns" else "~") + words.lasting(project.active.seconds)


def _tokens(row: Project | Part) -> str:
    return words.tokens(row.measures.counts.total_tokens)


def _hits(row: Project | Part) -> str:
    return words.percent(hit_share(row.measures))


def _cost(row: Project | Part) -> str:
    return cost(row.measures)


def _tone(row: Project | Part) -> Any:
    return cost_tone(row.measures)
