"""The values that an option can take, where they are few: for completion, and for the schema of the settings file.

An option whose help says `asc|desc` takes these two. Where the values are not known when the help is written, they
are looked up here.
"""

from __future__ import annotations

import calendar
from typing import TYPE_CHECKING, Final

from ccmeter.cli.settings import key_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from typer._click.core import Parameter


def of(param: Parameter) -> tuple[str, ...]:
    """Give the values that an option takes; none where it takes any."""
    metavar = param.metavar or ""
    if "|" in metavar and metavar.replace("|", "").replace("-", "").isalnum() and metavar.islower():
        return tuple(metavar.split("|"))
    found = _LOOKED_UP.get((key_of(param) or "", metavar))
    return found() if found else ()


def _formats() -> tuple[str, ...]:
    from ccmeter.reports import formats

    return formats.names()


def _modes() -> tuple[str, ...]:
    from ccmeter.domain.filters import COST_MODES

    return COST_MODES


def _weekdays() -> tuple[str, ...]:
    return tuple(name.lower() for name in calendar.day_name)


_LOOKED_UP: Final[Mapping[tuple[str, str], Callable[[], tuple[str, ...]]]] = {
    ("format", "NAME"): _formats,
    ("mode", "MODE"): _modes,
    ("start-of-week", "DAY"): _weekdays,
}
