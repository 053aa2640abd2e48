from pathlib import Path

import pytest

from core.errors import EncoderError
from encoders.specs import COMPACT, describe_encoder, directory_of, list_encoders, load_encoder


def test_a_bundle_is_loaded_by_its_path(tiny_bundle: Path) -> None:
    encoder = load_encoder(f"bundle:{tiny_bundle}")
    assert encoder.encode_texts(["apple"]).shape == (1, encoder.dim)


def test_a_bundle_is_described_without_loading_it(tiny_bundle: Path) -> None:
    spec = f"bundle:{tiny_bundle}"
    description = describe_encoder(spec)
    encoder = load_encoder(spec)
    assert (description.name, description.dim) == (encoder.name, encoder.dim)


@pytest.mark.parametrize("spec", ["", "bundle:", "compacted", "onnx:here"])
def test_an_unknown_spec_is_refused_with_the_kinds_there_are(spec: str) -> None:
    with pytest.raises(EncoderError, match=r"compact.*bundle:PATH"):
        load_encoder(spec)


def test_a_bundle_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match="no bundle"):
        load_encoder(f"bundle:{tmp_path / 'nowhere'}")


def test_what_ships_is_listed_by_the_specs_that_load_it() -> None:
    assert all(directory_of(found.spec) == found.directory for found in list_encoders())
    assert directory_of(COMPACT).name == "compact"
