"""Claude Code's `settings.json` as text: one member put in, changed or taken out, every other byte left as it is.

The text is never decoded and written anew: that would lose the order and form of what people wrote. A member is found by
walking the object with the standard decoder, and only its characters are replaced. What comes out is decoded again and
compared with what was meant before anything is written.
"""

import contextlib
import json
import os
import stat
import tempfile
import time

KEY = "statusLine"
_WHITE = " \t\r\n"


class Refused(Exception):  # noqa: N818 - it is an answer: the file is left alone
    """The file cannot be edited as it is; it was left alone."""


class _Member:
    """A member of an object, as places in the text."""

    __slots__ = ("end", "key", "start", "value", "value_start")

    def __init__(self, key: str, start: int, value_start: int, end: int, value: object) -> None:
        self.key = key
        self.start = start
        self.value_start = value_start
        self.end = end
        self.value = value


def parsed(text: str) -> dict[str, object]:
    """Decode the text of a settings file; an empty one says nothing. Raises Refused."""
    if not text.strip():
        return {}
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Refused(f"it is not JSON: {error}") from error
    if type(document) is not dict:
        raise Refused("it is not a JSON object")
    return document


def with_member(text: str, value: dict[str, object]) -> str:
    """Give the text with `statusLine` set to a value. Raises Refused."""
    document = parsed(text)
    newline = "\r\n" if "\r\n" in text else "\n"
    if not text.strip():
        made = _written({KEY: value}, "", "  ", newline) + newline
    else:
        members, opening, _ = _members(text)
        found = [member for member in members if member.key == KEY]
        if found:
            made = _replaced(text, found[-1], value, newline)
        elif members:
            made = _appended(text, members, opening, value, newline)
        else:
            close = text.index("}", opening)
            made = text[:opening] + _written({KEY: value}, "", "  ", newline) + text[close + 1 :]
    _check(made, {**document, KEY: value})
    return made


def without_member(text: str) -> str:
    """Give the text without `statusLine`. Raises Refused."""
    document = parsed(text)
    document.pop(KEY, None)
    made = text
    while True:
        members, opening, closing = _members(made)
        place = next((index for index, member in enumerate(members) if member.key == KEY), None)
        if place is None:
            break
        if place > 0:
            made = made[: members[place - 1].end] + made[members[place].end :]
        elif len(members) > 1:
            made = made[: members[0].start] + made[members[1].start :]
        else:
            made = made[: opening + 1] + made[closing:]
    _check(made, document)
    return made


def with_command(text: str, command: str) -> str:
    """Give the text with only the command of `statusLine` changed, which must be there. Raises Refused."""
    document = parsed(text)
    member = [each for each in _members(text)[0] if each.key == KEY][-1]
    inner = [each for each in _members(text, member.value_start)[0] if each.key == "command"][-1]
    made = text[: inner.value_start] + _encoded(command) + text[inner.end :]
    line = document[KEY]
    _check(made, {**document, KEY: {**(line if type(line) is dict else {}), "command": command}})
    return made


def _members(text: str, place: int = 0) -> tuple[list[_Member], int, int]:
    """Give the members of the object that begins at or behind a place, and where its braces stand."""
    decoder = json.JSONDecoder()
    opening = _skip(text, place)
    place = _skip(text, opening + 1)
    members: list[_Member] = []
    while text[place] != "}":
        start = place
        key, place = decoder.raw_decode(text, place)
        value_start = _skip(text, _skip(text, place) + 1)
        value, place = decoder.raw_decode(text, value_start)
        members.append(_Member(key, start, value_start, place, value))
        place = _skip(text, place)
        if text[place] == ",":
            place = _skip(text, place + 1)
    return members, opening, place


def _skip(text: str, place: int) -> int:
    while place < len(text) and text[place] in _WHITE:
        place += 1
    return place


def _replaced(text: str, member: _Member, value: dict[str, object], newline: str) -> str:
    indent = _indent_of(text, member.start)
    return text[: member.value_start] + _written(value, indent, indent or "  ", newline) + text[member.end :]


