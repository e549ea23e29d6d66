import datetime as dt
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from ccmeter.reports.formats import RenderOptions, render
from ccmeter.reports.table import Cell, Column, Kind, Note, Report, Role, Row, Table

USD = 10**12
DAY = dt.date(2026, 6, 1)
LONG = "some-vendor/some-very-long-model-name-2026"
COLUMNS = (
    Column(key="date", title="Date", kind=Kind.DATE),
    Column(key="project", title="Project", kind=Kind.TEXT, is_foreign=True, is_heading=True),
    Column(key="models", title="Models", kind=Kind.NAMES, drop=2, is_foreign=True),
    Column(key="output_tokens", title="Output", kind=Kind.TOKENS, drop=3, mark="*"),
    Column(key="cache", title="Cache", kind=Kind.TOKENS, drop=1, is_secondary=True),
    Column(key="cost", title="Cost", kind=Kind.MONEY, mark="+"),
    Column(key="calls", title="Calls", kind=Kind.COUNT, only_in_files=True),
)


def row(
    project: str = "/p",
    models: tuple[str, ...] = ("gpt-5.5",),
    cost: int | None = USD,
    *,
    day: dt.date | None = DAY,
    tokens: int = 1234,
    role: Role = Role.BODY,
    marks: tuple[str, ...] = (),
) -> Row:
    cells: tuple[Cell, ...] = (day, project, models, tokens, 10 * tokens, cost, 1)
    return Row(cells=cells, role=role, marks=frozenset(marks))


def show(
    *rows: Row, notes: tuple[Note, ...] = (), width: int = 80, colour: bool = False, unicode: bool = True
) -> str:
    table = Table(title="Usage", caption="UTC", columns=COLUMNS, rows=rows, notes=notes)
    options = RenderOptions(width=width, colour=colour, unicode=unicode)
    shown = render("table", Report(table=table, document=None), options)
    assert isinstance(shown, str)
    return shown


def body(text: str) -> list[str]:
    return text.splitlines()[4:]


def test_a_whole_table() -> None:
    """Digits stand under digits, marks hang in the gap, rules stand under the header and above the total."""
    text = show(
        row(models=("claude-opus-4-5-20251101", "gpt-5.5"), cost=1234 * USD, marks=("output_tokens",)),
        row(models=("claude-opus-4-5-20251101",), role=Role.DETAIL),
        row("/q", day=None, cost=None, marks=("cost",)),
        row(models=(), tokens=2_000_000, role=Role.TOTAL, marks=("cost",)),
        notes=(Note(text="The output is low.", mark="*"), Note(text="Plain.")),
    )
    assert text == (
        "Usage  UTC\n"
        "\n"
        "Date        Models                Output       Cache       Cost\n"
        "───────────────────────────────────────────────────────────────\n"
        "/p\n"
        "2026-06-01  opus-4.5, gpt-5.5      1,234*     12,340  $1,234.00\n"
        "            └ opus-4.5             1,234      12,340      $1.00\n"
        "\n"
        "/q\n"
        "undated     gpt-5.5                1,234      12,340   unpriced\n"
        "───────────────────────────────────────────────────────────────\n"
        "Total                          2,000,000  20,000,000      $1.00+\n"
        "\n"
        "* The output is low.\n"
        "Plain.\n"
    )


def test_without_rows_only_the_notes_are_shown() -> None:
    """An empty report is a sentence, not an empty grid."""
    assert show(notes=(Note(text="Nothing here. Try --since."),)) == "Nothing here. Try --since.\n"


def test_names_are_counted_where_they_do_not_fit() -> None:
    """The weightiest names stay; the others are a number."""
    models = ("claude-opus-4-5", "claude-haiku-4-5", "claude-sonnet-5-5", "gpt-5.5")
    assert "opus-4.5, haiku-4.5, sonnet-5.5, gpt-5.5  " in show(row(models=models))
    assert "opus-4.5, haiku-4.5 +2  " in show(row(models=models), width=62)
    assert "opus-4.5 +3  " in show(row(models=models), width=50)


def test_dropped_columns_are_named() -> None:
    """A person sees that something is missing, and why."""
    text = show(row(models=("claude-opus-4-5",)), width=40)
    assert "Cache" not in text.splitlines()[2]
    assert text.endswith("\nNot shown in 40 columns: Cache.\n")
    assert "Not shown" not in show(row(models=("claude-opus-4-5",)), width=60)


def test_a_long_name_loses_its_middle_before_a_number_goes() -> None:
    """One long id does not cost everybody a column of numbers."""
    lines = body(show(row(models=(LONG, "gpt-5.5")), row(models=("gpt-5.5",)), width=62))
    assert lines[1] == "2026-06-01  some-vendor/…l-name-2026 +1   1,234  12,340  $1.00"


def test_a_total_and_a_detail_do_not_repeat_the_day() -> None:
    """What the row above says is not said again."""
    lines = body(show(row(), row(role=Role.DETAIL), row(role=Role.TOTAL)))
    assert [line.split()[0] for line in lines] == ["/p", "2026-06-01", "└", "─" * 44, "Total"]


def test_ascii_terminals_get_ascii() -> None:
    """Rules, branches, cuts and foreign text are ASCII where nothing else can be shown."""
    text = show(
        row("/日本" + "x" * 80, models=(LONG, "b")),
        row(models=("a",), role=Role.DETAIL),
        width=60,
        unicode=False,
    )
    assert text.isascii()
    assert "- a " in text
    assert "~" in text
    assert "---" in text


