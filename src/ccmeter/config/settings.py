"""A person's settings: one TOML file, checked as a whole, in which nothing unknown is passed over.

Most people have none, so the validating library is imported only where there is a file to check.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from ccmeter.config import document

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from pydantic import ValidationError

    from ccmeter.config.document import Document
    from ccmeter.config.schema import Fault
    from ccmeter.domain.alerts import Rule
    from ccmeter.domain.budgets import Per
    from ccmeter.domain.filters import Label

WebhookForm: TypeAlias = Literal["json", "slack", "discord"]
OscForm: TypeAlias = Literal["9", "777", "both"]
SecretsPlace: TypeAlias = Literal["auto", "keyring", "file"]
ProjectsTold: TypeAlias = Literal["names", "ids", "off"]
Cadence: TypeAlias = Literal["live", "hourly", "daily"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnPrice:
    """What a person says a model costs, in USD per million tokens, in place of its list price."""

    input: Decimal
    output: Decimal
    cache_read: Decimal | None = None
    """None: a tenth of `input`."""
    cache_write: Decimal | None = None
    """Of either lifetime. None: 1.25 times `input`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PricingSettings:
    """The table `[pricing]` of the settings file."""

    multiplier: Decimal = Decimal(1)
    """Scales every price per token; searches are not scaled."""
    regional_premium: bool = False
    """Charge 10 % more for regional Bedrock and Vertex endpoints."""
    aliases: Mapping[str, str] = field(default_factory=dict)
    """Foreign model ids, such as inference-profile names, and the models they stand for."""
    models: Mapping[str, OwnPrice] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class HistorySettings:
    """The table `[history]` of the settings file."""

    backups: bool = True
    """Copy the store once a day, when something was stored."""
    keep_backups: int = 7
    """How many of those are kept."""
    keep_days: int = 0
    """Forget usage older than so many days; 0 keeps it for ever."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CurrencySettings:
    """The table `[currency]` of the settings file."""

    code: str | None = None
    """What `--currency` is where nothing else says it; None: US dollars."""
    rates: Mapping[str, Mapping[dt.date, Decimal]] = field(default_factory=dict)
    """By code, what a dollar is worth from a day on. A rate without a day stands at the earliest day there is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetEntry:
    """A table `[[budgets]]` of the settings file."""

    amount: Decimal
    currency: str | None = None
    """Three capitals; None: US dollars."""
    per: Per = "month"
    project: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandSettings:
    """The table `[notify.command]`: a program of a person's own."""

    argv: tuple[str, ...] = ()
    timeout_s: int = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookSettings:
    """The table `[notify.webhook]`: an address that alerts are sent to."""

    url: str = ""
    """Or `keyring:NAME`, as any value of a header."""
    form: WebhookForm = "json"
    headers: Mapping[str, str] = field(default_factory=dict)
    timeout_s: int = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifySettings:
    """The table `[notify]`: how alerts are told."""

    channels: tuple[str, ...] = ("bell", "osc")
    """Where a rule names none. These two speak to the terminal that one is at, and to nobody else."""
    osc: OscForm = "9"
    command: CommandSettings = CommandSettings()
    webhook: WebhookSettings = WebhookSettings()


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncSettings:
    """The table `[sync]` of the settings file."""

    projects: ProjectsTold = "names"
    """What the other machines are told of projects: their names, ids that only say which are the same, or nothing."""
    keystore: SecretsPlace = "auto"
    """Where the keys of the vault are kept."""
    auto: bool = True
    """Whether commands and the monitor sync by themselves."""
    every: int = 5
    """Minutes that commands wait between two syncs."""
    cadence: Cadence = "live"
    """How seldom this machine syncs by itself at most: the server sees when it does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that can be set, with its defaults."""

    pricing: PricingSettings = PricingSettings()
    projects: tuple[Label, ...] = ()
    """The tables `[projects."PATH"]`."""
    currency: CurrencySettings = CurrencySettings()
    history: HistorySettings = HistorySettings()
    budgets: tuple[BudgetEntry, ...] = ()
    """The tables `[[budgets]]`."""
    alerts: tuple[Rule, ...] = ()
    """The tables `[[alerts]]`."""
    notify: NotifySettings = NotifySettings()
    secrets: SecretsPlace = "auto"
    """Where secrets are kept: in the keyring, in a file, or in the first of these that there is."""
    sync: SyncSettings = SyncSettings()


def load(file: Path) -> Settings:
    """Read the tables of a settings file; the defaults if there is none. Raises ConfigError: file, line, remedy."""
    from ccmeter.config import schema

    found = document.read(file)
    if found is None:
        return Settings()
    if schema.schema()["properties"].keys() >= found.content.keys() and not schema.tables(found.content):
        schema.check(found)  # nothing but options, which need no pydantic
        return Settings()
    return checked(found)


def checked(found: Document) -> Settings:
    """Check all that a settings file says, and give its tables. Raises ConfigError, which names file, key and remedy."""
    from pydantic import ValidationError

    from ccmeter.config import schema, settings_schema

    schema.check(found)
    try:
        return settings_schema.check(_tables(found))
    except ValidationError as error:
        first, *_ = _faults(error, found)
        raise schema.refusal(found, first) from error


def faults(found: Document) -> list[Fault]:
    """Give all that is wrong with a settings file, in the order of its lines."""
    from pydantic import ValidationError

    from ccmeter.config import schema, settings_schema

    wrong = list(schema.faults(found))
    try:
        settings_schema.check(_tables(found))
    except ValidationError as error:
        for fault in _faults(error, found):
            if not any(_is_within(fault.key, each.key) or _is_within(each.key, fault.key) for each in wrong):
                wrong.append(fault)
    return sorted(wrong, key=lambda fault: found.line_of(fault.key) or 0)


def _tables(found: Document) -> dict[str, Any]:
    from ccmeter.config import settings_schema

    return {
        name: value
        for name, value in found.content.items()
        if name in settings_schema.tables() and _is_table(name, value)
    }


def _is_table(name: str, value: object) -> bool:
    """Tell a table from an option of its name: `currency = "EUR"` sets `--currency`."""
    return name != "currency" or isinstance(value, dict)


def _faults(error: ValidationError, found: Document) -> list[Fault]:
    """Give what pydantic refuses, each key once."""
    from ccmeter.config.schema import Fault

    keyed: dict[tuple[str, ...], str] = {}
    for each in error.errors():
        keyed.setdefault(tuple(_key(each, found.content)), each["msg"].removeprefix("Value error, "))
    # of all that a value could have been, the one it came furthest with
    return [
        Fault(key, f"is refused: {reason}")
        for key, reason in keyed.items()
        if not any(_is_within(other, key) for other in keyed if other != key)
    ]


def _is_within(key: tuple[str, ...], table: tuple[str, ...]) -> bool:
    return key[: len(table)] == table


def _key(error: Mapping[str, Any], content: object) -> Iterator[str]:
    """Give the key that an error is about, without the names of alternatives between which pydantic tried to choose."""
    for part in error["loc"]:
        if isinstance(content, dict) and part in content:
            content = content[part]
            yield str(part)
        elif isinstance(content, list) and isinstance(part, int):
            content = content[part]
        elif error["type"] == "missing":
            yield str(part)
