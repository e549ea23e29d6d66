"""The outlook of a week in words and drawings, and what a person chose to change in it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from textual.content import Content

from ccmeter.domain.blocks import instant, microseconds
from ccmeter.domain.limits import FULL_BP
from ccmeter.domain.weeks import WhatIf
from ccmeter.queries.outlook import outlook
from ccmeter.reports.cells import counted
from ccmeter.reports.model_names import short
from ccmeter.tui import words
from ccmeter.tui.widgets.burndown import BurnDown
from ccmeter.tui.widgets.heatmap import HeatMap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ccmeter.domain.limits import Band
    from ccmeter.domain.weeks import Forecast
    from ccmeter.queries.outlook import Outlook
    from ccmeter.queries.profile import Switch
    from ccmeter.tui.moment import Moment

_SECOND_US: Final = 1_000_000
_GAP: Final = "  "
_NAME: Final = 20
_END: Final = 18
"""Cells for what is changed, and for its end."""
_SCENARIOS: Final = 6
Piece = tuple[str, str]
"""Words, and how they look."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What a person would do otherwise."""

    stop_hour: int | None = None
    less_bp: int = 0
    switch: Switch | None = None

    @property
    def change(self) -> WhatIf:
        """What it means for the rest of the week."""
        model_bp = FULL_BP if self.switch is None else self.switch.share_bp
        return WhatIf(stop_hour=self.stop_hour, less_bp=self.less_bp, model_bp=model_bp)

    def among(self, switches: Sequence[Switch]) -> Choice:
        """Give it with the model's prices as they are now; without a model that is not there any more."""
        found = (each for each in switches if self.switch is not None and each.model == self.switch.model)
        return replace(self, switch=next(found, None))

    def next_model(self, switches: Sequence[Switch]) -> Choice:
        """Give it with the next model; after the last one with none."""
        kept = self.among(switches).switch
        place = -1 if kept is None else list(switches).index(kept)
        return replace(self, switch=switches[place + 1] if place + 1 < len(switches) else None)

    @property
    def said(self) -> str:
        """Say it; empty if nothing is changed."""
        return ", ".join(
            filter(
                None,
                (
                    f"stop at {self.stop_hour}:00" if self.stop_hour is not None else "",
                    f"{short(self.switch.model)} prices" if self.switch is not None else "",
                    f"{words.percent(self.less_bp)} less" if self.less_bp else "",
                ),
            )
        )


def said(found: Outlook, choice: Choice, moment: Moment, width: int) -> Content:
    """Give the three lines at the top. Pieces that do not fit go as a whole, the last first."""
    lines = (_state(found, moment), _leads(found, moment), _changed(found, choice, moment))
    return Content("\n").join([fitted(line, width) for line in lines])


def fitted(pieces: Sequence[Piece], width: int) -> Content:
    """Give pieces in one line, as many as fit: never a part of one, and always the first."""
    line: list[Piece] = []
    for text, look in pieces:
        gap = _GAP if line else ""
        if line and sum(len(each) for each, _ in line) + len(gap) + len(text) > width:
            break
        line.append((gap + text, look))
    return Content.assemble(*line)


