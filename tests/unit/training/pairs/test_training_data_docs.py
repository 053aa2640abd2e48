"""The examples of docs/training-data.md are settings that can be used."""

import re
from pathlib import Path
from typing import Any, get_args

import pytest

from core.items import ImageSource
from encoders.bundle import BundleEncoder
from tests.shops import build_one, write_shop
from training.pairs.augmentation import Augmentation
from training.pairs.catalog_mining import Mining
from training.pairs.mined_file import read_mined
from training.pairs.settings import AnySource, DataSettings
from training.pairs.source import FixedPairs

yaml = pytest.importorskip("yaml")

TEXT = (Path(__file__).parents[4] / "docs" / "training-data.md").read_text()
EXAMPLES = [yaml.safe_load(found) for found in re.findall(r"```yaml\n(.*?)```", TEXT, re.S)]
SOURCES = [example for example in EXAMPLES if "sources" in example]


@pytest.mark.parametrize("example", SOURCES, ids=lambda example: example["sources"][0]["kind"])
def test_an_example_of_sources_can_be_used(example: dict[str, Any]) -> None:
    DataSettings.model_validate(example)


def test_an_example_of_mining_can_be_used() -> None:
    (example,) = (example for example in EXAMPLES if "catalog" in example)
    Mining.model_validate(example)


def test_every_kind_of_source_has_an_example() -> None:
    models = get_args(get_args(AnySource)[0])
    kinds = {get_args(model.model_fields["kind"].annotation)[0] for model in models}
    assert {source["kind"] for example in SOURCES for source in example["sources"]} == kinds


def test_the_strengths_that_are_told_are_the_defaults() -> None:
    defaults = Augmentation()
    for name in ("flip", "jitter", "brightness", "contrast", "saturation", "hue", "grey", "blur"):
        assert f"`{name}` {getattr(defaults, name):g}" in TEXT


def test_the_python_example_runs(
    tmp_path: Path, tiny_encoder: BundleEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", TEXT, re.S)
    monkeypatch.chdir(tmp_path)
    write_shop(tmp_path / "shop.parquet", 8)
    # The tiny towers instead of the compact ones: the example's search is over random colours.
    code = code.replace("from encoders.specs import load_encoder\n", "")
    names: dict[str, Any] = {"load_encoder": lambda spec: tiny_encoder}
    exec(compile(code, "training-data.md", "exec"), names)
    assert names["report"].queries == len(read_mined(tmp_path / "mined.parquet"))
    settings = {"kind": "mined", "path": "shop.parquet", "pairs": "mined.parquet"}
    for pair in FixedPairs(build_one(tmp_path, **settings).source):
        assert isinstance(pair.negatives[0], ImageSource)
