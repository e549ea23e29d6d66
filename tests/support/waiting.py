"""Waits in tests for what is bound to come."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

_T = TypeVar("_T")
_LONGEST_S = 120.0


def until(what: Callable[[], _T | None]) -> _T:
    """Give the first answer that is one."""
    end_s = time.monotonic() + _LONGEST_S
    while time.monotonic() < end_s:
        if found := what():
            return found
        time.sleep(0.02)
    raise AssertionError("it never came")
