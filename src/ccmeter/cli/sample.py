"""Sample logs, packaged: they show what ccmeter does where there is nothing to read yet.

They go the whole way that real logs go, into a store that is thrown away at the end.
"""

from __future__ import annotations

import contextlib
import tempfile
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from ccmeter.cli.opening import Places
from ccmeter.config.paths import STORE_NAME

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ccmeter.domain.filters import Grouping


@contextlib.contextmanager
def places() -> Iterator[Places]:
    """Lend a place to read the sample logs from, and one to keep them meanwhile."""
    with (
        resources.as_file(resources.files("ccmeter.cli").joinpath("sample_logs")) as logs,
        tempfile.TemporaryDirectory(prefix="ccmeter-demo-") as folder,
    ):
        yield Places(store=Path(folder) / STORE_NAME, claude_dirs=(logs,), settings=None)


def grouping(*, merges_worktrees: bool) -> Grouping:
    """Give how the folders of the sample logs make up projects: by their shapes, for none of them was ever there."""
    from ccmeter.domain.filters import Grouping

    return Grouping(home="/home/sam", merges_worktrees=merges_worktrees)
