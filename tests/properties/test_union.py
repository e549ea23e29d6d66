"""The store counts the calls of all machines as `domain.facts.join` does, in whatever order it hears of them."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccmeter.domain.facts import NO_COST, NO_SLOT, SLOT_US, Attribution, Counts, Fact, FactPart, fingerprint
from ccmeter.store import lease
from support import stores
from support.scale import scaled
from support.vaults import KEY, NOON_US, STATE, Own, Vault, chunk, counted, in_words, project_of, session_of

if TYPE_CHECKING:
    from pathlib import Path

KEYS = ("msg_a", "msg_b", "msg_c", "é")
CWDS = ("/x", "/y", "")
SESSIONS = ("s1", "s2", "")
DEVICES = (STATE.device, "bb" * 16, "cc" * 16)
COUNT = st.sampled_from([0, 1, 500])
SLOT = NOON_US // SLOT_US
PARTS = st.lists(
    st.builds(
        FactPart,
        st.sampled_from([0, 1]),
        st.sampled_from(["advisor", "compaction"]),
        st.sampled_from(["claude-opus-4-6", "claude-haiku-4-5-20251001"]),
        *[COUNT] * 5,
    ),
    max_size=2,
    unique_by=lambda part: part.ordinal,
).map(lambda parts: tuple(sorted(parts)))
COUNTS = st.builds(Counts, *[COUNT] * 8)
OWN = st.builds(
    Own,
    key=st.sampled_from(KEYS),
    session=st.sampled_from(SESSIONS),
    cwd=st.sampled_from(CWDS),
    at_us=st.sampled_from([NOON_US, NOON_US + 7, NOON_US - SLOT_US, None]),
    is_nested=st.booleans(),
    is_sidechain=st.booleans(),
    model=st.sampled_from(["claude-opus-4-6", "claude-haiku-4-5-20251001"]),
    counts=COUNTS,
    is_final=st.booleans(),
    stop_reason=st.sampled_from(["end_turn", "refusal"]),
    recorded_pico=st.sampled_from([None, 7]),
    parts=PARTS,
)
PROJECTS = ["", "f" * 32, *(project_of(cwd) for cwd in CWDS if cwd)]
HASHES = ["", "0" * 16, *(session_of(each) for each in SESSIONS if each)]
FACT = st.builds(
    Fact,
    st.sampled_from([fingerprint(bytes.fromhex(KEY), key) for key in (*KEYS, "elsewhere", "else")]),
    st.sampled_from([1, 1, 1, 2]),
    st.builds(
        Attribution,
        st.booleans(),
        st.sampled_from([SLOT, SLOT - 1, NO_SLOT]),
        st.sampled_from(PROJECTS),
        st.sampled_from(HASHES),
        st.just("claude"),
        st.sampled_from(["claude-opus-4-6", "claude-haiku-4-5-20251001"]),
        st.sampled_from(["", "fast"]),
        st.just(""),
        st.just(""),
        st.booleans(),
    ),
    COUNTS,
    st.booleans(),
    st.booleans(),
    st.sampled_from([NO_COST, 7]),
    PARTS,
)
STEP = st.one_of(
    st.lists(OWN, min_size=1, max_size=3),
    st.lists(
        st.tuples(
            st.sampled_from(DEVICES),
            st.integers(0, 1),
            st.lists(FACT, max_size=3, unique_by=lambda f: f.fingerprint),
        ),
        min_size=1,
        max_size=2,
        unique_by=lambda each: each[:2],
    ),
    st.just("fresh"),
    st.tuples(st.just("forget"), st.sampled_from(DEVICES), st.sampled_from([SLOT, SLOT + 1])),
)


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store without anything, to be copied."""
    store = tmp_path_factory.mktemp("empty") / "ccmeter.duckdb"
    with lease.writing(store):
        pass
    return store


def _play(vault: Vault, steps: list[object]) -> None:
    for step in steps:
        if step == "fresh":
            vault.take(is_fresh=True)
        elif isinstance(step, tuple):
            vault.take(forgotten={step[1]: step[2]})
        elif isinstance(step, list) and isinstance(step[0], Own):
            vault.log(step)
        elif isinstance(step, list):
            vault.take(*(chunk(*each) for each in step))


@given(before=st.lists(OWN, max_size=3), steps=st.lists(STEP, max_size=6))
@settings(max_examples=scaled(25), deadline=None)
def test_the_union_in_sql_is_that_of_the_domain(
    empty: Path, tmp_path_factory: pytest.TempPathFactory, before: list[Own], steps: list[object]
) -> None:
    vault = Vault(tmp_path_factory.mktemp("vault") / "ccmeter.duckdb")
    shutil.copy(empty, vault.store)
    vault.log(before)
    vault.ledger.begin(STATE)
    vault.place()
    _play(vault, steps)
    due = vault.ledger.unpublished(100)
    assert {fact.fingerprint: fact for fact in due} == vault.due()
    assert [(fact.by.slot, fact.fingerprint) for fact in due] == sorted(
        (f.by.slot, f.fingerprint) for f in due
    )
    with stores.asking(vault.store) as connection:
        assert counted(connection) == in_words(connection, vault.united().values())
