import torch
from torch import nn

from training.compact.heads import Head
from training.compact.loop import Objective, Plan, Tables, train
from training.compact.pairs import RealTable, Views, padded

WIDTH = 6


def tables() -> Tables:
    features = torch.randn(8, WIDTH, generator=torch.Generator().manual_seed(2))
    table = RealTable.of([features, features + 0.1], padded([[i] for i in range(8)]))
    return Tables([(table, 1.0)], [(table, 1.0)])


def heads() -> tuple[nn.Module, nn.Module]:
    torch.manual_seed(1)
    ones = torch.ones(WIDTH)
    return Head(0 * ones, ones, 16, 0.0), Head(0 * ones, ones, 16, 0.0)


def vocabulary() -> torch.Tensor:
    return torch.randn(8, WIDTH, generator=torch.Generator().manual_seed(3))


def ignore(what: str, done: int, total: int) -> None:
    pass


def test_training_brings_texts_to_their_images() -> None:
    image, text = heads()
    train(image, text, vocabulary(), tables(), Plan(60, 8, 4, 1e-2, 0.0, 1), ignore)
    features = tables().views[0][0].views[0]
    with torch.inference_mode():
        best = (text(vocabulary()) @ image(features).T).argmax(1)
    assert best.tolist() == list(range(8))


def test_two_runs_of_one_seed_give_equal_weights() -> None:
    weights = []
    for _ in range(2):
        image, text = heads()
        train(image, text, vocabulary(), tables(), Plan(3, 8, 4, 1e-2, 0.0, 1), ignore)
        weights.append(torch.cat([p.flatten() for p in image.parameters()]))
    assert torch.equal(*weights)


def test_views_by_the_name_of_another_do_not_repel_it() -> None:
    objective = Objective(*heads(), vocabulary()).eval()
    pairs = tables().texts[0][0].draw(4, torch.Generator().manual_seed(1))
    first = torch.eye(2, WIDTH)
    apart = Views(first, first, torch.tensor([0, 1]))
    alike = Views(first, first, torch.tensor([0, 0]))
    with torch.inference_mode():
        assert objective(pairs, alike) < objective(pairs, apart)
