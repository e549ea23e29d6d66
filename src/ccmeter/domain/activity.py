"""How long somebody, or an agent for somebody, was at work: seconds, and what tells them.

Claude Code logs how long a turn took. Where a session has such records, its active time is theirs; otherwise it is
the time between neighbouring calls and prompts less than `IDLE_S` apart. Which of the two it was goes with the number,
because they do not measure the same: only turns know how long the last answer took.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

IDLE_S: Final = 300
"""Calls and prompts at least so far apart have a pause between them."""

ActiveFrom: TypeAlias = Literal["turns", "gaps", "both"]
"""`both`: of several sessions, some had records of their turns and some had not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Active:
    """Active time of a session, a day or a folder; no second of it counts twice."""

    seconds: int
    source: ActiveFrom
