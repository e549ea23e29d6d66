"""The line: every figure as a few characters, put into the template, cut to the width there is.

`+` behind an amount says "at least": something was not read yet, or has no price; `?` stands for one of which nothing is
known. `~` before one says that it is Claude Code's own estimate. An arrow behind a limit compares its use with the time that
has passed: up is faster than time goes.
"""

from ccmeter.statusline import template
from ccmeter.statusline.figures import Amount, Figures, Window
from ccmeter.statusline.said import Said
from ccmeter.statusline.settings import Settings

KEPT_LONGEST = ("age", "block", "model", "context", "today", "session_cost", "week", "five_hour")
"""On a narrow line parts go one by one: first what is not named here, then these in their order."""
_PACE_BP = 200
"""Within these, use is on pace: `domain.limits.pace_stage` calls it 0."""
_OLD_READING_S = 600
_PLAIN, _DIM, _YELLOW, _RED = "", "\x1b[2m", "\x1b[33m", "\x1b[31m"
_RESET = "\x1b[0m"
_LABELS = (("five_hour", "five_hour", "5h"), ("week", "seven_day", "7d"))


class Style:
    """How wide the line may be, and whether it may have colours."""

    __slots__ = ("columns", "has_colour")

    def __init__(self, environment: dict[str, str]) -> None:
        """Ask the environment: Claude Code sets `COLUMNS`; the line goes to a pipe, so that alone says nothing."""
        columns = environment.get("COLUMNS", "")
        self.columns = int(columns) if columns.isascii() and columns.isdecimal() and len(columns) < 6 else 0  # noqa: PLR2004
        """0: as wide as it likes."""
        self.has_colour = not environment.get("NO_COLOR") and environment.get("TERM") != "dumb"


def laid_out(settings: Settings, said: Said, figures: Figures, now_us: int, style: Style) -> str:
    """Give the line, without its end; empty where nothing is known."""
    parts = template.parse(settings.template)
    values = _values(settings, said, figures, now_us, has_colour=style.has_colour)
    values.update((name, f"{{{name}}}") for name in template.names(parts) if name not in values)
    line = template.joined(parts, values)
    order = [name for name in values if name not in KEPT_LONGEST] + list(KEPT_LONGEST)
    for name in order:
        if not style.columns or width(line) <= style.columns or not _is_alone_no_more(parts, values):
            break
        values[name] = ""
        line = template.joined(parts, values)
    return cut(line, style.columns)


def _is_alone_no_more(parts: list[template.Part], values: dict[str, str]) -> bool:
    """Tell whether more than one part is shown: the last one is cut, not dropped."""
    return sum(1 for part in parts if part.fields and part.shown(values)) > 1


