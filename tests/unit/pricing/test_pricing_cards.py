"""The package's cards, row by row against the facts' table, and what a user's settings put in their place."""

import datetime as dt
from decimal import Decimal
from itertools import groupby, pairwise

import pytest

from ccmeter.pricing.cards import Card, OverridePrice, Overrides, as_of, load_cards

# model, since, until, input, output, cache creation 5 m, 1 h, cache read, threshold, flags (u: US, r: regional), retired
TABLE = """
3-haiku        -          -          0.25 1.25 0.3   0.5  0.03  -      -  2026-04-20
3-sonnet       -          -          3    15   3.75  6    0.3   -      -  2025-07-21
3-opus         -          -          15   75   18.75 30   1.5   -      -  2026-01-05
3-5-sonnet     -          -          3    15   3.75  6    0.3   -      -  2025-10-28
3-5-haiku      -          -          0.8  4    1     1.6  0.08  -      -  2026-02-19
3-7-sonnet     2025-02-24 -          3    15   3.75  6    0.3   -      -  2026-02-19
opus-4         2025-05-22 -          15   75   18.75 30   1.5   -      -  2026-06-15
sonnet-4       2025-05-22 -          3    15   3.75  6    0.3   200000 -  2026-06-15
opus-4-1       2025-08-05 -          15   75   18.75 30   1.5   -      -  2026-08-05
sonnet-4-5     2025-09-29 -          3    15   3.75  6    0.3   200000 r  -
haiku-4-5      2025-10-15 -          1    5    1.25  2    0.1   -      r  -
opus-4-5       2025-11-24 -          5    25   6.25  10   0.5   -      r  -
opus-4-6       2026-02-05 2026-03-13 5    25   6.25  10   0.5   200000 ur -
opus-4-6       2026-03-13 -          5    25   6.25  10   0.5   -      ur -
sonnet-4-6     2026-02-17 2026-03-13 3    15   3.75  6    0.3   200000 ur -
sonnet-4-6     2026-03-13 -          3    15   3.75  6    0.3   -      ur -
mythos-preview 2026-04-07 -          25   125  31.25 50   2.5   -      ur -
opus-4-7       2026-04-16 -          5    25   6.25  10   0.5   -      ur -
opus-4-8       2026-05-28 -          5    25   6.25  10   0.5   -      ur -
fable-5        2026-06-09 -          10   50   12.5  20   1     -      ur -
mythos-5       2026-06-09 -          10   50   12.5  20   1     -      ur -
sonnet-5       2026-06-30 -          2    10   2.5   4    0.2   -      ur -
opus-5         2026-07-24 -          5    25   6.25  10   0.5   -      ur -
fable-5-1      2026-09-01 -          10   50   12.5  20   0.25  -      ur -
mythos-5-1     2026-09-01 -          10   50   12.5  20   0.25  -      ur -
opus-5-5       2026-09-22 -          4    20   5     8    0.20  -      ur -
sonnet-5-5     2026-09-28 2026-10-07 2    10   2.5   4    0.20  -      ur -
sonnet-5-5     2026-10-07 -          2    10   2.5   4    0.10  -      ur -
haiku-5-5      2026-10-07 -          0.1  0.5  0.125 0.2  0.01  100000 ur -
fable-5-2      2026-11-09 -          8    40   10    16   0.20  -      ur -
mythos-5-2     2026-11-09 -          8    40   10    16   0.20  -      ur -
"""

FAST = [
    ("claude-opus-4-6", "2026-02-07T00:00", "2026-02-17T08:00", "15", "75", True),
    ("claude-opus-4-6", "2026-02-17T08:00", "2026-02-20T00:00", "30", "150", True),
    ("claude-opus-4-6", "2026-02-20T00:00", "2026-06-29T00:00", "30", "150", False),
    ("claude-opus-4-7", "2026-05-12T00:00", "2026-07-24T00:00", "30", "150", False),
    ("claude-opus-4-8", "2026-05-28T00:00", None, "10", "50", False),
    ("claude-opus-5", "2026-07-24T00:00", None, "10", "50", False),
    ("claude-opus-5-5", "2026-09-22T00:00", None, "8", "40", False),
    ("claude-fable-5-2", "2026-11-09T00:00", None, "16", "80", False),
    ("claude-mythos-5-2", "2026-11-09T00:00", None, "16", "80", False),
]


def day(text: str) -> dt.date | None:
    return None if text == "-" else dt.date.fromisoformat(text)


