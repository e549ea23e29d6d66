"""Fixtures that more than one folder of tests uses."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from support.command import Command

if TYPE_CHECKING:
    from pathlib import Path

settings.register_profile(
    "default",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.register_profile("thorough", settings.get_profile("default"), max_examples=1_000)
settings.load_profile(os.environ.get("CCMETER_TEST_PROFILE", "default"))


@pytest.fixture
def person(tmp_path: Path) -> Command:
    """Give somebody with an empty home."""
    home = tmp_path / "home"
    home.mkdir()
    return Command(home)
