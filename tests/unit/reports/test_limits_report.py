"""How limits are laid out: bands, sources, the sentence on what ends first, and what is said where little is known."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import jsonschema
import pytest

from ccmeter.domain.guarding import BELOW, ENOUGH, UNKNOWN, Source, Verdict
from ccmeter.domain.limits import FIVE_HOUR, FULL_BP, SEVEN_DAY, Band, Limits, Reading, WindowState, Worth
from ccmeter.reports import guard, schemas
from ccmeter.reports import limits as report
from ccmeter.reports.formats import RenderOptions, names, render
from support.rendered import text
from support.transcripts import us

NOW = us("2026-11-21T12:00:00+00:00")
HOUR = 3_600_000_000
OPTIONS = report.LimitsOptions(time_zone="Europe/Berlin")


def even(value: int) -> Band:
    return Band(low=value, middle=value, high=value)


def reading(window: str = SEVEN_DAY, **more: Any) -> Reading:
    values = {
        "used_bp": 6_100,
        "resets_us": NOW + 66 * HOUR,
        "read_us": NOW - HOUR // 2,
        "source": "hook",
        **more,
    }
    return Reading(window=window, session_id="s-1", **values)


WEEK = WindowState(
    window=SEVEN_DAY,
    length_s=604_800,
    reading=reading(),
    resets_us=NOW + 66 * HOUR,
    is_over=False,
    used_bp=Band(low=6_140, middle=6_260, high=6_420),
    elapsed_bp=6_071,
    pace_stage=0,
    worth=Worth(
        pico_per_bp=Band(low=90_000_000_000, middle=109_000_000_000, high=137_000_000_000),
        pairs=127,
        since_us=NOW - 400 * HOUR,
    ),
    ends_bp=Band(low=7_000, middle=11_000, high=13_000),
    full_us=Band(low=NOW + 20 * HOUR, middle=NOW + 26 * HOUR, high=NOW + 26 * HOUR),
    runs_out_bp=7_000,
    elsewhere_bp=1_140,
    cap_changed_us=NOW - 500 * HOUR,
)
FIVE = replace(
    WEEK,
    window=FIVE_HOUR,
    length_s=18_000,
    reading=reading(FIVE_HOUR, resets_us=NOW + HOUR),
    resets_us=NOW + HOUR,
    used_bp=even(6_100),
    worth=None,
    ends_bp=None,
    full_us=None,
    runs_out_bp=None,
    elsewhere_bp=0,
    cap_changed_us=None,
)


def answer(*windows: WindowState, binding: str | None = None) -> Limits:
    return Limits(windows=windows, binding=binding, now_us=NOW)


def page(limits: Limits, width: int = 120) -> str:
    return text(
        render(
            "table", report.lay_out(limits, OPTIONS), RenderOptions(width=width, colour=False, unicode=True)
        )
    )


def test_an_estimate_is_a_band_and_an_official_figure_is_not() -> None:
    """With source and age beside each."""
    shown = page(answer(FIVE, WEEK, binding=SEVEN_DAY))
    five, week = (
        next(line for line in shown.splitlines() if line.startswith(name)) for name in ("5 hours", "week")
    )
    assert " ".join(five.split()) == "5 hours 61.0% 60.7% on pace Sat 14:00 1h 00m official 30m 00s"
    assert (
        " ".join(week.split())
        == "week ~63% (61-64) 60.7% on pace Tue 07:00 2d 18h ~110% (70-130) 70.0% $10.90 estimate 30m 00s"
    )


def test_what_is_known_is_said_in_sentences() -> None:
    """What ends first, what one percent is worth and how sure that is, use elsewhere, a change."""
    said = " ".join(page(answer(FIVE, WEEK, binding=SEVEN_DAY)).split())
    assert "The week ends first: Sun 15:00 ± 3 h." in said
    assert (
        "1 % of the week is worth $10.90 ($9.00 to $13.70) at list prices: learned from 127 pairs of readings since 2026-11-04."
        in said
    )
    assert "Used elsewhere: 11.4% of the week or more came without local usage" in said
    assert "Since about 2026-10-31 1 % of the week is clearly worth another amount than before" in said
    assert "there are too few yet" in said


@pytest.mark.parametrize(
    ("limits", "sentence"),
    [
        (answer(replace(WEEK, full_us=None)), ["No limit is expected to run out before its reset."]),
        (answer(FIVE), []),
        (
            answer(replace(WEEK, full_us=even(NOW - 1)), binding=SEVEN_DAY),
            ["The limit of the week is used up until Tue 07:00."],
        ),
        (
            answer(replace(WEEK, full_us=even(NOW - 1), resets_us=None), binding=SEVEN_DAY),
            ["The limit of the week is used up."],
        ),
        (
            answer(replace(FIVE, full_us=Band(low=NOW, middle=NOW + 1, high=NOW)), binding=FIVE_HOUR),
            ["The 5 hours end first: Sat 13:00 ± 1 min."],
        ),
    ],
)
def test_the_binding_limit_in_a_sentence(limits: Limits, sentence: list[str]) -> None:
    """Or that there is none; nothing without a forecast."""
    assert list(report.binding(limits, OPTIONS)) == sentence


def test_what_is_over_has_no_number() -> None:
    """The reading's age stays, and why there is none is said."""
    over = replace(FIVE, is_over=True, elapsed_bp=None, resets_us=NOW - HOUR)
    shown = page(answer(over))
    assert "5 hours     ?" in shown
    assert "was Sat 12:00" in shown
    assert "the reset has passed" in shown
    document: Any = report.lay_out(answer(over), OPTIONS).document
    assert document["windows"][0]["usedPercent"] is None