def claude_cards() -> list[Card]:
    return [card for card in load_cards() if card.model.startswith("claude-")]


def test_rows_are_the_facts() -> None:
    rows = [line.split() for line in TABLE.strip().splitlines()]
    stated = [
        (f"claude-{row[0]}", day(row[1]), day(row[2]), *map(Decimal, row[3:8]), row[8], row[9], day(row[10]))
        for row in rows
    ]
    loaded = [
        (
            card.model,
            card.since,
            card.until,
            *card[4:9],
            str(card.long.over_prompt_tokens) if card.long else "-",
            ("u" * card.us + "r" * card.regional) or "-",
            card.retired,
        )
        for card in claude_cards()
    ]
    assert loaded == stated


def test_fast_prices_are_the_facts() -> None:
    loaded = {
        (
            card.model,
            f"{price.since:%Y-%m-%dT%H:%M}",
            f"{price.until:%Y-%m-%dT%H:%M}" if price.until else None,
            str(price.input),
            str(price.output),
            price.long is not None,
        )
        for card in claude_cards()
        for price in card.fast
    }
    assert loaded == set(FAST)


def test_a_card_carries_only_the_fast_prices_of_its_time() -> None:
    counts = [(str(card.since), len(card.fast)) for card in claude_cards() if card.model == "claude-opus-4-6"]
    assert counts == [("2026-02-05", 3), ("2026-03-13", 1)]


def test_long_context_windows() -> None:
    windows = {
        (
            card.model,
            str(card.long.input_x),
            str(card.long.output_x),
            str(card.long.since),
            str(card.long.until),
        )
        for card in claude_cards()
        if card.long
    }
    assert windows == {
        ("claude-sonnet-4", "2", "1.5", "2025-08-12", "2026-04-30"),
        ("claude-sonnet-4-5", "2", "1.5", "None", "2026-04-30"),
        ("claude-opus-4-6", "2", "1.5", "None", "None"),
        ("claude-sonnet-4-6", "2", "1.5", "None", "None"),
        ("claude-haiku-5-5", "5", "5", "None", "None"),
    }


def test_what_is_not_settled_says_so_and_why() -> None:
    unsure = {card.model for card in load_cards() if not card.sure}
    assert unsure == {
        "claude-mythos-preview",
        "claude-opus-5-5",
        "claude-sonnet-5-5",
        "gpt-5.5",
        "gpt-6.1-sol",
        "gpt-5.4-mini",
        "gemini-2.5-pro",
    }
    assert all(card.note for card in load_cards() if not card.sure)
    assert all(price.note for card in load_cards() for price in card.fast if not price.sure)


def test_cards_of_a_model_follow_each_other_without_a_gap() -> None:
    groups = [(model, list(cards)) for model, cards in groupby(load_cards(), lambda card: card.model)]
    assert len({model for model, _ in groups}) == len(groups) == 32
    for _, cards in groups:
        assert cards[-1].until is None
        assert all(older.until == newer.since is not None for older, newer in pairwise(cards))


def test_as_of() -> None:
    assert as_of() == dt.date(2026, 11, 21)


def test_an_override_replaces_every_card_of_its_model() -> None:
    overrides = Overrides(models={"claude-opus-4-6": OverridePrice(input=Decimal(4), output=Decimal(20))})
    (card,) = (card for card in load_cards(overrides) if card.model == "claude-opus-4-6")
    assert card[4:9] == (Decimal(4), Decimal(20), Decimal(5), Decimal(5), Decimal("0.4"))
    assert (card.source, card.family, card.since, card.until) == ("config", "opus", None, None)
    assert (card.long, card.fast, card.us, card.regional) == (None, (), False, False)


def test_an_override_may_name_a_model_without_cards() -> None:
    price = OverridePrice(input=Decimal(1), output=Decimal(2), cache_read=Decimal(3), cache_write=Decimal(4))
    card = load_cards(Overrides(models={"team-chat": price}))[-1]
    assert (card.model, card.family) == ("team-chat", "")
    assert card[4:9] == (Decimal(1), Decimal(2), Decimal(4), Decimal(4), Decimal(3))
    assert len(load_cards(Overrides(models={"team-chat": price}))) == len(load_cards()) + 1


@pytest.mark.parametrize("card", load_cards(), ids=lambda card: f"{card.model} {card.since}")
def test_package_cards_name_their_source(card: Card) -> None:
    assert card.source == "package"
    assert card.family
