import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from ccmeter.reports.foreign import cell_width, cut_middle, cut_start, harmless, head, steady, tail, wrap

# Made wide by Unicode 16, which Python 3.11 does not know; terminals are divided.
DISPUTED = ((0x2630, 0x2637), (0x268A, 0x268F), (0x4DC0, 0x4DFF), (0x1D300, 0x1D376))

texts = st.text(max_size=40)
widths = st.integers(min_value=1, max_value=30)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("src/ccmeter", "src/ccmeter"),
        ("café 日本", "café 日本"),
        ("\x1b[2Jx", "\ufffd[2Jx"),
        ("a\nb\tc\x07\x9b", "a\ufffdb\ufffdc\ufffd\ufffd"),
        ("a\u202eb\u2028c\x85d", "a\ufffdb\ufffdc\ufffdd"),
        ("a\u00a0b\u3000c", "a b c"),
        ("\udc80", "\ufffd"),
        ("👩\u200d👧", "👩\u200d👧"),
    ],
)
def test_what_is_not_to_be_printed_is_replaced(text: str, expected: str) -> None:
    """Control, direction and broken characters become U+FFFD, odd spaces plain ones; all else stays."""
    assert harmless(text) == expected


@given(texts)
def test_harmless_text_holds_no_control_character(text: str) -> None:
    """No character of the categories control, surrogate or line separator survives, and UTF-8 can hold the rest."""
    safe = harmless(text)
    assert not {unicodedata.category(char) for char in safe} & {"Cc", "Cs", "Zl", "Zp"}
    safe.encode()


def test_steady_text_is_composed_and_free_of_joiners() -> None:
    """What terminals measure differently is put in the form that they agree on."""
    assert steady("cafe\u0301 ❤\ufe0f 👩\u200d👧", unicode=True) == "café ❤ 👩👧"


def test_without_unicode_only_ascii_is_left() -> None:
    """A terminal that cannot show a character gets a question mark."""
    assert steady("café 日本\x1b", unicode=False) == "caf? ???"
    assert steady("plain", unicode=False) == "plain"


@pytest.mark.parametrize(
    ("text", "cells"), [("", 0), ("abc", 3), ("café", 4), ("日本", 4), ("a\u0316", 1), ("👩", 2)]
)
def test_width_is_in_terminal_cells(text: str, cells: int) -> None:
    """Wide characters take two cells and combining ones none."""
    assert cell_width(text) == cells


@given(texts)
def test_width_is_never_below_what_rich_measures(text: str) -> None:
    """Our measure agrees with `rich.cells` or is on the safe side of it."""
    known = "".join(c for c in text if not any(low <= ord(c) <= high for low, high in DISPUTED))
    safe = steady(known, unicode=True)
    assert cell_width(safe) >= cell_len(safe)


@given(texts, widths)
def test_cut_text_fits(text: str, width: int) -> None:
    """No way of cutting gives more cells than asked for."""
    safe = steady(text, unicode=True)
    for cut in (
        head(safe, width),
        tail(safe, width),
        cut_middle(safe, width, "…"),
        cut_start(safe, width, "…"),
    ):
        assert cell_width(cut) <= width


def test_a_cut_id_keeps_both_ends() -> None:
    """The vendor and the version tell an id from others, so the middle goes."""
    assert cut_middle("us.vendor.some-model-v1:0", 12, "…") == "us.ven…-v1:0"
    assert cut_middle("short", 12, "…") == "short"
    assert cut_middle("anything", 1, "…") == "…"


def test_a_cut_path_keeps_its_end() -> None:
    """The last folder names the project, so the beginning goes."""
    assert cut_start("/home/u/src/ccmeter", 12, "…") == "…src/ccmeter"
    assert cut_start("ccmeter", 12, "…") == "ccmeter"


def test_head_keeps_marks_with_their_letter() -> None:
    """A combining mark takes no room and stays with the letter before it."""
    assert head("ab\u0316c", 2) == "ab\u0316"
    assert head("日本", 3) == "日"


def test_wrapped_lines_break_at_spaces() -> None:
    """Words stay whole where a line has room for them; a longer word is broken."""
    assert wrap("one two three", 7) == ["one two", "three"]
    assert wrap("one abcdefghij k", 4) == ["one", "abcd", "efgh", "ij k"]
    assert wrap("abcdefgh", 4) == ["abcd", "efgh"]
    assert wrap("", 4) == [""]


@given(texts, st.integers(min_value=2, max_value=30))
def test_wrapping_keeps_every_letter(text: str, width: int) -> None:
    """Wrapped text fits, and only spaces are lost."""
    safe = steady(text, unicode=True)
    lines = wrap(safe, width)
    assert max(map(cell_width, lines)) <= width
    assert "".join("".join(lines).split()) == "".join(safe.split())
