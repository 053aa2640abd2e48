"""Small models in the formats in which real ones come, made on the spot.

Each function writes a model of a few hundred kilobytes with random weights, the same on every call,
into `folder`, and returns it. They are real: libraries load them as they load models of billions.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from transformers import (
    CLIPConfig,
    CLIPImageProcessor,
    CLIPModel,
    CLIPProcessor,
    CLIPTokenizer,
)

SIZE = 32
TOKENS = 16
DIM = 24
WIDTHS: dict[str, int] = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
}
START, END = "<|startoftext|>", "<|endoftext|>"


def hf_clip(folder: Path) -> Path:
    """A folder of `transformers`: CLIP of 32 px, 16 tokens and 24 dimensions."""
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = _letters(folder)
    marks = {
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": tokenizer.pad_token_id,
    }
    text = WIDTHS | marks | {"max_position_embeddings": TOKENS, "vocab_size": len(tokenizer)}
    image = WIDTHS | {"image_size": SIZE, "patch_size": 8}
    config = CLIPConfig(text_config=text, vision_config=image, projection_dim=DIM)
    pictures = CLIPImageProcessor(
        size={"shortest_edge": SIZE}, crop_size={"height": SIZE, "width": SIZE}
    )
    _save(folder, lambda: CLIPModel(config), CLIPProcessor(pictures, tokenizer))
    return folder


def _letters(folder: Path) -> Any:
    """CLIP's tokenizer over single characters, without merges."""
    characters = [chr(code) for code in range(33, 127)]
    words = [*characters, *(f"{character}</w>" for character in characters), START, END]
    vocabulary, merges = folder / "vocab.json", folder / "merges.txt"
    vocabulary.write_text(json.dumps({word: place for place, word in enumerate(words)}))
    merges.write_text("#version: 0.2\n")
    return CLIPTokenizer(str(vocabulary), str(merges), model_max_length=TOKENS)


def _save(folder: Path, make: Any, processor: Any) -> None:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        make().save_pretrained(folder)
    processor.save_pretrained(folder)
