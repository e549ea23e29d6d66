"""The thread that syncs while the screen is open."""

from __future__ import annotations

import threading

from ccmeter.tui.rounds import Agreed, Rounds
from ccmeter.tui.topline import State

WAIT_S = 60


def test_rounds_go_on_until_they_are_stopped() -> None:
    told: list[Agreed] = []
    third = threading.Event()

    def tell(agreed: Agreed) -> None:
        told.append(agreed)
        if len(told) == 3:
            third.set()

    rounds = Rounds(lambda: Agreed(next_s=0.0, said=f"synced {len(told)}"), tell)
    rounds.start()
    assert third.wait(WAIT_S)
    rounds.stop()
    count = len(told)
    assert [each.said for each in told[:3]] == ["synced 0", "synced 1", "synced 2"]
    assert len(told) == count


def test_a_long_rest_and_a_slow_server_keep_nobody() -> None:
    """Stopping does not wait for the next round, nor without end for one that is under way; its news come to nobody."""
    at_rest = threading.Event()
    resting = Rounds(lambda: Agreed(next_s=10_000.0), lambda _: at_rest.set())
    resting.start()
    assert at_rest.wait(WAIT_S)
    resting.stop()
    begun, goes_on, told = threading.Event(), threading.Event(), threading.Event()

    def slow() -> Agreed:
        begun.set()
        goes_on.wait(WAIT_S)
        return Agreed(next_s=0.0)

    rounds = Rounds(slow, lambda _: told.set())
    rounds.start()
    assert begun.wait(WAIT_S)
    rounds.stop(patience_s=0.0)
    goes_on.set()
    rounds.stop()
    assert not told.is_set()


def test_the_lines_say_how_it_stands() -> None:
    """When it last worked at the top, and since when not, and why, below."""
    state = State().agreed(Agreed(next_s=1.0, said="synced 15:30"))
    assert state.synced == "synced 15:30"
    assert state.unsynced == ""
    failed = state.agreed(Agreed(next_s=1.0, failed="The server is\x1b gone."))
    assert failed.synced == "synced 15:30"
    assert failed.unsynced.startswith("Not synced (last synced 15:30): The server is")
    assert "\x1b" not in failed.unsynced
    assert State().agreed(Agreed(next_s=1.0, failed="No.")).unsynced == "Not synced: No."
    assert failed.agreed(Agreed(next_s=1.0)).unsynced == ""
    assert failed.agreed(Agreed(next_s=1.0)).synced == "synced 15:30"
