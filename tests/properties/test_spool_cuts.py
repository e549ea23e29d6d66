"""However the spool is cut into ingests, and whatever comes again, the same readings stand in the store."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections import Counter
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from ccmeter.ingest import readings, spool
from ccmeter.store import lease
from support.spooled import limits, line, put, sessions

NOW = dt.datetime(2025, 11, 21, 12, tzinfo=dt.UTC)
LINES = st.lists(
    st.one_of(
        st.builds(
            lambda session, used_bp, cost_usd, step: (session, used_bp, cost_usd, step),
            st.sampled_from("ab"),
            st.one_of(st.none(), st.integers(0, 3)),
            st.one_of(st.none(), st.integers(0, 2)),
            st.integers(1, 3),
        ),
        st.none(),
    ),
    max_size=14,
)


def _content(told: list[tuple[str, int | None, int | None, int] | None]) -> bytes:
    """Write lines in the order of time, broken ones among them."""
    lines, at_s = [], 0
    for each in told:
        if each is None:
            lines.append(b'{"v":1\n')
            continue
        session, used_bp, cost_usd, step = each
        at_s += step
        lines.append(line(session, at_s, used_bp, cost_usd=cost_usd))
    return b"".join(lines)


def _taken(data: Path, pieces: list[bytes], *, again_after: int | None) -> tuple[object, ...]:
    """Take in pieces, one ingest each; after one of them forget how far it was, as a store from a backup does."""
    store = data / "ccmeter.duckdb"
    problems: Counter[str] = Counter()
    for number, piece in enumerate(pieces):
        put(data, piece)
        with lease.writing(store) as connection:
            spool.take_in(connection, data, problems, now=NOW)
            if number == again_after:
                connection.execute("delete from spool")
    return limits(store), sessions(store), problems[readings.BROKEN]


@settings(max_examples=20)
@given(told=LINES, cuts=st.lists(st.integers(0, 3_000), max_size=4))
def test_cuts_make_no_difference(
    told: list[tuple[str, int | None, int | None, int] | None], cuts: list[int]
) -> None:
    content = _content(told)
    places = sorted({min(cut, len(content)) for cut in cuts})
    pieces = [content[a:b] for a, b in zip([0, *places], [*places, len(content)], strict=True)]
    with tempfile.TemporaryDirectory() as once, tempfile.TemporaryDirectory() as parts:
        assert _taken(Path(parts), pieces, again_after=None) == _taken(
            Path(once), [content], again_after=None
        )


@settings(max_examples=12)
@given(told=LINES)
def test_what_comes_again_makes_no_difference(
    told: list[tuple[str, int | None, int | None, int] | None],
) -> None:
    content = _content(told)
    with tempfile.TemporaryDirectory() as once, tempfile.TemporaryDirectory() as again:
        kept = _taken(Path(again), [content, b""], again_after=0)
        assert kept[:2] == _taken(Path(once), [content], again_after=None)[:2]
