"""The JSON Schema (2020-12) of every document that a report gives: `schemas/<name>.json`, found by its name.

A schema says what a script may rely on: keys that are always there, and the type of each key. It allows more, because new
keys may come at any time. `schemaVersion` rises when a key goes away or changes its meaning.
"""

from __future__ import annotations

import os
from pathlib import Path

from ccmeter.domain.errors import UsageError

_FOLDER = Path(__file__).parent


def names() -> tuple[str, ...]:
    """Give the names of all schemas, sorted."""
    return tuple(sorted(name[:-5] for name in os.listdir(_FOLDER) if name.endswith(".json")))  # noqa: PTH208


def text_of(name: str) -> str:
    """Give a schema. Raises UsageError, which names those that there are."""
    if name not in names():
        raise UsageError(f"There is no schema '{name}'.", hint=f"There are: {', '.join(names())}.")
    return (_FOLDER / f"{name}.json").read_text("utf-8")
