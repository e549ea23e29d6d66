"""What a report adds up to, read back from any of its formats as another program would."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from decimal import Decimal
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

from ccmeter.reports.cells import UNPRICED
from support import rendered

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

Measured = dict[str, Decimal]
"""Amounts by the keys that columns have; money in USD."""

MEASURES = (
    "input_tokens",
    "output_tokens",
    "cache_creation_tokens",
    "cache_read_tokens",
    "total_tokens",
    "cost_usd",
    "unpriced_tokens",
    "messages",
    "non_final_messages",
)
_JSON = {
    "inputTokens": "input_tokens",
    "outputTokens": "output_tokens",
    "cacheCreationTokens": "cache_creation_tokens",
    "cacheCreationInputTokens": "cache_creation_tokens",
    "cacheReadTokens": "cache_read_tokens",
    "cacheReadInputTokens": "cache_read_tokens",
    "totalTokens": "total_tokens",
    "costExact": "cost_usd",
    "unpricedTokens": "unpriced_tokens",
    "messages": "messages",
    "entries": "messages",
    "nonFinalMessages": "non_final_messages",
}
_TITLES = {
    "Input": "input_tokens",
    "Output": "output_tokens",
    "Cache create": "cache_creation_tokens",
    "Cache read": "cache_read_tokens",
    "Total": "total_tokens",
    "Tokens": "total_tokens",
    "Messages": "messages",
}


def of_object(row: Mapping[str, Any]) -> Measured:
    """Give what a JSON object of a report says: a row, or the totals."""
    flat = {**row, **row.get("tokenCounts", {})}
    return {
        measure: Decimal(str(flat[key] or 0))
        for key, measure in _JSON.items()
        if key in flat and not isinstance(flat[key], list | dict)
    }


def of_objects(rows: Iterable[Mapping[str, Any]]) -> Measured:
    """Add JSON objects up."""
    return _added(map(of_object, rows))


def of_file(name: str, content: bytes) -> Measured:
    """Add up the rows of a file that is read by machines. It holds no totals."""
    if name == "csv":
        keys, *rows = csv.reader(io.StringIO(content.decode("utf-8"), newline=""))
    else:
        keys, *rows = rendered.cells_of(name, content.decode("utf-8") if name == "jsonl" else content) or [[]]
    if "measure" in keys:
        return _listed(keys, rows)
    return _added(
        {key: _amount(cell) for key, cell in zip(keys, row, strict=True) if key in MEASURES} for row in rows
    ) or dict.fromkeys(set(keys) & set(MEASURES), Decimal(0))


def of_page(name: str, text: str) -> tuple[Measured, dict[str, str]]:
    """Give what the rows of a page for people add up to, in whole numbers, and its line of totals as it reads."""
    titles, *rows = PAGES[name](text) or [[]]
    places = {_TITLES[title]: place for place, title in enumerate(titles) if title in _TITLES}
    rows = [row for row in rows if len(row) == len(titles)]  # a heading has one cell
    body = [row for row in rows if row[0] != "Total"]
    totals = [row for row in rows if row[0] == "Total"]
    added = _added({key: Decimal(row[place] or 0) for key, place in places.items()} for row in body)
    (last,) = totals or [[]]
    said = {**{key: last[place] for key, place in places.items()}} if last else {}
    if last and "Cost" in titles:
        said["cost_usd"] = last[titles.index("Cost")]
    return added, said


def _amount(cell: Any) -> Decimal:
    """Read an amount; where nothing is known of it, it adds nothing."""
    return Decimal(0) if cell in (None, "", UNPRICED) else Decimal(str(cell))


def _added(rows: Iterable[Measured]) -> Measured:
    added: Counter[str] = Counter()
    for row in rows:
        for key, value in row.items():
            added[key] += value  # type: ignore[assignment]
    return dict(added)  # type: ignore[arg-type]


def _listed(keys: Sequence[str], rows: Iterable[Sequence[Any]]) -> Measured:
    """Read rows of which each has another measure: those about all usage."""
    found = {}
    for row in rows:
        named = dict(zip(keys, row, strict=True))
        if named["topic"] == "Usage":
            measure = {"cost": "cost_usd"}.get(named["measure"], named["measure"])
            if measure in MEASURES:
                found[measure] = Decimal(str(named["value"] or 0))
    return found


def _plain(text: str) -> str:
    """Give a cell without emphasis, separators and marks."""
    bare = text.strip().removeprefix("**").removesuffix("**").replace("\\", "").replace(",", "")
    return re.sub(r"(?<=[\dd])[*+~]$", "", bare).strip()


def _markdown(text: str) -> list[list[str]]:
    lines = [line for line in text.splitlines() if line.startswith("|")]
    table = [[_plain(cell) for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]
    return table[:1] + table[2:]


def _table(text: str) -> list[list[str]]:
    """Read the columns of a terminal by where their titles end: numbers end there too."""
    lines = text.splitlines()
    rules = [number for number, line in enumerate(lines) if line and set(line) <= {"─", "-"}]
    if not rules:
        return []
    rules = [
        rule for rule in rules if lines[rule] == lines[rules[0]]
    ]  # an active block has tables of its own
    titles = lines[rules[0] - 1]
    ends = [match.end() for match in re.finditer(r"\S+(?: \S+)*", titles)]
    rows = [titles, *lines[rules[0] + 1 : rules[-1]], lines[rules[-1] + 1]]
    return [_cells(row, ends) for row in rows if row not in ("", *(lines[rule] for rule in rules))]


def _cells(row: str, ends: Sequence[int]) -> list[str]:
    """Give the word that ends where each title does, and the first words of the line."""
    words = {match.end(): match[0] for match in re.finditer(r"\S+", row.replace("*", " ").replace("+", " "))}
    first = row.split("  ", maxsplit=1)[0].strip()
    return [first, *(_plain(words.get(end, "")) for end in ends[1:])]


class _Page(HTMLParser):
    """Collects the cells of all tables."""

    def __init__(self) -> None:
        super().__init__()
        self.tables: list[list[list[str]]] = []
        self._is_cell = False

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        if tag == "table":
            self.tables.append([])
        if tag == "tr":
            self.tables[-1].append([])
        if tag in ("td", "th"):
            self._is_cell = True
            self.tables[-1][-1].append("")
        if tag == "span" and ("class", "mark") in attrs:
            self._is_cell = False

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self._is_cell = False

    def handle_data(self, data: str) -> None:
        if self._is_cell:
            self.tables[-1][-1][-1] += data


def _html(text: str) -> list[list[str]]:
    """Read the table that has totals; a chart may have one of its own."""
    page = _Page()
    page.feed(text)
    return next(
        [list(map(_plain, row)) for row in rows] for rows in page.tables if rows and "Total" in rows[-1][:1]
    )


PAGES: Mapping[str, Callable[[str], list[list[str]]]] = {
    "markdown": _markdown,
    "table": _table,
    "html": _html,
}
