from decimal import Decimal
from pathlib import Path

import pytest

from ccmeter.config import budgets, document, settings
from ccmeter.domain.alerts import Rule
from ccmeter.domain.errors import ConfigError
from support.alerting import NOW

TODAY = NOW.date()


def load(text: str) -> settings.Settings:
    return settings.checked(document.parse(text, Path("c.toml")))


def test_rules_are_read() -> None:
    """With names of their own where they have none; `left` is `used` from the other side."""
    found = load("""
[[alerts]]
when = "level"
window = "5h"
used = 80
[[alerts]]
name = "soon"
when = "level"
left = 12.5
channels = ["bell", "bell"]
[[alerts]]
when = "forecast"
window = "week"
[[alerts]]
when = "budget"
at = [100, 90]
forecast = false
""").alerts
    assert found == (
        Rule(name="5h 80%", when="level", window="five_hour", used_bp=8_000, chance_bp=5_000),
        Rule(name="soon", when="level", used_bp=8_750, chance_bp=5_000, channels=("bell",)),
        Rule(name="week forecast", when="forecast", window="seven_day", chance_bp=5_000),
        Rule(name="budget", when="budget", chance_bp=5_000, at_bp=(9_000, 10_000), forecasts=False),
    )


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('[[alerts]]\nwhen = "level"\n', "either `used` or `left`"),
        ('[[alerts]]\nwhen = "level"\nused = 1\nleft = 1\n', "either `used` or `left`"),
        ('[[alerts]]\nwhen = "level"\nleft = 100\n', "less than 100"),
        ('[[alerts]]\nwhen = "level"\nused = 101\n', "at most 100"),
        ('[[alerts]]\nwhen = "forecast"\nused = 1\n', "`used` has no effect"),
        ('[[alerts]]\nwhen = "budget"\nwindow = "5h"\n', "`window` has no effect"),
        ('[[alerts]]\nwhen = "never"\n', "cannot be 'never'"),
        ('[[alerts]]\nwhen = "budget"\nchannels = ["pigeon"]\n', "cannot be 'pigeon'"),
        ('[[alerts]]\nwhen = "budget"\n[[alerts]]\nwhen = "budget"\n', "bear the same name"),
        ("[[budgets]]\namount = 0\n", "at least 0.01"),
        ('[[budgets]]\namount = 1\nper = "year"\n', "cannot be 'year'"),
        ("[[budgets]]\namount = 1\n[[budgets]]\namount = 2\n", "same period and project"),
        ('[notify.webhook]\nurl = "http://example.com/t0ps3cret"\n', "must begin with https"),
        ('[notify.command]\nargv = "rm -rf"\n', "must be a list"),
        ('secrets = "here"\n', "cannot be 'here'"),
    ],
)
def test_what_would_have_no_effect_is_refused(text: str, reason: str) -> None:
    """With the line; and no error holds an address."""
    with pytest.raises(ConfigError) as refused:
        load(text)
    assert reason in str(refused.value)
    assert "Value error" not in str(refused.value)
    assert "c.toml" in str(refused.value)
    assert "t0ps3cret" not in str(refused.value) + refused.value.hint


def test_the_ways_of_telling_are_read() -> None:
    """The defaults speak to the terminal alone."""
    assert load("").notify.channels == ("bell", "osc")
    found = load("""
secrets = "file"
[notify]
channels = ["webhook", "command"]
osc = "777"
[notify.command]
argv = ["say", "hello you"]
timeout-s = 3
[notify.webhook]
url = "keyring:hook"
form = "slack"
headers = { Authorization = "keyring:auth" }
""")
    assert (found.secrets, found.notify.osc, found.notify.channels) == ("file", "777", ("webhook", "command"))
    assert (found.notify.command.argv, found.notify.command.timeout_s) == (("say", "hello you"), 3)
    assert (found.notify.webhook.url, found.notify.webhook.form) == ("keyring:hook", "slack")
    assert load('[notify.webhook]\nurl = "http://127.0.0.1:8000"\n').notify.webhook.timeout_s == 5


def test_a_budget_in_another_currency_takes_the_rate_of_the_day(tmp_path: Path) -> None:
    """200 euros at 0.92 are 217.39 dollars; without a rate it is an error that says how to give one."""
    file = tmp_path / "c.toml"
    assert budgets.load(file, TODAY) == ()
    file.write_text('[[budgets]]\namount = 200\ncurrency = "EUR"\n')
    with pytest.raises(ConfigError, match="no rate"):
        budgets.load(file, TODAY)
    with file.open("a") as more:
        more.write("[currency.rates]\nEUR = 0.92\n")
    (found,) = budgets.load(file, TODAY)
    assert (found.amount_pico, found.title) == (217_391_304_347_826, "€200.00 per month")


def test_budgets_are_set_and_taken_out_one_by_one(tmp_path: Path) -> None:
    """What a person wrote around them stays."""
    file = tmp_path / "c.toml"
    file.write_text('# mine\norder = "desc"\n\n[[budgets]] # all\namount = 5 # little\nper = "day"\n')
    assert not budgets.put(file, amount=Decimal("49.50"), currency=None, per="month", project="a b")
    assert budgets.put(file, amount=Decimal(7), currency=None, per="day", project="")
    text = file.read_text()
    assert "# mine" in text
    assert "amount = 7 # little" in text
    assert [each.title for each in budgets.load(file, TODAY)] == ["$7.00 per day", "$49.50 per month, a b"]
    assert budgets.remove(file, per="day", project="")
    assert not budgets.remove(file, per="day", project="")
    assert budgets.remove(file, per="month", project="a b")
    assert document.read(file).content == {"order": "desc"}  # type: ignore[union-attr]


def test_a_currency_goes_when_dollars_are_set(tmp_path: Path) -> None:
    """Whatever the entry had before."""
    file = tmp_path / "c.toml"
    file.write_text('currency.rates.EUR = 0.9\nbudgets = [{amount = 5, currency = "EUR"}]\n')
    assert budgets.put(file, amount=Decimal(6), currency=None, per="month", project="")
    assert [each.title for each in budgets.load(file, TODAY)] == ["$6.00 per month"]
    wrong = tmp_path / "w.toml"
    wrong.write_text("budgets = 1\n")
    with pytest.raises(ConfigError, match="no list of tables"):
        budgets.put(wrong, amount=Decimal(6), currency=None, per="month", project="")
