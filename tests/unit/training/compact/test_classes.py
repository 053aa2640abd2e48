import torch

from training.compact.classes import RowTable, SceneTable, Spread, residuals, scenes
from training.compact.image_trunk import DEEP, WIDTH
from training.compact.pairs import padded

SPREAD = Spread(mean=torch.ones(DEEP), residuals=torch.zeros(3, WIDTH), length=10.0)


def test_row_features_point_from_the_mean_along_their_row() -> None:
    table = RowTable(torch.eye(2, DEEP), padded([[0], [1]]), SPREAD)
    draw = table.draw(20, torch.Generator().manual_seed(1))
    pushed = (draw.features[:, :DEEP] - 1).argmax(1)
    assert pushed.tolist() == draw.text.tolist()


def test_a_scene_points_along_both_of_its_classes() -> None:
    table = SceneTable(torch.eye(3, DEEP), torch.tensor([[0, 2]]), torch.tensor([7]), SPREAD)
    draw = table.draw(5, torch.Generator().manual_seed(1))
    pushed = draw.features[:, :3] - 1
    assert (pushed[:, [0, 2]] > 0.5).all()
    assert (pushed[:, 1] == 0).all()
    assert draw.text.tolist() == [7] * 5


def test_captions_of_scenes_name_both_classes() -> None:
    pairs, captions = scenes(["dog", "sofa", "kite"], 20, seed=1)
    names = ["dog", "sofa", "kite"]
    for (first, second), caption in zip(pairs.tolist(), captions, strict=True):
        assert names[first] in caption
        assert names[second] in caption


def test_residuals_are_centred_within_their_kind_and_keep_colours() -> None:
    features = torch.rand(6, WIDTH)
    left = residuals(features, ["a"] * 3 + ["b"] * 3)
    assert torch.allclose(left[:3, :DEEP].mean(0), torch.zeros(DEEP), atol=1e-6)
    assert torch.equal(left[:, DEEP:], features[:, DEEP:])
