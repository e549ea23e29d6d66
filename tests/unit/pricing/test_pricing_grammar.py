"""What model ids mean: every row of the facts' table, and ids that other tools got wrong."""

import pytest

from ccmeter.domain.rates import ModelName
from ccmeter.pricing.cards import load_cards
from ccmeter.pricing.grammar import model_name

KNOWN = frozenset(card.model for card in load_cards())
PROFILE = "arn:aws:bedrock:eu-west-1:123456789012:application-inference-profile/a1b2c3"

PRICED = [
    ("claude-opus-4-20250514", "opus-4"),
    ("claude-opus-4-0", "opus-4"),
    ("claude-4-opus-20250514", "opus-4"),
    ("claude-opus-4.1", "opus-4-1"),
    ("claude-opus-4-1-20250805", "opus-4-1"),
    ("anthropic/claude-4.5-opus-20251124", "opus-4-5"),
    ("anthropic/claude-opus-4.5", "opus-4-5"),
    ("claude-opus-4-6[1m]", "opus-4-6"),
    ("claude-opus-4-6[1m][1m]", "opus-4-6"),
    ("global.anthropic.claude-opus-4-6-v1", "opus-4-6"),
    ("claude-opus-4-6-20260205", "opus-4-6"),
    ("anthropic/claude-4.6-opus-20260205", "opus-4-6"),
    ("anthropic.claude-opus-5", "opus-5"),
    ("vertex_ai/claude-opus-5@default", "opus-5"),
    ("claude-opus-5@latest", "opus-5"),
    ("Claude-Opus-5", "opus-5"),
    ("claude-sonnet-4-5@20250929", "sonnet-4-5"),
    ("claude-sonnet-4-5-latest", "sonnet-4-5"),
    ("claude-sonnet-4-5-20250929-thinking", "sonnet-4-5"),
    ("anthropic/claude-sonnet-5:thinking:extended", "sonnet-5"),
    ("claude-3-5-sonnet-v2@20241022", "3-5-sonnet"),
    ("claude-3.5-haiku", "3-5-haiku"),
    ("claude-sonnet-3-7", "3-7-sonnet"),
    ("claude-3-haiku-20240307", "3-haiku"),
    ("anthropic.claude-3-opus-20240229-v1:0", "3-opus"),
    ("anthropic/claude-5-fable-20260609", "fable-5"),
    ("anthropic/claude-fable-5.1:beta", "fable-5-1"),
    ("claude-mythos-5-2", "mythos-5-2"),
    ("claude-mythos-preview", "mythos-preview"),
    ("global.anthropic.claude-mythos-preview", "mythos-preview"),
    ("anthropic/claude-opus-4-7", "opus-4-7"),
    ("vertex_ai/claude-opus-4-7@default", "opus-4-7"),
]

REGIONAL = [
    ("us.anthropic.claude-sonnet-4-5-20250929-v1:0", "sonnet-4-5"),
    (
        "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-sonnet-4-5-20250929-v1:0",
        "sonnet-4-5",
    ),
    ("eu.anthropic.claude-opus-5", "opus-5"),
    ("apac.anthropic.claude-sonnet-4-20250514-v1:0", "sonnet-4"),
    ("us-gov.anthropic.claude-3-5-sonnet-20240620-v1:0", "3-5-sonnet"),
    ("bedrock/jp.anthropic.claude-haiku-4-5-20251001-v1:0", "haiku-4-5"),
]

UNPRICED = [
    "",
    "<synthetic>",
    "opus",
    "sonnet",
    "haiku",
    "opusplan",
    "best",
    "fable",
    "claude",
    "claude-",
    "claude-opus",
    "claude-opus-4-9",
    "claude-opus-4-10",
    "claude-opus-45",
    "claude-opus-4-05",
    "claude-opus-4-5-1",
    "claude-opus-6",
    "claude-sonnet-5-6",
    "claude-sonnet-4-7",
    "claude-haiku-5",
    "claude-opus-5x",
    "claude-opus-5-5-preview",
    "claude-opus-4-20259914",
    "claude-opus-5-fast\n",
    "claude-instant-1.2",
    "gemini-claude-opus-5",
    "my-claude-opus-4-5-tuned",
    "us.claude-opus-5",
    "mars.anthropic.claude-opus-5",
    "glm-4.6",
    "gpt-4-haiku",
    "my-haiku-model",
    "gpt-5",
    "gpt-5.4",
    "gpt-5-5",
    "gpt-5.4-mini-2026",
    "gemini-2.5-pro-preview",
    PROFILE,
]

