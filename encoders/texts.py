"""From texts to token ids, as a manifest says."""

from __future__ import annotations

from collections.abc import Sequence

from tokenizers import Encoding, Tokenizer

from encoders.cleaning import clean
from encoders.manifest import TextTower


class TextReader:
    """Cleans, cuts, tokenizes and pads texts for one text tower.

    Takes `tokenizer` over: its truncation and padding are set here.
    """

    def __init__(self, tower: TextTower, tokenizer: Tokenizer) -> None:
        self._tower = tower
        self._tokenizer = tokenizer
        tokenizer.enable_truncation(tower.max_tokens)
        if tower.pad_to is None:
            tokenizer.no_padding()
        else:
            tokenizer.enable_padding(
                direction=tower.pad_side, pad_id=tower.pad_id, length=tower.pad_to
            )

    def read(self, texts: Sequence[str]) -> list[Encoding]:
        """Ids and mask of each text, each by itself: nothing depends on the others."""
        tower = self._tower
        ready = [clean(tower.prompt + text, tower.clean) for text in texts]
        encodings: list[Encoding] = self._tokenizer.encode_batch(ready)
        return encodings
