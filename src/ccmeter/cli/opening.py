"""Opens the store for a command: brought up to date first, with prices and views in place."""

from __future__ import annotations

import contextlib
import gc
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ccmeter.config import paths
from ccmeter.domain.errors import StoreError, UsageError

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Iterator, Sequence

    from ccmeter.domain.filters import Grouping
    from ccmeter.ingest.update import Narration
    from ccmeter.pricing.cards import Overrides
    from ccmeter.pricing.rule import PriceBook
    from ccmeter.store.lease import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where a command reads and keeps."""

    store: Path
    claude_dirs: tuple[Path, ...]
    settings: Path | None
    """The settings file, which need not exist; None for the packaged prices as they are."""

    @property
    def existing_claude_dirs(self) -> tuple[Path, ...]:
        """The folders that are there."""
        return tuple(folder for folder in self.claude_dirs if folder.is_dir())


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A store ready to be asked."""

    connection: Connection
    prices: PriceBook
    """By which the connection prices."""
    problems: Counter[str]
    """What could not be read just now, by reason."""


@contextlib.contextmanager
def found(claude_dirs: Sequence[Path] | None, data_dir: Path | None) -> Iterator[Places]:
    """Find out where to read and keep. Raises UsageError for a named folder that does not exist."""
    for folder in claude_dirs or ():
        if not paths.expanded(folder).is_dir():
            raise UsageError(
                f"There is no folder {folder}.", hint="--claude-dir takes a folder such as ~/.claude."
            )
    yield Places(
        store=paths.data_dir(data_dir, os.environ) / paths.STORE_NAME,
        claude_dirs=paths.claude_dirs(claude_dirs or (), os.environ, paths.expanded(Path("~"))),
        settings=paths.config_file(os.environ),
    )


def overrides(file: Path | None) -> Overrides:
    """Give the prices of a person's own, from the settings file. Raises ConfigError."""
    from ccmeter.pricing.cards import NONE, OverridePrice, Overrides

    if file is None or not file.exists():
        return NONE
    from ccmeter.config import settings

    chosen = settings.load(file).pricing
    return Overrides(
        multiplier=chosen.multiplier,
        regional_premium=chosen.regional_premium,
        aliases=chosen.aliases,
        models={
            name: OverridePrice(
                input=price.input,
                output=price.output,
                cache_read=price.cache_read,
                cache_write=price.cache_write,
            )
            for name, price in chosen.models.items()
        },
    )


def grouping(*, merges_worktrees: bool) -> Grouping:
    """Give how folders make up projects, with what the settings say of them. Raises ConfigError."""
    from ccmeter.domain.filters import Grouping

    file, home = paths.config_file(os.environ), os.fspath(paths.expanded(Path("~")))
    if not file.exists():
        return Grouping(home=home, merges_worktrees=merges_worktrees)
    from ccmeter.config import document, settings

    found = document.read(file)
    # few people name their projects, and checking what they said takes longer than a report
    labels = settings.checked(found).projects if found and "projects" in found.content else ()
    return Grouping(home=home, labels=labels, merges_worktrees=merges_worktrees)


@contextlib.contextmanager
def store(where: Places, *, ingest: bool = True, narration: Narration | None = None) -> Iterator[Opened]:
    """Lend the store. Raises StoreError, IngestError and ConfigError."""
    from collections import Counter

    own = overrides(where.settings)
    problems: Counter[str] = Counter()
    # what is loaded by now lasts: else Python looks through it three times more as it ends, a tenth of a short command.
    # Not later: it must still find a connection that only the traceback of an error holds, or DuckDB complains of it
    if not gc.isenabled():  # what runs on, as the screen does, collects as usual
        gc.freeze()

    prices: list[PriceBook] = []

    def priced(connection: Connection) -> None:
        # not before: a first read's workers should be on their way while this process goes on loading
        from ccmeter.pricing.rule import PriceBook
        from ccmeter.pricing.table import rate_table
        from ccmeter.store import views

        table = rate_table(own)
        prices.append(PriceBook(table, own))
        views.hand_over(connection, table, prices[-1].name)

    with _connection(where, problems, narration, priced, ingest=ingest) as connection:
        yield Opened(connection=connection, prices=prices[-1], problems=problems)


def refuse_missing(where: Places, *, hint: str = "`ccmeter ingest` makes it.") -> None:
    """Raise StoreError if there is no store yet."""
    with contextlib.suppress(PermissionError):  # the lease will say so
        if not where.store.exists():
            raise StoreError(f"There is no store at {where.store} yet.", hint=hint)


@contextlib.contextmanager
def _connection(
    where: Places,
    problems: Counter[str],
    narration: Narration | None,
    prepare: Callable[[Connection], None],
    *,
    ingest: bool,
) -> Iterator[Connection]:
    if narration is None:
        from ccmeter.ingest.update import Narration

        narration = Narration()
    if not ingest:
        from ccmeter.store import lease

        refuse_missing(where, hint="Leave out --no-ingest to make it.")
        with lease.reading(where.store, waiting=narration.waiting) as connection:
            prepare(connection)
            yield connection
        return
    from ccmeter.ingest.discover import find
    from ccmeter.ingest.update import Updater

    updater = Updater(where.store, lambda: find(where.existing_claude_dirs), narration, prepare=prepare)
    with updater.up_to_date() as connection:
        problems.update(updater.problems)
        yield connection
    if where.settings is not None:  # else the store is thrown away
        from ccmeter.cli import housekeeping

        housekeeping.do(where.store, where.settings)
        folder = os.path.dirname(where.store)  # noqa: PTH120 - on every run
        if os.path.exists(os.path.join(folder, "sync.lock")):  # noqa: PTH110, PTH118 - else this machine does not sync
            from ccmeter.cli import turns

            turns.start_if_due(folder, os.fspath(where.settings))