def _appended(text: str, members: list[_Member], opening: int, value: dict[str, object], newline: str) -> str:
    """Put a member behind the last, in the form of the first: on a line of its own, or on the same."""
    before = text[opening + 1 : members[0].start]
    last = members[-1].end
    if "\n" not in before:
        return f'{text[:last]}, "{KEY}": {json.dumps(value, ensure_ascii=False)}{text[last:]}'
    indent = _indent_of(text, members[0].start)
    made = _written(value, indent, indent or "  ", newline)
    return f'{text[:last]},{newline}{indent}"{KEY}": {made}{text[last:]}'


def _indent_of(text: str, place: int) -> str:
    """Give the white space between the beginning of a line and a place; empty where something else stands there."""
    line = text[text.rfind("\n", 0, place) + 1 : place]
    return line if not line.strip(" \t") else ""


def _written(value: dict[str, object], indent: str, step: str, newline: str) -> str:
    """Write an object over several lines, `indent` being that of the line on which it begins."""
    text = json.dumps(value, indent=step, ensure_ascii=False)
    return text.replace("\n", newline + indent)


def _encoded(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _check(text: str, meant: dict[str, object]) -> None:
    """Compare as text: `1` and `1.0`, or `true` and `1`, are equal as values."""
    if json.dumps(parsed(text), sort_keys=True) != json.dumps(meant, sort_keys=True):
        raise Refused("it could not be edited without changing more than the status line")


class File:
    """A settings file as it was read: its text, and what is needed to put it back as it was."""

    def __init__(self, path: str) -> None:
        """Read a file; one that is not there reads as empty. Raises Refused and OSError."""
        self.path = os.path.realpath(path)  # a link stays one, and what it points to changes
        try:
            with open(self.path, "rb") as file:  # noqa: PTH123
                self._content: bytes | None = file.read()
                self._mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
        except FileNotFoundError:
            self._content, self._mode = None, 0o600
        content = self._content or b""
        self._mark = b"\xef\xbb\xbf" if content.startswith(b"\xef\xbb\xbf") else b""
        try:
            self.text = content[len(self._mark) :].decode("utf-8")
        except UnicodeDecodeError as error:
            raise Refused("it is not UTF-8 text") from error
        self.document = parsed(self.text)

    def write(self, text: str, now_s: float) -> str:
        """Put a text in place of the file, whole or not at all, with a copy beside it; give the copy's path, or "".

        Raises Refused where somebody else has changed the file since it was read, and OSError.
        """
        folder, name = os.path.split(self.path)
        os.makedirs(folder, exist_ok=True)  # noqa: PTH103
        copy = ""
        if self._content is not None:
            copy = self._copied(time.strftime("%Y%m%d-%H%M%S", time.localtime(now_s)))
        descriptor, aside = tempfile.mkstemp(prefix=f".{name}.", dir=folder)
        try:
            with open(descriptor, "wb") as file:  # noqa: PTH123
                file.write(self._mark + text.encode())
                file.flush()
                os.fsync(file.fileno())
            os.chmod(aside, self._mode)  # noqa: PTH101
            self._refuse_change()
            os.replace(aside, self.path)  # noqa: PTH105
        except BaseException:
            for each in (aside, copy):
                with contextlib.suppress(OSError):
                    os.unlink(each)  # noqa: PTH108
            raise
        return copy

    def _refuse_change(self) -> None:
        """Raise Refused where the file is not as it was read."""
        try:
            with open(self.path, "rb") as file:  # noqa: PTH123
                now: bytes | None = file.read()
        except FileNotFoundError:
            now = None
        if now != self._content:
            raise Refused("it was changed by another program meanwhile: try again")

    def _copied(self, stamp: str) -> str:
        """Write what was read beside the file, under a name that is free."""
        for number in range(1_000):
            path = f"{self.path}.{stamp}{f'-{number}' if number else ''}.backup"
            with contextlib.suppress(FileExistsError):
                descriptor = os.open(
                    path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), self._mode
                )
                with open(descriptor, "wb") as file:  # noqa: PTH123
                    file.write(self._content or b"")
                return path
        raise Refused("there is no free name for a copy of it")
