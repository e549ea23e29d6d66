"""Short names for model ids: `claude-opus-4-5-20251101` reads `opus-4.5`.

Only an id that is wholly understood is shortened; anything else (`gpt-5.5`, `claude-opus-5-5-preview`) stands as
logged, because a wrong guess would show one model as another. Within one table no two ids share a name: those
that would are told apart by their date, then by the whole id. A name is printable ASCII, whatever the log says.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_VERSION = "[0-9]{1,2}(?:-[0-9]{1,2})?"
_CLAUDE = re.compile(
    r"(?P<vendor>(?:[a-z-]+\.)?anthropic\.)?claude-"
    rf"(?:(?P<family>[a-z]+)-(?P<version>{_VERSION})|(?P<old_version>{_VERSION})-(?P<old_family>[a-z]+))"
    r"(?P<date>-20[0-9]{6})?(?P<revision>-v[0-9]+(?::[0-9]+)?)?(?P<fast>-fast)?"
)


def short(model: str) -> str:
    """Give a model id's family and version, with its vendor prefix and fast mode where it has them."""
    return _named(model, with_date=False)


def names_of(models: Iterable[str]) -> dict[str, str]:
    """Give every id a name that no other id has, each as short as that allows."""
    level = dict.fromkeys(models, 0)
    names = {model: _LEVELS[0](model) for model in level}
    while clashing := _clashing(names, level):
        for model in clashing:
            level[model] += 1
            names[model] = _LEVELS[level[model]](model)
    return names


def _clashing(names: dict[str, str], level: dict[str, int]) -> list[str]:
    """Give the ids that share their name and can still take a longer one."""
    uses = Counter(names.values())
    return [model for model, name in names.items() if uses[name] > 1 and level[model] < len(_LEVELS) - 1]


def _dated(model: str) -> str:
    return _named(model, with_date=True)


def _as_logged(model: str) -> str:
    """Give the id itself; one that is not plain ASCII with escapes, so that no terminal shows it otherwise."""
    return model if model.isascii() and model.isprintable() else _escaped(model)


def _escaped(model: str) -> str:
    return model.encode("unicode_escape").decode("ascii")


def _named(model: str, *, with_date: bool) -> str:
    found = _CLAUDE.fullmatch(model)
    if found is None:
        return _as_logged(model)
    part = found.groupdict(default="")
    version = (part["version"] or part["old_version"]).replace("-", ".")
    date = part["date"] if with_date else ""
    fast = " fast" if part["fast"] else ""
    return f"{part['vendor']}{part['family'] or part['old_family']}-{version}{date}{fast}"


_LEVELS: tuple[Callable[[str], str], ...] = (short, _dated, _as_logged, _escaped)
