"""Fixtures: every test has a folder of its own; a test that takes a minute is stuck."""

from __future__ import annotations

import faulthandler
from pathlib import Path
from typing import Iterator

import pytest

import nexus


@pytest.fixture(autouse=True)
def stuck() -> Iterator[None]:
    faulthandler.dump_traceback_later(60, exit=True)
    yield
    faulthandler.cancel_dump_traceback_later()


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "store")


@pytest.fixture
def db(path: str) -> Iterator[nexus.DB]:
    with nexus.open(path) as store:
        yield store


@pytest.fixture
def vectors(path: str) -> Iterator[nexus.DB]:
    """A store of the caller's vectors, of four numbers."""
    with nexus.open(path, dim=4) as store:
        yield store
