"""A table as columns of plain values, each of one type: what a file with types of its own is made of.

It stands between a format, which knows what a cell means, and the store, which alone can write Parquet: neither has to
know the other. Values are the plainest that say it all, so that whoever writes them cannot round them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias


class Type(Enum):
    """What the values of a column are; None is always possible."""

    TEXT = "text"
    """Text."""
    TEXTS = "texts"
    """Several texts, as a tuple."""
    DAY = "day"
    """A calendar day, as ISO text."""
    INSTANT = "instant"
    """A time in UTC, as microseconds since 1970."""
    INTEGER = "integer"
    """A whole number."""
    USD = "usd"
    """An amount with twelve decimals, as plain text."""
    NUMBER = "number"
    """A number with at most six decimals, as plain text."""
    DOUBLE = "double"
    """Any number, as plain text."""


Value: TypeAlias = "int | str | tuple[str, ...] | None"


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedColumn:
    """One column of a file."""

    key: str
    type: Type
    values: tuple[Value, ...]
