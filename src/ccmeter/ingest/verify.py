"""Reads the logs that still exist once more, into a store of their own, to compare it with the one that is kept.

What was forgotten is forgotten here too, else it would be taken for missing.
"""

from __future__ import annotations

import contextlib
import datetime as dt
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ccmeter.ingest.update import Updater

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from ccmeter.ingest.discover import Found
    from ccmeter.ingest.update import Narration


@dataclass(frozen=True, slots=True, kw_only=True)
class Anew:
    """A store made of the logs as they are now."""

    path: Path
    problems: Counter[str]
    """What could not be read, by reason."""


@contextlib.contextmanager
def read_anew(store: Path, walk: Callable[[], Found], narration: Narration) -> Iterator[Anew]:
    """Lend a store made of the logs alone, without what `store` has forgotten. Raises StoreError and IngestError."""
    from ccmeter.store import copying, forget, lease

    with lease.reading(store, waiting=narration.waiting) as connection:
        rules = forget.kept_rules(connection)
    with copying.aside(store) as made:
        with lease.writing(made) as connection:
            forget.carry(connection, rules, now=dt.datetime.now(dt.UTC))
        updater = Updater(made, walk, narration)
        with updater.up_to_date():
            pass
        yield Anew(path=made, problems=Counter(updater.problems))
