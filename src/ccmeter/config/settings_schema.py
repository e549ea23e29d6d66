"""What a settings file may hold, as pydantic models; turned into plain values as soon as they are checked."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from ccmeter.config import alerts_schema
from ccmeter.config.settings import Cadence as _Cadence
from ccmeter.config.settings import (
    CurrencySettings,
    HistorySettings,
    OwnPrice,
    PricingSettings,
    Settings,
    SyncSettings,
)
from ccmeter.config.settings import ProjectsTold as _ProjectsTold
from ccmeter.config.settings import SecretsPlace as _SecretsPlace
from ccmeter.domain.filters import Label
from ccmeter.domain.projects import is_whole

# 1,000 USD per million tokens, times any multiplier below, keeps every cost within 64 bits (domain.rates.MOST_PICO)
_Price = Annotated[Decimal, Field(ge=0, le=100)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class _OwnPrice(_Model):
    input: _Price
    output: _Price
    cache_read: _Price | None = None
    cache_write: _Price | None = None


class _Pricing(_Model):
    multiplier: Annotated[Decimal, Field(ge=0, le=2)] = Decimal(1)
    regional_premium: bool = False
    aliases: dict[str, str] = Field(default_factory=dict)
    models: dict[str, _OwnPrice] = Field(default_factory=dict)


class _History(_Model):
    backups: bool = True
    keep_backups: Annotated[int, Field(alias="keep-backups", ge=1, le=366)] = 7
    keep_days: Annotated[int, Field(alias="keep-days", ge=0, le=36_500)] = 0


class _Sync(_Model):
    projects: _ProjectsTold = "names"
    keystore: _SecretsPlace = "auto"
    auto: bool = True
    every: Annotated[int, Field(ge=1, le=1_440)] = 5
    cadence: _Cadence = "live"


_Rate = Annotated[Decimal, Field(gt=0, le=1_000_000)]


class _Currency(_Model):
    code: Annotated[str, Field(pattern="^[A-Za-z]{3}$")] | None = None
    rates: dict[Annotated[str, Field(pattern="^[A-Z]{3}$")], _Rate | dict[dt.date, _Rate]] = Field(
        default_factory=dict
    )


_Name = Annotated[str, Field(min_length=1, max_length=80, pattern=r"^\S(.*\S)?$")]


def _whole(path: str) -> str:
    if not (is_whole(path) or path.startswith("~")):
        msg = "a project is named by its whole path, such as ~/work/shop"
        raise ValueError(msg)
    return path


_Folder = Annotated[str, AfterValidator(_whole)]


class _Project(_Model):
    alias: _Name | None = None
    group: _Name | None = None
    tags: list[_Name] = Field(default_factory=list)


class _Settings(_Model):
    pricing: _Pricing = _Pricing()
    projects: dict[_Folder, _Project] = Field(default_factory=dict)
    currency: _Currency = _Currency()
    history: _History = _History()
    budgets: Annotated[list[alerts_schema.Budget], AfterValidator(alerts_schema.distinct_budgets)] = Field(
        default_factory=list
    )
    alerts: Annotated[list[alerts_schema.Alert], AfterValidator(alerts_schema.distinct_alerts)] = Field(
        default_factory=list
    )
    notify: alerts_schema.Notify = alerts_schema.Notify()
    secrets: _SecretsPlace = "auto"
    sync: _Sync = _Sync()


def check(document: dict[str, Any]) -> Settings:
    """Turn a decoded settings file into settings. Raises pydantic.ValidationError."""
    settings = _Settings.model_validate(document)
    pricing, history, currency = settings.pricing, settings.history, settings.currency
    return Settings(
        budgets=tuple(map(alerts_schema.budget_of, settings.budgets)),
        alerts=tuple(map(alerts_schema.rule_of, settings.alerts)),
        notify=alerts_schema.notify_of(settings.notify),
        secrets=settings.secrets,
        sync=SyncSettings(**settings.sync.model_dump()),
        currency=CurrencySettings(
            code=currency.code,
            rates={
                code: rate if isinstance(rate, dict) else {dt.date.min: rate}
                for code, rate in currency.rates.items()
            },
        ),
        projects=tuple(
            Label(path=path, alias=each.alias or "", group=each.group or "", tags=tuple(each.tags))
            for path, each in settings.projects.items()
        ),
        history=HistorySettings(
            backups=history.backups, keep_backups=history.keep_backups, keep_days=history.keep_days
        ),
        pricing=PricingSettings(
            multiplier=pricing.multiplier,
            regional_premium=pricing.regional_premium,
            aliases=pricing.aliases,
            models={name: OwnPrice(**price.model_dump()) for name, price in pricing.models.items()},
        ),
    )


def tables() -> list[str]:
    """Give the names of the tables that are checked here."""
    return list(_Settings.model_fields)


def rules() -> dict[str, Any]:
    """Give the schema of the tables: their `properties`, and the `$defs` that these refer to."""
    schema = _without_titles(_Settings.model_json_schema())
    return {"properties": schema["properties"], "$defs": schema["$defs"]}


def _without_titles(rule: Any) -> Any:
    """Take out the names and defaults that pydantic makes up, which say nothing to a person."""
    if isinstance(rule, list):
        return [_without_titles(each) for each in rule]
    if not isinstance(rule, dict):
        return rule
    dropped = {"title", "default"} if isinstance(rule.get("title", ""), str) else set()
    return {name: _without_titles(each) for name, each in rule.items() if name not in dropped}
