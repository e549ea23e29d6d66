"""Fixtures that more than one folder of tests uses."""

from __future__ import annotations

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
settings.load_profile("default")


@pytest.fixture
def person(tmp_path: Path) -> Command:
    """Give somebody with an empty home."""
    home = tmp_path / "home"
    home.mkdir()
    return Command(home)
