"""The page that a report becomes: what stands in it, and what must never."""

import datetime as dt
import re
from html.parser import HTMLParser

import pytest

from ccmeter.reports.chart import MOST_BARS, MOST_STEPS, chart_of
from ccmeter.reports.figure import Bars, Calendar, Day, Line, Point
from ccmeter.reports.formats import RenderOptions
from ccmeter.reports.table import Cell, Column, Kind, Note, Report, Role, Row, Table
from support.rendered import written

DAY = Column(key="date", title="Date", kind=Kind.DATE)
MONTH = Column(key="month", title="Month", kind=Kind.MONTH)
NAME = Column(key="model", title="Model", kind=Kind.TEXT, is_foreign=True)
NAMES = Column(key="models", title="Models", kind=Kind.NAMES, is_foreign=True)
COST = Column(key="cost_usd", title="Cost", kind=Kind.MONEY, mark="+")
TOTAL = Column(key="total_tokens", title="Total", kind=Kind.TOKENS)
EVIL = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'&amp;</style>\u202e"
VOID = {"meta", "link", "img", "br", "input"}


class Page(HTMLParser):
    """What a browser would make of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.feed(text)
        assert self.open == [], "a tag is not closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def table(*rows: tuple[Cell, ...], columns: tuple[Column, ...] = (DAY, COST)) -> Table:
    return Table(title="Usage", caption="UTC", columns=columns, rows=tuple(Row(cells=row) for row in rows))


def page(report: Report | Table) -> str:
    laid_out = report if isinstance(report, Report) else Report(table=report, document={})
    return written("html", laid_out, RenderOptions())


def day(number: int) -> dt.date:
    return dt.date(2026, 6, number)


def evil() -> Report:
    """Give a report with text of others in every place that there is for it."""
    point = Point(label=EVIL, value=5)
    heading = Column(key="project", title=EVIL, kind=Kind.TEXT, is_foreign=True, is_heading=True, mark=EVIL)
    cells = Table(
        title=EVIL,
        caption=EVIL,
        columns=(NAME, NAMES, heading, COST),
        rows=(
            Row(cells=(EVIL, (EVIL, "b"), EVIL, 5)),
            Row(cells=(EVIL, (EVIL,), EVIL, None), role=Role.DETAIL),
        ),
        notes=(Note(text=EVIL, mark="*"),),
    )
    calendar = Calendar(
        title=EVIL,
        kind=Kind.MONEY,
        first_on=day(1),
        last_on=day(20),
        days=(Day(on=day(2), value=1), Day(on=day(3), value=10)),
    )
    figures = (
        Bars(title=EVIL, kind=Kind.MONEY, points=(point, Point(label="b", value=None))),
        Line(title=EVIL, kind=Kind.TOKENS, points=(point,)),
        calendar,
    )
    return Report(table=cells, document={}, figures=figures, further=(cells,))


def test_the_page_is_whole_by_itself() -> None:
    """Nothing runs, nothing is loaded, and the browser is told so: what it may use is one style sheet, by its digest."""
    text = page(evil())
    made = Page(text)
    names = {tag for tag, _ in made.tags}
    assert not names & {
        "script",
        "img",
        "link",
        "iframe",
        "object",
        "embed",
        "base",
        "form",
        "a",
        "use",
        "image",
    }
    attributes = {name for _, given in made.tags for name in given}
    assert not {name for name in attributes if name.startswith("on")}
    assert not attributes & {"style", "src", "href", "srcset", "action", "xlink:href"}
    (policy,) = [each["content"] for each in made.named("meta") if "http-equiv" in each]
    assert policy
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert "http" not in text.replace("http-equiv", "")
    assert "url(" not in text
    assert "@import" not in text


def test_the_digest_is_that_of_the_style_sheet() -> None:
    """Else the page would have no style at all."""
    import base64
    import hashlib

    text = page(table((day(1), 1)))
    style = text[text.index("<style>") + 7 : text.index("</style>")]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"'sha256-{digest}'" in text
    assert "prefers-color-scheme: dark" in style
    assert "position: sticky" in style


def test_text_of_others_is_text() -> None:
    """In titles, cells, names, headings, notes, charts and their hints."""
    made = Page(page(evil()))
    shown = [words for words in made.words if "alert(1)" in words]
    assert len(shown) >= 12
    assert all("<script>alert(1)</script>" in words for words in shown)
    assert not any("\u202e" in words for words in made.words)


def test_numbers_stand_right_and_marks_behind_them() -> None:
    """A mark hangs outside of its column, so that digits stand under digits."""
    laid_out = Table(
        title="Usage",
        columns=(DAY, COST),
        rows=(Row(cells=(day(1), 10**12), marks=frozenset({"cost_usd"})), Row(cells=(day(2), None))),
        notes=(Note(text="A lower bound.", mark="+"),),
    )
    text = page(laid_out)
    assert '<td class="n money">$1.00<span class="mark">+</span></td>' in text
    assert '<td class="n unknown">unpriced</td>' in text
    assert '<li><span class="mark">+</span> A lower bound.</li>' in text


def test_a_narrow_window_leaves_out_what_a_narrow_terminal_does() -> None:
    """And says what: the page does not scroll sideways for it."""
    wide = tuple(
        Column(key=f"n{number}", title=f"Number {number}", kind=Kind.TOKENS, drop=number)
        for number in range(1, 9)
    )
    text = page(table((day(1), *[10**9] * 8, 10**12), columns=(DAY, *wide, COST)))
    assert '<th scope="col" class="n far">Number 1</th>' in text
    assert '<th scope="col" class="n">Cost</th>' in text
    assert "A wider window also shows: Number 1, Number 2" in text
    assert "A wider window" not in page(table((day(1), 1)))


def test_rows_of_one_heading_stand_together() -> None:
    """Its name is said once above them, over all columns."""
    heading = Column(key="project", title="Project", kind=Kind.TEXT, is_heading=True)
    text = page(table((day(1), "/a", 1), (day(2), "/a", 2), (day(1), "/b", 3), columns=(DAY, heading, COST)))
    assert re.findall(r'<tr class="group"><th colspan="2">(.*?)</th>', text) == ["/a", "/b"]


def test_without_rows_the_page_says_what_to_do() -> None:
    """No empty frame."""
    empty = Table(title="Usage", columns=(DAY,), notes=(Note(text="Nothing yet."),))
    text = page(empty)
    assert "Nothing yet." in text
    assert "<table" not in text


def test_a_table_of_days_brings_its_chart() -> None:
    """Days without a row are days without usage; undated rows have no place in it."""
    (chart,) = chart_of(table((day(1), 5), (day(4), None), (day(3), 7), (None, 9)))
    assert chart == Line(
        title="Cost by date",
        kind=Kind.MONEY,
        points=(
            Point(label="2026-06-01", value=5),
            Point(label="2026-06-02", value=0),
            Point(label="2026-06-03", value=7),
            Point(label="2026-06-04", value=None),
        ),
    )


def test_weeks_and_months_are_steps() -> None:
    """A week is one step, and so is a month."""
    (weeks,) = chart_of(table((day(1), 5), (day(15), 6)))
    assert [point.label for point in weeks.points] == ["2026-06-01", "2026-06-08", "2026-06-15"]  # type: ignore[union-attr]
    (months,) = chart_of(table((dt.date(2025, 11, 1), 5), (dt.date(2026, 2, 1), 6), columns=(MONTH, COST)))
    assert [point.label for point in months.points] == ["2025-11", "2025-12", "2026-01", "2026-02"]  # type: ignore[union-attr]


def test_a_chart_has_no_more_steps_than_can_be_seen() -> None:
    """The newest are drawn."""
    (chart,) = chart_of(table((dt.date(1970, 1, 2), 5), (day(1), 6)))
    assert isinstance(chart, Line)
    assert len(chart.points) == MOST_STEPS
    assert chart.points[-1] == Point(label="2026-06-01", value=6)


def test_names_become_bars_the_largest_on_top() -> None:
    """Only as many as can be read; how many there are is said."""
    rows = [((f"model-{number}",), number) for number in range(30)]
    (chart,) = chart_of(table(*rows, columns=(NAMES, COST)))
    assert isinstance(chart, Bars)
    assert chart.title == "Cost by models (the largest 20 of 30)"
    assert [point.value for point in chart.points] == list(range(29, 29 - MOST_BARS, -1))
    (named,) = chart_of(table(("a", 1), ("b", None), columns=(NAME, COST)))
    assert named.points == (Point(label="a", value=1), Point(label="b", value=None))  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "laid_out",
    [
        table((day(1), 5)),
        table((day(1), 5), (day(1), 6)),
        table((None, 5)),
        table(columns=(DAY, COST)),
        table((day(1), "x"), (day(2), "y"), columns=(DAY, NAME)),
        table((5, 5), (6, 6), columns=(TOTAL, COST)),
    ],
)
def test_what_cannot_be_compared_is_not_drawn(laid_out: Table) -> None:
    """One value, two rows of one day, rows without a number, or without a name."""
    assert chart_of(laid_out) == ()


def test_tokens_are_drawn_where_there_is_no_money() -> None:
    """As with `--no-cost`."""
    (chart,) = chart_of(table((day(1), 5), (day(2), 6), columns=(DAY, TOTAL)))
    assert (chart.title, chart.kind) == ("Total by date", Kind.TOKENS)
