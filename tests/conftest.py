"""Fixtures that every test may use."""

from __future__ import annotations

from pathlib import Path

import pytest

from encoders.bundle import BundleEncoder, Threads
from tests.towers import write_bundle


@pytest.fixture(scope="session")
def tiny_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of a bundle of a few kilobytes that knows twelve colours; see tests/towers."""
    return write_bundle(tmp_path_factory.mktemp("bundles") / "tiny")


@pytest.fixture(scope="session")
def tiny_encoder(tiny_bundle: Path) -> BundleEncoder:
    """The encoder that serves `tiny_bundle`."""
    return BundleEncoder(tiny_bundle, threads=Threads(image=1, text=1))
