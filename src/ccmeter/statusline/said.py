"""What Claude Code says on standard input: one JSON object per run, of which only what is sane is believed.

Every guard here answers a report (facts of the format: `docs/statusline.md`): percentages that are epochs or above 100,
resets in milliseconds or long past, nulls, lists where objects were. A value that fails its guard is as good as absent.
"""

import json

LENGTH_S = {"five_hour": 18_000, "seven_day": 604_800}
"""The windows that are told of, and how long each is."""
MOST_BYTES = 16_000_000
"""Of standard input; what is longer is no status line."""
MOST_TEXT = 200
"""Of a name; longer ones are cut."""
_MOST_OVER = 200.0
"""A percentage between 100 and this is clamped (105 was seen); what is more is another number, an epoch for example."""
_SLACK_S = 3_600
_MOST_TOKENS = 10**9
_MOST_USD = 10**6
_MILLISECONDS_FROM = 10**11


class Said:
    """One run's input, believed field by field. Text is "" and numbers None where nothing sane was said."""

    __slots__ = (
        "context_bp",
        "context_size",
        "context_tokens",
        "cost_usd",
        "cwd",
        "duration_s",
        "effort",
        "lines_added",
        "lines_removed",
        "model",
        "model_id",
        "output_style",
        "project",
        "session",
        "session_name",
        "transcript",
        "version",
        "windows",
    )

    def __init__(self, document: dict[str, object], now_s: int) -> None:
        """Take what is sane of a decoded object, at an instant in Unix seconds."""
        model, cost, context = (_table(document, key) for key in ("model", "cost", "context_window"))
        workspace = _table(document, "workspace")
        self.session = _text(document, "session_id")
        self.session_name = _text(document, "session_name")
        self.transcript = _path(document, "transcript_path")
        self.version = _text(document, "version")
        self.model_id = _text(model, "id")
        self.model = _text(model, "display_name") or self.model_id
        self.cwd = _path(workspace, "current_dir") or _path(document, "cwd")
        self.project = _path(workspace, "project_dir") or self.cwd
        self.effort = _text(_table(document, "effort"), "level")
        self.output_style = _text(_table(document, "output_style"), "name")
        self.cost_usd = _number(cost.get("total_cost_usd"), _MOST_USD)
        self.duration_s = _whole(cost.get("total_duration_ms"), 10**12, 1_000)
        self.lines_added = _whole(cost.get("total_lines_added"), _MOST_TOKENS)
        self.lines_removed = _whole(cost.get("total_lines_removed"), _MOST_TOKENS)
        self.context_size = _whole(context.get("context_window_size"), _MOST_TOKENS) or None
        self.context_tokens = _context_tokens(context)
        self.context_bp = _context_bp(context, self.context_tokens, self.context_size)
        self.windows = _windows(_table(document, "rate_limits"), now_s)
        """By window: (used in hundredths of a percent, reset in Unix seconds or None)."""


def read(content: bytes, now_s: int) -> Said:
    """Decode what stood on standard input. Never raises: what cannot be decoded says nothing."""
    try:
        document = json.loads(content.decode("utf-8", "replace").lstrip("\ufeff"))
    except (ValueError, RecursionError):
        document = None
    return Said(document if type(document) is dict else {}, now_s)


def _table(document: dict[str, object], key: str) -> dict[str, object]:
    value = document.get(key)
    return value if type(value) is dict else {}


def _text(document: dict[str, object], key: str) -> str:
    """Give a name for one line of text: no control character, no lone surrogate."""
    value = document.get(key)
    if type(value) is not str:
        return ""
    value = value[:MOST_TEXT]
    return (
        value if value.isprintable() else "".join(each if each.isprintable() else "\ufffd" for each in value)
    )


def _path(document: dict[str, object], key: str) -> str:
    """Give a path, whole and as it is: it is opened or taken apart, not shown."""
    value = document.get(key)
    return value if type(value) is str and "\0" not in value and len(value) <= 4_096 else ""  # noqa: PLR2004


def _number(value: object, most: float) -> float | None:
    """Give a number from 0 to `most`. NaN and infinity fail the comparison; a flag is no number."""
    if (type(value) is int or type(value) is float) and 0 <= value <= most:
        return value
    return None


def _whole(value: object, most: int, unit: int = 1) -> int | None:
    number = _number(value, most)
    return None if number is None else int(number) // unit


def _hundredths(value: object) -> int | None:
    """Give a percentage as hundredths of a percent, up to 10,000."""
    percent = _number(value, _MOST_OVER)
    return None if percent is None else min(round(percent * 100), 10_000)


def _context_tokens(context: dict[str, object]) -> int | None:
    """Give what the last request read: the parts of `current_usage`, else the total, which counts the cache too."""
    usage = _table(context, "current_usage")
    names = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")
    parts = [_whole(usage.get(name), _MOST_TOKENS) for name in names]
    known = [part for part in parts if part is not None]
    return sum(known) if known else _whole(context.get("total_input_tokens"), _MOST_TOKENS)


def _context_bp(context: dict[str, object], tokens: int | None, size: int | None) -> int | None:
    """Give how full the context is: as told, else from what is left, else from its tokens."""
    used = _hundredths(context.get("used_percentage"))
    if used is not None:
        return used
    left = _hundredths(context.get("remaining_percentage"))
    if left is not None:
        return 10_000 - left
    return min(tokens * 10_000 // size, 10_000) if tokens is not None and size else None


def _windows(limits: dict[str, object], now_s: int) -> dict[str, tuple[int, int | None]]:
    """Give the windows that have a sane percentage and are not over."""
    found: dict[str, tuple[int, int | None]] = {}
    for name, length_s in LENGTH_S.items():
        window = _table(limits, name)
        used_bp = _hundredths(window.get("used_percentage"))
        resets_s = _resets(window.get("resets_at"), now_s + length_s + _SLACK_S)
        if used_bp is not None and (resets_s is None or resets_s > now_s):
            found[name] = (used_bp, resets_s)
    return found


def _resets(value: object, latest_s: int) -> int | None:
    """Give when a window resets; None for what cannot be: later than the window is long."""
    at_s = _number(value, 10.0**14)
    if at_s is None:
        return None
    at_s = at_s / 1_000 if at_s > _MILLISECONDS_FROM else at_s
    return int(at_s) if 0 < at_s <= latest_s else None
