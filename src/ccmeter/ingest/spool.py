"""Takes in the spool: the files that the status line hook appends to, read from where the last ingest ended.

How far a file has been taken in stands in the store and moves together with its readings. A last line without its newline
waits for the rest. Files of days before yesterday go once they are taken in: no hook writes to them any more.
"""

from __future__ import annotations

import datetime as dt
import os
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Mapping
    from pathlib import Path

    from ccmeter.store.lease import Connection

FOLDER: Final = "spool"
"""Beside the store; `statusline.spool` writes there."""
UNREADABLE: Final = "unreadable file in the spool"
_BEGINS: Final = "readings-"
_ENDS: Final = ".jsonl"
_AT_ONCE_BYTES: Final = 4 << 20
"""Some 15,000 lines, taken in by one transaction."""
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def sizes(data: Path) -> dict[str, int]:
    """Give the files of the spool in a data folder, by name, with their bytes."""
    try:
        with os.scandir(os.path.join(data, FOLDER)) as entries:  # noqa: PTH118 - every run looks here
            return {
                entry.name: entry.stat().st_size
                for entry in entries
                if entry.name.startswith(_BEGINS) and entry.name.endswith(_ENDS)
            }
    except OSError:  # none, or not for us to read
        return {}


def has_news(data: Path, connection: Connection | None, *, now: dt.datetime) -> bool:
    """Tell whether there is anything to take in, or to take away, by a store as it is; None is one yet to be made."""
    found = sizes(data)
    if not found:
        return False
    from ccmeter.store import readings

    known = readings.offsets(connection) if connection else {}
    return any(
        _is_over(name, now) or _has_line(data, name, _start(name, size, known), size)
        for name, size in found.items()
    )


def take_in(connection: Connection, data: Path, problems: Counter[str], *, now: dt.datetime) -> None:
    """Take in what is new, count what cannot be used by reason, and take away what is over. Raises StoreError."""
    from ccmeter.store import readings

    known = readings.offsets(connection)
    for name, size in sorted(sizes(data).items()):
        start = _start(name, size, known)
        try:
            end = _take_in_file(connection, data, name, start, problems, now)
            if _is_over(name, now):
                _take_away(data, name, end, problems)
        except OSError as error:
            problems[f"{UNREADABLE}: {error.strerror}"] += 1


def _take_in_file(
    connection: Connection, data: Path, name: str, start: int, problems: Counter[str], now: dt.datetime
) -> int:
    """Take in a file from an offset on; give where what was taken in ends. Raises OSError."""
    while lines := _lines(data, name, start):
        from ccmeter.ingest import readings
        from ccmeter.store import readings as kept

        found = readings.read(lines, now_us=(now - _EPOCH) // dt.timedelta(microseconds=1))
        start += len(lines)
        kept.append(connection, found.limits, found.sessions, name=name, offset_bytes=start)
        problems.update(found.rejected)
    return start


def _take_away(data: Path, name: str, end: int, problems: Counter[str]) -> None:
    """Take away a file that was taken in up to `end`. Raises OSError."""
    path = os.path.join(data, FOLDER, name)  # noqa: PTH118
    if os.stat(path).st_size > end:  # noqa: PTH116 - a line whose rest never came
        from ccmeter.ingest.readings import BROKEN

        problems[BROKEN] += 1
    os.unlink(path)  # noqa: PTH108


def _start(name: str, size: int, known: Mapping[str, int]) -> int:
    """Give where to go on. A file that is shorter than what was read of it is another one."""
    offset = known.get(name, 0)
    return offset if offset <= size else 0


def _is_over(name: str, now: dt.datetime) -> bool:
    """Tell whether a file is of a day before yesterday."""
    yesterday = now.astimezone(dt.UTC).date() - dt.timedelta(days=1)
    return name[len(_BEGINS) : -len(_ENDS)] < yesterday.isoformat()


def _has_line(data: Path, name: str, start: int, size: int) -> bool:
    try:
        return start < size and bool(_lines(data, name, start))
    except OSError:  # whoever takes it in will say so
        return False


def _lines(data: Path, name: str, start: int) -> bytes:
    """Give the whole lines behind an offset, as many as are taken at once; empty where there is none. Raises OSError."""
    with open(os.path.join(data, FOLDER, name), "rb", buffering=0) as file:  # noqa: PTH118, PTH123
        file.seek(start)
        content = file.read(_AT_ONCE_BYTES)
    if (
        b"\n" not in content and len(content) == _AT_ONCE_BYTES
    ):  # no line of ours: it is cut, and its parts are broken
        return content
    return content[: content.rfind(b"\n") + 1]
