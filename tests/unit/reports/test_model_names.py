import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccmeter.reports.model_names import names_of, short


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("claude-opus-4-5-20251101", "opus-4.5"),
        ("claude-sonnet-4-20250514", "sonnet-4"),
        ("claude-opus-4-1-20250805", "opus-4.1"),
        ("claude-opus-5", "opus-5"),
        ("claude-sonnet-5-5", "sonnet-5.5"),
        ("claude-3-5-haiku-20241022", "haiku-3.5"),
        ("claude-3-opus-20240229", "opus-3"),
        ("claude-opus-4-8-fast", "opus-4.8 fast"),
        ("claude-opus-4-6-20260205-fast", "opus-4.6 fast"),
        ("us.anthropic.claude-sonnet-4-5-20250929-v1:0", "us.anthropic.sonnet-4.5"),
        ("anthropic.claude-opus-5", "anthropic.opus-5"),
    ],
)
def test_understood_ids_are_shortened(model: str, name: str) -> None:
    """Family, version, fast mode and vendor stay; the rest of an id is known from them."""
    assert short(model) == name


@pytest.mark.parametrize(
    "model",
    [
        "gpt-5.5",
        "glm-4.6",
        "unknown",
        "opus",
        "<synthetic>",
        "claude-instant-1.2",
        "claude-opus-5-5-preview",
        "claude-opus-4-6[1m]",
        "my-claude-opus-4-5-tuned",
        "anthropic/claude-opus-4.5",
        "claude-sonnet-4-5@20250929",
        "gpt-5.5-fast",
        "",
    ],
)
def test_any_other_id_stands_as_logged(model: str) -> None:
    """An id that is not wholly understood is never shown as a model that it may not be."""
    assert short(model) == model


def test_ids_that_would_share_a_name_are_told_apart_by_date() -> None:
    """An alias and a dated id, or two dates of one version, keep different names."""
    assert names_of(["claude-opus-4-5", "claude-opus-4-5-20251101", "gpt-5.5"]) == {
        "claude-opus-4-5": "opus-4.5",
        "claude-opus-4-5-20251101": "opus-4.5-20251101",
        "gpt-5.5": "gpt-5.5",
    }


def test_ids_that_share_a_date_stand_as_logged() -> None:
    """Where the date does not help, the whole id does."""
    assert names_of(["claude-3-5-haiku-20241022", "claude-haiku-3-5-20241022"]) == {
        "claude-3-5-haiku-20241022": "claude-3-5-haiku-20241022",
        "claude-haiku-3-5-20241022": "claude-haiku-3-5-20241022",
    }


def test_an_id_that_reads_like_a_short_name_keeps_it() -> None:
    """A log may name a model `opus-4.5`; the other one gives way."""
    names = names_of(["opus-4.5", "claude-opus-4-5"])
    assert names == {"opus-4.5": "opus-4.5", "claude-opus-4-5": "claude-opus-4-5"}


def test_control_characters_are_escaped_and_stay_distinct() -> None:
    """An id may hold anything; its name is ASCII that can be printed."""
    assert names_of(["a\x1b", "a\x07", "日本"]) == {
        "a\x1b": r"a\x1b",
        "a\x07": r"a\x07",
        "日本": r"\u65e5\u672c",
    }
    assert names_of(["a\x1b", r"a\x1b"]) == {"a\x1b": r"a\x1b", r"a\x1b": r"a\\x1b"}


parts = st.sampled_from(
    [
        "claude-",
        "opus-",
        "-4",
        "-4-5",
        "4.5",
        "-20251101",
        "-fast",
        " fast",
        "anthropic.",
        "-v1",
        "\x1b",
        "\\x1b",
    ]
)
ids = st.lists(parts, max_size=5).map("".join) | st.text(max_size=5)


@given(st.sets(ids, max_size=12))
def test_no_two_ids_share_a_name(models: set[str]) -> None:
    """Whatever a log holds, every id has a printable name of its own."""
    names = names_of(sorted(models))
    assert len(set(names.values())) == len(models) == len(names)
    assert all(name.isascii() and name.isprintable() for name in names.values())
