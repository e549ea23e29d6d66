"""What holds for the status line whatever it is told, whatever stands on disk, and whatever a call costs."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from ccmeter.domain import currency
from ccmeter.domain.money import usd_text
from ccmeter.domain.tokens import TokenCounts
from ccmeter.domain.usage import UNDATED
from ccmeter.parsers.claude.transcript import Transcript
from ccmeter.pricing.cards import OverridePrice, Overrides
from ccmeter.pricing.rule import Call as RuleCall
from ccmeter.pricing.rule import Part, PriceBook
from ccmeter.pricing.table import rate_table
from ccmeter.queries.hook import with_cards
from ccmeter.reports.cells import for_people
from ccmeter.reports.table import Kind
from ccmeter.statusline import figures, line, price, said, settings_json, snapshot, template, transcript
from ccmeter.statusline.currency import DOLLARS, SYMBOLS, WHOLE, in_force
from ccmeter.statusline.settings import Settings
from support.transcripts import stamp

if TYPE_CHECKING:
    from pathlib import Path

TABLE = rate_table()
BOOK = PriceBook(TABLE)
CLAUDE = sorted({rate.model for rate in TABLE.rates if rate.model.startswith("claude-")})
SHAPES = ("{}", "{}[1m]", "{}-fast", "us.anthropic.{}-v1:0", "{}:batch")
OWN = Overrides(
    models={
        name: OverridePrice(input=Decimal(2), output=Decimal(9), cache_read=None, cache_write=None)
        for name in ("own-model", "claude-own.x")
    },
    aliases={"claude-opus-5": "claude-haiku-4-5", "claude-opus-4-1-20251101": "own-model"},
)
OWN_BOOK = PriceBook(rate_table(OWN), OWN)
IDS = [shape.format(model) for model in CLAUDE for shape in SHAPES] + ["claude-opus-99", "team-chat"]
NOW_US = 1_795_260_000_000_000
PRICED = snapshot.Snapshot(
    {
        "v": 1,
        "made_at_us": NOW_US,
        "names": {raw: list(BOOK.name(raw)[1:]) for raw in IDS},
        "rates": {model: [list(rate[1:]) for rate in TABLE.rates if rate.model == model] for model in CLAUDE},
        "web_search_pico": TABLE.web_search_pico,
    }
)
OF_CARDS = snapshot.Snapshot(
    json.loads(json.dumps({"v": 1, "web_search_pico": 1, **with_cards({}, {}, OWN_BOOK, NOW_US)}))
)

tokens = st.integers(0, 400_000)
six = st.tuples(tokens, tokens, tokens, tokens, tokens, tokens)
ids = st.sampled_from(IDS)


def counts_of(six: tuple[int, ...]) -> TokenCounts:
    fresh, output, written, short, long, read = six
    return TokenCounts(fresh, output, short + max(written - short - long, 0), long, read)


@settings(max_examples=400)
@given(
    model=ids,
    logged=six,
    at_us=st.integers(1_700_000_000_000_000, 1_800_000_000_000_000) | st.none(),
    speed=st.sampled_from(["", "standard", "fast"]),
    tier=st.sampled_from(["", "standard", "batch", "priority"]),
    geo=st.sampled_from(["", "us", "global"]),
    searches=st.integers(0, 5),
    stop=st.sampled_from(["", "end_turn", "refusal"]),
    is_silent=st.booleans(),
    parts=st.lists(st.tuples(st.sampled_from(["advisor", "compaction", "declined"]), ids, six), max_size=3),
)
def test_price_is_that_of_the_price_book(  # noqa: PLR0913
    *,
    model: str,
    logged: tuple[int, ...],
    at_us: int | None,
    speed: str,
    tier: str,
    geo: str,
    searches: int,
    stop: str,
    is_silent: bool,
    parts: list[tuple[str, str, tuple[int, ...]]],
) -> None:
    if is_silent:
        logged = (logged[0], 0, *logged[2:])
    call = transcript.Call()
    call.counts = [*logged, searches]
    call.us = call.us if at_us is None else at_us
    call.model, call.speed, call.tier, call.geo, call.stop = model, speed, tier, geo, stop
    call.parts = {place: (kind, name, list(six)) for place, (kind, name, six) in enumerate(parts)}
    meant = RuleCall(
        model=model,
        counts=counts_of(logged),
        logged_us=UNDATED if at_us is None else at_us,
        speed=speed,
        service_tier=tier,
        inference_geo=geo,
        web_searches=searches,
        stop_reason=stop,
        parts=tuple(Part(kind, name, counts_of(six)) for kind, name, six in parts),
    )
    assert price.pico(PRICED, call) == (BOOK.cost_pico(meant) or 0, BOOK.unpriced_tokens(meant))


odd = st.one_of(
    st.none(),
    st.booleans(),
    st.floats(),
    st.integers(-(2**70), 2**70),
    st.sampled_from(
        [1_795_260_000, 105, 100.0001, -1, "42", "", "2026-11-21T10:00:00Z", [], {}, [1], "\ud800"]
    ),
    st.text(max_size=20),
)
usages = st.fixed_dictionaries(
    {},
    optional={
        name: st.integers(0, 200_000) | odd
        for name in (
            "input_tokens",
            "output_tokens",
            "cache_creation_input_tokens",
            "cache_read_input_tokens",
        )
    }
    | {
        "cache_creation": odd
        | st.fixed_dictionaries(
            {},
            optional={
                "ephemeral_5m_input_tokens": tokens | odd,
                "ephemeral_1h_input_tokens": tokens | odd,
            },
        ),
        "server_tool_use": odd | st.fixed_dictionaries({"web_search_requests": st.integers(0, 9) | odd}),
        "speed": st.sampled_from(["fast", "standard", None]),
        "service_tier": st.sampled_from(["standard", "batch", None]),
        "iterations": st.lists(
            st.fixed_dictionaries(
                {
                    "type": st.sampled_from(["message", "advisor_message", "compaction", "fallback_message"]),
                    "model": st.sampled_from(["claude-opus-4-5", "claude-haiku-4-5"]),
                    "input_tokens": tokens,
                    "output_tokens": tokens,
                }
            ),
            max_size=2,
        ),
    },
)
stamps = st.integers(1_600_000_000, 1_900_000_000).map(lambda second: stamp(second * 10**6 + 123_000))
records = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["assistant", "assistant", "assistant", "user", "system"]),
        "message": st.fixed_dictionaries(
            {"usage": usages | odd},
            optional={
                "id": st.sampled_from(["msg_1", "msg_2", "msg_3"]),
                "model": st.sampled_from(["claude-opus-4-5", "claude-haiku-4-5", "<synthetic>"]),
                "stop_reason": st.sampled_from(["end_turn", "refusal", None]),
            },
        ),
    },
    optional={
        "requestId": st.sampled_from(["req_1", "req_2"]),
        "uuid": st.sampled_from(["00000000-0000-4000-8000-000000000001"]),
        "timestamp": stamps,
        "sessionId": st.sampled_from(["s1", "s2"]),
        "forkedFrom": st.fixed_dictionaries({"sessionId": st.sampled_from(["s0"])}),
    },
)


def merged(content: bytes) -> dict[str, tuple[list[int], dict[int, tuple[str, str, list[int]]], str]]:
    """Read with the parser of the logs, and merge as the store does."""
    reader = Transcript("projects/p/s.jsonl")
    reader.feed(content, 0, len(content), offset=0)
    found: dict[str, Any] = {}
    for one in reader.findings.lines:
        if one.call_key.startswith("line:"):
            continue
        counts, _, stop = found.setdefault(one.call_key, ([0] * 7, {}, ""))
        said_counts = [
            one.input_tokens,
            one.output_tokens,
            one.cache_creation_tokens,
            one.cache_creation_5m_tokens,
            one.cache_creation_1h_tokens,
            one.cache_read_tokens,
            one.web_searches,
        ]
        found[one.call_key] = (
            list(map(max, counts, said_counts)),
            found[one.call_key][1],
            max(stop, one.stop_reason),
        )
    for part in reader.findings.parts:
        if part.call_key in found:
            parts = found[part.call_key][1]
            kind, model, counts = parts.get(part.ordinal, ("", "", [0] * 6))
            parts[part.ordinal] = (
                max(kind, part.kind),
                max(model, part.model),
                list(map(max, counts, part[5:])),
            )
    return found


@settings(max_examples=200)
@given(st.lists(records, max_size=6))
def test_new_calls_are_those_that_the_reading_of_logs_finds(lines: list[Any]) -> None:
    content = b"".join(json.dumps(record).encode() + b"\n" for record in lines)
    calls: dict[str, transcript.Call] = {}
    for text in content.splitlines():
        transcript._take(calls, text)
    assert {key: (call.counts, call.parts, call.stop) for key, call in calls.items()} == merged(content)


junk = st.recursive(
    odd, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
)
windows = st.fixed_dictionaries({}, optional={"used_percentage": odd, "resets_at": odd | st.floats(0, 1e14)})
inputs = st.fixed_dictionaries(
    {},
    optional={
        "session_id": st.sampled_from(["s1", "s2"]) | odd,
        "transcript_path": odd | st.just("/nonexistent/x.jsonl"),
        "cwd": odd,
        "model": junk | st.fixed_dictionaries({"id": odd, "display_name": odd}),
        "workspace": junk | st.fixed_dictionaries({"project_dir": odd}),
        "cost": junk
        | st.fixed_dictionaries(
            {
                "total_cost_usd": odd,
                "total_duration_ms": odd,
                "total_lines_added": odd,
                "total_lines_removed": odd,
            }
        ),
        "context_window": junk
        | st.fixed_dictionaries(
            {},
            optional={
                "used_percentage": odd,
                "remaining_percentage": odd,
                "context_window_size": odd,
                "total_input_tokens": odd,
                "current_usage": junk | st.fixed_dictionaries({"input_tokens": odd}),
            },
        ),
        "rate_limits": junk
        | st.fixed_dictionaries({}, optional={"five_hour": windows | junk, "seven_day": windows}),
        "effort": junk,
    },
)
snapshots = st.fixed_dictionaries(
    {"v": st.just(1), "made_at_us": st.just(NOW_US - 1) | odd},
    optional={
        "day_began_us": odd,
        "day_ends_us": st.just(NOW_US + 10**10) | odd,
        "today": junk | st.fixed_dictionaries({"pico": odd, "unpriced_tokens": odd}),
        "sessions": junk | st.dictionaries(st.just("s1"), st.lists(odd, max_size=3) | odd),
        "block": junk | st.fixed_dictionaries(dict.fromkeys(("start_us", "end_us", "last_us", "pico"), odd)),
        "limits": junk
        | st.dictionaries(
            st.sampled_from(["five_hour", "seven_day"]),
            st.fixed_dictionaries(
                {"used_bp": odd, "resets_us": odd, "read_us": odd, "ends_bp": st.lists(odd, max_size=3)}
            ),
        ),
        "files": junk
        | st.dictionaries(
            st.just("/nonexistent/x.jsonl"),
            st.fixed_dictionaries({"offset": odd, "calls": junk | st.dictionaries(st.just("msg_1"), junk)}),
        ),
        "names": junk | st.dictionaries(st.just("claude-opus-4-5"), st.lists(odd, min_size=4, max_size=4)),
        "rates": junk | st.dictionaries(st.just("claude-opus-4-5"), st.lists(st.lists(odd), max_size=2)),
        "web_search_pico": odd,
        "settings": junk,
    },
)


@settings(max_examples=300)
@given(
    told=inputs | junk,
    known=snapshots | junk,
    news=st.lists(records, max_size=2),
    columns=st.sampled_from(["", "0", "20", "60", "x", "-1", "²"]),
)
def test_any_input_and_any_snapshot_make_one_line(
    told: Any, known: Any, news: list[Any], columns: str
) -> None:
    """Nothing that Claude Code says, or that stands in the snapshot, breaks the line or says what cannot be."""
    kept = snapshot.Snapshot(snapshot.table(json.loads(json.dumps(known))))
    one = said.read(json.dumps(told).encode("utf-8", "surrogatepass"), NOW_US // 10**6)
    found = transcript.News()
    for record in news:
        transcript._take(found.calls, json.dumps(record).encode())
    made = figures.figures(kept, one, found, NOW_US)
    style = line.Style({"COLUMNS": columns, "NO_COLOR": "1"})
    text = line.laid_out(Settings({}), one, made, NOW_US, style)
    assert "\n" not in text
    assert text.isprintable()
    assert not style.columns or line.width(text) <= style.columns
    assert all(0 <= window.used_bp <= 10_000 for window in made.windows.values())
    assert all(used_bp <= 10_000 for used_bp, _ in one.windows.values())


@given(st.binary(max_size=200))
@example(b"\xef\xbb\xbf{}")
@example(b"[" * 100_000)
@example(b'{"a":' * 50_000)
@example(b"NaN")
def test_any_bytes_are_read(content: bytes) -> None:
    assert said.read(content, 0).cost_usd is None


@given(content=st.binary(max_size=200), is_cut=st.booleans())
def test_any_file_loads_as_a_snapshot(tmp_path_factory: Any, *, content: bytes, is_cut: bool) -> None:
    folder: Path = tmp_path_factory.getbasetemp()
    whole = json.dumps({"v": 1, "made_at_us": 5, "today": {"pico": 1}}).encode()
    (folder / snapshot.NAME).write_bytes(whole[: len(content)] if is_cut else content)
    assert snapshot.load(str(folder)).made_at_us in (0, 5)


@given(st.integers(0, 10**15 - 10**10))
def test_money_is_as_in_reports(pico: int) -> None:
    """Beyond a thousand dollars the hook leaves out the cents."""
    assert DOLLARS.text(figures.Amount(pico)) == for_people(Kind.MONEY, pico)
    large = pico * 1_000 + 10**15
    assert DOLLARS.text(figures.Amount(large)) == usd_text(large, 0)


@given(
    code=st.sampled_from(["EUR", "JPY", "KRW", "CHF"]),
    rate=st.floats(1e-6, 1e6) | st.decimals("0.01", "1000", places=2).map(float) | st.integers(1, 10**6),
    pico=st.integers(0, 10**15) | st.integers(0, 10**11),
)
def test_money_in_another_currency_is_as_in_reports(code: str, rate: float, pico: int) -> None:
    """From the value that TOML gives on, which reports take as it is written."""
    meant = currency.Currency(code=code, per_usd=Decimal(str(rate)))
    chosen = Settings({"currency": code, "rates": in_force({code: rate})}).currency
    assume(meant.amount(pico) < 1_000)
    assert chosen.text(figures.Amount(pico)) == meant.text(pico)


def test_symbols_are_those_of_reports() -> None:
    assert SYMBOLS == currency.SYMBOLS
    assert set(WHOLE) == currency.WHOLE


stems = st.sampled_from(
    [*CLAUDE, "gpt-5.5", "claude-opus-99", "claude-opus-4.5", "CLAUDE-OPUS-5", "own-model", "claude-own.x"]
)
endings = st.sampled_from(
    [
        "",
        "-20251101",
        "-20261301",
        "-20260132",
        "-2025110",
        "-20251101[1m]",
        "[1m]",
        "[1m][1m]",
        "-fast",
        "-latest",
        "@20251101",
    ]
)


@settings(max_examples=400)
@given(stem=stems, ending=endings, speed=st.sampled_from(["", "fast"]), geo=st.sampled_from(["", "us"]))
def test_a_model_that_was_never_met_costs_what_the_price_book_says_or_is_unpriced(
    stem: str, ending: str, speed: str, geo: str
) -> None:
    """By the cards that the snapshot has of all models, and never by those of another one."""
    call = transcript.Call()
    call.counts, call.us, call.model, call.speed, call.geo = (
        [5, 7, 0, 0, 0, 3, 0],
        NOW_US,
        stem + ending,
        speed,
        geo,
    )
    pico, unpriced = price.pico(OF_CARDS, call)
    meant = RuleCall(
        model=call.model,
        counts=counts_of((5, 7, 0, 0, 0, 3)),
        logged_us=NOW_US,
        speed=speed,
        inference_geo=geo,
    )
    assert unpriced == 15 or pico == OWN_BOOK.cost_pico(meant)
    if stem in CLAUDE and ending in ("", "-20251101", "[1m]"):
        assert unpriced == 0 or stem == "claude-opus-5", "an alias is for one id"


@given(st.text(alphabet="{}[] ab·|", max_size=30))
def test_any_template_is_laid_out(text: str) -> None:
    parts = template.parse(text)
    template.joined(parts, dict.fromkeys(template.names(parts), "x"))
    template.joined(parts, {})


@given(st.text(alphabet="ab漢\u0301é \x1b[31m;]\x07\\", max_size=30), st.integers(0, 12))
def test_cut_lines_fit(text: str, columns: int) -> None:
    assert not columns or line.width(line.cut(text, columns)) <= columns


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
)
documents = st.dictionaries(
    st.text(max_size=8).filter(lambda key: key != settings_json.KEY), values, max_size=4
)
forms = st.tuples(
    st.sampled_from([None, 0, 2, 4, "\t"]),
    st.sampled_from([(",", ":"), (", ", ": "), (" ,", " : ")]),
    st.sampled_from(["", "\n", " \r\n\t"]),
    st.booleans(),
)


def written(document: dict[str, Any], form: tuple[Any, tuple[str, str], str, bool]) -> str:
    indent, separators, around, is_ascii = form
    text = json.dumps(document, indent=indent, separators=separators, ensure_ascii=is_ascii)
    return around + text + around


@given(documents, forms)
def test_status_line_put_in_and_taken_out_leaves_the_text_as_it_was(
    document: dict[str, Any], form: Any
) -> None:
    text = written(document, form)
    value: dict[str, object] = {"type": "command", "command": 'a "b" ü \\ \n'}
    put_in = settings_json.with_member(text, value)
    assert json.loads(put_in) == {**document, settings_json.KEY: value}
    taken_out = settings_json.without_member(put_in)
    assert json.loads(taken_out) == document
    assert not document or taken_out == text


@given(documents, forms, st.text(max_size=10), st.text(max_size=10), st.integers(0, 4))
def test_only_the_command_changes(
    document: dict[str, Any], form: Any, before: str, after: str, place: int
) -> None:
    items = list(document.items())
    items.insert(
        min(place, len(items)), (settings_json.KEY, {"padding": 0, "command": before, "type": "command"})
    )
    text = written(dict(items), form)
    changed = settings_json.with_command(text, after)
    assert json.loads(changed)[settings_json.KEY]["command"] == after
    restored = settings_json.with_command(changed, before)
    assert json.loads(restored) == json.loads(text)
    encoded = json.dumps(before, ensure_ascii=form[3])
    assert restored == text or encoded != json.dumps(before, ensure_ascii=False)
