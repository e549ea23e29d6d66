import pytest

from ccmeter.domain.alerts import ANY_BUDGET, Mark, Open, Rule, conditions, dropped, plain, turn, window_name
from ccmeter.domain.limits import FIVE_HOUR, SEVEN_DAY
from support.alerting import MINUTE_US, NOW_US, budget, limits, spent, window

LEVEL = Rule(name="80", when="level", window=FIVE_HOUR, used_bp=8_000)
FORECAST = Rule(name="f", when="forecast", chance_bp=5_000)
MARK = Mark(rule="80", subject=FIVE_HOUR, level="80%")
GOING = Open(mark=MARK, began_us=NOW_US - 2 * MINUTE_US)


@pytest.mark.parametrize(
    ("used_bp", "begins", "ends"),
    [
        (8_000, True, False),
        (7_999, False, False),
        (7_500, False, False),
        (7_499, False, True),
        (10_000, True, False),
    ],
)
def test_a_level_begins_at_its_edge_and_ends_clearly_below(*, used_bp: int, begins: bool, ends: bool) -> None:
    """Five points lie between; one that goes on does not begin again."""
    found = conditions([LEVEL], limits(window(used_bp)), ())
    assert bool(turn(found, ()).begin) is begins
    assert bool(turn(found, [GOING]).end) is ends
    assert turn(found, [GOING]).begin == ()


def test_the_next_period_begins_another_episode() -> None:
    """What was told of the last window says nothing of this one; seconds of difference in its reset do not matter."""
    resets_us = NOW_US + 5 * 3_600_000_000  # the window begins now
    found = conditions([LEVEL], limits(window(9_000, resets_us=resets_us)), ())
    changed = turn(found, [GOING])
    assert (len(changed.begin), changed.end) == (1, (GOING,))
    jittered = conditions([LEVEL], limits(window(9_000, resets_us=resets_us + 30_000_000)), ())
    assert turn(jittered, [Open(mark=MARK, began_us=NOW_US)]).begin == ()


def test_a_window_that_is_over_ends_its_episode_and_begins_none() -> None:
    """Its reading says nothing of now."""
    found = conditions([LEVEL, FORECAST], limits(window(9_900, is_over=True, resets_us=NOW_US - 1)), ())
    assert turn(found, [GOING]).end == (GOING,)
    assert turn(found, ()).begin == ()


def test_what_is_not_known_changes_nothing() -> None:
    """No limits, no forecast, a window without a reset time."""
    assert conditions([LEVEL, FORECAST], None, ()) == ()
    assert conditions([FORECAST], limits(window(9_000)), ()) == ()
    assert turn((), [GOING]).end == ()
    found = conditions([LEVEL], limits(window(9_000, resets_us=None)), ())
    assert turn(found, [GOING]) == turn(found, [Open(mark=MARK, began_us=0)])


def test_rules_are_about_the_windows_they_name() -> None:
    """Without a name, about all."""
    known = limits(window(9_000), window(9_500, name=SEVEN_DAY))
    assert [each.mark.subject for each in conditions([LEVEL], known, ())] == [FIVE_HOUR]
    every = Rule(name="x", when="level", used_bp=9_200)
    assert [each.mark.subject for each in turn(conditions([every], known, ()), ()).tell] == [SEVEN_DAY]


@pytest.mark.parametrize(
    ("chance_bp", "begins", "ends"), [(5_000, True, False), (4_000, False, False), (2_999, False, True)]
)
def test_a_forecast_has_its_chance(*, chance_bp: int, begins: bool, ends: bool) -> None:
    """It ends 20 points below."""
    found = conditions([FORECAST], limits(window(3_000, runs_out_bp=chance_bp)), ())
    assert bool(turn(found, ()).begin) is begins
    going = Open(mark=Mark(rule="f", subject=FIVE_HOUR, level="forecast"), began_us=NOW_US)
    assert bool(turn(found, [going]).end) is ends


def test_an_estimate_is_told_with_its_band() -> None:
    """A reading is told as it is."""
    (exact,) = conditions([LEVEL], limits(window(8_100)), ())
    (estimate,) = conditions([LEVEL], limits(window(8_100, spread_bp=150)), ())
    assert exact.said == "5-hour limit: 81% used"
    assert estimate.said == "5-hour limit: 81% used (estimate, 79.5% to 82.5%)"


def test_of_several_levels_only_the_highest_is_told_but_all_begin() -> None:
    """A budget found at 85 % is not told at 50 %; what is expected is another matter."""
    found = conditions((), None, [spent(85, ends=130)])
    changed = turn(found, ())
    assert [each.mark.level for each in changed.begin] == ["50%", "80%", "forecast"]
    assert [each.mark.level for each in changed.tell] == ["80%", "forecast"]
    assert changed.tell[0].said == "Budget of $100.00 per month: $85.00 spent, 85%"
    assert "about $130.00 expected by 2026-11-30 ($117.00 to $143.00)" in changed.tell[1].said


def test_an_overspent_budget_is_not_expected_to_be() -> None:
    """It is; and its expectation stays as it was."""
    assert [each.mark.level for each in conditions((), None, [spent(101, ends=130)])] == [
        "50%",
        "80%",
        "100%",
    ]


def test_a_budget_of_the_next_month_begins_anew() -> None:
    """Though it is spent at once."""
    going = Open(mark=Mark(rule="budget", subject="month", level="50%"), began_us=NOW_US - 10 * MINUTE_US)
    changed = turn(conditions((), None, [spent(60, began_us=NOW_US)]), [going])
    assert changed.end == (going,)
    assert [each.mark.level for each in changed.tell] == ["50%"]


def test_a_rule_on_budgets_takes_the_place_of_the_usual_one() -> None:
    """At its own shares, for its own budget, without a forecast."""
    rule = Rule(name="mine", when="budget", budget="month shop", at_bp=(9_000,), forecasts=False)
    states = [spent(95, of=budget(project="shop"), ends=200), spent(95)]
    assert [each.mark for each in conditions([rule], None, states)] == [
        Mark(rule="mine", subject="month shop", level="90%")
    ]
    assert ANY_BUDGET.name in {each.mark.rule for each in conditions([LEVEL], None, states)}


def test_what_nobody_asks_about_any_more_ends() -> None:
    """A rule or a budget that was taken out."""
    gone = Open(mark=Mark(rule="gone", subject=FIVE_HOUR, level="80%"), began_us=0)
    month = Open(mark=Mark(rule="budget", subject="month", level="50%"), began_us=0)
    assert turn((), [gone, GOING], is_dropped=dropped([LEVEL], ())).end == (gone,)
    assert turn((), [month], is_dropped=dropped([ANY_BUDGET], ())).end == (month,)
    assert turn((), [month], is_dropped=dropped((), [budget()])).end == ()


def test_names_and_texts_are_for_people() -> None:
    """Windows of models; control characters are gone."""
    assert [window_name(each) for each in (FIVE_HOUR, SEVEN_DAY, "seven_day_opus")] == [
        "5-hour limit",
        "Weekly limit",
        "Weekly limit (opus)",
    ]
    assert plain("a\x1b]0;x\x07b\n\u202ec") == "a ]0;x b  c"
    assert len(plain("x" * 9_999)) == 400