def _state(found: Outlook, moment: Moment) -> list[Piece]:
    past = found.past
    state = past.state
    if not found.is_percent or state is None:
        since = words.at(microseconds(past.start_at), moment)
        return [
            (f"{_amount(past.cost_pico, found)} since {since}", "bold"),
            (
                "no official limit known" if state is None else "no official reading since the reset",
                "$text-warning",
            ),
            *([("`ccmeter statusline install` tells it", "dim")] if state is None else []),
            (f"{words.tokens(past.tokens)} tokens", ""),
            ("this calendar week against your own past weeks", "dim"),
            *([("some tokens have no price", "$text-warning")] if past.unpriced_tokens else []),
        ]
    age = words.ago((moment.now_us - state.reading.read_us) // _SECOND_US)
    if microseconds(past.end_at) <= moment.now_us:  # and nobody could be asked since
        at = words.at(microseconds(past.end_at), moment)
        return [
            ("? used", "bold"),
            (f"unknown since the reset {at}", "$text-warning"),
            (f"read {age} ago", "dim"),
        ]
    is_exact = state.used_bp.low == state.used_bp.high
    left = words.lasting((microseconds(past.end_at) - moment.now_us) // _SECOND_US)
    return [
        (f"{words.band(state.used_bp)} used", "bold"),
        ("official" if is_exact else "estimate", "$text-success" if is_exact else "$text-warning"),
        (f"resets {words.at(microseconds(past.end_at), moment)}, in {left}", ""),
        *([(f"usual by now {words.percent(found.usual_now)}", "")] if found.usual_now is not None else []),
        (f"read {age} ago", "dim"),
        (f"{words.money(past.cost_pico)} here", "dim"),
    ]


def _leads(found: Outlook, moment: Moment) -> list[Piece]:
    if found.as_is is not None:
        return [*_foretold(found.as_is, found, moment), (_stands_on(found), "dim")]
    if found.is_percent:
        return [("No forecast yet: a few more official readings are needed for one.", "dim")]
    return [(f"No forecast yet: {counted(found.past.weeks, 'whole past week')} known, it takes 4.", "dim")]


def _stands_on(found: Outlook) -> str:
    """Say what a forecast stands on: weeks without any usage say little, and count all the same."""
    weeks = found.past.weeks
    if not found.weeks_used:
        return f"by {counted(weeks, 'past week')}, none with usage" if weeks else "by time alone"
    if found.weeks_used == weeks:
        return f"by {counted(weeks, 'past week')}"
    return f"by {counted(weeks, 'past week')}, {found.weeks_used} with usage"


def _changed(found: Outlook, choice: Choice, moment: Moment) -> list[Piece]:
    if found.as_is is None or not choice.said:
        keys: Piece = ("What if: s stop earlier, m another model, l use less", "dim")
        return (
            [(f"If: {choice.said}", "$text-accent"), ("no forecast to change", "dim")]
            if choice.said
            else [keys]
        )
    if found.changed is None:
        return [(f"If: {choice.said}", "$text-accent")]
    return [(f"If {choice.said}:", "$text-accent"), *_foretold(found.changed, found, moment)]


def _foretold(forecast: Forecast, found: Outlook, moment: Moment) -> list[Piece]:
    pieces: list[Piece] = [(f"ends at {_band(forecast.ends, found)}", "bold")]
    if forecast.runs_out_bp is not None:
        pieces.append(
            (f"{words.percent(forecast.runs_out_bp)} chance to run out", _level(forecast.runs_out_bp))
        )
    if forecast.full_us is not None:
        full = forecast.full_us
        spread = words.ago((full.high - full.low) // 2 // _SECOND_US)
        pieces.append((f"about {words.at(full.middle, moment)} ±{spread}", ""))
    if not found.is_percent and found.usual_now is not None and forecast is found.as_is:
        pieces.append((f"usual by now {words.money(found.usual_now)}", ""))
    return pieces


def _level(chance_bp: int) -> str:
    return (
        "$text-error" if chance_bp >= FULL_BP // 2 else "$text-warning" if chance_bp >= FULL_BP // 5 else ""
    )


def _amount(pico: int, found: Outlook) -> str:
    return words.money(pico) + ("+" if found.past.unpriced_tokens else "")


def _band(band: Band, found: Outlook) -> str:
    if found.is_percent:
        return words.band(band)
    low, high = words.money(band.low), words.money(band.high)
    return low if low == high else f"{low}-{high}"


def over(found: Outlook) -> str:
    """Say what the plot shows."""
    what = "Left of the week's limit" if found.is_percent else "Cost of the week"
    usual = "  · usual" if found.usual else ""
    return f"{what}{usual}{'  ░ how it may go on' if found.as_is is not None else ''}"


def plot(found: Outlook, moment: Moment) -> BurnDown:
    """Give the plot: with a change its band in place of the other."""
    past = found.past
    if found.is_percent:
        used = [(each.read_us, each.used_bp) for each in past.readings if each.read_us <= moment.now_us]
        used.append((moment.now_us, found.used.middle))
    else:
        used = _rising(found, moment)
    forecast = found.changed or found.as_is
    return BurnDown(
        start_at=past.start_at,
        end_at=past.end_at,
        now_us=moment.now_us,
        is_percent=found.is_percent,
        used=tuple(used),
        ahead=() if forecast is None else tuple(zip(forecast.points_us, forecast.used, strict=True)),
        usual=found.usual,
        hits_us=tuple(each.read_us for each in past.readings if each.used_bp >= FULL_BP),
    )


def _rising(found: Outlook, moment: Moment) -> list[tuple[int, int]]:
    """Give the cost of the week up to the end of every hour, and now."""
    past = found.past
    zone, start = past.start_at.tzinfo, past.start_at.replace(tzinfo=None, fold=0)
    total, points = 0, [(microseconds(past.start_at), 0)]
    for hour, cost in sorted(past.hours.items()):
        if hour >= start:
            total += cost
            points.append((microseconds(hour.replace(tzinfo=zone)) + 3_600 * _SECOND_US, total))
    return [*(point for point in points if point[0] <= moment.now_us), (moment.now_us, past.cost_pico)]


def heat_said(found: Outlook) -> str:
    """Say what the heat map shows."""
    weeks = found.past.weeks
    if not weeks:
        return "Usual hours"
    some = f", {found.weeks_used} with usage" if found.weeks_used < weeks else ""
    return f"Usual hours, mean of {counted(weeks, 'past week')}{some}"


def heat(found: Outlook, moment: Moment) -> HeatMap:
    """Give the heat map."""
    there = instant(moment.now_us).astimezone(moment.now.tzinfo)
    return HeatMap(means=found.means, week_starts=moment.week_starts, now=(there.weekday(), there.hour))


def scenarios(found: Outlook, moment: Moment) -> Content:
    """Give what would come of each change by itself, a line for each."""
    if found.as_is is None:
        return Content("No forecast yet.")
    named = [("as it is", found.as_is)]
    choices = [
        Choice(stop_hour=18),
        Choice(less_bp=2_000),
        *(Choice(switch=each) for each in found.past.switches),
    ]
    for choice in choices[:_SCENARIOS]:
        changed = outlook(found.past, moment.now, choice.change).changed
        if changed is not None:
            named.append((choice.said, changed))
    chance = "runs out" if found.is_percent else ""
    lines = [Content.assemble((f"{'':<{_NAME}}{'ends at':<{_END}}{chance}", "dim"))]
    for name, forecast in named:
        risk = forecast.runs_out_bp
        ends = f"{_band(forecast.ends, found):<{_END}}"
        tail: Piece = ("", "") if risk is None else (words.percent(risk), _level(risk))
        lines.append(Content.assemble(f"{name[: _NAME - 1]:<{_NAME}}", (ends, "bold"), tail))
    return Content("\n").join(lines)
