"""Says what DuckDB has against a person's query: its own words in one line, and the place in the query below them.

DuckDB names its classes of errors, lists the signatures of functions, and shows the statement that we made of the query.
None of that helps whoever wrote it. An error can also hold text from logs, so nothing in it may move a terminal's cursor.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Container

LONGEST: Final = 400
"""Characters of a sentence: a value that cannot be converted may be a whole page."""
_CLASS: Final = re.compile(r"^[A-Z][\w ]*? Error: ")
_PLACE: Final = re.compile(r"LINE (\d+): ")
_NAMES: Final = re.compile(r"^(?:Did you mean|Candidate (?:bindings|tables):) ")
_NAME: Final = re.compile(r'"((?:[^"]|"")+)"')
_NO_FUNCTION: Final = re.compile(r"^[\w ]*Function with name (\S+) does not exist")


def told(message: str, sql: str, *, hidden: Container[str] = ()) -> tuple[str, str]:
    """Give what is wrong as a sentence, and the place in `sql`, if it is known, as two lines: the text and carets.

    Names in `hidden` are not suggested.
    """
    first, *others = message.strip().split("\n")
    sentence = _CLASS.sub("", first, count=1).strip()
    names = [name for line in others if _NAMES.match(line) for name in _NAME.findall(line)]
    names = [name for name in names if name not in hidden]
    if unknown := _NO_FUNCTION.match(sentence):
        sentence, names = f"There is no function {unknown[1]}()", [f"{name}()" for name in names]
    sentence = sentence[:1].upper() + sentence[1:].rstrip("!.")
    if len(sentence) >= LONGEST:
        sentence = sentence[: LONGEST - 1] + "…"
    else:
        sentence += "."
    if names:
        *most, last = names
        either = ", ".join(most) + " or " if most else ""
        sentence += f" Did you mean {either}{last}?"
    return _harmless(sentence), _place(others, sql)


def _place(lines: list[str], sql: str) -> str:
    """Show where in the query it is, if that is in the query and not in what we made of it."""
    for line, marks in pairwise(lines):
        if found := _PLACE.match(line):
            shown = line[found.end() :]
            numbers = [
                number for number, text in enumerate(sql.split("\n"), 1) if shown.strip().strip(".") in text
            ]
            if not numbers or "^" not in marks:
                return ""
            # the query may stand one line further down in the statement
            number = min(numbers, key=lambda each: abs(each - int(found[1])))
            before = f"  line {number}: " if "\n" in sql.strip() else "  "
            indent = " " * (len(before) + marks.index("^") - found.end())
            return f"{before}{_harmless(shown.rstrip())}\n{indent}{marks.strip()}"
    return ""


def _harmless(text: str) -> str:
    return "".join(" " if char == "\t" else char if char.isprintable() else "?" for char in text)
