"""What one hundredth of a percent is worth: which readings make a pair, what is left out, and when it changed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccmeter.domain.limits import FIVE_HOUR, FULL_BP, Band, Reading, Worth
from ccmeter.domain.worth import LASTING_US, Costs, Pair, elsewhere, learn, pairs, quantile

HOUR = 3_600_000_000
RESETS = 100 * HOUR


def told(at_us: int, used_bp: int, resets_us: int = RESETS, source: str = "hook") -> Reading:
    return Reading(
        window=FIVE_HOUR,
        used_bp=used_bp,
        resets_us=resets_us,
        read_us=at_us,
        source="notice" if source == "notice" else "hook",
        session_id="s",
    )


def pair(number: int, pico_per_bp: int, rise_bp: int = 200, every_us: int = HOUR) -> Pair:
    start_us = number * every_us
    return Pair(
        start_us=start_us, end_us=start_us + every_us, rise_bp=rise_bp, cost_pico=pico_per_bp * rise_bp
    )


EVEN = Costs(at_us=(0, 1_000), sum_pico=(0, 1_000_000))
"""A thousand a microsecond."""


def test_costs_between_instants() -> None:
    """Exact at what is known, even between, nothing outside."""
    costs = Costs(at_us=(10, 20, 30), sum_pico=(5, 15, 15))
    assert [costs.until(each) for each in (0, 10, 15, 20, 25, 30, 99)] == [5, 5, 10, 15, 15, 15, 15]
    assert costs.between(10, 15) == 5
    assert Costs(at_us=(), sum_pico=()).between(0, 9) == 0


@given(st.lists(st.integers(0, 1_000), min_size=3, max_size=3))
def test_cost_of_parts_is_the_cost_of_the_whole(at_us: list[int]) -> None:
    """Whatever is asked for."""
    one, two, three = sorted(at_us)
    assert EVEN.between(one, two) + EVEN.between(two, three) == EVEN.between(one, three)


def test_pairs_begin_and_end_at_rises() -> None:
    """Not at the first reading of a window, not at one that tells the same, and at least two percent apart."""
    found = pairs(
        [
            told(0, 1_050),
            told(100, 1_100),
            told(150, 1_100),
            told(200, 1_200),
            told(300, 1_300),
            told(400, 1_600),
        ],
        EVEN,
    )
    assert [(each.start_us, each.end_us, each.rise_bp) for each in found] == [
        (100, 300, 200),
        (300, 400, 300),
    ]
    assert [each.pico_per_bp for each in found] == [1_000, 333]


def test_no_pair_reaches_across_a_reset_or_a_fall_or_ends_at_the_cap() -> None:
    """What happened there is not known; nor how much more was wanted when all was used."""
    assert pairs([told(0, 0), told(1, 100), told(2, 400, 2 * RESETS), told(3, 450, 2 * RESETS)], EVEN) == ()
    assert pairs([told(0, 0), told(1, 500), told(2, 300), told(3, 600)], EVEN) == ()
    assert pairs([told(0, 0), told(1, 500), told(2, FULL_BP)], EVEN) == ()
    assert pairs([told(0, 0), told(1, 500), told(2, 900, source="notice")], EVEN) == ()


def test_too_few_pairs_teach_nothing() -> None:
    """It is never guessed; pairs without any local cost are no pairs at all."""
    assert learn([pair(each, 1_000) for each in range(4)]).worth is None
    assert learn([*(pair(each, 1_000) for each in range(4)), pair(9, 0)]).worth is None
    assert learn([]).worth is None
    found = learn([pair(each, 1_000) for each in range(5)]).worth
    assert found == Worth(pico_per_bp=Band(low=1_000, middle=1_000, high=1_000), pairs=5, since_us=0)


def test_pairs_that_use_elsewhere_made_cheap_are_not_learned_from() -> None:
    """Half the price of the median or less."""
    found = learn([*(pair(each, 1_000 + each) for each in range(9)), pair(9, 490), pair(10, 10)]).worth
    assert found is not None
    assert (found.pairs, found.pico_per_bp.low) == (9, 1_000)
    scattered = [pair(0, 1), pair(1, 2), pair(2, 10), pair(3, 1_000), pair(4, 1_001)]
    assert learn(scattered).worth is None


@pytest.mark.parametrize("after", [550, 1_600])
def test_a_lasting_step_is_a_change_of_the_cap(after: int) -> None:
    """Only what came after it counts."""
    found = learn(
        [*(pair(each, 1_000 + each) for each in range(30)), *(pair(each, after) for each in range(30, 60))]
    )
    assert found.cap_changed_us == 30 * HOUR
    assert found.worth is not None
    assert (found.worth.pico_per_bp.middle, found.worth.pairs) == (after, 30)


def test_what_does_not_last_or_is_small_is_no_change() -> None:
    """A day of much use elsewhere looks the same; so does another mix of models."""
    before = [pair(each, 1_000 + each) for each in range(30)]
    short = [pair(each, 500) for each in range(30, 30 + LASTING_US // HOUR - 1)]
    assert learn([*before, *short]).cap_changed_us is None
    assert learn([*before, *(pair(each, 850) for each in range(30, 60))]).cap_changed_us is None
    burst = [pair(each, 300 if 40 <= each < 52 else 1_000 + each) for each in range(70)]
    assert learn(burst).cap_changed_us is None


@given(st.lists(st.integers(900, 1_090), max_size=60))
def test_within_a_narrow_spread_nothing_ever_changes(worths: list[int]) -> None:
    """In whatever order they come."""
    assert learn([pair(number, each) for number, each in enumerate(worths)]).cap_changed_us is None


@given(st.lists(st.integers(1, 10**12), min_size=5, max_size=40))
def test_a_band_is_in_order_and_within_what_was_seen(worths: list[int]) -> None:
    """Whatever was."""
    found = learn([pair(number, each) for number, each in enumerate(worths)]).worth
    if found is not None:
        band = found.pico_per_bp
        assert min(worths) <= band.low <= band.middle <= band.high <= max(worths)


def test_elsewhere_is_what_is_clearly_beyond_the_band() -> None:
    """Ten percent for what pays for two; but not what a dear call may explain."""
    worth = Worth(pico_per_bp=Band(low=900, middle=1_000, high=1_100), pairs=9, since_us=0)
    rise = Pair(start_us=0, end_us=1, rise_bp=1_000, cost_pico=180_000)
    assert elsewhere([rise], worth) == 800
    assert elsewhere([rise, pair(0, 1_000), pair(1, 800)], worth) == 800
    assert elsewhere([pair(0, 0)], worth) == 200
    assert elsewhere([rise], None) == 0


@given(st.lists(st.tuples(st.integers(-9, 9), st.integers(1, 9)), min_size=1), st.integers(1, FULL_BP))
def test_a_quantile_leaves_its_share_on_either_side(weighted: list[tuple[int, int]], share_bp: int) -> None:
    """At least the share at it or below, and less than it strictly below."""
    found = quantile(weighted, share_bp)
    total = sum(weight for _, weight in weighted)
    assert sum(weight for value, weight in weighted if value <= found) * FULL_BP >= total * share_bp
    assert sum(weight for value, weight in weighted if value < found) * FULL_BP < total * share_bp


def test_of_nothing_there_is_no_quantile() -> None:
    """Whoever asks has forgotten something."""
    with pytest.raises(ValueError, match="nothing"):
        quantile([], 5_000)
