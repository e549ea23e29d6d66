from dataclasses import replace
from zoneinfo import ZoneInfo

from ccmeter.config.settings import Settings
from ccmeter.domain.alerts import ANY_BUDGET, Mark, conditions
from ccmeter.reports import alerts, budgets
from ccmeter.reports.formats import RenderOptions, render
from ccmeter.store.episodes import Delivery, Episode
from ccmeter.tui.limit_bars import budget_bullets
from support.alerting import MINUTE_US, NOW_US, limits, spent


def test_a_budget_is_told_in_one_line() -> None:
    """What is expected with its band; nothing of too little; what is over by how much; a cost that is a lower bound."""
    start = "Budget $100.00 per month: "
    assert budgets.sentence(spent(85)) == f"{start}$85.00 spent (85%)."
    assert (
        budgets.sentence(spent(85, ends=100))
        == f"{start}$85.00 spent (85%), about $100.00 expected by 2026-11-30 ($90.00 to $110.00)."
    )
    assert budgets.sentence(spent(130, ends=150)) == f"{start}$130.00 spent (130%), $30.00 over."
    unpriced = replace(spent(5), unpriced_tokens=3)
    assert budgets.sentence(unpriced) == f"{start}at least $5.00 spent (5%)."


def test_a_table_marks_what_is_uncertain() -> None:
    """And says why nothing is expected."""
    table = budgets.lay_out([replace(spent(130), unpriced_tokens=3)]).table
    assert table.rows[0].marks == {"spent"}
    assert table.rows[0].cells[2:6] == ("$130.00", "130%", 13_000, "$30.00 over")
    assert [note.mark for note in table.notes] == ["+", ""]
    assert "fewer than 14 past days" in table.notes[1].text


def test_a_share_is_the_same_on_every_surface() -> None:
    """Rounded down: the table, the note, the alert and the bar on the screen."""
    state = replace(spent(85), spent_pico=99_969_000_000_000)
    assert " 99% " in str(render("table", budgets.lay_out([state]), RenderOptions(width=200)))
    assert "(99%)" in budgets.sentence(state)
    (first, *_) = conditions([ANY_BUDGET], limits(), [state])
    assert first.said.endswith("spent, 99%")
    assert budget_bullets([state])[0].used == "99%"


def test_what_was_told_says_what_came_of_it() -> None:
    """Sent, failed, waiting; going on or over."""
    mark = Mark(rule="r", subject="month", level="80%")
    ended = NOW_US + MINUTE_US
    told = [Episode(mark, NOW_US, None, "now"), Episode(mark, NOW_US - 1, ended, "then")]
    sent = [
        Delivery(mark, NOW_US, "bell", "now", 1, NOW_US, ""),
        Delivery(mark, NOW_US, "command", "now", 2, None, "it broke"),
        Delivery(mark, NOW_US, "osc", "now", 0, None, ""),
    ]
    report = alerts.lay_out(Settings(), (), told, sent, ZoneInfo("UTC"))
    now, then = report.further[0].rows
    assert (now.cells[1], now.cells[4]) == ("goes on", "bell; command FAILED: it broke (2 tries); osc waits")
    assert (then.cells[1], then.cells[4]) == ("2026-11-21 12:01", "nobody")
