import torch
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from torch import nn

from training.compact.heads import DIM, Head, block_scale
from training.compact.text_towers import TunedTexts, thaw

TEXTS = ["a", "a b", "b a b a", "b"]


class MeanOfWords(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.words = nn.Embedding(3, 4)

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        weight = mask[:, :, None].float()
        return (self.words(ids) * weight).sum(1) / weight.sum(1)


def tower() -> TunedTexts:
    torch.manual_seed(0)
    tokenizer = Tokenizer(WordLevel({"[PAD]": 0, "a": 1, "b": 2}, unk_token="[PAD]"))
    tokenizer.pre_tokenizer = Whitespace()
    head = Head(torch.zeros(4), torch.ones(4), 8, 0.0)
    return TunedTexts(MeanOfWords(), head, tokenizer, TEXTS).eval()


def test_tuned_rows_come_back_in_the_order_asked_for() -> None:
    texts = tower()
    alone = torch.cat([texts(torch.tensor([i])) for i in (2, 0, 2, 1)])
    assert torch.allclose(texts(torch.tensor([2, 0, 2, 1])), alone, atol=1e-6)
    assert alone.shape == (4, DIM)


def test_thaw_lets_only_the_last_layers_learn() -> None:
    transformer = nn.ModuleDict({"encoder": nn.ModuleDict()})
    transformer["encoder"]["layer"] = nn.ModuleList(nn.Linear(2, 2) for _ in range(3))
    thaw(transformer, 1)
    learns = [layer.weight.requires_grad for layer in transformer["encoder"]["layer"]]
    assert learns == [False, False, True]


def test_block_scale_is_one_root_mean_square_a_block() -> None:
    scale = block_scale(torch.tensor([[3.0, 3.0, 1.0], [-3.0, 3.0, -1.0]]), (2, 1))
    assert scale.tolist() == [3.0, 3.0, 1.0]
