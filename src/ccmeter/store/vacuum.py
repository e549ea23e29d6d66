"""Makes a store's file as small as what it holds: a compared copy takes its place while nobody else can use it.

A kill at any moment leaves the old file or the new one, whole; what was half written aside is swept later.
"""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

from ccmeter.store import copying, lease

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def vacuum(
    store: Path, *, progress: Callable[[int, int], object], waiting: Callable[[str], object] = str
) -> tuple[int, int]:
    """Compact the store; give its bytes before and after. Raises StoreError."""
    with lease.writing(store, waiting=waiting) as connection, copying.aside(store) as made:
        connection.execute("checkpoint")
        before = store.stat().st_size
        ((source,),) = connection.execute("select current_database()").fetchall()
        copying.copy(connection, f'"{source}"', made, progress)
        with contextlib.ExitStack() as stack:
            if lease.REPLACES_OPEN:  # nobody may take up the new file before the old one is closed
                stack.enter_context(lease.holding(made, is_exclusive=True))
            else:
                connection.close()
            os.replace(made, store)  # noqa: PTH105
            copying.synced(store.parent)
            connection.close()
    return before, store.stat().st_size
