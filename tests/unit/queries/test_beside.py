"""Two questions at once: both are answered, and nothing is left behind where one fails."""

from __future__ import annotations

import _thread
import contextlib
import threading
from typing import TYPE_CHECKING

import pytest

from ccmeter.domain.errors import StoreError
from ccmeter.queries.beside import Beside
from ccmeter.store import lease

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give an empty store."""
    made = tmp_path_factory.mktemp("beside") / "store"
    with lease.writing(made):
        pass
    return made


_ENDLESS = "select sum(a.range * b.range) from range(10000000) a, range(10000000) b"


def _press_soon() -> None:
    """Have Ctrl-C pressed in a moment."""
    threading.Timer(1, _thread.interrupt_main).start()


def _released(store: Path) -> bool:
    with lease.writing(store, patience_s=0):
        return True


def test_both_questions_are_answered(store: Path) -> None:
    """Each on a connection of its own."""
    with lease.reading(store) as connection:
        with (
            contextlib.closing(connection.cursor()) as other,
            Beside(other, lambda own: own.execute("select 1").fetchall()) as more,
        ):
            assert connection.execute("select 2").fetchall() == [(2,)]
            assert more.answer() == [(1,)]
        assert connection.execute("select 3").fetchall() == [(3,)]
    assert _released(store)


def test_an_error_there_is_raised_here(store: Path) -> None:
    """By whoever wants the answer."""

    def ask(_: object) -> None:
        raise StoreError("gone")

    with (
        pytest.raises(StoreError, match="gone"),
        lease.reading(store) as connection,
        Beside(connection, ask) as more,
    ):
        more.answer()
    assert _released(store)


def test_an_error_here_breaks_off_what_is_asked_there(store: Path) -> None:
    """However long it would take: whoever waits for the store does not wait for that."""
    with (
        pytest.raises(StoreError, match="here"),
        lease.reading(store) as connection,
        Beside(connection, lambda own: own.execute(_ENDLESS).fetchall()),
    ):
        raise StoreError("here")
    assert _released(store)


def test_ctrl_c_while_it_is_waited_for_breaks_it_off(store: Path) -> None:
    """Then too nothing is at work any more when the store is closed."""
    _press_soon()
    with (
        pytest.raises(KeyboardInterrupt),
        lease.reading(store) as connection,
        Beside(connection, lambda own: own.execute(_ENDLESS).fetchall()),
    ):
        pass
    assert _released(store)
