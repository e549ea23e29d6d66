"""What every format owes to every report. Formats are found in their folder; a new one is tested by being there.

`CCMETER_UPDATE_GOLDEN=1 pytest tests/contracts/test_formats.py` writes the golden files anew; read the difference.
"""

import csv
import datetime as dt
import io
import json
import os
import re
from decimal import Decimal
from pathlib import Path

import pytest

from ccmeter.domain.money import PICO_PER_USD, pico
from ccmeter.domain.tokens import TokenCounts
from ccmeter.queries.summary import Measures, ModelShare, Period, Summary
from ccmeter.reports import daily, usage_table
from ccmeter.reports.formats import RenderOptions, is_binary, names
from ccmeter.reports.table import Cell, Column, Kind, Note, Report, Role, Row, Table
from ccmeter.reports.usage_table import UsageOptions
from support.rendered import FILES, cells_of, render, text_of, written

GOLDEN = Path(__file__).parents[1] / "golden" / "daily"
WIDTHS = (60, 80, 120, 200)
SUFFIXES = {"table": "txt", "markdown": "md", "xlsx": "xlsx.txt", "parquet": "parquet.txt"}
EVIL = (
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "a|b",
    "`x`",
    "<img>",
    "\x1b[2J",
    "a\nb",
    "\u202e",
    '"',
    ",",
)

every_format = pytest.mark.parametrize("name", names())


def measures(
    *counts: int, cost: str = "0", calls: int = 1, nonfinal: int = 0, unpriced: str = ""
) -> Measures:
    tokens = TokenCounts(*counts)
    return Measures(
        counts=tokens,
        cost_pico=pico(Decimal(cost)),
        unpriced_tokens=tokens.total_tokens if unpriced else 0,
        unpriced_models=(unpriced,) if unpriced else (),
        calls=calls,
        nonfinal_calls=nonfinal,
    )


def sum_of(parts: list[Measures]) -> Measures:
    return Measures(
        counts=TokenCounts(*map(sum, zip(*(part.counts for part in parts), strict=True))),
        cost_pico=sum(part.cost_pico for part in parts),
        unpriced_tokens=sum(part.unpriced_tokens for part in parts),
        unpriced_models=tuple(sorted({model for part in parts for model in part.unpriced_models})),
        calls=sum(part.calls for part in parts),
        nonfinal_calls=sum(part.nonfinal_calls for part in parts),
    )


def period(day: int | None, project: str, **models: Measures) -> Period:
    shares = tuple(ModelShare(model=name.replace("_", "-"), measures=each) for name, each in models.items())
    return Period(
        key=None if day is None else dt.date(2026, 6, day),
        project=project,
        measures=sum_of(list(models.values())),
        models=shares,
        models_seen=tuple(share.model for share in reversed(shares)),
    )


def summary() -> Summary:
    """Give a fortnight as it may be: busy and idle days, a model without a price, a line without a time."""
    opus = measures(
        1_204_311, 2_310_877, 18_200_133, 22_918_440, 1_904_112_387, cost="1437.120449500001", calls=9120
    )
    haiku = measures(310_002, 88_154, 902_117, 0, 20_114_902, cost="3.889124735", calls=811, nonfinal=2)
    sonnet = measures(
        41_870, 120_334, 1_204_118, 300_112, 61_500_998, cost="26.7310444", calls=402, nonfinal=1
    )
    fast = measures(12_113, 45_002, 880_114, 0, 9_004_117, cost="17.2518587", calls=77)
    small = measures(12, 3, 0, 0, 0, cost="0.000135")
    foreign = measures(88_120, 9_112, 0, 0, 410_000, calls=14, unpriced="gpt-5.5")
    nothing = measures(1, 0, 0, 0, 0, unpriced="<synthetic>")
    periods = (
        period(1, "/home/u/src/ccmeter", claude_opus_4_5_20251101=opus, claude_haiku_4_5_20251001=haiku),
        period(2, "/home/u/src/ccmeter", claude_opus_4_5_20251101=small),
        period(
            3,
            "/home/u/日本語",
            claude_opus_4_5_20251101=opus,
            claude_sonnet_4_20250514=sonnet,
            claude_opus_4_8_fast=fast,
            claude_haiku_4_5_20251001=haiku,
            **{"gpt-5.5": foreign},
        ),
        period(10, "/home/u/日本語", **{"<synthetic>": nothing}),
        period(None, "/home/u/src/ccmeter", claude_3_5_haiku_20241022=sonnet),
    )
    total = sum_of([each.measures for each in periods])
    return Summary(periods=periods, total=total, time_zone="Europe/Berlin")


def report(*, breakdown: bool = False, by_project: bool = False) -> Report:
    return usage_table.lay_out(
        summary(), shape=daily.SHAPE, options=UsageOptions(breakdown=breakdown, by_project=by_project)
    )


