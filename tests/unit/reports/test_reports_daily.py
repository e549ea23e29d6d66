import datetime as dt
import math
from collections.abc import Mapping, Sequence

from ccmeter.domain.tokens import TokenCounts
from ccmeter.queries.summary import Measures, ModelShare, Period, Summary
from ccmeter.reports import daily, usage_table
from ccmeter.reports.table import Cell, Column, Json, Note, Report, Role, Table
from ccmeter.reports.usage_table import UsageOptions

USD = 10**12
FIRST, SECOND = dt.date(2026, 6, 1), dt.date(2026, 6, 2)
OPUS, HAIKU, FOREIGN = "claude-opus-4-5-20251101", "claude-haiku-4-5-20251001", "gpt-5.5"


def measures(
    cost_pico: int = USD,
    *,
    tokens: int = 100,
    calls: int = 3,
    nonfinal: int = 0,
    unpriced: tuple[str, ...] = (),
) -> Measures:
    return Measures(
        counts=TokenCounts(tokens, 20, 3, 4, 5000),
        cost_pico=cost_pico,
        unpriced_tokens=(tokens + 5027 if not cost_pico else tokens) if unpriced else 0,
        unpriced_models=unpriced,
        calls=calls,
        nonfinal_calls=nonfinal,
    )


def period(
    key: dt.date | None, *models: str, project: str | None = None, of: Measures | None = None
) -> Period:
    return Period(
        key=key,
        project=project,
        measures=of or measures(),
        models=tuple(ModelShare(model=model, measures=of or measures()) for model in models),
        models_seen=tuple(reversed(models)),
    )


def summary(*periods: Period, total: Measures | None = None) -> Summary:
    return Summary(periods=periods, total=total or measures(), time_zone="Europe/Berlin")


def lay_out(
    answer: Summary,
    *,
    breakdown: bool = False,
    by_project: bool = False,
    compact: bool = False,
    no_cost: bool = False,
) -> Report:
    options = UsageOptions(breakdown=breakdown, by_project=by_project, compact=compact, no_cost=no_cost)
    return usage_table.lay_out(answer, shape=daily.SHAPE, options=options)


def column_of(table: Table, key: str) -> list[Cell]:
    place = [column.key for column in table.columns].index(key)
    return [row.cells[place] for row in table.rows]


def seen(table: Table) -> list[str]:
    return [column.title for column in table.columns if not column.only_in_files]


def at(document: Json, *path: str | int) -> Json:
    for step in path:
        if isinstance(step, str):
            assert isinstance(document, Mapping)
            document = document[step]
        else:
            assert isinstance(document, Sequence)
            document = document[step]
    return document


def keys(document: Json) -> set[str]:
    assert isinstance(document, Mapping)
    return set(document)


def test_a_day_is_a_row_and_the_total_comes_from_the_store() -> None:
    """Cells are typed; the total is the summary's own, not a sum made here."""
    table = lay_out(summary(period(FIRST, OPUS, HAIKU), total=measures(7 * USD, tokens=11))).table
    assert seen(table) == ["Date", "Models", "Input", "Output", "Cache create", "Cache read", "Total", "Cost"]
    assert [row.role for row in table.rows] == [Role.BODY, Role.TOTAL]
    assert table.rows[0].cells == (FIRST, (OPUS, HAIKU), 100, 20, 7, 5000, 5127, USD, 0, 3, 0)
    assert table.rows[1].cells == (None, None, 11, 20, 7, 5000, 5038, 7 * USD, 0, 3, 0)
    assert (table.title, table.caption, table.notes) == ("Daily usage", "Europe/Berlin", ())


def test_rows_keep_their_order_and_undated_usage_comes_last() -> None:
    """The order asked for is the store's business, except for what has no day."""
    table = lay_out(summary(period(None), period(SECOND), period(FIRST))).table
    assert column_of(table, "date")[:-1] == [SECOND, FIRST, None]


def test_rows_of_a_project_stand_together() -> None:
    """By project, projects come in the order of their first row, undated usage last in each."""
    answer = summary(
        period(None, project="b"),
        period(FIRST, project="b"),
        period(FIRST, project=None),
        period(SECOND, project="b"),
    )
    report = lay_out(answer, by_project=True)
    assert column_of(report.table, "project")[:-1] == ["b", "b", "b", "unknown"]
    assert column_of(report.table, "date")[:-1] == [FIRST, SECOND, None, FIRST]
    assert keys(report.document) == {"projects", "schemaVersion", "timeZone", "totals"}
    assert keys(at(report.document, "projects")) == {"b", "unknown"}
    assert at(report.document, "projects", "b", 0, "date") == "2026-06-01"
    assert at(report.document, "projects", "unknown", 0, "project") == "unknown"


