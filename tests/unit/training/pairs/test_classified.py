from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from core.errors import EncoderError, SourceError
from core.items import ImageSource
from tests.shops import COLOURS, build_one, jpeg, shop_rows, write_shop
from tests.towers import COLOURS as PALETTE
from training.pairs.source import Built, FixedPairs, held_out

SIZE = 16


def write_classifier(path: Path) -> None:
    """An ONNX model that tells the four colours of a shop, by the distance to their RGB."""
    palette = np.array([PALETTE[colour] for colour in COLOURS], dtype=np.float32) / 255
    constants = {
        "weight": (2 * 20 * palette)[:, :, None, None],
        "bias": -20 * (palette**2).sum(1),
    }
    nodes = [
        helper.make_node("GlobalAveragePool", ["x"], ["mean"]),
        helper.make_node("Conv", ["mean", "weight", "bias"], ["scores"]),
        helper.make_node("Flatten", ["scores"], ["logits"]),
    ]
    graph = helper.make_graph(
        nodes,
        "colours",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 3, SIZE, SIZE])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", 4])],
        [numpy_helper.from_array(value, key) for key, value in constants.items()],
    )
    opsets = [helper.make_opsetid("", 17)]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=8), path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_shop(tmp_path / "shop.parquet")
    write_classifier(tmp_path / "colours.onnx")
    (tmp_path / "labels.txt").write_text("red, crimson\ngreen\nblue\nyellow\n")
    return tmp_path


def labelled(folder: Path, **settings: Any) -> Built:
    given = {
        "path": "shop.parquet",
        "model": "onnx:colours.onnx",
        "labels": "labels.txt",
        "separator": ",",
        "templates": ["a {label} thing"],
        "size": SIZE,
        "mean": [0, 0, 0],
        "std": [1, 1, 1],
        **settings,
    }
    return build_one(folder, kind="classified", **given)


def test_confident_labels_become_texts_weighted_by_confidence(folder: Path) -> None:
    colours = dict(zip(shop_rows()["image"], shop_rows()["colour"], strict=True))
    pairs = list(FixedPairs(labelled(folder).source))
    assert len(pairs) == 24
    for pair in pairs:
        assert isinstance(pair.positive, ImageSource)
        assert colours[pair.positive.data] in next(iter(pair.asks))
        assert pair.asks <= pair.facts
        assert 0.5 <= pair.weight <= 1
    assert {pair.anchor for pair in pairs} == {
        f"a {label} thing" for label in ("red", "crimson", "green", "blue", "yellow")
    }


def test_names_of_one_label_ask_for_the_same(folder: Path) -> None:
    source = labelled(folder).source
    pairs = [source.pair(0, np.random.default_rng(seed)) for seed in range(20)]
    assert len({pair.anchor for pair in pairs}) == 2
    assert len({pair.asks for pair in pairs}) == 1


def test_a_threshold_leaves_doubtful_images_out(folder: Path) -> None:
    # Between the colours: neither is sure.
    muddy = [jpeg("grey", number) for number in range(4)]
    write_shop(folder / "shop.parquet", image=[*muddy, *shop_rows()["image"][4:]])
    built = labelled(folder, threshold=0.9)
    assert len(built.source) == 20
    assert "4 images" in built.notes[0]


def test_several_labels_of_an_image_are_pairs_of_their_own(folder: Path) -> None:
    built = labelled(folder, most=2, threshold=1e-9)
    assert len(built.source) == 48


def test_labels_are_computed_once(folder: Path) -> None:
    labelled(folder)
    cache = folder / ".binocle-cache"
    made = {path: path.stat().st_mtime_ns for path in cache.glob("labels-*.parquet")}
    assert len(made) == 1
    assert len(labelled(folder, threshold=0.6, templates=["{label}"]).source) == 24
    assert {path: path.stat().st_mtime_ns for path in cache.glob("labels-*.parquet")} == made


def test_other_images_or_weights_are_classified_anew(folder: Path) -> None:
    labelled(folder)
    write_shop(folder / "shop.parquet", 12)
    labelled(folder)
    labelled(folder, mean=[0.1, 0.1, 0.1], threshold=0.1)
    assert len(list((folder / ".binocle-cache").glob("labels-*.parquet"))) == 3


def test_a_damaged_image_is_named_also_from_the_cache(folder: Path) -> None:
    write_shop(folder / "shop.parquet", image=[b"no image", *shop_rows()["image"][1:]])
    for _ in range(2):
        built = labelled(folder)
        assert len(built.source) == 23
        assert [skip.name for skip in built.skips] == [f"{folder}/shop.parquet row 1"]


def test_a_changed_image_file_is_classified_anew(folder: Path) -> None:
    (folder / "photos").mkdir()
    (folder / "photos" / "a.jpg").write_bytes(jpeg("red"))
    first = list(FixedPairs(labelled(folder, path="photos").source))
    (folder / "photos" / "a.jpg").write_bytes(jpeg("blue") + b" ")
    again = list(FixedPairs(labelled(folder, path="photos").source))
    assert next(iter(first[0].asks)) == "label=red"
    assert next(iter(again[0].asks)) == "label=blue"


def test_groups_can_be_held_out(folder: Path) -> None:
    built = labelled(folder, split={"by": "brand", "share": 0.4}, product="brand")
    train = {pair.product for pair in FixedPairs(built.source)}
    assert not train & {pair.product for pair in held_out(built)}


def test_labels_have_to_fit_the_outputs(folder: Path) -> None:
    (folder / "labels.txt").write_text("red\ngreen\n")
    with pytest.raises(SourceError, match="2 labels; the classifier has 4 outputs"):
        labelled(folder)


def test_an_empty_line_among_the_labels_is_told(folder: Path) -> None:
    (folder / "labels.txt").write_text("red\n\nblue\nyellow\n")
    with pytest.raises(SourceError, match=r"Line 2 of .* is empty"):
        labelled(folder)


def test_confidence_that_no_image_reaches_is_told(folder: Path) -> None:
    with pytest.raises(SourceError, match="'threshold'"):
        labelled(folder, threshold=1.0)


def test_a_file_that_is_no_model_is_told(folder: Path) -> None:
    (folder / "colours.onnx").write_bytes(b"no model")
    with pytest.raises(EncoderError, match="classifier"):
        labelled(folder)


def test_a_timm_model_classifies_with_a_local_checkpoint(folder: Path) -> None:
    timm = pytest.importorskip("timm")
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    model = timm.create_model("test_efficientnet", pretrained=False)
    torch.save(model.state_dict(), folder / "weights.pth")
    count = model.num_classes
    (folder / "labels.txt").write_text("\n".join(f"label {n}" for n in range(count)))
    built = labelled(
        folder, model="timm:test_efficientnet", checkpoint="weights.pth", threshold=1e-6
    )
    assert len(built.source) == 24


def test_weights_of_another_architecture_are_told(folder: Path) -> None:
    pytest.importorskip("timm")
    torch = pytest.importorskip("torch")
    torch.save({"x": torch.zeros(2)}, folder / "weights.pth")
    with pytest.raises(EncoderError, match="can't be loaded"):
        labelled(folder, model="timm:test_efficientnet", checkpoint="weights.pth")
