"""The first model: two towers of a few kilobytes, trained on the catalog's titles.

It has room for the people's words, and never saw them.
"""

from __future__ import annotations

from pathlib import Path

import torch
import yaml
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

from examples.closed_loop.shop import COLOURS, SHAPES, WORDS
from training.fit.run import train
from training.recipe import read_recipe

_PADDING, _UNKNOWN, _END = _MARKS = ("[PAD]", "[UNK]", "[SEP]")
_DIM = 32


def first_model(folder: Path, *, steps: int, batch: int = 32) -> Path:
    """Train it on `folder`/catalog.csv; its folder, of the kind that st: names."""
    _text_tower(folder / "text")
    recipe = {
        "model": {"image": "timm:test_efficientnet", "text": "text", "dim": _DIM, "image_size": 32},
        "data": {"sources": [{"kind": "captions", "path": "catalog.csv", "texts": ["title"]}]},
        **training(steps, batch, rate=3e-3),
    }
    (folder / "first.yaml").write_text(yaml.safe_dump(recipe, sort_keys=False))
    train(read_recipe(folder / "first.yaml"), folder, folder / "first")
    return folder / "first" / "model"


def training(steps: int, batch: int, *, rate: float) -> dict[str, object]:
    """What all recipes of the example share."""
    return {
        "steps": steps,
        "batch_size": batch,
        "workers": 0,
        "device": "cpu",
        "optimizer": {"learning_rate": rate, "heads": rate},
    }


def _text_tower(folder: Path) -> None:
    """A BERT of one layer with fresh weights, that knows the shop's words."""
    words = [*_MARKS, *COLOURS, *SHAPES, *WORDS]
    inner = Tokenizer(models.WordLevel({w: n for n, w in enumerate(words)}, unk_token=_UNKNOWN))
    inner.normalizer = normalizers.Lowercase()
    inner.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    inner.post_processor = processors.TemplateProcessing(
        single=f"$A {_END}", special_tokens=[(_END, words.index(_END))]
    )
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=inner,
        model_max_length=8,
        pad_token=_PADDING,
        unk_token=_UNKNOWN,
        sep_token=_END,
        eos_token=_END,
    )
    config = BertConfig(
        hidden_size=_DIM,
        intermediate_size=64,
        num_hidden_layers=1,
        num_attention_heads=2,
        vocab_size=len(words),
        max_position_embeddings=8,
        pad_token_id=0,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        BertModel(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
