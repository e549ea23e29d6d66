"""The template of the line: text, `{fields}`, and `[groups]` that vanish as a whole.

A field stands for what is known now and vanishes where nothing is. Whatever stands between two fields or groups is a
separator, and is written only between two that are there. In a group, `[{today} today]`, text belongs to its fields: if one
of them is unknown the group vanishes. `{{`, `}}`, `[[` and `]]` are plain braces and brackets.
"""

_PAIRS = frozenset({"{{", "}}", "[[", "]]"})


class Part:
    """A separator, or a field or group."""

    __slots__ = ("fields", "pieces")

    def __init__(self) -> None:
        """Begin with nothing."""
        self.pieces: list[tuple[bool, str]] = []
        """In order: (is a field, its name or the text)."""
        self.fields: list[str] = []

    def add(self, text: str) -> None:
        """Add text."""
        if self.pieces and not self.pieces[-1][0]:
            text = self.pieces.pop()[1] + text
        self.pieces.append((False, text))

    def add_field(self, name: str) -> None:
        """Add a field."""
        self.pieces.append((True, name))
        self.fields.append(name)

    def shown(self, values: dict[str, str]) -> str:
        """Give the text; empty if a field is unknown."""
        if any(not values.get(name) for name in self.fields):
            return ""
        return "".join(values[text] if is_field else text for is_field, text in self.pieces)


def parse(template: str) -> list[Part]:
    """Take a template apart. Never raises: a brace or bracket without its partner is text."""
    parts, place = [Part()], 0
    while place < len(template):
        mark = template[place]
        if template[place : place + 2] in _PAIRS:
            parts[-1].add(mark)
            place += 2
            continue
        end = template.find("}" if mark == "{" else "]", place) if mark in "{[" else -1
        if end < 0:
            parts[-1].add(mark)
            place += 1
            continue
        made = _group(template[place + 1 : end]) if mark == "[" else _field(template[place + 1 : end])
        parts += [made, Part()]
        place = end + 1
    return parts


def _field(name: str) -> Part:
    part = Part()
    part.add_field(name.strip())
    return part


def _group(text: str) -> Part:
    part, place = Part(), 0
    while place < len(text):
        end = text.find("}", place) if text[place] == "{" else -1
        if end < 0:
            part.add(text[place])
            place += 1
        else:
            part.add_field(text[place + 1 : end].strip())
            place = end + 1
    return part


def names(parts: list[Part]) -> set[str]:
    """Give the fields that a template has."""
    return {name for part in parts for name in part.fields}


def joined(parts: list[Part], values: dict[str, str]) -> str:
    """Put the line together; empty where it has fields and none is known.

    Between two parts that are shown stands the separator before the later one. What stands before the first field and behind
    the last is always shown.
    """
    shown = [part.shown(values) if part.pieces and _is_shown(part) else None for part in parts]
    line, is_first, separator = "", True, ""
    for part, text in zip(parts, shown, strict=True):
        if text is None:
            separator = part.shown(values)
        elif text:
            line += text if is_first else separator + text
            is_first = False
    if is_first:
        return "" if names(parts) else parts[0].shown(values)
    return parts[0].shown(values) + line + (parts[-1].shown(values) if len(parts) > 1 else "")


def _is_shown(part: Part) -> bool:
    """Tell a field or group from a separator."""
    return bool(part.fields)
