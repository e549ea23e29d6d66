from pathlib import Path

import pytest

from ccmeter.config import document, schema
from ccmeter.domain.errors import ConfigError


def refused(text: str) -> tuple[str, str]:
    with pytest.raises(ConfigError) as error:
        schema.check(document.parse(text, Path("c.toml")))
    return str(error.value), error.value.hint


@pytest.mark.parametrize(
    "text",
    [
        "",
        'order = "desc"\nstart_of_week = "sunday"\nlast = 7\nno-cost = true\n',
        'project = "a"\n',
        'project = ["a", "b"]\n',
        "since = 2026-11-20\n",
        '[daily]\nby_project = true\n[options]\nmodel = ["opus"]\n[model]\nno-cost = true\n',
        'currency = "EUR"\n',
        '[currency]\ncode = "EUR"\nrates.EUR = 0.9\n',
        "[pricing]\nmultiplier = 0.5\n",
    ],
)
def test_what_can_be_set_is_accepted(text: str) -> None:
    """Options of all commands, of one, and tables; keys with `-` or `_`."""
    schema.check(document.parse(text, Path("c.toml")))


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ('\nordr = "asc"\n', "c.toml, line 2: ordr is not a setting.", "Did you mean order?"),
        (
            "[daily]\n\nbrakdown = true\n",
            "c.toml, line 3: daily.brakdown is not a setting.",
            "Did you mean breakdown?",
        ),
        ("[dialy]\n", "c.toml, line 1: dialy is not a setting.", "Did you mean daily?"),
        ("zzzzz = 1\n", "c.toml, line 1: zzzzz is not a setting.", ConfigError.hint),
        (
            "order = 1\n",
            "c.toml, line 1: order is refused: it must be text in quotes, not 1.",
            ConfigError.hint,
        ),
        ('order = "dsc"\n', "c.toml, line 1: order cannot be 'dsc'.", "Did you mean desc?"),
        ('order = "x"\n', "c.toml, line 1: order cannot be 'x'.", "It takes asc, desc."),
        (
            "last = true\n",
            "c.toml, line 1: last is refused: it must be a whole number, not true.",
            ConfigError.hint,
        ),
        (
            "last = 1.5\n",
            "c.toml, line 1: last is refused: it must be a whole number, not 1.5.",
            ConfigError.hint,
        ),
        (
            "project = 1\n",
            "c.toml, line 1: project is refused: it must be text in quotes or a list or a table, not 1.",
            ConfigError.hint,
        ),
        (
            "tag = [1]\n",
            "c.toml, line 1: tag is refused: it must be text in quotes, not 1.",
            ConfigError.hint,
        ),
        (
            "[order]\n",
            "c.toml, line 1: order is refused: it must be text in quotes, not a table.",
            ConfigError.hint,
        ),
        (
            "[pricing]\nmultiplier = 3\n",
            "c.toml, line 2: pricing.multiplier is refused: it must be ",
            ConfigError.hint,
        ),
        (
            "[pricing.models.x]\ninput = 1\n",
            "c.toml, line 1: pricing.models.x.output is refused: it must be set.",
            "",
        ),
    ],
)
def test_a_wrong_file_is_told_with_file_line_and_nearest_key(text: str, message: str, hint: str) -> None:
    """The first fault in the order of the file; nothing is guessed that is not near."""
    said, remedy = refused(text)
    assert said.startswith(message)
    assert remedy == hint or not hint


def test_all_that_is_wrong_is_found() -> None:
    """A check tells the first of it, and that there is more."""
    found = document.parse("ordr = 1\ntag = [1, 2]\n[daily]\nx = 1\nlast = 'y'\n", Path("c.toml"))
    assert [".".join(fault.key) for fault in schema.faults(found)] == ["ordr", "tag", "daily.x", "daily.last"]
    said, hint = refused(found.text)
    assert said == "c.toml, line 1: ordr is not a setting."
    assert hint == "Did you mean order? `ccmeter config check` lists all mistakes."


@pytest.mark.parametrize(
    ("key", "value", "is_right"),
    [
        (["daily", "breakdown"], True, True),
        (["daily", "breakdown"], "yes", False),
        (["daily", "nothing"], True, False),
        (["pricing", "models", "x", "input"], 1, True),  # that `output` is missing is another matter
        (["pricing", "models", "x", "inptu"], 1, False),
    ],
)
def test_a_single_key_is_looked_at_alone(key: list[str], value: object, *, is_right: bool) -> None:
    """What should stand beside it does not matter yet."""
    assert (schema.fault_of(key, value) is None) == is_right