def test_a_long_heading_keeps_its_end() -> None:
    """The last folders of a path name the project."""
    lines = body(show(row("/home/u/" + "deep/" * 20 + "ccmeter"), width=60))
    assert lines[0].startswith("…")
    assert lines[0].endswith("/ccmeter")
    assert cell_len(lines[0]) == 60


def test_escape_sequences_do_not_reach_the_terminal() -> None:
    """A folder or a model cannot move the cursor or set a colour."""
    text = show(row("/\x1b[2J\x9b\u202e", models=("m\x1b]0;title\x07",)), notes=(Note(text="of m\x1b[1m"),))
    assert set(re.findall(r"[^\x20-\x7e]", text)) == {"\n", "─", "\ufffd"}


def test_wide_characters_keep_the_columns_in_line() -> None:
    """CJK and emoji take two cells, and everything behind them stays where it belongs."""
    lines = body(show(row("/日本語👩", tokens=5), row("/日本語👩", tokens=5_000_000)))
    assert lines[0] == "/日本語👩"
    assert len({cell_len(line) for line in lines[1:3]}) == 1


def test_colour_only_adds_to_the_text() -> None:
    """Without its colours a coloured table is the plain one, and no line ends in the middle of a colour."""
    rows = (row(marks=("cost",)), row(cost=None), row(role=Role.DETAIL), row(role=Role.TOTAL))
    notes = (Note(text="Low.", mark="+"), Note(text="Plain."))
    coloured = show(*rows, notes=notes, colour=True)
    plain = re.sub(r"\x1b\[[0-9;]*m", "", coloured)
    assert [line.rstrip() for line in plain.splitlines()] == show(*rows, notes=notes).splitlines()
    assert all(line.count("\x1b[") == 2 * line.count("\x1b[0m") for line in coloured.splitlines())


def test_colours_mean_something() -> None:
    """Costs are green, what is uncertain is yellow, totals are bold, parts and caches are dim."""
    text = show(row(marks=("cost",)), row(cost=None), row(role=Role.TOTAL), colour=True)
    assert "\x1b[32m   $1.00\x1b[0m\x1b[33m+\x1b[0m" in text
    assert "\x1b[33munpriced\x1b[0m" in text
    assert "\x1b[1;32m   $1.00\x1b[0m" in text
    assert "\x1b[2m12,340\x1b[0m" in text


@pytest.mark.parametrize("width", [60, 80, 120, 200])
def test_notes_are_wrapped_at_a_readable_length(width: int) -> None:
    """A long note is broken at spaces, under itself, and not wider than can be read."""
    lines = show(row(), notes=(Note(text="word " * 60, mark="*"),), width=width).splitlines()
    wrapped = [line for line in lines if "word" in line]
    assert max(map(len, wrapped)) <= min(width, 100)
    assert [line[:2] for line in wrapped] == ["* ", *["  "] * (len(wrapped) - 1)]


names = st.text(max_size=60) | st.sampled_from(
    ["claude-opus-4-5-20251101", "claude-opus-4-8-fast", "日" * 40]
)
tokens = st.integers(min_value=0, max_value=10**15)
rows = st.builds(
    row,
    names,
    st.lists(names, max_size=6).map(tuple),
    st.none() | st.integers(min_value=0, max_value=10**9 * USD),
    day=st.none() | st.dates(),
    tokens=tokens,
    role=st.sampled_from(Role),
    marks=st.sampled_from([(), ("cost",), ("output_tokens", "cost")]),
)


@given(
    st.lists(rows, max_size=6),
    st.lists(st.builds(Note, text=st.text(max_size=200), mark=st.sampled_from(["", "*"])), max_size=2),
    st.integers(min_value=60, max_value=220),
    st.sampled_from(["ascii", "unicode"]),
)
def test_no_line_is_wider_than_the_terminal(
    lines: list[Row], notes: list[Note], width: int, characters: str
) -> None:
    """Whatever the names and numbers, at 60 cells and more nothing wraps and no number is cut."""
    text = show(*lines, notes=tuple(notes), width=width, unicode=characters == "unicode")
    # Made wide by Unicode 16, which Python 3.11 does not know; terminals are divided.
    text = re.sub("[\u2630-\u2637\u268a-\u268f\u4dc0-\u4dff\U0001d300-\U0001d376]", "x", text)
    assert max(map(cell_len, text.split("\n"))) <= width
    assert text.endswith("\n")


@pytest.mark.parametrize("width", [-1, 0, 1, 2, 20])
def test_a_terminal_of_no_width_is_not_a_fault(width: int) -> None:
    """Some terminals say that they have no columns; they still get every cost."""
    assert "$1.00" in show(row("/日本"), notes=(Note(text="日 note", mark="*"),), width=width)


@given(rows, st.integers(min_value=60, max_value=220))
def test_a_number_is_shown_whole_or_not_at_all(line: Row, width: int) -> None:
    """Every number on the screen is one of the row's own."""
    output, cost = line.cells[3], line.cells[5]
    assert isinstance(output, int)
    cells = [f"{output:,}", f"{10 * output:,}"]
    shown = show(Row(cells=(DAY, "p", (), *line.cells[3:])), width=width).splitlines()[
        -1 if width > 99 else 5
    ]
    assert {text.rstrip("*") for text in shown.split()[1:] if text[0].isdigit()} <= set(cells)
    assert cost is None or "$" in shown
