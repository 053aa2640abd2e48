"""Small models in the formats in which real ones come, made on the spot.

Each function writes a model of a few hundred kilobytes with random weights, the same on every call,
into `folder`, and returns what a spec names. They are real: libraries load them as they load models
of a billion weights.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import open_clip
import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    BertModel,
    CLIPConfig,
    CLIPImageProcessor,
    CLIPModel,
    CLIPProcessor,
    CLIPTokenizer,
    PreTrainedTokenizerFast,
    Siglip2Config,
    Siglip2ImageProcessor,
    Siglip2Model,
    Siglip2Processor,
    SiglipConfig,
    SiglipImageProcessor,
    SiglipModel,
    SiglipProcessor,
)

from encoders.sentence.composition import two_towers as compose
from encoders.sentence.loading import load_model

SIZE = 32
TOKENS = 16
DIM = 24
TIMM = "test_vit2"
"""timm's own architecture for tests, of 160 px unless another size is asked for."""
WIDTHS: dict[str, int] = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
}
START, END = "<|startoftext|>", "<|endoftext|>"
PAD, UNKNOWN, LAST = "[PAD]", "[UNK]", "[SEP]"
CHARACTERS = [chr(code) for code in range(33, 127)]


def hf_clip(folder: Path) -> Path:
    """A folder of transformers: CLIP of 32 px, 16 tokens and 24 dimensions."""
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = _byte_pairs(folder)
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
    return _save(folder, CLIPModel, config, CLIPProcessor(pictures, tokenizer))


def siglip(folder: Path) -> Path:
    """A folder of transformers: SigLIP of 32 px, 16 tokens and 32 dimensions."""
    tokenizer = _characters()
    config = SiglipConfig(
        text_config=_siglip_text(tokenizer),
        vision_config=WIDTHS | {"image_size": SIZE, "patch_size": 8},
    )
    pictures = SiglipImageProcessor(size={"height": SIZE, "width": SIZE})
    return _save(folder, SiglipModel, config, SiglipProcessor(pictures, tokenizer))


def siglip2(folder: Path) -> Path:
    """A folder of transformers: SigLIP 2 of free proportions, of at most 16 patches of 8 px."""
    tokenizer = _characters()
    config = Siglip2Config(
        text_config=_siglip_text(tokenizer),
        vision_config=WIDTHS | {"num_patches": 16, "patch_size": 8},
    )
    pictures = Siglip2ImageProcessor(patch_size=8, max_num_patches=16)
    return _save(folder, Siglip2Model, config, Siglip2Processor(pictures, tokenizer))


def bert(folder: Path) -> Path:
    """A folder of transformers: a text model, BERT of 32 dimensions and 16 tokens."""
    tokenizer = _characters()
    config = BertConfig(
        **WIDTHS, vocab_size=len(tokenizer), max_position_embeddings=TOKENS, pad_token_id=0
    )
    return _save(folder, BertModel, config, tokenizer)


def cross_encoder(folder: Path, *, labels: int = 1) -> Path:
    """A folder of transformers: a cross-encoder of texts, BERT of 32 dimensions and 64 tokens."""
    tokenizer = _characters()
    tokenizer.model_max_length = 64
    config = BertConfig(
        **WIDTHS,
        vocab_size=len(tokenizer),
        max_position_embeddings=64,
        pad_token_id=0,
        num_labels=labels,
    )
    return _save(folder, BertForSequenceClassification, config, tokenizer)


def st_folder(folder: Path, transformers_folder: Path) -> Path:
    """The model of a folder of transformers, as sentence-transformers saves it."""
    load_model(f"st:{transformers_folder}", device="cpu").save(str(folder), create_model_card=False)
    return folder


def open_clip_files(folder: Path, *, width: int = 32) -> tuple[Path, Path]:
    """(configuration, checkpoint): open_clip's ViT of 32 px, 16 tokens and 24 dimensions."""
    folder.mkdir(parents=True, exist_ok=True)
    config, checkpoint = folder / "tiny.json", folder / "tiny.pt"
    shape = {"layers": 2, "width": width}
    settings: dict[str, Any] = {
        "embed_dim": DIM,
        "vision_cfg": shape | {"image_size": SIZE, "patch_size": 8, "head_width": 16},
        "text_cfg": shape | {"context_length": TOKENS, "vocab_size": 49408, "heads": 2},
    }
    config.write_text(json.dumps(settings))
    with torch.random.fork_rng():
        torch.manual_seed(0)
        torch.save(open_clip.CLIP(**settings).state_dict(), checkpoint)
    return config, checkpoint


def open_clip_spec(folder: Path) -> str:
    """The spec of `open_clip_files`."""
    config, checkpoint = open_clip_files(folder)
    return f"open_clip:{config}/{checkpoint}"


def two_towers(folder: Path) -> Path:
    """timm's small ViT and a small BERT with projections to 24 dimensions, saved."""
    model = compose(f"timm:{TIMM}", str(bert(folder / "bert")), dim=DIM, image_size=SIZE)
    model.save(str(folder / "model"), create_model_card=False)
    return folder / "model"


def spec_of(kind: str, folder: Path) -> str:
    """The spec of a small model, made in `folder`; `KINDS` are its kinds."""
    return _SPECS[kind](folder)


_SPECS: dict[str, Callable[[Path], str]] = {
    "clip": lambda folder: f"st:{hf_clip(folder)}",
    "siglip": lambda folder: f"st:{siglip(folder)}",
    "siglip2": lambda folder: f"st:{siglip2(folder)}",
    "saved clip": lambda folder: f"st:{st_folder(folder / 'st', hf_clip(folder / 'clip'))}",
    "open_clip": open_clip_spec,
    "two towers": lambda folder: f"st:{two_towers(folder)}",
}
KINDS = tuple(_SPECS)


def _siglip_text(tokenizer: Any) -> dict[str, int]:
    return WIDTHS | {
        "vocab_size": len(tokenizer),
        "max_position_embeddings": TOKENS,
        "pad_token_id": tokenizer.pad_token_id,
        "bos_token_id": tokenizer.sep_token_id,
        "eos_token_id": tokenizer.sep_token_id,
    }


def _byte_pairs(folder: Path) -> Any:
    """CLIP's tokenizer over single characters, without merges."""
    words = [*CHARACTERS, *(f"{character}</w>" for character in CHARACTERS), START, END]
    vocabulary, merges = folder / "vocab.json", folder / "merges.txt"
    vocabulary.write_text(json.dumps({word: place for place, word in enumerate(words)}))
    merges.write_text("#version: 0.2\n")
    return CLIPTokenizer(str(vocabulary), str(merges), model_max_length=TOKENS)


def _characters() -> Any:
    """A tokenizer whose tokens are lower-case characters, and a mark at the end."""
    words = {word: place for place, word in enumerate([PAD, UNKNOWN, LAST, *CHARACTERS])}
    inner = Tokenizer(models.WordLevel(words, unk_token=UNKNOWN))
    inner.normalizer = normalizers.Lowercase()
    inner.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Split("", "isolated")]
    )
    inner.post_processor = processors.TemplateProcessing(
        single=f"$A {LAST}", special_tokens=[(LAST, words[LAST])]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=inner,
        model_max_length=TOKENS,
        pad_token=PAD,
        unk_token=UNKNOWN,
        sep_token=LAST,
        eos_token=LAST,
    )


def _save(folder: Path, model: Any, config: Any, processor: Any) -> Path:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model(config).save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder
