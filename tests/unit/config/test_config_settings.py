from decimal import Decimal
from pathlib import Path

import pytest

from ccmeter.config import settings
from ccmeter.config.settings import OwnPrice, PricingSettings, Settings
from ccmeter.domain.errors import ConfigError

FULL = """\
# what we pay
[pricing]
multiplier = 0.85
regional_premium = true

[pricing.aliases]
"arn:aws:bedrock:eu:1:profile/x" = "claude-opus-5"

[pricing.models.qwen4]
input = 0.1
output = 2

[pricing.models."my model"]
input = "1.25"
output = 5
cache_read = 0
cache_write = 1.5
"""


def load(folder: Path, text: str | bytes) -> Settings:
    file = folder / "config.toml"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return settings.load(file)


def refused(folder: Path, text: str | bytes) -> tuple[str, str]:
    with pytest.raises(ConfigError) as error:
        load(folder, text)
    return str(error.value).removeprefix(str(folder / "config.toml")), error.value.hint


def test_without_a_file_everything_is_at_its_default(tmp_path: Path) -> None:
    """Nobody needs settings; an empty file is as good as none."""
    assert settings.load(tmp_path / "none.toml") == Settings()
    assert load(tmp_path, "") == Settings()


def test_a_full_file_is_read_to_the_digit(tmp_path: Path) -> None:
    """Prices are decimals from the first: 0.1 is a tenth."""
    assert load(tmp_path, FULL).pricing == PricingSettings(
        multiplier=Decimal("0.85"),
        regional_premium=True,
        aliases={"arn:aws:bedrock:eu:1:profile/x": "claude-opus-5"},
        models={
            "qwen4": OwnPrice(input=Decimal("0.1"), output=Decimal(2)),
            "my model": OwnPrice(
                input=Decimal("1.25"), output=Decimal(5), cache_read=Decimal(0), cache_write=Decimal("1.5")
            ),
        },
    )


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("\n[pricing]\nmultiplyer = 2\n", ", line 3: pricing.multiplyer is not a setting.", "multiplier"),
        ("[pricng]\n", ", line 1: pricng is not a setting.", "pricing"),
        ("[pricing]\nmodles.x.input = 1\n", ", line 2: pricing.modles is not a setting.", "models"),
        (
            FULL + "\n[pricing.models.b]\ninput = 1\noutput = 2\ncache_raed = 3\n",
            ", line 22: pricing.models.b.cache_raed is not a setting.",
            "cache_read",
        ),
    ],
)
def test_an_unknown_key_is_named_with_file_line_and_nearest_key(
    tmp_path: Path, text: str, message: str, hint: str
) -> None:
    """A typing error must not silently leave a price at its default."""
    assert refused(tmp_path, text) == (message, f"Did you mean {hint}?")


def test_an_unknown_key_like_no_other_gets_the_general_advice(tmp_path: Path) -> None:
    """Nothing is suggested that is not near."""
    assert refused(tmp_path, "zzz = 1\n") == (", line 1: zzz is not a setting.", ConfigError.hint)


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("[pricing]\nmultiplier = 'much'\n", ", line 2: pricing.multiplier is refused: "),
        ("[pricing]\nmultiplier = -1\n", ", line 2: pricing.multiplier is refused: "),
        ("[pricing]\nmultiplier = inf\n", ", line 2: pricing.multiplier is refused: "),
        ("[pricing]\nregional_premium = 'perhaps'\n", ", line 2: pricing.regional_premium is refused: "),
        ("pricing = 3\n", ", line 1: pricing is refused: "),
        ("[pricing.aliases]\nx = 3\n", ", line 2: pricing.aliases.x is refused: "),
        # the same key stands in another table before
        (
            FULL + "\n[pricing.models.b]\ninput = 1\noutput = 1000\n",
            ", line 21: pricing.models.b.output is refused: ",
        ),
        ('[pricing]\n"models" = { x = { input = 1 } }\n', ", line 2: pricing.models.x.output is refused: "),
        ("[pricing.models.x]\ninput = 1\n", ", line 1: pricing.models.x.output is refused: "),
        ("pricing.models.x.input = 1\n", ", line 1: pricing.models.x.output is refused: "),
    ],
)
def test_a_wrong_value_is_named_with_file_and_line(tmp_path: Path, text: str, where: str) -> None:
    """The line is the key's own, or that of the table in which it is missing."""
    message, hint = refused(tmp_path, text)
    assert message.startswith(where)
    assert hint == ConfigError.hint


@pytest.mark.parametrize("text", ["[pricing\n", "a = 1\na = 2\n", b"a = '\xff'\n", "pricing:\n  x: 1\n"])
def test_what_is_no_toml_is_said_to_be_none(tmp_path: Path, text: str | bytes) -> None:
    """The reason is the decoder's own: it knows line and column."""
    file = tmp_path / "config.toml"
    assert refused(tmp_path, text)[0].startswith(f"The settings {file} are not valid TOML: ")


def test_a_file_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    """To go on with the defaults would show wrong costs."""
    with pytest.raises(ConfigError, match="cannot be read"):
        settings.load(tmp_path)
