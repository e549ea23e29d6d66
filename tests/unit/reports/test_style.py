import datetime as dt
from decimal import Decimal

import pytest

from ccmeter.domain.currency import Currency
from ccmeter.reports import cells, formats, style
from ccmeter.reports.formats import RenderOptions
from ccmeter.reports.style import PLAIN, Style
from ccmeter.reports.table import Cell, Column, Kind, Note, Report, Role, Row, Table

EUR = Currency(code="EUR", per_usd=Decimal("0.5"), since_on=dt.date(2026, 9, 1))
DAY = dt.date(2026, 11, 20)
TIME = dt.datetime(2026, 11, 20, 14, 5, tzinfo=dt.UTC)
REPORT = Report(
    table=Table(
        title="Usage",
        columns=(
            Column(key="date", title="Date", kind=Kind.DATE),
            Column(key="total_tokens", title="Tokens", kind=Kind.TOKENS),
            Column(key="cost_usd", title="Cost", kind=Kind.MONEY, mark="+"),
        ),
        rows=(
            Row(cells=(DAY, 1_234_567, 2_468_000_000_000_000), marks=frozenset({"cost_usd"})),
            Row(cells=(DAY, 1, None)),
            Row(cells=(None, 1_234_568, 2_468_000_000_000_000), role=Role.TOTAL),
        ),
        notes=(Note(text="1,234 of 2,000.50 tokens (12.5%) of opus-4.5 and 1.5 more."),),
    ),
    document={"cost": 2468.0},
)


@pytest.mark.parametrize(
    ("chosen", "kind", "cell", "text"),
    [
        (Style(numbers="point"), Kind.TOKENS, 1_234_567, "1.234.567"),
        (Style(numbers="space"), Kind.TOKENS, 1_234_567, "1\u202f234\u202f567"),
        (Style(numbers="space", ascii_only=True), Kind.TOKENS, 1_234_567, "1 234 567"),
        (Style(numbers="plain"), Kind.TOKENS, 1_234_567, "1234567"),
        (Style(numbers="point"), Kind.MONEY, 1_234_500_000_000_000, "$1.234,50"),
        (Style(numbers="point"), Kind.SHARE, 1234, "12,3%"),
        (Style(numbers="point"), Kind.DURATION, 3900, "1h 05m"),
        (Style(numbers="point"), Kind.TEXT, "opus-4.5", "opus-4.5"),
        (Style(dates="eu"), Kind.DATE, DAY, "20.11.2026"),
        (Style(dates="us"), Kind.DATE, DAY, "11/20/2026"),
        (Style(dates="eu"), Kind.MONTH, DAY, "11.2026"),
        (Style(dates="us"), Kind.TIME, TIME, "11/20/2026 14:05"),
        (Style(dates="us"), Kind.DATE, None, "undated"),
        (Style(currency=EUR), Kind.MONEY, 1_000_000_000_000, "€0.50"),
        (Style(currency=EUR, ascii_only=True), Kind.MONEY, 1_000_000_000_000, "EUR 0.50"),
        (Style(currency=EUR, numbers="point"), Kind.MONEY, 1, "<€0,01"),
        (Style(currency=EUR), Kind.MONEY, None, "unpriced"),
    ],
)
def test_people_read_their_own_style(chosen: Style, kind: Kind, cell: Cell, text: str) -> None:
    """Within it, and nowhere else; files never."""
    before = cells.for_people(kind, cell), cells.for_files(kind, cell)
    with style.written(chosen):
        assert cells.for_people(kind, cell) == text
        assert cells.for_files(kind, cell) == before[1]
    assert cells.for_people(kind, cell) == before[0]


def test_sentences_have_the_numbers_of_the_table() -> None:
    """`1.234` in a row and `1,234` below it would be two numbers; names and small decimals stay."""
    text = formats.render("table", REPORT, RenderOptions(style=Style(numbers="point")))
    assert "1.234 of 2.000,50 tokens (12,5%) of opus-4.5 and 1.5 more." in str(text)


@pytest.mark.parametrize("name", ["table", "markdown"])
def test_the_rate_is_said_under_the_table(name: str) -> None:
    """Whoever reads euros must know that they are made of dollars."""
    text = str(formats.render(name, REPORT, RenderOptions(style=Style(currency=EUR, dates="eu"))))
    assert "€1,234.00" in text
    assert "Money is in EUR at 0.5 per USD, the rate since 01.09.2026." in text
    assert "$" not in text


def test_csv_has_the_exact_dollars_and_a_column_beside_them() -> None:
    """Scripts go on reading `cost_usd`."""
    plain = str(formats.render("csv", REPORT, RenderOptions())).splitlines()
    lines = str(
        formats.render("csv", REPORT, RenderOptions(style=Style(currency=EUR, numbers="point")))
    ).splitlines()
    assert [line.rpartition(",")[0] for line in lines] == plain
    assert [line.rpartition(",")[2] for line in lines] == ["cost_eur", "1234", ""]


def test_json_is_the_same_in_every_style() -> None:
    """Its keys and its dollars are what programs read."""
    chosen = Style(currency=EUR, numbers="point", dates="eu")
    assert formats.render("json", REPORT, RenderOptions(style=chosen)) == formats.render(
        "json", REPORT, RenderOptions()
    )


@pytest.mark.parametrize(
    ("theme", "codes"),
    [("auto", ("32", "33")), ("dark", ("92", "93")), ("light", ("38;5;28", "38;5;130")), ("mono", ("1",))],
)
def test_a_theme_changes_colours_and_nothing_else(theme: style.Theme, codes: tuple[str, ...]) -> None:
    """Money and marks can be read on any background."""
    options = RenderOptions(colour=True, style=Style(theme=theme))
    text = str(formats.render("table", REPORT, options))
    assert all(f"{code}m" in text for code in codes)
    assert (theme == "auto") == ("\x1b[32m" in text)
    assert style._PAINT.sub("", text).replace("\x1b[0m", "") == str(
        formats.render("table", REPORT, RenderOptions())
    )


def test_without_colour_there_is_no_theme() -> None:
    """A pipe gets text."""
    assert "\x1b" not in str(formats.render("table", REPORT, RenderOptions(style=Style(theme="light"))))


def test_a_plain_report_is_left_alone() -> None:
    """Most people choose nothing, and pay nothing for it."""
    assert style.styled(REPORT, PLAIN, format_name="table") is REPORT


def test_a_rate_is_not_said_of_no_money() -> None:
    """An empty report, or one of tokens alone."""
    for table in (
        Table(title="x", columns=REPORT.table.columns),
        Table(title="x", columns=(), rows=(Row(cells=()),)),
    ):
        found = style.styled(Report(table=table, document={}), Style(currency=EUR), format_name="table")
        assert found.table.notes == ()