def _values(
    settings: Settings, said: Said, figures: Figures, now_us: int, *, has_colour: bool
) -> dict[str, str]:
    """Give the text of every field; empty for what is not known."""
    paint, money = _Paint(settings, has_colour=has_colour), settings.currency.text
    now_s = now_us // 1_000_000
    values = {
        "model": said.model,
        "session": said.session_name or said.session[:8],
        "project": _printable(said.project.replace("\\", "/").rstrip("/").rpartition("/")[2]),
        "version": said.version,
        "effort": said.effort,
        "output_style": said.output_style,
        "session_cost": money(figures.session),
        "claude_cost": money(figures.told(said)),
        "today": money(figures.today),
        "block": "",
        "block_cost": money(figures.block),
        "block_left": "",
        "burn": "",
        "context": paint.percent(said.context_bp),
        "context_tokens": tokens(said.context_tokens),
        "context_size": tokens(said.context_size),
        "duration": "" if said.duration_s is None else lasting(said.duration_s),
        "lines": _lines(said),
        "age": "" if figures.old_s is None else paint.dim(f"{lasting(figures.old_s)} old"),
    }
    if figures.block is not None:
        left = lasting((figures.block_ends_us - now_us) // 1_000_000)
        values["block_left"] = left
        values["block"] = f"{money(figures.block)} {left}"
        hours_us = max(now_us - figures.block_began_us, 60_000_000)
        burn = Amount(figures.block.pico * 3_600_000_000 // hours_us, is_least=figures.block.is_least)
        values["burn"] = f"{money(burn)}/h"
    for field, name, label in _LABELS:
        values |= _window(field, label, figures.windows.get(name), paint, now_s)
    return values


def _window(field: str, label: str, window: Window | None, paint: "_Paint", now_s: int) -> dict[str, str]:
    names = ("", "_used", "_resets", "_pace", "_ends")
    if window is None:
        return {field + name: "" for name in names}
    used, pace = paint.percent(window.used_bp), _arrow(window.pace)
    resets = "" if window.resets_s is None else lasting(window.resets_s - now_s)
    age = paint.dim(f"({lasting(window.age_s)} ago)") if window.age_s >= _OLD_READING_S else ""
    ends = ""
    if window.ends_bp is not None:
        low, high = (f"{min(bp // 100, 999)}" for bp in window.ends_bp)
        ends = f"{low}%" if low == high else f"{low}–{high}%"
    whole = " ".join(each for each in (label, used, pace, resets, age) if each)
    return dict(zip((field + name for name in names), (whole, used, resets, pace, ends), strict=True))


def _arrow(pace_bp: int | None) -> str:
    if pace_bp is None:
        return ""
    return "↑" if pace_bp > _PACE_BP else "↓" if pace_bp < -_PACE_BP else "→"


class _Paint:
    """Colours by threshold."""

    def __init__(self, settings: Settings, *, has_colour: bool) -> None:
        self._settings = settings
        self._has_colour = has_colour

    def percent(self, used_bp: int | None) -> str:
        """Give a percentage, rounded down, so that 100 means that nothing is left."""
        if used_bp is None:
            return ""
        settings = self._settings
        colour = (
            _RED if used_bp >= settings.alarm * 100 else _YELLOW if used_bp >= settings.warn * 100 else _PLAIN
        )
        return self._painted(f"{used_bp // 100}%", colour)

    def dim(self, text: str) -> str:
        """Give text that is less important."""
        return self._painted(text, _DIM)

    def _painted(self, text: str, colour: str) -> str:
        return f"{colour}{text}{_RESET}" if colour and self._has_colour else text


def tokens(count: int | None) -> str:
    """Give a number of tokens in three figures or so: 950, 84k, 1.2M."""
    if count is None:
        return ""
    if count < 1_000:  # noqa: PLR2004
        return str(count)
    if count < 999_500:  # noqa: PLR2004
        return f"{count / 1_000:.0f}k"
    return f"{count / 1_000_000:.1f}M".replace(".0M", "M")


def lasting(seconds: int) -> str:
    """Give a length of time in its two largest units: <1m, 12m, 2h05m, 3d4h."""
    minutes = max(seconds, 0) // 60
    if minutes < 60:  # noqa: PLR2004
        return f"{minutes}m" if minutes else "<1m"
    hours = minutes // 60
    return f"{hours}h{minutes % 60:02}m" if hours < 24 else f"{hours // 24}d{hours % 24}h"  # noqa: PLR2004


def _lines(said: Said) -> str:
    if said.lines_added is None or said.lines_removed is None:
        return ""
    return f"+{said.lines_added} -{said.lines_removed}"


def _printable(text: str) -> str:
    return text if text.isprintable() else "".join(each if each.isprintable() else "\ufffd" for each in text)


def width(text: str) -> int:
    """Give how many cells a line takes, its colours left out."""
    return sum(_cells(piece) for is_code, piece in _pieces(text) if not is_code)


def _cells(text: str) -> int:
    if text.isascii() or max(text) < "\u0300":
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(0 if combining(each) else 2 if east_asian_width(each) in "WF" else 1 for each in text)


def cut(text: str, columns: int) -> str:
    """Cut a line to so many cells, 0 for any, with a mark at its end."""
    if not columns or width(text) <= columns:
        return text
    made, room, has_code = "", columns - 1, False
    for is_code, piece in _pieces(text):
        if is_code:
            made += piece
            has_code = True
            continue
        for each in piece:
            room -= _cells(each)
            if room < 0:
                return f"{made}…{_RESET if has_code else ''}"
            made += each
    return made


def _pieces(text: str) -> list[tuple[bool, str]]:
    """Part a line into text and control sequences: (is a sequence, piece)."""
    found, place = [], 0
    while place < len(text):
        start = text.find("\x1b", place)
        if start < 0:
            found.append((False, text[place:]))
            break
        if start > place:
            found.append((False, text[place:start]))
        place = _end_of_code(text, start)
        found.append((True, text[start:place]))
    return found


def _end_of_code(text: str, start: int) -> int:
    """Find where a control sequence ends: `ESC [ … letter`, or `ESC ] … BEL` (a link), or two characters."""
    kind = text[start + 1 : start + 2]
    if kind == "]":
        ends = [
            place for place in (text.find("\x07", start) + 1, text.find("\x1b\\", start) + 2) if place > 1
        ]
        return min(ends, default=len(text))
    if kind != "[":
        return start + 1 + len(kind)
    place = start + 2
    while place < len(text) and not "@" <= text[place] <= "~":
        place += 1
    return min(place + 1, len(text))
