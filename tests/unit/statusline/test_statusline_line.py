"""What stands on the line, and what goes when there is no room."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ccmeter.domain import limits
from ccmeter.statusline import line, said, template
from ccmeter.statusline.currency import DOLLARS, Currency
from ccmeter.statusline.figures import Amount, Figures, Window
from ccmeter.statusline.settings import Settings

NOW_US = 1_795_260_000_000_000
HOUR_US = 3_600_000_000
ALL_MONEY = "{session_cost} {claude_cost} {today} {block} {block_cost} {burn}"


def told(**document: Any) -> said.Said:
    document = {
        "session_id": "0123456789",
        "model": {"id": "claude-opus-5", "display_name": "Opus 5"},
        "context_window": {
            "context_window_size": 200_000,
            "used_percentage": 42,
            "total_input_tokens": 84_000,
        },
    } | document
    return said.read(json.dumps(document).encode(), NOW_US // 10**6)


def made() -> Figures:
    known = Figures()
    known.session, known.today = Amount(1_230_000_000_000), Amount(12_340_000_000_000)
    known.block, known.block_began_us = Amount(4_200_000_000_000), NOW_US - 2 * HOUR_US
    known.block_ends_us = NOW_US + 3 * HOUR_US - 60_000_000
    window = Window(4_250, NOW_US // 10**6 + 4_800, 0)
    window.pace, window.ends_bp = 2_000, (8_800, 9_500)
    week = Window(9_100, NOW_US // 10**6 + 273_600, 0)
    week.pace = 0
    known.windows = {"five_hour": window, "seven_day": week}
    return known


def shown(text: str = "", *, width: int = 0, colour: bool = False, **values: Any) -> str:
    environment = {"COLUMNS": str(width)} | ({} if colour else {"NO_COLOR": "1"})
    style = line.Style(environment)
    return line.laid_out(Settings({"template": text}), told(**values), made(), NOW_US, style)


def test_the_line_as_it_comes() -> None:
    assert shown() == (
        "Opus 5 · $1.23 · today $12.34 · block $4.20 2h59m · ctx 42% · 5h 42% ↑ 1h20m · 7d 91% → 3d4h"
    )


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("{session}|{session_cost}|{block_cost}|{block_left}|{burn}", "01234567|$1.23|$4.20|2h59m|$2.10/h"),
        ("{context_tokens}/{context_size}", "84k/200k"),
        ("{five_hour_used} {five_hour_resets} {five_hour_pace} {five_hour_ends}", "42% 1h20m ↑ 88–95%"),
        ("{week_used} {week_ends}{week_pace}", "91%→"),
        ("{{{model}}} [[x]]", "{Opus 5} [x]"),
        ("{nonsense} {model}", "{nonsense} Opus 5"),
        ("{ model } [ {model} ]", "Opus 5  Opus 5 "),
        ("{age} {lines} {duration} {effort}", ""),
        ("no field", "no field"),
        ("a {age} b {model} c", "a Opus 5 c"),
        ("{model} - [{age} old] - {today}", "Opus 5 - $12.34"),
        ("{model", "{model"),
        ("[{model", "[{model"),
    ],
)
def test_templates(text: str, meant: str) -> None:
    assert shown(text) == meant


def test_more_fields() -> None:
    cost = {
        "total_cost_usd": 2.5,
        "total_duration_ms": 3_700_000,
        "total_lines_added": 3,
        "total_lines_removed": 1,
    }
    text = "{claude_cost} {duration} {lines} {project} {effort} {version} {output_style}"
    found = shown(
        text,
        cost=cost,
        workspace={"project_dir": "C:\\src\\shop\x1b\\"},
        effort={"level": "high"},
        version="2.1",
        output_style={"name": "terse"},
    )
    assert found == "~$2.50 1h01m +3 -1 shop\ufffd high 2.1 terse"


@pytest.mark.parametrize(
    ("width", "meant"),
    [
        (200, "Opus 5 · $1.23 · today $12.34 · block $4.20 2h59m · ctx 42% · 5h 42% ↑ 1h20m · 7d 91% → 3d4h"),
        (80, "Opus 5 · $1.23 · today $12.34 · ctx 42% · 5h 42% ↑ 1h20m · 7d 91% → 3d4h"),
        (60, "$1.23 · today $12.34 · 5h 42% ↑ 1h20m · 7d 91% → 3d4h"),
        (40, "$1.23 · 5h 42% ↑ 1h20m · 7d 91% → 3d4h"),
        (20, "5h 42% ↑ 1h20m"),
        (8, "5h 42% …"),
    ],
)
def test_narrow_lines_lose_the_least_important_first(width: int, meant: str) -> None:
    assert shown(width=width) == meant


def test_colours_by_threshold() -> None:
    text = shown(colour=True)
    assert "5h 42%" in text
    assert "7d \x1b[31m91%\x1b[0m" in text
    yellow = line.laid_out(
        Settings({"warn": 40, "template": "{context}"}), told(), made(), NOW_US, line.Style({})
    )
    assert yellow == "\x1b[33m42%\x1b[0m"
    assert line.Style({"TERM": "dumb"}).has_colour is False


def test_colours_take_no_room() -> None:
    assert shown(colour=True, width=95).replace("\x1b[31m", "").replace("\x1b[0m", "") == shown()


def test_cut_colours_end() -> None:
    assert line.cut("\x1b[31mabcdef\x1b[0m", 4) == "\x1b[31mabc…\x1b[0m"
    assert line.cut("\x1b]8;;http://x\x07link\x1b]8;;\x1b\\", 4) == "\x1b]8;;http://x\x07link\x1b]8;;\x1b\\"


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (Amount(0), "$0.00"),
        (Amount(1), "<$0.01"),
        (Amount(5 * 10**9), "<$0.01"),
        (Amount(5 * 10**9, is_least=True), "$0.00+"),
        (Amount(5 * 10**9, is_estimate=True), "~<$0.01"),
        (Amount(5 * 10**9 + 1), "$0.01"),
        (Amount(0, is_least=True), "?"),
        (Amount(15 * 10**9), "$0.02"),
        (Amount(999_990_000_000_000), "$999.99"),
        (Amount(1_234_500_000_000_000), "$1,234"),
        (Amount(1_235_500_000_000_000), "$1,236"),
        (Amount(10**12, is_least=True), "$1.00+"),
        (Amount(10**12, is_estimate=True), "~$1.00"),
        (None, ""),
    ],
)
def test_money(amount: Amount | None, text: str) -> None:
    assert DOLLARS.text(amount) == text


@pytest.mark.parametrize(
    ("code", "rate", "pico", "text"),
    [
        ("EUR", "0.92", 12_340_000_000_000, "€11.35"),
        ("EUR", "0.92", 2_000_000_000_000_000, "€1,840"),
        ("JPY", "150.5", 12_340_000_000_000, "¥1,857"),
        ("JPY", "150.5", 12_340_000_000, "¥2"),
        ("JPY", "150", 10_000_000, "<¥1"),
        ("CHF", "1e-05", 5 * 10**14, "<CHF 0.01"),
        ("CHF", "1e-05", 10**16, "CHF 0.10"),
    ],
)
def test_money_in_another_currency(code: str, rate: str, pico: int, text: str) -> None:
    assert Currency(code, rate).text(Amount(pico)) == text


def test_all_amounts_are_in_the_currency() -> None:
    chosen = Settings({"currency": "eur", "rates": {"EUR": {"": "0.5"}}, "template": ALL_MONEY})
    told_too = told(cost={"total_cost_usd": 2.5})
    text = line.laid_out(chosen, told_too, made(), NOW_US, line.Style({"NO_COLOR": "1"}))
    assert text == "€0.62 ~€1.25 €6.17 €2.10 2h59m €2.10 €1.05/h"


def test_what_is_least_stays_so_by_the_hour() -> None:
    known = made()
    known.block = Amount(0, is_least=True)
    text = line.laid_out(
        Settings({"template": "{block}|{burn}"}), told(), known, NOW_US, line.Style({"NO_COLOR": "1"})
    )
    assert text == "? 2h59m|?/h"


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (None, ""),
        (0, "0"),
        (999, "999"),
        (84_499, "84k"),
        (999_499, "999k"),
        (999_500, "1M"),
        (1_250_000, "1.2M"),
    ],
)
def test_tokens(count: int | None, text: str) -> None:
    assert line.tokens(count) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-5, "<1m"),
        (59, "<1m"),
        (60, "1m"),
        (3_599, "59m"),
        (3_600, "1h00m"),
        (86_399, "23h59m"),
        (273_600, "3d4h"),
    ],
)
def test_lengths_of_time(seconds: int, text: str) -> None:
    assert line.lasting(seconds) == text


def test_arrow_is_the_pace_of_the_limits() -> None:
    """The hook says the same of pace as `ccmeter limits`."""
    assert said.LENGTH_S == limits.LENGTH_S
    for ahead_bp in range(-1_500, 1_501, 50):
        stage = limits.pace_stage(5_000 + ahead_bp, 5_000)
        assert line._arrow(ahead_bp) == ("→" if stage == 0 else "↑" if stage > 0 else "↓")
    assert line._arrow(None) == ""


def test_old_readings_say_so() -> None:
    known = made()
    known.windows["five_hour"].age_s = 1_500
    known.old_s = 720
    text = line.laid_out(
        Settings({"template": "{five_hour} {age}"}), told(), known, NOW_US, line.Style({"NO_COLOR": "1"})
    )
    assert text == "5h 42% ↑ 1h20m (25m ago) 12m old"


def test_wide_characters_are_measured() -> None:
    assert line.width("漢字é\u0301") == 5
    assert line.cut("漢字漢字", 5) == "漢字…"


def test_groups_with_an_unclosed_brace_are_text() -> None:
    assert template.joined(template.parse("[{x {model}]"), {"model": "m", "x {model": "y"}) == "y"