def hard(*texts: str) -> Report:
    """Give a table with every kind of cell, each also unknown, and foreign text in every place for it."""
    columns = (
        *(
            Column(key=kind.value, title=kind.value, kind=kind, mark="*", is_foreign=kind in FOREIGN)
            for kind in Kind
        ),
        Column(key="heading", title="heading", kind=Kind.TEXT, is_foreign=True, is_heading=True),
        Column(key="hidden", title="hidden", kind=Kind.TOKENS, only_in_files=True),
    )
    cells: dict[Kind, Cell] = {
        Kind.DATE: dt.date(2026, 2, 28),
        Kind.MONTH: dt.date(2026, 2, 1),
        Kind.TIME: dt.datetime(2026, 2, 28, 23, 59, 59, tzinfo=dt.UTC),
        Kind.DURATION: 10**7,
        Kind.SHARE: 10_000,
        Kind.TOKENS: 10**15,
        Kind.COUNT: 0,
        Kind.MONEY: 10**24,
        Kind.PRICE: "1.25",
        Kind.NUMBER: "1e300",
    }
    rows = [
        Row(
            cells=tuple(
                {**cells, Kind.TEXT: text, Kind.NAMES: (text, "b")}[column.kind] for column in columns
            ),
            role=role,
            marks=frozenset({"tokens", "money"}),
        )
        for text in texts
        for role in (Role.BODY, Role.DETAIL)
    ]
    unknown = [Row(cells=(None,) * len(columns), role=role) for role in (Role.BODY, Role.TOTAL)]
    table = Table(
        title="Hard",
        columns=columns,
        rows=(*rows, *unknown),
        notes=tuple(Note(text=text, mark="*") for text in texts),
    )
    return Report(table=table, document=[{text: [1, 1.5, True, None]} for text in texts])


FOREIGN = {Kind.TEXT, Kind.NAMES}


