"""A person's settings: one TOML file, checked as a whole, in which nothing unknown is passed over.

Most people have none, so the validating library is imported only where there is a file to check.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ccmeter.config import document
from ccmeter.domain.errors import ConfigError

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from pydantic import ValidationError

    from ccmeter.config.document import Document
    from ccmeter.domain.filters import Label


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
class Settings:
    """Everything that can be set, with its defaults."""

    pricing: PricingSettings = PricingSettings()
    projects: tuple[Label, ...] = ()
    """The tables `[projects."PATH"]`."""
    currency: CurrencySettings = CurrencySettings()
    history: HistorySettings = HistorySettings()


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

    tables = {
        name: value
        for name, value in found.content.items()
        if name in settings_schema.tables() and _is_table(name, value)
    }
    schema.check(found, leaving=set(tables) - set(schema.schema()["properties"]))
    try:
        return settings_schema.check(tables)
    except ValidationError as error:
        raise ConfigError(_told(error, found)) from error


def _is_table(name: str, value: object) -> bool:
    """Tell a table from an option of its name: `currency = "EUR"` sets `--currency`."""
    return name != "currency" or isinstance(value, dict)


def _told(error: ValidationError, found: Document) -> str:
    # of all that a value could have been, the one it came furthest with
    key, first = max(
        ((list(_key(each, found.content)), each) for each in error.errors()), key=lambda pair: len(pair[0])
    )
    return f"{found.place(key)}: {'.'.join(key)} is refused: {first['msg']}."


def _key(error: Mapping[str, Any], content: object) -> Iterator[str]:
    """Give the key that an error is about, without the names of alternatives between which pydantic tried to choose."""
    for part in error["loc"]:
        if isinstance(content, dict) and part in content:
            content = content[part]
            yield str(part)
        elif error["type"] == "missing":
            yield str(part)
