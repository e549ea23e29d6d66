"""Facts made up: any that there can be, for hypothesis, and some of the shape of real days."""

from __future__ import annotations

import random

from hypothesis import strategies as st

from ccmeter.domain.facts import NO_COST, NO_SLOT, Attribution, Counts, Fact, FactPart

MOST = 2**63 - 1
MODELS = ("claude-opus-4-5-20251101", "claude-sonnet-4-5-20250929", "claude-haiku-4-5-20251001")
tokens = st.one_of(st.just(0), st.integers(0, 300), st.integers(0, MOST))
words = st.one_of(st.sampled_from(("", "claude", "standard", *MODELS)), st.text(max_size=8))


def digits(count: int) -> st.SearchStrategy[str]:
    some = st.sampled_from([f"{number:0{count}x}" for number in range(3)])
    return st.one_of(st.just(""), some, st.binary(min_size=count // 2, max_size=count // 2).map(bytes.hex))


attributions = st.builds(
    Attribution,
    is_nested=st.booleans(),
    slot=st.one_of(st.just(NO_SLOT), st.integers(1_960_000, 1_960_100), st.integers(0, NO_SLOT)),
    project=digits(32),
    session=digits(16),
    agent=words,
    model=words,
    speed=words,
    service_tier=words,
    inference_geo=words,
    is_sidechain=st.booleans(),
)
counts = st.builds(Counts, *[tokens] * len(Counts._fields))
part_lists = st.lists(
    st.builds(FactPart, st.integers(0, 5), words, words, *[tokens] * 5),
    max_size=4,
    unique_by=lambda part: part.ordinal,
).map(lambda parts: tuple(sorted(parts)))


any_call = st.integers(0, 2**64 - 1)


def facts(fingerprints: st.SearchStrategy[int] = any_call) -> st.SearchStrategy[Fact]:
    """Give any fact, of any call or of some calls."""
    return st.builds(
        Fact,
        fingerprint=fingerprints,
        revision=st.integers(1, 3),
        by=attributions,
        counts=counts,
        is_final=st.booleans(),
        is_refusal=st.booleans(),
        recorded_pico=st.one_of(st.just(NO_COST), st.integers(0, MOST)),
        parts=part_lists,
    )


def days(count: int, seed: int = 1) -> list[Fact]:
    """Give facts of conversations one after another, each reading what the calls before it wrote."""
    draw = random.Random(seed)
    found: list[Fact] = []
    at_s = 1_750_000_000
    while len(found) < count:
        at_s += draw.randrange(60, 4 * 3600)
        origin = (f"{draw.getrandbits(4):032x}", f"{draw.getrandbits(64):016x}", draw.choice(MODELS))
        context = 0
        for _ in range(min(int(draw.lognormvariate(3.5, 1.2)) + 1, count - len(found))):
            at_s += int(draw.expovariate(1 / 25))
            written = int(draw.lognormvariate(6.5, 1.3)) if context else draw.randrange(9_000, 22_000)
            found.append(_call(draw, at_s // 900, origin, written, context))
            context = context + written if context < 160_000 and draw.random() > 0.01 else 0
    return found


def _call(draw: random.Random, slot: int, origin: tuple[str, str, str], written: int, read: int) -> Fact:
    project, session, model = origin
    output = int(draw.lognormvariate(4.8, 1.4))
    searches = int(draw.random() < 0.002)
    return Fact(
        fingerprint=draw.getrandbits(64),
        revision=1,
        by=Attribution(
            is_nested=False,
            slot=slot,
            project=project,
            session=session,
            agent="claude",
            model=model,
            speed="",
            service_tier="standard",
            inference_geo="not_available",
            is_sidechain=False,
        ),
        counts=Counts(draw.randrange(1, 12), output, written, 0, read, 0, searches, 0),
        is_final=draw.random() > 0.003,
        is_refusal=False,
        recorded_pico=NO_COST,
        parts=(),
    )