def test_a_breakdown_gives_each_of_several_models_a_line() -> None:
    """Parts follow their row and repeat its day; a row of a single model has no parts to tell."""
    table = lay_out(summary(period(FIRST, OPUS, HAIKU), period(SECOND, OPUS)), breakdown=True).table
    roles = [row.role for row in table.rows]
    assert roles == [Role.BODY, Role.DETAIL, Role.DETAIL, Role.BODY, Role.TOTAL]
    assert column_of(table, "models")[1:3] == [(OPUS,), (HAIKU,)]
    assert column_of(table, "date")[1:3] == [FIRST, FIRST]


def test_a_breakdown_never_loses_its_models() -> None:
    """A line for a model is nothing without its name, so the column cannot be dropped."""

    def drop(*, breakdown: bool) -> int:
        table = lay_out(summary(period(FIRST, OPUS)), breakdown=breakdown).table
        return next(column.drop for column in table.columns if column.key == "models")

    assert drop(breakdown=True) == 0
    assert drop(breakdown=False) > 0


def test_compact_leaves_out_cache_and_total_for_people_only() -> None:
    """A compact table is what ccusage calls compact; files keep every column."""
    full, compact = (lay_out(summary(period(FIRST, OPUS)), compact=each).table for each in (False, True))
    assert seen(compact) == ["Date", "Models", "Input", "Output", "Cost"]
    assert [column.key for column in compact.columns] == [column.key for column in full.columns]


def test_no_cost_leaves_no_amount_anywhere() -> None:
    """Neither a column nor a key nor a note speaks of money."""
    answer = summary(
        period(FIRST, FOREIGN, of=measures(0, unpriced=(FOREIGN,))), total=measures(0, unpriced=(FOREIGN,))
    )
    report = lay_out(answer, no_cost=True)
    assert "cost_usd" not in [column.key for column in report.table.columns]
    assert report.table.notes == ()
    assert not any(row.marks for row in report.table.rows)
    row = at(report.document, "daily", 0)
    for each in (row, at(report.document, "totals"), at(report.document, "daily", 0, "modelBreakdowns", 0)):
        assert not keys(each) & {"totalCost", "cost", "costUSD", "costExact"}
    assert at(report.document, "daily", 0, "modelBreakdowns", 0, "missingPricing") is True


def test_unpriced_usage_is_marked_and_explained() -> None:
    """A partly priced cost is a lower bound; one with no price at all is unknown, not zero."""
    part, nothing = measures(USD, unpriced=(FOREIGN,)), measures(0, unpriced=(FOREIGN,))
    answer = summary(
        period(FIRST, of=part), period(SECOND, of=nothing), total=measures(USD, unpriced=(FOREIGN, "glm"))
    )
    table = lay_out(answer).table
    assert column_of(table, "cost_usd") == [USD, None, USD]
    assert all("cost_usd" in row.marks for row in table.rows)
    text = "Cost is a lower bound: 100 tokens have no known price (gpt-5.5, glm)."
    assert table.notes == (Note(text=text, mark="+"),)


def test_a_table_without_any_price_says_so_without_a_mark() -> None:
    """There is no number that a mark could stand behind."""
    nothing = measures(0, unpriced=(FOREIGN,))
    table = lay_out(summary(period(FIRST, of=nothing), total=nothing)).table
    assert table.notes == (Note(text="Cost is unknown: 5,127 tokens have no known price (gpt-5.5)."),)


def test_unpriced_single_token_is_told_in_the_singular() -> None:
    """Sentences hold for one."""
    table = lay_out(summary(period(FIRST), total=measures(unpriced=(FOREIGN,), tokens=1))).table
    assert table.notes[0].text.startswith("Cost is a lower bound: 1 token has no known price")


def test_free_usage_is_not_unpriced() -> None:
    """No tokens and no cost is $0.00; so is a model whose price is zero."""
    free = Measures(
        counts=TokenCounts(), cost_pico=0, unpriced_tokens=0, unpriced_models=(), calls=1, nonfinal_calls=0
    )
    report = lay_out(summary(period(FIRST, of=free), total=free))
    assert column_of(report.table, "cost_usd") == [0, 0]
    assert at(report.document, "totals", "costExact") == "0"


def test_unfinished_output_is_marked_and_explained() -> None:
    """Rows with a count that the log never finished are marked, and the note counts the messages."""
    low = measures(calls=1500, nonfinal=2)
    table = lay_out(summary(period(FIRST, of=low), period(SECOND), total=low)).table
    assert [row.marks for row in table.rows] == [{"output_tokens"}, set(), {"output_tokens"}]
    text = (
        "Output is a lower bound: the log never got the final count of 2 of 1,500 messages. "
        "Run ccmeter doctor for an estimate."
    )
    assert table.notes == (Note(text=text, mark="*"),)


