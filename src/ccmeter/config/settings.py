"""A person's settings: one TOML file, checked as a whole, in which nothing unknown is passed over.

Most people have none, so the validating library is imported only where there is a file to check.
"""

from __future__ import annotations

import difflib
import tomllib
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import takewhile
from operator import eq
from typing import TYPE_CHECKING, Any

from ccmeter.domain.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pydantic import ValidationError


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
class Settings:
    """Everything that can be set, with its defaults."""

    pricing: PricingSettings = PricingSettings()


def load(file: Path) -> Settings:
    """Read a settings file; the defaults if there is none. Raises ConfigError, which names file, key and remedy."""
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        return Settings()
    except OSError as error:
        raise ConfigError(f"The settings {file} cannot be read: {error.strerror}.") from error
    try:
        document = tomllib.loads(content.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"The settings {file} are not valid TOML: {error}.") from error
    return _checked(document, file, content.decode("utf-8"))


def _checked(document: dict[str, Any], file: Path, text: str) -> Settings:
    from pydantic import ValidationError

    from ccmeter.config import settings_schema

    try:
        return settings_schema.check(document)
    except ValidationError as error:
        raise ConfigError(_told(error, file, text), hint=_hint(error)) from error


def _told(error: ValidationError, file: Path, text: str) -> str:
    first = error.errors()[0]
    key = ".".join(str(part) for part in first["loc"])
    line = _line_of([str(part) for part in first["loc"]], text)
    reason = "is not a setting" if first["type"] == "extra_forbidden" else f"is refused: {first['msg']}"
    return f"{file}{f', line {line}' if line else ''}: {key} {reason}."


def _hint(error: ValidationError) -> str:
    from ccmeter.config import settings_schema

    first = error.errors()[0]
    if first["type"] == "extra_forbidden":
        near = difflib.get_close_matches(str(first["loc"][-1]), settings_schema.keys(), 1)
        if near:
            return f"Did you mean {near[0]}?"
    return ConfigError.hint


def _line_of(key: list[str], text: str) -> int | None:
    """Find the line of a key, or of what it would stand in: a missing key stands nowhere."""
    table: list[str] = []
    nearest, depth = None, 0
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith("["):
            path = table = _parts(line.strip().lstrip("[").partition("]")[0])
        else:
            path = table + _parts(line.partition("=")[0])
        shared = sum(1 for _ in takewhile(bool, map(eq, path, key)))
        if shared > depth:
            nearest, depth = number, shared
    return nearest


def _parts(dotted: str) -> list[str]:
    """Read a TOML key: `a."b.c"` is `a` and `b.c`. Nothing, where the text is no key."""
    try:
        found: object = tomllib.loads(f"{dotted} = 0")
    except tomllib.TOMLDecodeError:
        return []
    parts = []
    while isinstance(found, dict) and found:
        (part,) = found
        parts.append(part)
        found = found[part]
    return parts
