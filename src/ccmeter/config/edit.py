"""Changes one key of a settings file, and leaves everything else in it as a person wrote it.

The new text is checked as a whole before it takes the old file's place, in one step and readable by its owner alone:
no change can make a file wrong. One that is wrong already can be repaired key by key.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ccmeter.config import document, schema, settings
from ccmeter.domain.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import MutableMapping, Sequence

    from tomlkit import TOMLDocument

    from ccmeter.config.document import Document


def set_value(file: Path, key: str | Sequence[str], value: object) -> None:
    """Set a key, given as TOML writes it (`pricing.models."my model".input`) or as its parts. Raises ConfigError.

    `value` is a bool, int, float, Decimal, str, date, a list of such, or a mapping of them. The file is made if need be.
    """
    path = path_of(key)
    before, content = _opened(file)
    table: MutableMapping[str, Any] = content
    for depth, part in enumerate(path[:-1]):
        if part not in table:
            table[part] = _new_table(table)
        table = table[part]
        if not isinstance(table, Mapping):
            raise ConfigError(
                f"{document.dotted(path)} cannot be set: {part} is not a table in {file}.",
                hint=f"`ccmeter config unset {document.dotted(path[: depth + 1])}` takes it out.",
            )
    if isinstance(table.get(path[-1]), Mapping):
        del table[path[-1]]  # in the place of a table, a value would be one of the table before it
    table[path[-1]] = _item(value)
    _keep(file, content.as_string(), before)


def unset_value(file: Path, key: str | Sequence[str]) -> bool:
    """Take a key out, and the tables that are empty without it; False if it is not there. Raises ConfigError."""
    path = path_of(key)
    before, content = _opened(file)
    tables: list[MutableMapping[str, Any]] = [content]
    for part in path[:-1]:
        table = tables[-1].get(part)
        if not isinstance(table, Mapping):
            return False
        tables.append(table)  # type: ignore[arg-type]  # tomlkit's tables can be written to
    if path[-1] not in tables[-1]:
        return False
    for table, part in zip(reversed(tables), reversed(path), strict=True):
        del table[part]
        if len(table):
            break
    _keep(file, content.as_string(), before)
    return True


def put_entry(file: Path, key: str, entry: Mapping[str, object], place: int | None) -> None:
    """Put a table into a list of such (`[[budgets]]`), at a place that is taken or, with None, at the end. Raises ConfigError."""
    import tomlkit

    before, content = _opened(file)
    entries = _entries(file, content, key)
    made = tomlkit.table()
    made.update({name: _item(value) for name, value in entry.items()})
    if entries is None:
        entries = tomlkit.aot()
        entries.append(made)
        content.append(key, entries)
    elif place is None:
        made.trivia.indent = "\n"  # an empty line before it
        entries.append(made)
    else:
        for name in [name for name in entries[place] if name not in entry]:
            del entries[place][name]
        entries[place].update(made)  # what a person wrote beside the values stays
    _keep(file, content.as_string(), before)


def drop_entry(file: Path, key: str, place: int) -> None:
    """Take a table out of a list of such. Raises ConfigError."""
    before, content = _opened(file)
    entries = _entries(file, content, key)
    assert entries is not None
    del entries[place]
    if not entries:
        del content[key]
    _keep(file, content.as_string(), before)


def _entries(file: Path, content: TOMLDocument, key: str) -> Any:
    found = content.get(key)
    if found is not None and not (
        isinstance(found, list) and all(isinstance(each, Mapping) for each in found)
    ):
        raise ConfigError(
            f"{key} is no list of tables in {file}.", hint=f"`ccmeter config unset {key}` takes it out."
        )
    return found


def replace(file: Path, text: str, before: Document | None = None) -> None:
    """Put a text in the place of a settings file, in one step. Raises ConfigError for what was not wrong `before`."""
    after = document.parse(text, file)
    known = {(fault.key, fault.reason) for fault in settings.faults(before)} if before else set()
    for fault in settings.faults(after):
        if (fault.key, fault.reason) not in known:
            raise schema.refusal(after, fault)
    target = Path(os.path.realpath(file))  # many keep their settings elsewhere and link to them
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", newline="", dir=target.parent, prefix=f".{target.name}.", delete=False
        ) as kept:
            temporary = Path(kept.name)  # its mode is 0600 from the first
            try:
                kept.write(text)
                kept.flush()
                os.fsync(kept.fileno())
                kept.close()
                temporary.replace(target)
            except BaseException:
                with contextlib.suppress(OSError):
                    temporary.unlink()
                raise
    except OSError as error:
        raise ConfigError(f"The settings {file} cannot be written: {error.strerror}.", hint="") from error


def _keep(file: Path, text: str, before: Document | None) -> None:
    try:
        replace(file, text, before)
    except ConfigError as error:
        raise ConfigError(f"Not changed. {error}", hint=error.hint) from error


def path_of(key: str | Sequence[str]) -> list[str]:
    """Give the parts of a key. Raises ConfigError for a text that is none."""
    path = document.parts(key) if isinstance(key, str) else list(key)
    if not path:
        raise ConfigError(
            f"'{key}' is not a key.", hint='Keys are written as in the file: order, daily.order, "a b".c.'
        )
    return path


def _opened(file: Path) -> tuple[Document | None, TOMLDocument]:
    """Read a file, and once more with all its comments. Raises ConfigError, in the words of the one decoder."""
    import tomlkit

    found = document.read(file)
    return found, tomlkit.document() if found is None else tomlkit.parse(found.text)


def _new_table(within: MutableMapping[str, Any]) -> Any:
    import tomlkit
    from tomlkit.items import InlineTable

    if isinstance(within, InlineTable):
        return tomlkit.inline_table()
    return tomlkit.table(is_super_table=True)


def _item(value: object) -> Any:
    import tomlkit

    if isinstance(value, Mapping):
        table = tomlkit.inline_table()
        table.update({name: _item(each) for name, each in value.items()})
        return table
    if isinstance(value, Decimal):
        return tomlkit.value(f"{value:f}")
    return tomlkit.item(value)
