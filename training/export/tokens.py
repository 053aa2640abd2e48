"""How a model reads texts, as a manifest and a tokenizer.json say it; held to the model's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sentence_transformers import SentenceTransformer
from tokenizers import Tokenizer
from torch import Tensor

from core.errors import EncoderError
from encoders.bundle import TextTower
from encoders.sentence.preprocessing import Preprocessing
from encoders.sentence.towers import tokenise
from encoders.texts import TextReader


def text_tower(
    model: SentenceTransformer, preprocessing: Preprocessing, texts: Sequence[str]
) -> TextTower:
    """The manifest's text part; what it reads is what the model reads, token by token, on `texts`.

    Raises EncoderError where the two differ, and for inputs that a bundle can't hold.
    """
    tokens = tokenise(model, texts)
    unknown = tokens.keys() - {"input_ids", "attention_mask", "token_type_ids"}
    if unknown:
        raise EncoderError(
            f"The text tower reads {', '.join(sorted(unknown))}, which a bundle can't hold.",
            hint="A bundle's text tower reads token ids and their mask.",
        )
    fields: dict[str, Any] = {
        "max_tokens": preprocessing.max_tokens,
        "prompt": preprocessing.prompt,
        "clean": preprocessing.clean,
    }
    if preprocessing.pad_to is not None:
        fields |= {"pad_to": preprocessing.pad_to, "pad_id": preprocessing.pad_id}
    sides = ("right", "left") if preprocessing.pad_to is not None else ("right",)
    wrong = ""
    for side in sides:
        tower = TextTower(**fields, pad_side=side)
        found = _first_difference(tower, plain(preprocessing.tokenizer), tokens, texts)
        if found is None:
            return tower
        wrong = wrong or found
    raise EncoderError(
        f"The model's tokenizer and the bundle's disagree about {wrong!r}.",
        hint="Only models whose tokenizer is wholly in its tokenizer.json can be exported.",
    )


def plain(tokenizer: Tokenizer) -> Tokenizer:
    """A copy that neither cuts nor pads: the manifest says both."""
    copy = Tokenizer.from_str(tokenizer.to_str())
    copy.no_padding()
    copy.no_truncation()
    return copy


def _first_difference(
    tower: TextTower, tokenizer: Tokenizer, tokens: Mapping[str, Tensor], texts: Sequence[str]
) -> str | None:
    """The first text that the manifest's reading gives other tokens than the model's."""
    ids, mask = tokens["input_ids"], tokens.get("attention_mask")
    for row, encoding in enumerate(TextReader(tower, tokenizer).read(texts)):
        read = ids[row] if mask is None else ids[row][mask[row].bool()]
        if read.tolist() != encoding.ids:
            return texts[row]
    return None
