"""Says which filter chooses nothing, and what may have been meant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ccmeter.queries.unmatched import Thing, Unmatched

_FAULTS: Final[dict[Thing, tuple[str, str]]] = {
    "project": ("There is no project '{}'.", "`ccmeter project list` lists all."),
    "tag": ("No project has the tag '{}'.", "`ccmeter project list` lists all."),
    "model": ("There is no model with '{}' in its name.", "`ccmeter model` lists all."),
    "session": ("No session begins with '{}'.", "`ccmeter session` lists all."),
}


def told(unmatched: Iterable[Unmatched]) -> str:
    """Give a sentence or two for each, on one line; empty where there are none."""
    from ccmeter.reports.foreign import harmless

    sentences = []
    for each in unmatched:
        fault, listed = _FAULTS[each.thing]
        *others, last = map(harmless, each.nearest or ("",))
        meant = f"{', '.join(others)} or {last}" if others else last
        sentences.append(fault.format(harmless(each.value)))
        sentences.append(f"Did you mean {meant}?" if meant else listed)
    return " ".join(sentences)
