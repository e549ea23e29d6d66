"""What a settings file may say of budgets, of alerts and of how these are told, as pydantic models.

A rule says exactly what its kind needs: a key that would have no effect is a mistake, and is told.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from ccmeter.config import addresses
from ccmeter.config.settings import (
    BudgetEntry,
    CommandSettings,
    NotifySettings,
    OscForm,
    WebhookForm,
    WebhookSettings,
)
from ccmeter.domain.alerts import Rule, percent
from ccmeter.domain.budgets import Per  # noqa: TC001 - pydantic reads it
from ccmeter.domain.limits import FULL_BP

_WINDOWS: Final = {"5h": "five_hour", "week": "seven_day", "any": ""}
_PER_PERCENT: Final = 100

Channel: TypeAlias = Literal["bell", "osc", "desktop", "command", "webhook"]
_Percent = Annotated[Decimal, Field(gt=0, le=100, decimal_places=2)]
_Name = Annotated[str, Field(min_length=1, max_length=80, pattern=r"^\S(.*\S)?$")]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class Budget(_Model):
    """A table `[[budgets]]`."""

    amount: Annotated[Decimal, Field(ge=Decimal("0.01"), le=1_000_000)]
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")] | None = None
    per: Per = "month"
    project: _Name | None = None


class Alert(_Model):
    """A table `[[alerts]]`."""

    name: _Name | None = None
    when: Literal["level", "forecast", "budget"]
    window: Annotated[str, Field(pattern="^[a-z0-9_]{1,60}$")] | None = None
    used: _Percent | None = None
    left: _Percent | None = None
    chance: _Percent | None = None
    budget: _Name | None = None
    at: list[_Percent] | None = None
    forecast: bool | None = None
    channels: list[Channel] | None = None

    @model_validator(mode="after")
    def _fits(self) -> Alert:
        kinds = {
            "level": ("window", "used", "left"),
            "forecast": ("window", "chance"),
            "budget": ("budget", "at", "forecast"),
        }
        for key in ("window", "used", "left", "chance", "budget", "at", "forecast"):
            if getattr(self, key) is not None and key not in kinds[self.when]:
                msg = f'`{key}` has no effect with when = "{self.when}", which takes {", ".join(kinds[self.when])}'
                raise ValueError(msg)
        if self.when == "level" and (self.used is None) == (self.left is None):
            msg = 'when = "level" needs either `used` or `left`, in percent'
            raise ValueError(msg)
        if self.left == _PER_PERCENT:
            msg = "`left` must be less than 100"
            raise ValueError(msg)
        return self


class _Command(_Model):
    argv: Annotated[list[str], Field(min_length=1)]
    timeout_s: Annotated[int, Field(alias="timeout-s", ge=1, le=60)] = 10


def _address(url: str) -> str:
    """Refuse an address that would carry an alert in the open."""
    if url.startswith(addresses.KEYRING):
        return url
    if fault := addresses.fault(url):
        raise ValueError(fault)
    return url


class _Webhook(_Model):
    url: Annotated[str, AfterValidator(_address)]
    form: WebhookForm = "json"
    headers: dict[Annotated[str, Field(pattern="^[A-Za-z0-9-]{1,60}$")], str] = Field(default_factory=dict)
    timeout_s: Annotated[int, Field(alias="timeout-s", ge=1, le=30)] = 5


class Notify(_Model):
    """The table `[notify]`."""

    channels: tuple[Channel, ...] = ("bell", "osc")
    osc: OscForm = "9"
    command: _Command | None = None
    webhook: _Webhook | None = None


def distinct_budgets(budgets: list[Budget]) -> list[Budget]:
    """Refuse two budgets for the same period of the same project."""
    seen = {(each.per, each.project) for each in budgets}
    if len(seen) < len(budgets):
        msg = "two of them are for the same period and project"
        raise ValueError(msg)
    return budgets


def distinct_alerts(alerts: list[Alert]) -> list[Alert]:
    """Refuse two rules of one name: what was told of one would be taken as told of the other."""
    if len({name_of(each) for each in alerts}) < len(alerts):
        msg = "two of them bear the same name, or say the same"
        raise ValueError(msg)
    return alerts


def name_of(alert: Alert) -> str:
    """Give the name of a rule, made from what it says where it has none."""
    if alert.name:
        return alert.name
    if alert.when == "level":
        return f"{alert.window or 'any'} {percent(_used_bp(alert))}"
    if alert.when == "forecast":
        return f"{alert.window or 'any'} forecast"
    return f"budget {alert.budget}" if alert.budget else "budget"


def budget_of(entry: Budget) -> BudgetEntry:
    """Give a budget as a plain value."""
    currency = None if entry.currency == "USD" else entry.currency
    return BudgetEntry(amount=entry.amount, currency=currency, per=entry.per, project=entry.project or "")


def rule_of(alert: Alert) -> Rule:
    """Give a rule as a plain value."""
    at = alert.at if alert.at is not None else [Decimal(each) for each in (50, 80, 100)]
    return Rule(
        name=name_of(alert),
        when=alert.when,
        window=_WINDOWS.get(alert.window or "any", alert.window or ""),
        used_bp=_used_bp(alert),
        chance_bp=_bp(alert.chance if alert.chance is not None else Decimal(50)),
        budget=alert.budget or "",
        at_bp=tuple(sorted({_bp(each) for each in at})),
        forecasts=alert.forecast is not False,
        channels=None if alert.channels is None else tuple(dict.fromkeys(alert.channels)),
    )


def notify_of(notify: Notify) -> NotifySettings:
    """Give how alerts are told as a plain value."""
    command, webhook = notify.command, notify.webhook
    return NotifySettings(
        channels=tuple(dict.fromkeys(notify.channels)),
        osc=notify.osc,
        command=CommandSettings(argv=tuple(command.argv), timeout_s=command.timeout_s)
        if command
        else CommandSettings(),
        webhook=WebhookSettings(
            url=webhook.url, form=webhook.form, headers=webhook.headers, timeout_s=webhook.timeout_s
        )
        if webhook
        else WebhookSettings(),
    )


def _used_bp(alert: Alert) -> int:
    if alert.left is not None:
        return FULL_BP - _bp(alert.left)
    return _bp(alert.used or Decimal(0))


def _bp(share: Decimal) -> int:
    return int(share * _PER_PERCENT)
