r"""Text that others wrote (folder names, model ids) made harmless and measured in terminal cells.

A folder may be called `\x1b[2J`, and a model id comes from a log that anyone can write. No control character
reaches a terminal or a file, and nothing that would reorder the text around it. Widths are measured here, from
Python's own Unicode tables: `rich.cells` never gives more cells (a test compares them) and costs 15 ms to import.
"""

from __future__ import annotations

_JOINERS = "\u200c\u200d"
_SHIFTING = dict.fromkeys(map(ord, _JOINERS + "\ufe0e\ufe0f"))
"""Joiners and variation selectors: terminals disagree on how wide they make their neighbours."""
_FORMULA = tuple("=+-@\t\r＝＋－＠")  # spreadsheets read the full-width forms alike
_FIRST_COMBINING = "\u0300"
"""Every printable character below takes one cell."""


def harmless(text: str) -> str:
    """Give the text with U+FFFD for every character that is not to be printed, and plain spaces for odd ones."""
    return text if text.isprintable() else "".join(map(_printable, text))


def _printable(char: str) -> str:
    if char.isprintable() or char in _JOINERS:
        return char
    return " " if char.isspace() and char > "\x7f" and char not in "\x85\u2028\u2029" else "\ufffd"


def disarmed(text: str) -> str:
    """Give printable text that no spreadsheet takes for a formula: those run what begins with `=`, `+`, `-` or `@`."""
    # Before the control characters go, because a tab or a line end before the formula is a known way in.
    return ("'" if text.lstrip(" ").startswith(_FORMULA) else "") + harmless(text)


def steady(text: str, *, unicode: bool) -> str:
    """Give harmless text that is as wide as `cell_width` says on any terminal; without `unicode`, in ASCII."""
    safe = harmless(text)
    if safe.isascii():
        return safe
    if not unicode:
        return safe.encode("ascii", "replace").decode("ascii")
    from unicodedata import normalize

    return normalize("NFC", safe.translate(_SHIFTING))


def cell_width(text: str) -> int:
    """Give how many terminal cells steady text takes."""
    if text.isascii() or max(text) < _FIRST_COMBINING:
        return len(text)
    from unicodedata import category, east_asian_width

    return sum(
        0 if category(char) in {"Mn", "Me"} else 2 if east_asian_width(char) in {"W", "F"} else 1
        for char in text
    )


def head(text: str, width: int) -> str:
    """Give the longest beginning that fits into `width` cells."""
    taken = 0
    for position, char in enumerate(text):
        taken += cell_width(char)
        if taken > width:
            return text[:position]
    return text


def tail(text: str, width: int) -> str:
    """Give the longest end that fits into `width` cells."""
    while text and cell_width(text) > width:
        text = text[1:]
    return text


def cut_middle(text: str, width: int, ellipsis: str) -> str:
    """Give the text in at most `width` cells, its middle left out: both ends of an id tell it from others."""
    if cell_width(text) <= width:
        return text
    room = max(width - 1, 0)
    start = head(text, (room + 1) // 2)
    return head(start + ellipsis + tail(text, room - cell_width(start)), width)


def cut_start(text: str, width: int, ellipsis: str) -> str:
    """Give the text in at most `width` cells, its beginning left out: the end of a path names the project."""
    return text if cell_width(text) <= width else ellipsis + tail(text, width - 1)


def wrap(text: str, width: int) -> list[str]:
    """Give the text in lines of at most `width` cells, broken at spaces; a longer word is broken anywhere."""
    width = max(width, 2)  # a wide character must fit, or the last loop would never end
    lines = [""]
    for each in text.split():
        word = each
        joined = f"{lines[-1]} {word}".lstrip()
        if cell_width(joined) <= width:
            lines[-1] = joined
            continue
        if lines[-1]:
            lines.append("")
        while cell_width(word) > width:
            piece = head(word, width)
            lines[-1:] = [piece, ""]
            word = word[len(piece) :]
        lines[-1] = word
    return lines