def test_one_unfinished_message_is_told_in_the_singular() -> None:
    """Sentences hold for one."""
    table = lay_out(summary(period(FIRST), total=measures(calls=1, nonfinal=1))).table
    assert "of 1 of 1 message." in table.notes[0].text


def test_nothing_to_show_is_a_sentence_and_an_empty_document() -> None:
    """The caller says what to do next; scripts get an empty list and zero totals."""
    empty = Measures(
        counts=TokenCounts(), cost_pico=0, unpriced_tokens=0, unpriced_models=(), calls=0, nonfinal_calls=0
    )
    answer = Summary(periods=(), total=empty, time_zone="UTC")
    report = usage_table.lay_out(
        answer, shape=daily.SHAPE, options=UsageOptions(empty="Nothing yet. Run claude first.")
    )
    assert (report.table.rows, report.table.notes) == ((), (Note(text="Nothing yet. Run claude first."),))
    assert at(report.document, "daily") == []
    cost = at(report.document, "totals", "totalCost")
    assert isinstance(cost, float)
    assert math.copysign(1, cost) == 1
    by_project = usage_table.lay_out(answer, shape=daily.SHAPE, options=UsageOptions(by_project=True))
    assert at(by_project.document, "projects") == {}


def test_the_document_has_every_key_of_ccusage() -> None:
    """Names, types and meanings of `ccusage claude daily --json`, and ours beside them."""
    document = lay_out(summary(period(FIRST, OPUS, HAIKU), total=measures(unpriced=(FOREIGN,)))).document
    ours = {"costExact", "messages", "nonFinalMessages", "unpricedTokens"}
    tokens = {"inputTokens", "outputTokens", "cacheCreationTokens", "cacheReadTokens"}
    row, share = at(document, "daily", 0), at(document, "daily", 0, "modelBreakdowns", 0)
    assert keys(document) == {"daily", "totals", "schemaVersion", "timeZone"}
    assert (at(document, "schemaVersion"), at(document, "timeZone")) == (1, "Europe/Berlin")
    assert keys(row) == tokens | ours | {
        "date", "modelBreakdowns", "modelsUsed", "totalCost", "totalTokens",
    }  # fmt: skip
    assert keys(share) == tokens | ours | {"cost", "modelName"}
    assert keys(at(document, "totals")) == tokens | ours | {"totalCost", "totalTokens", "unpricedModels"}
    assert at(row, "modelsUsed") == (HAIKU, OPUS)
    assert at(share, "modelName") == OPUS
    assert at(row, "cacheCreationTokens") == 7
    assert at(row, "totalTokens") == 5127


def test_costs_are_the_nearest_double_and_the_exact_amount() -> None:
    """ccusage's keys stay numbers; the exact text beside them has every digit."""
    exact = measures(55_750_000_000_000_000_001)
    report = lay_out(summary(period(FIRST, OPUS, of=exact), total=exact))
    for each in (at(report.document, "totals"), at(report.document, "daily", 0)):
        assert at(each, "totalCost") == 55_750_000.0
        assert at(each, "costExact") == "55750000.000000000001"
    assert at(report.document, "daily", 0, "modelBreakdowns", 0, "cost") == 55_750_000.0


def test_a_model_without_a_price_costs_nothing_known() -> None:
    """`missingPricing` says it as in ccusage; the exact cost is null, not zero."""
    nothing = measures(0, unpriced=(FOREIGN,))
    document = lay_out(summary(period(FIRST, FOREIGN, of=nothing), total=nothing)).document
    share = at(document, "daily", 0, "modelBreakdowns", 0)
    assert (at(share, "cost"), at(share, "costExact"), at(share, "missingPricing")) == (0.0, None, True)
    assert at(document, "totals", "unpricedModels") == (FOREIGN,)


def test_undated_usage_is_named_in_the_document() -> None:
    """What has no day is not lost from a script's sum."""
    assert at(lay_out(summary(period(None))).document, "daily", 0, "date") == "undated"


def test_columns_that_mark_a_cell_say_with_what() -> None:
    """Each mark is one character, so that it fits into the gap between two columns."""
    table = lay_out(summary(period(FIRST))).table
    marked: list[Column] = [column for column in table.columns if column.mark]
    assert [(column.key, column.mark) for column in marked] == [("output_tokens", "*"), ("cost_usd", "+")]