# Issue numbers of the tools that applied a wrong price, and the right answer.
FALSE_MATCHES = [
    ("ccusage#934", "gpt-5.4-mini", "gpt-5.4-mini"),
    ("ccusage#934", "gpt-5.4-nano", None),
    ("ccusage#980", "claude-sonnet-4-20250514", "claude-sonnet-4"),
    ("ccusage#945", "anthropic/claude-4.6-opus-20260205", "claude-opus-4-6"),
    ("claude-powerline#71", "claude-opus-4-5-20251101", "claude-opus-4-5"),
    ("herdr#2", "claude-opus-4-8", "claude-opus-4-8"),
    ("litellm#25890", "vertex_ai/claude-opus-4-7", "claude-opus-4-7"),
    ("axi#94", "gpt-4-haiku", None),
    ("axi#94", "my-haiku-model", None),
    ("LifeOS#1342", "claude-fable-5", "claude-fable-5"),
    ("genai-prices", "claude-opus-4-10", None),
    ("claude-monitor", "claude-opus-5", "claude-opus-5"),
]


@pytest.mark.parametrize(("raw", "model"), PRICED)
def test_priced(raw: str, model: str) -> None:
    assert model_name(raw, known=KNOWN) == ModelName(
        raw, f"claude-{model}", is_fast=False, is_batch=False, place=""
    )


@pytest.mark.parametrize(("raw", "model"), REGIONAL)
def test_regional(raw: str, model: str) -> None:
    assert model_name(raw, known=KNOWN) == ModelName(
        raw, f"claude-{model}", is_fast=False, is_batch=False, place="regional"
    )


@pytest.mark.parametrize("raw", UNPRICED)
def test_unpriced(raw: str) -> None:
    assert model_name(raw, known=KNOWN) == ModelName(raw, None, is_fast=False, is_batch=False, place="")


@pytest.mark.parametrize(("where", "raw", "model"), FALSE_MATCHES)
def test_false_matches_of_others(where: str, raw: str, model: str | None) -> None:
    assert model_name(raw, known=KNOWN).model == model


@pytest.mark.parametrize("model", sorted(KNOWN))
def test_every_card_is_found_by_its_own_name(model: str) -> None:
    assert model_name(model, known=KNOWN).model == model
    assert model_name(f"vendor/{model.upper()}", known=KNOWN).model == model


def test_fast_is_remembered() -> None:
    name = model_name("anthropic/claude-opus-5-fast", known=KNOWN)
    assert name == ModelName(
        "anthropic/claude-opus-5-fast", "claude-opus-5", is_fast=True, is_batch=False, place=""
    )
    assert model_name("claude-opus-4.8-thinking-fast", known=KNOWN).is_fast


def test_batch_is_remembered() -> None:
    name = model_name("anthropic/claude-opus-5:batch", known=KNOWN)
    assert name == ModelName(
        "anthropic/claude-opus-5:batch", "claude-opus-5", is_fast=False, is_batch=True, place=""
    )


def test_other_vendors_are_matched_exactly_after_their_path() -> None:
    assert model_name("openai/GPT-5.5", known=KNOWN).model == "gpt-5.5"
    assert model_name("models/gemini-2.5-pro", known=KNOWN).model == "gemini-2.5-pro"


def test_an_alias_is_followed_once_and_says_the_place() -> None:
    aliases = {PROFILE: "eu.anthropic.claude-opus-5", "eu.anthropic.claude-opus-5": "claude-haiku-4-5"}
    name = model_name(PROFILE, known=KNOWN, aliases=aliases)
    assert name == ModelName(PROFILE, "claude-opus-5", is_fast=False, is_batch=False, place="regional")


def test_a_known_id_comes_before_the_grammar() -> None:
    raw = "us.anthropic.claude-opus-5"
    assert model_name(raw, known=KNOWN | {raw}).model == raw
    assert model_name("Team-Chat", known=KNOWN | {"Team-Chat"}).model == "Team-Chat"
    assert model_name("team-chat", known=KNOWN | {"Team-Chat"}).model is None
