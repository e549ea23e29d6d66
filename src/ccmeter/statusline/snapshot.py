"""The snapshot: what the last reading of the logs knew, small enough to be read in a millisecond.

`snapshot.json` stands in the folder of the store. Whoever has read the logs writes it (`write`), atomically; the hook
reads it (`load`). It is one JSON object. A key that is missing, null or of another type reads as unknown, and a file
that is missing, broken or of another version as a snapshot that knows nothing: nothing here ever raises for content.

Everything in it is as of one lease of the store: costs, offsets and counted calls belong together.

    v             1 (`VERSION`)
    made_at_us    when the store was asked, in microseconds since 1970 UTC
    zone          the IANA name of the zone whose days are meant
    day           the local day that `made_at_us` is in: "2026-11-21"
    day_began_us  when that day began
    day_ends_us   when it ends, exclusive
    today         {"pico": int, "unpriced_tokens": int}: all usage of that day
    sessions      {session id: [pico, unpriced tokens, time of its last call in us]}: those with a call in the last 2 days,
                  the newest 200. A session's cost holds its sub-agents'
    block         the latest 5-hour block (`domain.blocks`), active or not, or null: {"start_us": int, "end_us": int,
                  "first_us": int, "last_us": int, "pico": int, "unpriced_tokens": int}
    limits        {"five_hour" | "seven_day": {"used_bp": int, "resets_us": int | null, "read_us": int,
                  "ends_bp": [p10, p50, p90] | null, "pace_stage": int | null}}: the newest reading of each window; `ends_bp`
                  and `pace_stage` of `domain.limits.WindowState`
    files         {absolute path as the walk of the folders gives it: {"offset": int, "calls": {call key: CALL}}}: the main
                  transcripts (not those of sub-agents) that changed in the last 2 days, the newest 200. `offset` is the
                  cursor: the first byte that was not read as part of a whole line. `calls` are the file's last 6 calls by
                  place in the file, so that a line of theirs behind the offset is not counted again
    CALL          {"counts": [input, output, cache creation in all, 5 m, 1 h, cache read, web searches],  as logged: the
                  maximum of each field over all lines of the call
                  "us": int | null, "model": str, "speed": str, "tier": str, "geo": str  of its earliest line, "stop": str,
                  "parts": [[ordinal, kind, model, the first six of counts as above]],
                  "pico": int | null, "unpriced_tokens": int}: what the sums above hold of it
    names         {model id as logged: [priced model | null, is fast, is batch, place]}: `domain.rates.ModelName`, for all
                  ids met in the last 30 days, all models that have a card, and all ids that the settings name
    rates         {priced model: [[speed, place, tier, since_us, until_us, over_prompt, below_prompt, input, output,
                  cache creation 5 m, 1 h, cache read]]}: `domain.rates.Rate` in its order, without the model, of every row
                  whose `until_us` is after `made_at_us` - 2 days, for all models that `names` names and that
                  have room; of those not met in the last 30 days without those of batches and regions
    web_search_pico  per web search
    settings      what `ccmeter.statusline.settings.taken(file)` gives: the settings file's path, time and size, and what it
                  says of the status line; null where there is no such file
"""

import json
import os

VERSION = 1
NAME = "snapshot.json"
MOST_BYTES = 4_000_000
"""A larger file is not ours."""


class Snapshot:
    """A snapshot as loaded; see the module for what the fields mean. What is not known is 0, empty or None."""

    __slots__ = (
        "block",
        "day",
        "day_began_us",
        "day_ends_us",
        "files",
        "limits",
        "made_at_us",
        "names",
        "rates",
        "sessions",
        "settings",
        "today",
        "web_search_pico",
        "zone",
    )

    def __init__(self, document: dict[str, object]) -> None:
        """Take what is sound of a decoded document."""
        known = document if document.get("v") == VERSION else {}
        self.made_at_us = number(known.get("made_at_us")) or 0
        """0: there is no snapshot."""
        self.zone = text(known.get("zone"))
        self.day = text(known.get("day"))
        self.day_began_us = number(known.get("day_began_us")) or 0
        self.day_ends_us = number(known.get("day_ends_us")) or 0
        self.today = table(known.get("today"))
        self.sessions = table(known.get("sessions"))
        self.block = table(known.get("block"))
        self.limits = table(known.get("limits"))
        self.files = table(known.get("files"))
        self.names = table(known.get("names"))
        self.rates = table(known.get("rates"))
        self.web_search_pico = number(known.get("web_search_pico"))
        self.settings = table(known.get("settings"))


def load(folder: str) -> Snapshot:
    """Read the snapshot in a folder. Never raises: what cannot be read knows nothing."""
    try:
        with open(os.path.join(folder, NAME), "rb") as file:  # noqa: PTH118, PTH123 - pathlib costs more than all of this
            content = file.read(MOST_BYTES + 1)
        document = json.loads(content) if len(content) <= MOST_BYTES else None
    except (OSError, ValueError, RecursionError):
        document = None
    return Snapshot(table(document))


def write(folder: str, document: dict[str, object]) -> None:
    """Write a snapshot in place of the one there: whole or not at all. Raises OSError.

    `document` has the keys above but `v`.
    """
    content = json.dumps({"v": VERSION, **document}, separators=(",", ":"), allow_nan=False).encode()
    replace(os.path.join(folder, NAME), content)  # noqa: PTH118


def replace(path: str, content: bytes) -> None:
    """Put a file in place of the one there: whole or not at all, for nobody else to read. Raises OSError."""
    aside = f"{path}.{os.getpid()}"
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with open(descriptor, "wb") as file:  # noqa: PTH123
            file.write(content)
        os.replace(aside, path)  # noqa: PTH105
    except BaseException:
        os.unlink(aside)  # noqa: PTH108
        raise


def number(value: object) -> int | None:
    """Give a whole number; None for anything else."""
    return value if type(value) is int else None


def text(value: object) -> str:
    """Give text; empty for anything else."""
    return value if type(value) is str else ""


def table(value: object) -> dict[str, object]:
    """Give an object; empty for anything else."""
    return value if type(value) is dict else {}
