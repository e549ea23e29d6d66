"""Whatever happens, an episode is told once: a limit's course over time against a plain account of it."""

from __future__ import annotations

from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from ccmeter.domain.alerts import Open, Rule, conditions, turn
from ccmeter.domain.limits import FIVE_HOUR
from support.alerting import MINUTE_US, NOW_US, limits, window

RULE = Rule(name="80", when="level", window=FIVE_HOUR, used_bp=8_000)
_LENGTH_US = 18_000_000_000


class Look(NamedTuple):
    """What a look sees: after so many minutes, so much use; None where nothing is known."""

    minutes: int
    used_bp: int | None


_LOOKS = st.lists(
    st.builds(Look, st.integers(1, 200), st.one_of(st.none(), st.integers(0, 10_000))), max_size=60
)


@given(_LOOKS)
def test_each_episode_is_told_once(looks: list[Look]) -> None:
    """Within a window it is told again only after use was clearly below; in the next one anew."""
    now_us, told = NOW_US, []
    going: list[Open] = []
    last_us, was_clear = NOW_US, True
    expected = []
    for look in looks:
        now_us += look.minutes * MINUTE_US
        if look.used_bp is None:
            known = limits()
        else:
            begins_us = now_us // _LENGTH_US * _LENGTH_US
            known = limits(window(look.used_bp, resets_us=begins_us + _LENGTH_US))
            was_clear = was_clear or look.used_bp < 7_500 or last_us < begins_us - MINUTE_US
            if look.used_bp >= 8_000 and was_clear:
                expected.append(now_us)
                last_us, was_clear = now_us, False
        changed = turn(conditions([RULE], known, ()), going)
        going = [each for each in going if each not in changed.end]
        going += [Open(mark=each.mark, began_us=now_us) for each in changed.begin]
        told += [now_us for _ in changed.tell]
        assert len({each.mark for each in going}) == len(going)
    assert told == expected


@given(_LOOKS, st.integers(1, 5))
def test_looking_again_changes_nothing(looks: list[Look], times: int) -> None:
    """Nothing new begins or ends while nothing has changed."""
    going: list[Open] = []
    now_us = NOW_US
    for look in looks:
        now_us += look.minutes * MINUTE_US
        if look.used_bp is None:
            continue
        begins_us = now_us // _LENGTH_US * _LENGTH_US
        found = conditions([RULE], limits(window(look.used_bp, resets_us=begins_us + _LENGTH_US)), ())
        changed = turn(found, going)
        going = [each for each in going if each not in changed.end]
        going += [Open(mark=each.mark, began_us=now_us) for each in changed.begin]
        for _ in range(times):
            again = turn(found, going)
            assert (again.begin, again.tell, again.end) == ((), (), ())