def test_a_reading_alone_is_the_least() -> None:
    """Where something was used since and nobody knows what it is worth."""
    assert "at least 61.0%" in page(answer(replace(FIVE, since_pico=1)))
    assert "at least" not in page(answer(replace(FIVE, since_pico=1, used_bp=even(FULL_BP))))


def test_empty_states_say_what_to_do() -> None:
    """No readings, or notices alone."""
    assert "ccmeter statusline install" in page(answer())
    noticed = replace(FIVE, reading=replace(FIVE.reading, source="notice", used_bp=FULL_BP))
    shown = page(answer(noticed))
    assert "notices in the logs" in shown
    assert "statusline install" in shown
    assert "statusline install" in text(
        render(
            "table", report.lay_out_history((), OPTIONS), RenderOptions(width=80, colour=False, unicode=True)
        )
    )


def test_a_window_s_name_is_harmless() -> None:
    """It comes from a log."""
    assert report.name_of("seven_day_opus") == "week, opus"
    assert "\x1b" not in report.name_of("seven_day_\x1b[2J") + report.name_of("\x1b[2J")


@pytest.mark.parametrize("name", names())
def test_every_format_takes_both(name: str) -> None:
    """Windows and readings."""
    for each in (
        report.lay_out(answer(FIVE, WEEK, binding=SEVEN_DAY), OPTIONS),
        report.lay_out_history((reading(), reading(resets_us=None, source="notice")), OPTIONS),
    ):
        made = render(name, each, RenderOptions(width=80, colour=False, unicode=True, pack=lambda _: b"x"))
        assert made if isinstance(made, bytes) else text(made)


def test_documents_are_as_their_schemas_say() -> None:
    """Full and empty ones."""
    full = report.lay_out(answer(FIVE, WEEK, binding=SEVEN_DAY), OPTIONS).document
    listed = report.lay_out_history((reading(), reading(resets_us=None)), OPTIONS).document
    for name, document in (("limits", full), ("limits-history", listed)):
        jsonschema.validate(json.loads(json.dumps(document)), json.loads(schemas.text_of(name)))
    assert isinstance(full, dict)
    week: Any = full["windows"][1]
    assert week["onePercent"] == {
        "low": "9",
        "middle": "10.9",
        "high": "13.7",
        "pairs": 127,
        "since": "2026-11-04T20:00:00.000Z",
    }
    assert week["fullAt"]["middle"] == "2026-11-22T14:00:00.000Z"


@pytest.mark.parametrize(
    ("status", "left", "source", "age", "line"),
    [
        (ENOUGH, 3_900, "official", 12, "week: 39.0% left, 10.0% wanted: enough (official, read 12s ago)"),
        (BELOW, 0, "notice", 60, "week: 0.0% left, 10.0% wanted: below (a notice in a log, 1m 00s ago)"),
        (
            BELOW,
            886,
            "estimate",
            3_600,
            "week: 8.9% left, 10.0% wanted: below (upper end of the estimate since the official reading 1h 00m ago)",
        ),
        (UNKNOWN, None, "reset", 3_600, "week: unknown (its reset has passed since the reading 1h 00m ago)"),
        (
            UNKNOWN,
            None,
            "none",
            None,
            "week: unknown (no reading yet; `ccmeter statusline install` lets Claude Code tell it)",
        ),
    ],
)
def test_a_verdict_in_one_line(
    status: int, left: int | None, source: Source, age: int | None, line: str
) -> None:
    """With source and age."""
    verdict = Verdict(window=SEVEN_DAY, status=status, left_bp=left, least_bp=1_000, source=source, age_s=age)
    assert guard.line(verdict) == line
    document: Any = guard.document_of(verdict)
    assert (document["exitStatus"], document["leftPercent"]) == (status, None if left is None else left / 100)
