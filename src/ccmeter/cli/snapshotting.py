"""Leaves the status line's snapshot after the logs were read."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ccmeter.cli.opening import Opened, Places


def leave(opened: Opened, where: Places, *, time_zone: str) -> str:
    """Leave the snapshot beside the store; give what a person should be told if that was not possible, else nothing.

    Nothing else depends on the snapshot, so a full disk is no failure here.
    """
    from ccmeter.domain.filters import Filters
    from ccmeter.queries import hook

    try:
        hook.leave(
            opened.connection,
            Filters(time_zone=time_zone),
            prices=opened.prices,
            folder=where.store.parent,
            settings=where.settings,
            now=dt.datetime.now(dt.UTC),
        )
    except OSError as error:
        return f"The status line's snapshot could not be written: {error.strerror}."
    return ""
