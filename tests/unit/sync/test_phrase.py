import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccmeter.domain.errors import PhraseError
from ccmeter.sync import phrase
from ccmeter.sync.cipher import public_of

BIP39 = [
    ("00" * 32, "abandon " * 23 + "art"),
    (
        "7f" * 32,
        "legal winner thank year wave sausage worth useful " * 2
        + "legal winner thank year wave sausage worth title",
    ),
    (
        "80" * 32,
        "letter advice cage absurd amount doctor acoustic avoid " * 2
        + "letter advice cage absurd amount doctor acoustic bless",
    ),
    ("ff" * 32, "zoo " * 23 + "vote"),
    (
        "68a79eaca2324873eacc50cb9c6eca8cc68ea5d936f98787c60c7ebc74e6ce7c",
        (
            "hamster diagram private dutch cause delay private meat slide toddler razor book happy fancy gospel tennis "
            "maple dilemma loan word shrug inflict delay length"
        ),
    ),
    (
        "f585c11aec520db57dd353c69554b21a89b20fb0650966fa0a9d6f74fd989d8f",
        (
            "void come effort suffer camp survey warrior heavy shoot primary clutch crush open amazing screen patrol "
            "group space point ten exist slush involve unfold"
        ),
    ),
]


@pytest.mark.parametrize(("secret", "words"), BIP39)
def test_phrases_are_those_of_bip39(secret: str, words: str) -> None:
    assert phrase.words(bytes.fromhex(secret)) == words
    assert phrase.secret_of(words).hex() == secret


@given(st.binary(min_size=32, max_size=32))
def test_a_phrase_comes_back_however_it_is_typed(secret: bytes) -> None:
    words = phrase.words(secret)
    assert len(words.split()) == phrase.WORDS
    assert phrase.secret_of(f"  {words.upper()}\n".replace(" ", "\t \n")) == secret


@given(st.text(max_size=60))
def test_any_text_gives_a_phrase_or_an_error(text: str) -> None:
    with pytest.raises(PhraseError):
        phrase.secret_of(text)


def test_a_slip_is_told_by_its_place_and_never_by_the_word() -> None:
    words = phrase.new().split()
    words[4] = words[22] = "xylophon"
    with pytest.raises(PhraseError, match="number 5, 23") as caught:
        phrase.secret_of(" ".join(words))
    assert "xylophon" not in str(caught.value)


def test_words_that_do_not_belong_together_are_refused() -> None:
    with pytest.raises(PhraseError, match="belong together"):
        phrase.secret_of("abandon " * 24)
    with pytest.raises(PhraseError, match="24 words, this has 12"):
        phrase.secret_of("abandon " * 12)


def test_new_phrases_differ() -> None:
    assert len({phrase.new() for _ in range(10)}) == 10


def test_what_a_phrase_gives_is_frozen() -> None:
    """Changed, every phrase that people wrote down would be worth nothing."""
    found = phrase.recovery(bytes(range(32)))
    assert found.id.hex() == "72abad2f3f196c9ad0a38151e63c87ba"
    assert found.public.hex() == "d2c703c4afb71c20ed2e53fefccc08fcf411ab24f311533a05eee5e04524ab40"
    assert found.token == "ccm_r_nABhsXY_gu6WP6ru3swG5UjpGKbDhsRZKXrJOYButA4"
    assert found.lock_key.hex() == "92181e63b7b7ff313ffa6b02b158c244126627380c947f9ffb8f7c790f26650a"
    assert public_of(found.private) == found.public


def test_no_secret_is_shown() -> None:
    found = phrase.recovery(bytes(32))
    assert "ccm_r_" not in repr(found)
    assert repr(found.private) not in repr(found)
    assert repr(found.lock_key) not in repr(found)
