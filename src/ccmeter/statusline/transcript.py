"""The calls that stand behind what the last reading of the logs read, in one transcript.

The rules are those of `parsers.claude`, for the records that a main transcript has: one call per `message.id`, of each
count the maximum over its lines, everything else from its earliest line. Calls nested in progress records are left to
the next reading: they stand in the transcripts of sub-agents too, which are not looked at here.
"""

import json
import os

MOST_BYTES = 4_000_000
"""So much is read at most; beyond that the figures are said to be incomplete."""
MOST_TOKENS = 10**9
MOST_REQUESTS = 10**6
COUNTS = 7
"""Input, output, cache creation in all, 5 m, 1 h, cache read, web searches: as logged."""
_SYNTHETIC = "<synthetic>"
_PART_KINDS = {"advisor_message": "advisor", "compaction": "compaction"}
_UNDATED = 1 << 62
_KIND_OF_FILE, _REGULAR = 0o170000, 0o100000


class Call:
    """One call, as far as its lines are known."""

    __slots__ = ("counts", "geo", "model", "parts", "session", "speed", "stop", "tier", "us")

    def __init__(self) -> None:
        """Begin a call of which nothing is known."""
        self.counts = [0] * COUNTS
        self.us = _UNDATED
        """When, in microseconds; `is_dated` tells whether that is known."""
        self.session = self.model = self.speed = self.tier = self.geo = self.stop = ""
        self.parts: dict[int, tuple[str, str, list[int]]] = {}
        """By place: kind, model, the first six counts."""

    @property
    def is_dated(self) -> bool:
        """Tell whether any line of the call has a readable time."""
        return self.us != _UNDATED

    def add(self, other: "Call") -> None:
        """Add another line of the same call."""
        if other.us < self.us or not self.model:
            self.us = min(self.us, other.us)
            self.session, self.model = other.session, other.model
            self.speed, self.tier, self.geo = other.speed, other.tier, other.geo
        self.counts = list(map(max, self.counts, other.counts))
        self.stop = max(self.stop, other.stop)
        for place, (kind, model, counts) in other.parts.items():
            before = self.parts.get(place, (kind, model, [0] * len(counts)))
            self.parts[place] = (
                max(kind, before[0]),
                max(model, before[1]),
                list(map(max, counts, before[2])),
            )


class News:
    """What was found behind an offset."""

    __slots__ = ("calls", "has_changed", "is_whole")

    def __init__(self) -> None:
        """Begin with nothing."""
        self.calls: dict[str, Call] = {}
        """By key."""
        self.is_whole = True
        """Nothing was left out: everything from the offset to the end was read."""
        self.has_changed = False
        """The file was written to after the snapshot was made."""


def news(path: str, offset: int | None, made_at_us: int) -> News:
    """Read a transcript from `offset` on, or, where that is None, from where no more than `MOST_BYTES` are left.

    One without an offset that has not changed since `made_at_us` is not opened: it is too old for the snapshot.
    Never raises: what cannot be read holds no news.
    """
    found = News()
    try:
        state = os.stat(path)  # noqa: PTH116
        if state.st_mode & _KIND_OF_FILE != _REGULAR:
            return found  # a pipe would keep us waiting
        found.has_changed = state.st_mtime_ns // 1_000 > made_at_us
        if offset is None and not found.has_changed:
            found.is_whole = state.st_size == 0
            return found
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123
            size = os.fstat(file.fileno()).st_size
            start = max(size - MOST_BYTES, 0) if offset is None else offset
            found.is_whole = 0 <= start <= size <= start + MOST_BYTES and (offset is not None or start == 0)
            if start < 0 or start >= size:
                return found
            file.seek(start)
            content = file.read(min(size - start, MOST_BYTES)) or b""
    except (OSError, ValueError):
        return found
    first = content.find(b"\n") + 1 if offset is None and start > 0 else 0
    for line in content[first : content.rfind(b"\n") + 1].split(b"\n"):
        if b'"usage"' in line:
            _take(found.calls, line)
    return found


def _take(calls: dict[str, Call], line: bytes) -> None:
    """Take the call of a line, or of each document on it."""
    for record in _documents(line):
        if type(record) is not dict or record.get("type", "assistant") not in ("assistant", None):
            continue
        message = record.get("message")
        usage = message.get("usage") if type(message) is dict else None
        if type(message) is not dict or type(usage) is not dict or message.get("model") == _SYNTHETIC:
            continue
        key, call = _key(record, message), _call(record, message, usage)
        if key and call is not None:
            calls.setdefault(key, Call()).add(call)


def _documents(line: bytes) -> list[object]:
    """Give the JSON documents on a line, up to the first that is broken."""
    text = line.decode("utf-8", "replace").strip().lstrip("\ufeff")
    decoder, found, place = json.JSONDecoder(), [], 0
    while place < len(text):
        try:
            document, place = decoder.raw_decode(text, place)
        except (ValueError, RecursionError):
            break
        found.append(document)
        place += len(text[place:]) - len(text[place:].lstrip())
    return found


