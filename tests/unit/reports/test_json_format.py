"""JSON as it is written: what any parser reads, in the same bytes for the same data."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccmeter.reports.formats import RenderOptions
from ccmeter.reports.formats.json import render
from ccmeter.reports.table import Report, Table

texts = st.text(st.characters(exclude_categories=()), max_size=12)
scalars = st.none() | st.booleans() | st.integers(-(2**62), 2**62) | texts
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=20,
)
documents = st.dictionaries(texts, values, max_size=6)


def _written(document: dict[str, Any]) -> str:
    written = render(Report(table=Table(title="", columns=()), document=document), RenderOptions())
    assert isinstance(written, str)
    return written


@given(documents)
def test_bytes_are_those_of_pythons_own_encoder(document: dict[str, Any]) -> None:
    """Keys sorted, two spaces, ASCII only, whatever stands in names: half characters, controls, line separators."""
    assert _written(document) == json.dumps(document, indent=2, sort_keys=True) + "\n"


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_floats_are_read_as_they_were(number: float) -> None:
    """Not a bit of a float is lost."""
    assert json.loads(_written({"a": number}))["a"] == number


@pytest.mark.parametrize("number", [0.0, 0.1, 12.340000000000002, 0.0001, 1e15])
def test_everyday_floats_are_written_as_everywhere(number: float) -> None:
    """An amount looks the same in JSON as in any other tool."""
    assert f'"a": {number!r}' in _written({"a": number})
