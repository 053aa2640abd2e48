"""Which encoder a collection gets."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from app.encoder_shelf import EncoderShelf
from core.errors import EncoderMismatch
from encoders.encoder import Encoder
from encoders.specs import load_encoder
from qdrant.store import JOINT, CollectionConfig
from tests.towers import write_bundle


def config_of(bundle: Path) -> CollectionConfig:
    encoder = load_encoder(f"bundle:{bundle}")
    return CollectionConfig(f"bundle:{bundle}", encoder.fingerprint, {JOINT: encoder.dim})


@pytest.fixture
def other(tmp_path: Path) -> Path:
    return write_bundle(tmp_path / "other", version="2")


@pytest.fixture
def shelf(tiny_bundle: Path) -> Callable[..., EncoderShelf]:
    def made(**options: bool) -> EncoderShelf:
        return EncoderShelf(f"bundle:{tiny_bundle}", load_encoder, lambda each: each, **options)

    return made


def test_a_collection_of_the_settings_encoder_gets_that_one(
    shelf: Callable[..., EncoderShelf], tiny_bundle: Path
) -> None:
    found = shelf()
    assert found.of("c", config_of(tiny_bundle)) is found.own()


def test_a_collection_of_another_encoder_gets_its_own_loaded_once(
    shelf: Callable[..., EncoderShelf], other: Path
) -> None:
    found, config = shelf(), config_of(other)
    first: Encoder = found.of("c", config)
    assert first.fingerprint == config.fingerprint
    assert found.of("c", config) is first


def test_an_encoder_that_was_named_for_a_command_is_the_only_one(
    shelf: Callable[..., EncoderShelf], other: Path
) -> None:
    with pytest.raises(EncoderMismatch, match="was built with"):
        shelf(one=True).of("c", config_of(other))


def test_an_encoder_that_is_gone_or_another_by_now_is_refused(
    shelf: Callable[..., EncoderShelf], other: Path
) -> None:
    config = config_of(other)
    shutil.rmtree(other)
    with pytest.raises(EncoderMismatch, match="can't be loaded"):
        shelf().of("c", config)
    write_bundle(other, version="3")
    with pytest.raises(EncoderMismatch, match="another one"):
        shelf().of("c", config)
