"""`ccmeter alerts list`: the rules in force, the episodes that were told, and what came of telling them."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

from ccmeter.domain.alerts import percent, window_name, with_budgets
from ccmeter.reports.cells import counted
from ccmeter.reports.table import Column, Kind, Note, Report, Row, Table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from zoneinfo import ZoneInfo

    from ccmeter.config.settings import Settings
    from ccmeter.domain.alerts import Rule
    from ccmeter.domain.budgets import Budget
    from ccmeter.reports.table import Json
    from ccmeter.store.episodes import Delivery, Episode

_RULES: Final = (
    Column(key="rule", title="Rule", kind=Kind.TEXT, is_foreign=True),
    Column(key="when", title="Told when", kind=Kind.TEXT, is_foreign=True, wraps=True),
    Column(key="channels", title="By", kind=Kind.TEXT, is_secondary=True),
)
_EPISODES: Final = (
    Column(key="began", title="Began", kind=Kind.TIME),
    Column(key="ended", title="Ended", kind=Kind.TEXT, drop=2, is_secondary=True),
    Column(key="rule", title="Rule", kind=Kind.TEXT, is_foreign=True, drop=1),
    Column(key="said", title="Told", kind=Kind.TEXT, is_foreign=True, wraps=True),
    Column(key="by", title="By", kind=Kind.TEXT, is_foreign=True, wraps=True),
)
_NO_RULES: Final = (
    "No alerts are set. `ccmeter budget set 200 --per month` makes a budget, of which you are told at 50, 80 and 100 %; "
    "docs/alerts.md has rules on limits."
)


def lay_out(
    chosen: Settings,
    budgets: Sequence[Budget],
    episodes: Sequence[Episode],
    deliveries: Sequence[Delivery],
    zone: ZoneInfo,
) -> Report:
    """Give the rules, and under them the episodes, newest first."""
    rules = with_budgets(chosen.alerts, has_budgets=bool(budgets))
    told = [each for each in episodes if each.said]
    notes = [] if rules else [Note(text=_NO_RULES)]
    if rules and not told:
        notes.append(Note(text="Nothing was told yet. `ccmeter alerts check` looks now."))
    table = Table(
        title="Alerts",
        caption=counted(len(rules), "rule"),
        columns=_RULES,
        rows=tuple(Row(cells=(rule.name, condition(rule), _channels(rule, chosen))) for rule in rules),
        notes=tuple(notes),
    )
    further = Table(
        title="Told",
        caption=f"the last {counted(len(told), 'episode')}",
        columns=_EPISODES,
        rows=tuple(_row(each, deliveries, zone) for each in told),
    )
    return Report(
        table=table,
        further=(further,) if told else (),
        document={
            "schemaVersion": 1,
            "rules": [
                {
                    "name": rule.name,
                    "when": rule.when,
                    "told": condition(rule),
                    "channels": list(_channels_of(rule, chosen)),
                }
                for rule in rules
            ],
            "episodes": [_document(each, deliveries, zone) for each in episodes],
        },
    )


def condition(rule: Rule) -> str:
    """Say in words when a rule is met."""
    limit = window_name(rule.window) if rule.window else "any limit"
    if rule.when == "level":
        return f"{limit} is used to {percent(rule.used_bp)}"
    if rule.when == "forecast":
        return f"{limit} will run out before its reset with a chance of {percent(rule.chance_bp)}"
    about = f"budget {rule.budget}" if rule.budget else "any budget"
    said = [f"is spent to {', '.join(map(percent, rule.at_bp))}"] if rule.at_bp else []
    said += ["is expected to be overspent"] if rule.forecasts else []
    return f"{about} {' or '.join(said) or 'never'}"


def _channels_of(rule: Rule, chosen: Settings) -> tuple[str, ...]:
    return chosen.notify.channels if rule.channels is None else rule.channels


def _channels(rule: Rule, chosen: Settings) -> str:
    return ", ".join(_channels_of(rule, chosen)) or "none"


def _row(episode: Episode, deliveries: Sequence[Delivery], zone: ZoneInfo) -> Row:
    ended = "goes on" if episode.ended_us is None else f"{_at(episode.ended_us, zone):%Y-%m-%d %H:%M}"
    by = "; ".join(map(_came_of, _of(episode, deliveries))) or "nobody"
    return Row(cells=(_at(episode.began_us, zone), ended, episode.mark.rule, episode.said, by))


def _came_of(delivery: Delivery) -> str:
    if delivery.done_us is not None:
        return delivery.channel
    if delivery.failed:
        return f"{delivery.channel} FAILED: {delivery.failed} ({counted(delivery.tries, 'try').replace('trys', 'tries')})"
    return f"{delivery.channel} waits"


def _of(episode: Episode, deliveries: Sequence[Delivery]) -> list[Delivery]:
    return [each for each in deliveries if (each.mark, each.began_us) == (episode.mark, episode.began_us)]


def _at(instant_us: int, zone: ZoneInfo) -> dt.datetime:
    return dt.datetime.fromtimestamp(instant_us // 1_000_000, zone)


def _document(episode: Episode, deliveries: Sequence[Delivery], zone: ZoneInfo) -> Json:
    return {
        "rule": episode.mark.rule,
        "subject": episode.mark.subject,
        "level": episode.mark.level,
        "began": _at(episode.began_us, zone).isoformat(),
        "ended": None if episode.ended_us is None else _at(episode.ended_us, zone).isoformat(),
        "told": episode.said or None,
        "channels": [
            {
                "channel": each.channel,
                "sent": each.done_us is not None,
                "tries": each.tries,
                "failed": each.failed or None,
            }
            for each in _of(episode, deliveries)
        ],
    }
