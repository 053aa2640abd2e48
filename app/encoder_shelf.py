"""The encoders of one process: the settings' own, and those that collections were made with.

A collection is searched and written with the encoder that made its vectors. Where that is not the
settings', which new collections are made with, it is loaded by the spec that the generation notes.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from PIL import Image

from core.errors import EncoderError, EncoderMismatch
from encoders.encoder import Encoder
from encoders.remote.encoder import RemoteEncoder
from qdrant.store import CollectionConfig

_MOST = 3
"""Encoders kept beside the settings' own; the least lately used is let go."""
_AGAIN_S = 30.0
"""A spec that could not be loaded is not tried again before that."""


@dataclass(frozen=True)
class Held:
    """An encoder as others use it, and what it was before it was wrapped."""

    encoder: Encoder
    bare: Encoder

    def close(self) -> None:
        if isinstance(self.bare, RemoteEncoder):
            self.bare.close()


class EncoderShelf:
    """Loads each encoder once. Safe to call from several threads; close it at the end.

    Args:
        spec: of the settings' own encoder.
        load: loads a spec and answers it as it is. Raises EncoderError.
        wrap: laid around every encoder, such as for metrics.
        given: in the place of the settings' own.
        one: whether a collection of another encoder is refused, instead of using that.
    """

    def __init__(
        self,
        spec: str,
        load: Callable[[str], Encoder],
        wrap: Callable[[Encoder], Encoder],
        *,
        given: Encoder | None = None,
        one: bool = False,
    ) -> None:
        self._spec = spec
        self._load = load
        self._wrap = wrap
        self._one = one
        self._own = None if given is None else Held(wrap(given), given)
        self._others: OrderedDict[str, Held] = OrderedDict()
        self._failed: dict[str, tuple[float, str]] = {}
        self._loading_own = threading.Lock()
        self._loading = threading.Lock()

    @property
    def named(self) -> bool:
        """Whether the settings' encoder was named for what is done now, and no other is used."""
        return self._one

    def own(self) -> Encoder:
        """The settings' encoder, loaded at the first call. Raises EncoderError."""
        with self._loading_own:
            if self._own is None:
                self._own = self._held(self._spec)
            return self._own.encoder

    def loaded(self) -> Encoder | None:
        """The settings' encoder if it is loaded: never waits."""
        own = self._own
        return None if own is None else own.encoder

    def check(self) -> None:
        """See whether an own encoder that runs elsewhere is there. Raises EncoderError."""
        if self._own is not None and isinstance(self._own.bare, RemoteEncoder):
            self._own.bare.check()

    def of(self, collection: str, config: CollectionConfig) -> Encoder:
        """The encoder that made a generation of `collection`, built as `config` says.

        Raises EncoderError where the settings' own can't be loaded, and EncoderMismatch where the
        collection's can't be had, or another one was asked for.
        """
        own = self.own()
        if own.fingerprint == config.fingerprint:
            return own
        if self._one:
            raise _mismatch(collection, config, f"this is '{own.name}' ({own.fingerprint})")
        with self._loading:
            held = self._others.get(config.fingerprint) or self._fetched(collection, config)
            self._others[config.fingerprint] = held
            self._others.move_to_end(config.fingerprint)
            while len(self._others) > _MOST:
                self._others.popitem(last=False)  # whoever uses it still has it
            return held.encoder

    def fetch(self, spec: str) -> Encoder:
        """The encoder that a spec names, for the caller alone. Raises EncoderError."""
        return self._held(spec).encoder

    def make_ready(self, collection: str, config: CollectionConfig) -> None:
        """Load and run the encoder of a collection that is about to be answered from.

        Raises as `of`, and EncoderError where it does not run.
        """
        encoder = self.of(collection, config)
        if encoder is not self.loaded():
            warm(encoder)

    def close(self) -> None:
        """Close the connections to encoders elsewhere. Idempotent."""
        for held in (self._own, *self._others.values()):
            if held is not None:
                held.close()

    def _fetched(self, collection: str, config: CollectionConfig) -> Held:
        at, why = self._failed.get(config.fingerprint, (0.0, ""))
        if why and time.monotonic() - at < _AGAIN_S:
            raise _mismatch(collection, config, why)
        try:
            held = self._held(config.encoder)
        except EncoderError as error:
            why = f"that can't be loaded: {error.message.rstrip('.')}"
        else:
            found = held.encoder.fingerprint
            if found == config.fingerprint:
                return held
            held.close()
            why = f"what is there by that name now is another one ({found})"
        self._failed[config.fingerprint] = (time.monotonic(), why)
        raise _mismatch(collection, config, why)

    def _held(self, spec: str) -> Held:
        bare = self._load(spec)
        return Held(self._wrap(bare), bare)


def warm(encoder: Encoder) -> None:
    """Run both towers once: their first runs are the slow ones."""
    encoder.encode_texts(["warm"])
    encoder.encode_images([Image.new("RGB", (encoder.image_size, encoder.image_size))])


def _mismatch(collection: str, config: CollectionConfig, why: str) -> EncoderMismatch:
    return EncoderMismatch(
        f"Collection '{collection}' was built with the encoder '{config.encoder}' "
        f"({config.fingerprint}); {why}.",
        hint="Give it the encoder that it was built with, or make its vectors anew: "
        f"`binocle collections reembed {collection} --encoder SPEC`.",
    )