def _key(record: dict[str, object], message: dict[str, object]) -> str:
    """Name a call as the reading of logs does; without any id it is left to that."""
    if name := text(message.get("id")):
        return name
    if name := text(record.get("requestId")):
        return f"request:{name}"
    name = text(record.get("uuid"))
    return f"uuid:{name}" if name else ""


def _call(record: dict[str, object], message: dict[str, object], usage: dict[str, object]) -> Call | None:
    """Make a call of one line; None for one without any count."""
    tools, stated = _table(usage.get("server_tool_use")), _stated(usage)
    if all(count is None for count in stated):
        return None
    call = Call()
    call.counts = [
        *(count or 0 for count in stated),
        _count(tools.get("web_search_requests"), MOST_REQUESTS) or 0,
    ]
    fork = _table(record.get("forkedFrom"))
    call.session = text(fork.get("sessionId")) or text(record.get("sessionId"))
    call.model = text(message.get("model"))
    call.speed, call.tier = text(usage.get("speed")), text(usage.get("service_tier"))
    call.geo, call.stop = text(usage.get("inference_geo")), text(message.get("stop_reason"))
    at_us = micros(record.get("timestamp"))
    call.us = _UNDATED if at_us is None else at_us
    entries = usage.get("iterations")
    if type(entries) is list and entries:
        _add_parts(call, [entry for entry in entries if type(entry) is dict])
    return call


def _stated(usage: dict[str, object]) -> list[int | None]:
    split = _table(usage.get("cache_creation"))
    return [
        _count(usage.get("input_tokens")),
        _count(usage.get("output_tokens")),
        _count(usage.get("cache_creation_input_tokens")),
        _count(split.get("ephemeral_5m_input_tokens")),
        _count(split.get("ephemeral_1h_input_tokens")),
        _count(usage.get("cache_read_input_tokens")),
    ]


def _add_parts(call: Call, entries: list[dict[str, object]]) -> None:
    """Add the iterations that are billed on top of a call; see `parsers.claude.calls`."""
    has_fallback = any(entry.get("type") == "fallback_message" for entry in entries)
    for place, entry in enumerate(entries):
        model = text(entry.get("model")) or call.model
        kind = _PART_KINDS.get(text(entry.get("type")), "")
        counts = [count or 0 for count in _stated(entry)]
        if has_fallback and entry.get("type") == "message" and model != call.model and counts[1] > 0:
            kind = "declined"
        if kind:
            call.parts[place] = (kind, model, counts)


def _count(value: object, most: int = MOST_TOKENS) -> int | None:
    """Give a count: 0 for an impossible one, None for none."""
    if value is None:
        return None
    if type(value) is int:
        return value if 0 <= value <= most else 0
    return int(value) if type(value) is float and 0 <= value <= most and value.is_integer() else 0


def text(value: object) -> str:
    """Give a name; empty for what is no text."""
    return value if type(value) is str else ""


def _table(value: object) -> dict[str, object]:
    return value if type(value) is dict else {}


def micros(stamp: object) -> int | None:
    """Give an instant of the form `2026-11-21T10:00:00.123Z` in microseconds since 1970 UTC; None for any other."""
    if type(stamp) is not str or len(stamp) < 20 or stamp[-1] != "Z" or stamp[10] != "T":  # noqa: PLR2004
        return None
    fraction = stamp[20:-1]
    numbers = (stamp[:4], stamp[5:7], stamp[8:10], stamp[11:13], stamp[14:16], stamp[17:19], fraction or "0")
    marks = stamp[4] + stamp[7] + stamp[13] + stamp[16] + (stamp[19] if fraction else ".")
    if marks != "--::." or not all(number.isdecimal() and number.isascii() for number in numbers):
        return None
    year, month, day, hour, minute, second = map(int, numbers[:6])
    if not (2000 <= year < 2200 and 1 <= month <= 12 and hour < 24 and minute < 60 and second < 60):  # noqa: PLR2004
        return None
    after = days(year + month // 12, month % 12 + 1, 1)
    if not 1 <= day <= after - days(year, month, 1):
        return None
    seconds = ((days(year, month, day) * 24 + hour) * 60 + minute) * 60 + second
    return seconds * 1_000_000 + int(fraction[:6].ljust(6, "0") or "0")


def days(year: int, month: int, day: int) -> int:
    """Give how many days after 1970-01-01 a date is (the civil calendar counted from March, so that leap days come last)."""
    year -= month < 3  # noqa: PLR2004
    of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1  # noqa: PLR2004
    return year * 365 + year // 4 - year // 100 + year // 400 + of_year - 719_468
