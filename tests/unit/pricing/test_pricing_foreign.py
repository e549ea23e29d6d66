"""Other agents' counts in Claude's classes."""

from ccmeter.domain.tokens import TokenCounts
from ccmeter.pricing.foreign import codex_counts, gemini_counts, opencode_counts


def test_codex_input_holds_the_cache() -> None:
    counts = codex_counts(
        input_tokens=100_000, output_tokens=2_000, cached_input_tokens=80_000, cache_write_input_tokens=15_000
    )
    assert counts == TokenCounts(5_000, 2_000, 15_000, 0, 80_000)
    assert counts.prompt_tokens == 100_000


def test_codex_input_never_goes_below_zero() -> None:
    assert codex_counts(input_tokens=10, output_tokens=1, cached_input_tokens=20) == TokenCounts(
        0, 1, 0, 0, 20
    )


def test_gemini_thoughts_and_tools_come_on_top() -> None:
    counts = gemini_counts(
        input_tokens=100_000, output_tokens=1_000, cached_tokens=60_000, thoughts_tokens=500, tool_tokens=200
    )
    assert counts == TokenCounts(40_200, 1_500, 0, 0, 60_000)
    assert counts.total_tokens == 101_700


def test_gemini_input_never_goes_below_zero() -> None:
    counts = gemini_counts(input_tokens=10, output_tokens=1, cached_tokens=20, tool_tokens=3)
    assert counts == TokenCounts(3, 1, 0, 0, 20)


def test_opencode_input_leaves_out_the_cache() -> None:
    counts = opencode_counts(
        input_tokens=100, output_tokens=200, cache_read_tokens=3_000, cache_write_tokens=400
    )
    assert counts == TokenCounts(100, 200, 400, 0, 3_000)
