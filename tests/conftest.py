"""Fixtures that every test may use."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from hypothesis import settings

import tests.environment  # before NumPy and PyTorch start their threads
import tests.qdrant_process  # noqa: F401  # takes variables of the tests out of the way
from encoders.bundle import BundleEncoder, Threads
from ingestion.limits import cores
from tests.postgres import Postgres, PostgresMissing, running_postgres
from tests.towers import write_bundle

# Machines are noisy: how long an example takes says nothing. What fails is printed to be repeated.
settings.register_profile("binocle", deadline=None, print_blob=True)
settings.load_profile("binocle")


@pytest.hookimpl(optionalhook=True)  # of pytest-xdist, for -n
def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores: tests wait for disks, browsers and processes of their own."""
    return cores() + 1


@pytest.fixture(scope="session")
def tiny_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of a bundle of a few kilobytes that knows twelve colours; see tests/towers."""
    return write_bundle(tmp_path_factory.mktemp("bundles") / "tiny")


@pytest.fixture(scope="session")
def tiny_encoder(tiny_bundle: Path) -> BundleEncoder:
    """The encoder that serves `tiny_bundle`."""
    return BundleEncoder(tiny_bundle, threads=Threads(image=1, text=1))


@pytest.fixture(scope="session")
def small_spec(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], str]:
    """The spec of a small model of one of tests/small_models' kinds, made once."""
    root = tmp_path_factory.mktemp("models")

    @cache
    def spec(kind: str) -> str:
        from tests.small_models import spec_of  # slow to import, and only some tests need it

        return spec_of(kind, root / kind.replace(" ", "_"))

    return spec


@pytest.fixture(scope="session")
def clip_folder(small_spec: Callable[[str], str]) -> Path:
    """A CLIP of a few hundred kilobytes as transformers saves it; see tests/small_models."""
    return Path(small_spec("clip").removeprefix("st:"))


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A real PostgreSQL server; skips where none is installed."""
    try:
        with running_postgres() as server:
            yield server
    except PostgresMissing as missing:
        pytest.skip(str(missing))