def fields(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


@every_format
@pytest.mark.parametrize("text", EVIL)
@pytest.mark.parametrize("width", WIDTHS)
def test_every_hard_cell_is_rendered(name: str, text: str, width: int) -> None:
    """Unknown, huge, wide and hostile cells are no trouble to any format, and text ends with one newline."""
    shown = render(name, hard(text, "日本", "\udc80", ""), RenderOptions(width=width, colour=True))
    assert isinstance(shown, bytes) == is_binary(name)
    if isinstance(shown, str):
        assert shown.endswith("\n")
        assert not shown.rstrip("\r").endswith(("\n\n", "\n\r\n"))
        shown.encode()
    else:
        assert text_of(name, shown)


@every_format
@pytest.mark.parametrize("text", EVIL)
def test_no_control_character_of_others_is_written(name: str, text: str) -> None:
    """What came from a folder or a log can move no cursor, set no colour and turn no text around."""
    if is_binary(name):  # nothing that is read back in a cell may be unprintable
        cells = cells_of(name, render(name, hard(text), RenderOptions()))
        assert all(cell.isprintable() for row in cells for cell in row if isinstance(cell, str))
        return
    shown = text_of(name, render(name, hard(text), RenderOptions(width=200)))
    plain = text_of(name, render(name, hard("harmless"), RenderOptions(width=200)))
    assert set(re.findall(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", shown)) <= {"\r", "\n"}
    assert shown.count("\n") == plain.count("\n")


@every_format
def test_an_empty_report_is_rendered(name: str) -> None:
    """Without rows there is still an answer: what to do next for people, and a header, if anything, for programs."""
    empty = Summary(periods=(), total=measures(0), time_zone="UTC")
    shown = text_of(
        name,
        render(
            name,
            usage_table.lay_out(empty, shape=daily.SHAPE, options=UsageOptions(empty="Nothing yet.")),
            RenderOptions(),
        ),
    )
    assert name == "jsonl" or (shown.endswith("\n") and not shown.endswith("\n\n"))
    expected = {"csv": "date,models,", "json": '"daily": []', "jsonl": "", "parquet": "date: "}
    assert expected.get(name, "Nothing yet.") in shown


@every_format
def test_the_same_report_gives_the_same_answer(name: str) -> None:
    """Nothing depends on the run: no set order, no clock, no environment."""
    assert len({render(name, report(breakdown=True), RenderOptions()) for _ in range(3)}) == 1


@every_format
def test_every_day_and_the_undated_usage_are_written(name: str) -> None:
    """No format loses a row."""
    shown = text_of(name, render(name, report(), RenderOptions(width=60)))
    undated = "null" if name in ("jsonl", "parquet") else "undated"
    for label in ("2026-06-01", "2026-06-02", "2026-06-03", "2026-06-10", undated):
        assert label in shown


@pytest.mark.parametrize("name", [each for each in names() if each in FILES])
@pytest.mark.parametrize("breakdown", [False, True])
def test_sums_of_a_file_of_data_are_the_totals(*, name: str, breakdown: bool) -> None:
    """Every number stands in it once, so the sum of a column is right: of money in Excel to a cent, else to the last digit."""
    header, *rows = cells_of(name, render(name, report(breakdown=breakdown), RenderOptions()))
    total = summary().total
    costs = [row[header.index("cost_usd")] for row in rows]
    costs = [cost for cost in costs if cost not in (None, "unpriced")]
    if name == "xlsx":
        assert sum(costs) == pytest.approx(total.cost_pico / PICO_PER_USD)
    else:
        assert sum(map(Decimal, costs)) * PICO_PER_USD == total.cost_pico
    for key, expected in (
        ("total_tokens", total.counts.total_tokens),
        ("unpriced_tokens", total.unpriced_tokens),
        ("messages", total.calls),
        ("non_final_messages", total.nonfinal_calls),
    ):
        assert sum(int(row[header.index(key)]) for row in rows) == expected


def test_costs_in_csv_add_up_to_the_last_digit() -> None:
    """The sum of a column is the total, with and without a breakdown, because no line repeats another."""
    for breakdown in (False, True):
        lines = fields(written("csv", report(breakdown=breakdown), RenderOptions()))
        assert (
            sum(Decimal(line["cost_usd"] or 0) for line in lines) * PICO_PER_USD == summary().total.cost_pico
        )
        for key, expected in (
            ("total_tokens", summary().total.counts.total_tokens),
            ("unpriced_tokens", summary().total.unpriced_tokens),
            ("messages", summary().total.calls),
            ("non_final_messages", summary().total.nonfinal_calls),
        ):
            assert sum(int(line[key]) for line in lines) == expected


def test_exact_costs_in_json_add_up_to_the_last_digit() -> None:
    """Days add up to the total, and models to their day."""
    document = json.loads(written("json", report(), RenderOptions()))

    def exact(parts: list[dict[str, str | None]]) -> Decimal:
        return sum((Decimal(part["costExact"] or 0) for part in parts), Decimal(0))

    assert exact(document["daily"]) == Decimal(document["totals"]["costExact"])
    for day in document["daily"]:
        assert exact(day["modelBreakdowns"]) == Decimal(day["costExact"] or 0)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "＝1"])
def test_csv_text_of_others_is_never_a_formula(text: str) -> None:
    """A spreadsheet shows a folder called `=1+1`; it does not run it. Numbers stay numbers."""
    line = fields(written("csv", hard(text), RenderOptions()))[0]
    assert line["text"].startswith("'")
    assert line["names"].startswith("'")
    assert line["heading"].startswith("'")
    assert (line["date"], line["tokens"], line["count"]) == ("2026-02-28", "1000000000000000", "0")


def test_csv_is_rfc_4180() -> None:
    """Lines end with CRLF, quotes are doubled, and every line has as many fields as the header."""
    shown = written("csv", hard('a"b', "a,b"), RenderOptions())
    assert shown.count("\n") == shown.count("\r\n")
    assert '"a""b"' in shown
    assert '"a,b"' in shown
    assert len({len(line) for line in csv.reader(io.StringIO(shown, newline=""))}) == 1


@pytest.mark.parametrize("text", EVIL)
def test_markdown_text_of_others_stays_in_its_cell(text: str) -> None:
    """No folder name opens a column, a tag, a code span or a link."""
    shown = written("markdown", hard(text), RenderOptions())
    rows = [line for line in shown.splitlines() if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in rows} == {len(Kind) + 2}
    assert not re.search(r"(?<!\\)[`<>\[\]]", shown)


def test_a_mark_does_not_open_a_list_in_markdown() -> None:
    """`+` and `-` at the beginning of an item would make a list of it."""
    shown = written("markdown", report(), RenderOptions())
    assert "\n- \\* Output is" in shown
    assert "\n- \\+ Cost is" in shown


def test_json_is_ascii_and_sorted() -> None:
    """Any terminal and any encoding can carry it, and a difference between two files is a difference in the data."""
    shown = written("json", report(by_project=True), RenderOptions())
    assert shown.isascii()
    assert shown == json.dumps(json.loads(shown), indent=2, sort_keys=True) + "\n"


def golden_cases() -> list[tuple[str, str, RenderOptions, Report]]:
    cases = []
    for look, laid_out in (("", report()), ("-by-project", report(breakdown=True, by_project=True))):
        for name in names():
            for width in WIDTHS if name == "table" else (80,):
                size = f"-{width}" if name == "table" else ""
                file = f"{name}{look}{size}.{SUFFIXES.get(name, name)}"
                cases.append((file, name, RenderOptions(width=width), laid_out))
    options = RenderOptions(width=80, colour=True)
    return [*cases, ("table-colour-80.txt", "table", options, report())]


@pytest.mark.parametrize(
    ("file", "name", "options", "laid_out"), golden_cases(), ids=lambda each: str(each)[:30]
)
def test_the_daily_report_is_the_golden_one(
    file: str, name: str, options: RenderOptions, laid_out: Report
) -> None:
    """What people and scripts see changes only on purpose."""
    shown = text_of(name, render(name, laid_out, options)).encode()
    if os.environ.get("CCMETER_UPDATE_GOLDEN"):
        (GOLDEN / file).write_bytes(shown)
    assert (GOLDEN / file).read_bytes() == shown
