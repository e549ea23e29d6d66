"""Fixtures that more than one folder of tests uses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from support.command import Command

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.postgres import Cluster

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


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """Give a cluster of PostgreSQL, made for this run."""
    from support import postgres as pg

    if pg.programs() is None:
        pytest.skip("PostgreSQL is NOT INSTALLED: what the server does on it was not tested")
    with pg.cluster() as made:
        yield made


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give a database for a server, of either kind: the test runs on both."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'server.db'}"
    cluster: Cluster = request.getfixturevalue("postgres")
    return cluster.cleared()
