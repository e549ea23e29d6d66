"""`ccmeter limits`: what is used of each official limit, where it leads, and how sure each number is.

An official figure stands alone; an estimate has a tilde and its band; what is not known is left empty. Each has its source and its age.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from ccmeter.domain.blocks import instant
from ccmeter.domain.limits import FIVE_HOUR, FULL_BP, SEVEN_DAY
from ccmeter.reports import limits_document
from ccmeter.reports.cells import counted, for_people
from ccmeter.reports.foreign import harmless
from ccmeter.reports.table import Amount, Column, Kind, Note, Report, Row, Table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ccmeter.domain.limits import Band, Limits, Reading, WindowState
    from ccmeter.reports.table import Cell

PACE: Final = (
    "far behind",
    "behind",
    "just behind",
    "on pace",
    "just ahead",
    "ahead",
    "far ahead",
)
"""Of the stages -3 to 3: use against elapsed time."""
SOURCES: Final = {"hook": "official", "notice": "log"}
"""The hook tells the server's figure; a log holds a notice that the limit was hit."""
NO_READINGS: Final = (
    "No readings of the limits yet. `ccmeter statusline install` lets Claude Code's status line tell them, from its next answer on; "
    "nothing is fetched, and no credentials are read."
)
NO_HOOK: Final = "All that is known is from notices in the logs. `ccmeter statusline install` lets Claude Code's status line tell the limits."
_NAMES: Final = {FIVE_HOUR: "5 hours", SEVEN_DAY: "week"}
_SECOND_US: Final = 1_000_000
_HOUR_S: Final = 3_600
_MINUTE_S: Final = 60
_COLUMNS: Final = (
    Column(key="limit_window", title="Limit", kind=Kind.TEXT, only_in_files=True, is_foreign=True),
    Column(key="window_shown", title="Limit", kind=Kind.TEXT, only_for_people=True, is_foreign=True),
    Column(key="used_shown", title="Used", kind=Kind.TEXT, only_for_people=True, is_right=True),
    Column(key="used_low", title="Used, low", kind=Kind.SHARE, only_in_files=True),
    Column(key="used", title="Used", kind=Kind.SHARE, only_in_files=True),
    Column(key="used_high", title="Used, high", kind=Kind.SHARE, only_in_files=True),
    Column(key="elapsed", title="Elapsed", kind=Kind.SHARE, drop=1, is_secondary=True),
    Column(key="pace_stage", title="Pace", kind=Kind.COUNT, only_in_files=True),
    Column(key="pace_shown", title="Pace", kind=Kind.TEXT, only_for_people=True, drop=3),
    Column(key="resets_at", title="Resets at", kind=Kind.TIME, only_in_files=True),
    Column(key="resets_shown", title="Resets", kind=Kind.TEXT, only_for_people=True, drop=9),
    Column(key="resets_in_s", title="In", kind=Kind.DURATION, drop=7),
    Column(key="ends_shown", title="At reset", kind=Kind.TEXT, only_for_people=True, is_right=True, drop=6),
    Column(key="ends_low", title="At reset, low", kind=Kind.SHARE, only_in_files=True),
    Column(key="ends", title="At reset", kind=Kind.SHARE, only_in_files=True),
    Column(key="ends_high", title="At reset, high", kind=Kind.SHARE, only_in_files=True),
    Column(key="runs_out", title="Runs out", kind=Kind.SHARE, drop=4),
    Column(key="percent_pico", title="1 % is", kind=Kind.MONEY, only_in_files=True),
    Column(key="percent_shown", title="1 % is", kind=Kind.TEXT, only_for_people=True, is_right=True, drop=2),
    Column(key="source", title="Source", kind=Kind.TEXT, drop=8),
    Column(key="age_s", title="Age", kind=Kind.DURATION, drop=10),
)
_HISTORY: Final = (
    Column(key="read_at", title="Read", kind=Kind.TIME),
    Column(key="limit_window", title="Limit", kind=Kind.TEXT, only_in_files=True, is_foreign=True),
    Column(key="window_shown", title="Limit", kind=Kind.TEXT, only_for_people=True, is_foreign=True),
    Column(key="used", title="Used", kind=Kind.SHARE),
    Column(key="resets_at", title="Resets", kind=Kind.TIME, only_in_files=True),
    Column(key="resets_shown", title="Resets", kind=Kind.TEXT, only_for_people=True, drop=3),
    Column(key="source", title="Source", kind=Kind.TEXT, drop=2),
    Column(key="session_id", title="Session", kind=Kind.TEXT, is_foreign=True, is_secondary=True, drop=1),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitsOptions:
    """How the answer is told."""

    time_zone: str


def name_of(window: str) -> str:
    """Give a window's name for people: `5 hours`, `week`, `week, opus`."""
    for known, name in _NAMES.items():
        if window == known:
            return name
        if window.startswith(f"{known}_"):
            return f"{name}, {harmless(window[len(known) + 1 :]).replace('_', ' ')}"
    return harmless(window)


def lay_out(answer: Limits, options: LimitsOptions) -> Report:
    """Give the limits as a report."""
    return Report(
        table=Table(
            title="Limits",
            caption=options.time_zone,
            columns=_COLUMNS,
            rows=tuple(Row(cells=_cells(each, answer.now_us, options)) for each in answer.windows),
            notes=tuple(_notes(answer, options)) if answer.windows else (Note(text=NO_READINGS),),
        ),
        document=limits_document.document_of(answer),
    )


def lay_out_history(readings: Sequence[Reading], options: LimitsOptions) -> Report:
    """Give readings as a report, oldest first."""
    zone = ZoneInfo(options.time_zone)
    rows = tuple(
        Row(
            cells=(
                instant(each.read_us).astimezone(zone),
                each.window,
                name_of(each.window),
                each.used_bp,
                None if each.resets_us is None else instant(each.resets_us).astimezone(zone),
                "" if each.resets_us is None else _at(each.resets_us, options),
                SOURCES[each.source],
                each.session_id,
            )
        )
        for each in readings
    )
    note = "Without what idle sessions told again." if rows else NO_READINGS
    return Report(
        table=Table(
            title="Readings of the limits",
            caption=options.time_zone,
            columns=_HISTORY,
            rows=rows,
            notes=(Note(text=note),),
        ),
        document=limits_document.history_of(readings),
    )


def shown(band: Band) -> str:
    """Give hundredths of a percent: `41.0%`, or as an estimate `~43% (41-46)`; a forecast of what is beyond any limit as `>400%`."""
    if band.low == band.high:
        return for_people(Kind.SHARE, band.middle)
    low, middle, high = (_whole(each) for each in (band.low, band.middle, band.high))
    return f"~{middle}% ({low}-{high})"


def _whole(share: int) -> int:
    return (share + 50) // 100


def _cells(state: WindowState, now_us: int, options: LimitsOptions) -> tuple[Cell, ...]:
    zone = ZoneInfo(options.time_zone)
    ends, worth, over = state.ends_bp, state.worth, state.is_over
    left_s = None if state.resets_us is None or over else (state.resets_us - now_us) // _SECOND_US
    used = None if over else state.used_bp
    return (
        state.window,
        name_of(state.window),
        "?" if used is None else ("at least " if _is_least(state) else "") + shown(used),
        None if used is None else used.low,
        None if used is None else used.middle,
        None if used is None else used.high,
        state.elapsed_bp,
        None if state.elapsed_bp is None else state.pace_stage,
        "" if state.elapsed_bp is None else PACE[state.pace_stage + 3],
        None if state.resets_us is None else instant(state.resets_us).astimezone(zone),
        "" if state.resets_us is None else ("was " if over else "") + _at(state.resets_us, options),
        left_s,
        "" if ends is None else shown(ends),
        None if ends is None else ends.low,
        None if ends is None else ends.middle,
        None if ends is None else ends.high,
        state.runs_out_bp,
        None if worth is None else worth.pico_per_bp.middle * 100,
        "" if worth is None else Amount(kind=Kind.MONEY, value=worth.pico_per_bp.middle * 100),
        _source(state),
        max(now_us - state.reading.read_us, 0) // _SECOND_US,
    )


def _is_least(state: WindowState) -> bool:
    """Tell whether more was used since the reading, and nobody knows how much that is."""
    return state.worth is None and state.since_pico > 0 and state.used_bp.high < FULL_BP


def _source(state: WindowState) -> str:
    is_estimate = not state.is_over and state.used_bp.low != state.used_bp.high
    return "estimate" if is_estimate else SOURCES[state.reading.source]


def _at(at_us: int, options: LimitsOptions) -> str:
    """Give an instant within a week: `Fri 14:20`."""
    return f"{instant(at_us).astimezone(ZoneInfo(options.time_zone)):%a %H:%M}"


def _notes(answer: Limits, options: LimitsOptions) -> Iterator[Note]:
    yield from (Note(text=text) for text in binding(answer, options))
    for state in answer.windows:
        yield from _window_notes(state, options)
    if any(each.worth is None and each.window in _NAMES for each in answer.windows):
        yield Note(
            text="What 1 % is worth is learned from readings and the cost between them; there are too few yet."
        )
    if any(each.elapsed_bp is not None and each.ends_bp is not None for each in answer.windows):
        yield Note(
            text="~ is an estimate since the last official reading, or a forecast: one time in ten it is less than the band, one "
            "time in ten more."
        )
    if all(each.reading.source == "notice" for each in answer.windows):
        yield Note(text=NO_HOOK)


def binding(answer: Limits, options: LimitsOptions) -> Iterator[str]:
    """Say which limit ends first, and when; where there is a forecast at all."""
    state = next((each for each in answer.windows if each.window == answer.binding), None)
    if state is None or state.full_us is None:
        if any(each.runs_out_bp is not None for each in answer.windows):
            yield "No limit is expected to run out before its reset."
        return
    name = name_of(state.window)
    if state.full_us.middle <= answer.now_us:
        until = "" if state.resets_us is None else f" until {_at(state.resets_us, options)}"
        yield f"The limit of the {name} is used up{until}."
        return
    spread_s = (state.full_us.high - state.full_us.low) // 2 // _SECOND_US
    yield f"The {name} end{'' if name.startswith('5') else 's'} first: {_at(state.full_us.middle, options)} ± {_about(spread_s)}."


def _about(seconds: int) -> str:
    """Give how far an instant may be off, in its largest unit: `3 h`, `25 min`."""
    if seconds >= _HOUR_S:
        return f"{(seconds + _HOUR_S // 2) // _HOUR_S} h"
    return f"{max((seconds + _MINUTE_S // 2) // _MINUTE_S, 1)} min"


def _window_notes(state: WindowState, options: LimitsOptions) -> Iterator[Note]:
    name = name_of(state.window)
    if state.is_over:
        yield Note(text=f"The {name}: the reset has passed, so what was read says nothing of now.")
    if state.worth is not None:
        band = state.worth.pico_per_bp
        since = f"{instant(state.worth.since_us).astimezone(ZoneInfo(options.time_zone)):%Y-%m-%d}"
        yield Note(
            text=f"1 % of the {name} is worth {{}} ({{}} to {{}}) at list prices: learned from "
            f"{counted(state.worth.pairs, 'pair')} of readings since {since}.",
            amounts=tuple(
                Amount(kind=Kind.MONEY, value=each * 100) for each in (band.middle, band.low, band.high)
            ),
        )
    if state.elsewhere_bp:
        yield Note(
            text=f"Used elsewhere: {for_people(Kind.SHARE, state.elsewhere_bp)} of the {name} or more came "
            "without local usage to explain it: chat, or another machine."
        )
    if state.cap_changed_us is not None:
        yield Note(
            text=f"Since about {instant(state.cap_changed_us).astimezone(ZoneInfo(options.time_zone)):%Y-%m-%d} 1 % of the {name} is clearly worth "
            "another amount than before: the limit changed, or steady use elsewhere began or ended."
        )
