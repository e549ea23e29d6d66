"""What a report is before it has a look: a table of typed cells for people, and a document for machines.

Cells keep their types up to the format: a count is an int, money is whole pico-dollars, a day is a date. So a
format never parses text back into numbers, and no two formats can round the same number apart.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    from ccmeter.reports.figure import Figure

Cell: TypeAlias = "dt.date | dt.datetime | str | int | tuple[str, ...] | Amount | None"
"""See `Kind` for what each type, and None, means."""

Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"
"""Any JSON value."""


class Kind(Enum):
    """What the cells of a column are."""

    DATE = "date"
    """A local day; None where the log gives no readable time."""
    MONTH = "month"
    """A calendar month, as its first day; None where the log gives no readable time."""
    TIME = "time"
    """An instant, in the zone of the report; None where the log gives no readable time."""
    TEXT = "text"
    """One name or label."""
    NAMES = "names"
    """Model ids as logged, the weightiest first."""
    TOKENS = "tokens"
    """A number of tokens."""
    COUNT = "count"
    """A number of anything else."""
    MONEY = "money"
    """Whole pico-dollars; None where nothing of the usage could be priced."""
    DURATION = "duration"
    """Whole seconds; None where unknown."""
    SHARE = "share"
    """Whole ten-thousandths: 1,234 is 12.34 %; None where there is nothing to have a share of."""
    PRICE = "price"
    """USD per million tokens, as plain text; empty where none is stated."""
    NUMBER = "number"
    """A number in a unit of its own, as plain text; empty where there is none."""

    @property
    def is_number(self) -> bool:
        """Whether digits of the column stand under each other."""
        return self in _NUMBERS

    @property
    def is_date(self) -> bool:
        """Whether the cells are days, months or times, which a table never cuts."""
        return self in _DATES


_DATES = frozenset({Kind.DATE, Kind.MONTH, Kind.TIME})
_NUMBERS = frozenset(
    {Kind.TOKENS, Kind.COUNT, Kind.MONEY, Kind.DURATION, Kind.SHARE, Kind.PRICE, Kind.NUMBER}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """A value of its own kind in a column of text, only for people: written when the report is, in its style."""

    kind: Kind
    value: dt.date | str | int | None
    is_change: bool = False
    """It has a sign, and without a value it is a dash."""
    after: str = ""
    """What is read behind it."""


class Role(Enum):
    """What a row is to the rows around it."""

    BODY = "body"
    DETAIL = "detail"
    """A part of the body row above it; its cells repeat what they share with that row."""
    TOTAL = "total"
    """The sum of the body rows, made by the store."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """What stands under one heading."""

    key: str
    """Name for machines, in snake_case with its unit."""
    title: str
    """Name for people."""
    kind: Kind
    drop: int = 0
    """When the terminal is too narrow, columns with a low number go first; 0 never goes."""
    mark: str = ""
    """One character that stands behind the uncertain cells of this column, or nothing."""
    is_foreign: bool = False
    """Its text was written by others (a folder, a model id): every format makes it harmless."""
    is_secondary: bool = False
    """Worth having, but not what the eye should find first."""
    is_heading: bool = False
    """Neighbouring rows share its value: the terminal says it once, above them."""
    wraps: bool = False
    """Its text goes on below where the terminal is too narrow: nothing of it may be left out."""
    only_in_files: bool = False
    """For a spreadsheet or a script; people see it as a mark and a note."""
    only_for_people: bool = False
    """Numbers of several kinds as text, which stand exactly in columns that are only in files; files of data leave it out."""
    is_right: bool = False
    """Text that ends where its column ends, as numbers do."""
    least: int | None = None
    """Cells of its text that are kept before other columns are left out; None: as the format sees fit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of a table: a cell for each column."""

    cells: tuple[Cell, ...]
    role: Role = Role.BODY
    marks: frozenset[str] = frozenset()
    """Keys of the columns whose cell here is a lower bound."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A sentence under the table."""

    text: str
    """Where there are amounts, with `{}` in their places."""
    amounts: tuple[Amount, ...] = ()
    """Written when the report is, in its style and currency."""
    mark: str = ""
    """The mark that it explains."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A report for people. Without rows it is its notes, which then say what to do next."""

    title: str
    caption: str = ""
    """What the title leaves open, such as whose days these are."""
    columns: tuple[Column, ...]
    rows: tuple[Row, ...] = ()
    notes: tuple[Note, ...] = ()
    has_all: str = ""
    """Where all of it can be had; said where a terminal had no room for some columns."""

    def for_data(self) -> Table:
        """Give the table as files of data have it: without the columns that are only for people."""
        places = [place for place, column in enumerate(self.columns) if not column.only_for_people]
        if len(places) == len(self.columns):
            return self
        return replace(
            self,
            columns=tuple(self.columns[place] for place in places),
            rows=tuple(replace(row, cells=tuple(row.cells[place] for place in places)) for row in self.rows),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A finished answer: the same numbers as a table and as a JSON document."""

    table: Table
    document: Json = field(repr=False)
    figures: tuple[Figure, ...] = ()
    """Charts of these numbers, which stand above the table; CSV and other files of data leave them out."""
    is_drawn: bool = False
    """The figures say it all on a screen: the terminal leaves the table's rows out, other formats have both."""
    further: tuple[Table, ...] = ()
    """Smaller tables that follow on the page; CSV and other files of one table leave them out."""
