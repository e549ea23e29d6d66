"""What `--device` chooses, and what each machine is said to know."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ccmeter.domain.errors import UsageError
from ccmeter.domain.filters import Filters
from ccmeter.domain.vaults import Taken
from ccmeter.queries import activity, devices, forgetting, unmatched
from ccmeter.queries.blocks import find
from ccmeter.queries.summary import By, summarize
from support import stores
from support.vaults import NOON_US, STATE, Own, Vault, chunk, log

if TYPE_CHECKING:
    from pathlib import Path

    from ccmeter.store.lease import Connection

ALL = Filters(time_zone="UTC")
DESKTOP, TABLET = "bb" * 16, "cc" * 16


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """This machine knows two calls; a desktop one of them, grown, and one more; a tablet that one too."""
    made = tmp_path / "ccmeter.duckdb"
    log(made, [Own(key="a"), Own(key="b", at_us=NOON_US + 60_000_000)])
    vault = Vault(made)
    vault.ledger.begin(STATE)
    vault.place()
    first, second = vault.ledger.unpublished(10)
    grown = first._replace(counts=first.counts._replace(output_tokens=1_000))
    alone = first._replace(fingerprint=7, counts=first.counts._replace(output_tokens=50), parts=())
    again = alone._replace(counts=alone.counts._replace(output_tokens=60))
    vault.ledger.take(
        Taken(
            state=STATE,
            chunks=(
                chunk(STATE.device, 0, [first, second]),
                chunk(DESKTOP, 0, [grown, alone]),
                chunk(DESKTOP, 1, [again]),
                chunk(TABLET, 0, [alone]),
            ),
            devices={STATE.device: "laptop", DESKTOP: "desktop", TABLET: "tablet"},
        )
    )
    return made


def _output(connection: Connection, device: str, by: By = By.DAY) -> tuple[int, int]:
    total = summarize(connection, replace(ALL, device=device), by=by).total
    return total.calls, total.counts.output_tokens


@pytest.mark.parametrize(
    ("device", "expected"),
    [
        ("all", (3, 1_000 + 2 + 60)),
        ("this", (2, 4)),
        ("laptop", (2, 4)),
        ("LAPTOP", (2, 4)),
        ("desktop", (2, 1_060)),
        ("bbbb", (2, 1_060)),
        ("tablet", (1, 50)),
    ],
)
@pytest.mark.parametrize("by", [By.DAY, By.MODEL, By.PROJECT, By.DEVICE])
def test_a_machine_is_what_it_knows(store: Path, device: str, expected: tuple[int, int], by: By) -> None:
    with stores.asking(store) as connection:
        assert _output(connection, device, by) == expected
        assert _output(connection, device, by) == expected, "and again on the same connection"
        assert _output(connection, "all", by) == (3, 1_062)


@pytest.mark.parametrize(
    ("device", "said", "hint"),
    [
        ("deskto", "There is no machine 'deskto'", "Did you mean desktop?"),
        ("xyz", "There is no machine 'xyz'", "There are laptop, desktop, tablet; or all, this."),
        ("bb", "There is no machine 'bb'", None),
    ],
)
def test_a_machine_that_is_not_there(store: Path, device: str, said: str, hint: str | None) -> None:
    with stores.asking(store) as connection, pytest.raises(UsageError, match=said) as caught:
        _output(connection, device)
    assert hint is None or caught.value.hint == hint


def test_two_of_one_name_are_told_apart_by_id(store: Path) -> None:
    names = {STATE.device: "laptop", DESKTOP: "desktop", TABLET: "desktop"}
    Vault(store).ledger.take(Taken(state=STATE, devices=names))
    with stores.asking(store) as connection:
        with pytest.raises(UsageError, match="Several machines") as caught:
            _output(connection, "desktop")
        assert caught.value.hint == "Name one by its id: bbbbbbbb, cccccccc."
        rows = summarize(connection, ALL, by=By.DEVICE).periods
    assert {row.key for row in rows} == {"laptop", "desktop bbbbbbbb"}


def test_what_is_shared_counts_for_the_first(store: Path) -> None:
    with stores.asking(store) as connection:
        found = summarize(connection, ALL, by=By.DEVICE)
        known = devices.known(connection, ALL)
    assert {row.key: row.measures.calls for row in found.periods} == {"laptop": 2, "desktop": 1}
    assert {name: each.messages for name, each in known.items()} == {"laptop": 2, "desktop": 2, "tablet": 1}


def test_a_machine_without_a_vault(tmp_path: Path) -> None:
    log(tmp_path / "ccmeter.duckdb", [Own(key="a")])
    with stores.asking(tmp_path / "ccmeter.duckdb") as connection:
        assert _output(connection, "this") == (1, 2)
        with pytest.raises(UsageError, match="this one is in no vault"):
            _output(connection, "desktop")
        assert [row.key for row in summarize(connection, ALL, by=By.DEVICE).periods] == [devices.ALONE]
        assert devices.devices(connection) == ()
        assert devices.synced_at(connection) is None


def test_no_filter_moves_a_block_and_none_forgets_what_is_elsewhere(store: Path) -> None:
    with stores.asking(store) as connection:
        before = find(connection, 5)
        _output(connection, "tablet")
        assert find(connection, 5) == before
        assert forgetting.preview(connection, ALL, with_imports=False).total.calls == 2
        assert not unmatched.unmatched(connection, replace(ALL, models=("opus",)))


def test_nobody_knows_how_long_another_machine_was_used(store: Path) -> None:
    with stores.asking(store) as connection:
        here = activity.active_time(connection, replace(ALL, device="this"), by="session")
        there = activity.active_time(connection, replace(ALL, device="tablet"), by="session")
    assert here.total.seconds == 60
    assert there.total.seconds == 0
