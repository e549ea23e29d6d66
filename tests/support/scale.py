"""How hard the tests try: `CCMETER_TEST_SCALE=20 pytest tests/properties` tries twenty times as many examples."""

from __future__ import annotations

import os

_SCALE = int(os.environ.get("CCMETER_TEST_SCALE", "1"))


def scaled(examples: int) -> int:
    """Give how many examples to try instead of so many."""
    return examples * _SCALE
