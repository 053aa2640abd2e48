"""Whether an experiment can work in its collection: before it is kept, and at its start."""

from __future__ import annotations

from dataclasses import replace

from app.experiments.document import Experiment, Variant
from app.search.presentation.grouping import check_group
from app.search.shaping import AS_CONFIGURED
from app.wiring import Wiring
from core.errors import BinocleError, CollectionBusy, GenerationNotFound, InvalidRequest
from qdrant.store import CollectionConfig


def check_experiment(wiring: Wiring, wanted: Experiment) -> None:
    """Raises CollectionNotFound, GenerationNotFound, EncoderMismatch and InvalidRequest, which
    names the variant, for what the collection has not."""
    info = wiring.store.info(wanted.collection)
    for at, variant in enumerate(wanted.variants):
        where = f"variants.{at}"
        try:
            config = info.config
            if variant.generation is not None:
                if variant.generation not in info.generations:
                    known = ", ".join(info.generations)
                    raise GenerationNotFound(
                        f"'{wanted.collection}' has no generation '{variant.generation}'.",
                        hint=f"Generations: {known}. `binocle collections reembed` makes one.",
                        field="generation",
                    )
                if variant.generation == info.generation:
                    raise InvalidRequest(
                        f"Generation {variant.generation} is the published one.",
                        hint="A variant without `generation` is answered from that.",
                        field="generation",
                    )
                config = _config(wiring, wanted.collection, variant.generation, config)
            _check(wiring, wanted.collection, variant, config)
        except BinocleError as error:
            error.message = f"Variant '{variant.name}': {error.message}"
            error.field = f"{where}.{error.field}" if error.field else where
            raise


def _check(wiring: Wiring, name: str, variant: Variant, config: CollectionConfig) -> None:
    ranking = variant.ranking
    if ranking is not None:
        ranking.check(config.schema)
        ranking.check_curves(config.fingerprint)
        wiring.shelf.check(ranking, config.fingerprint)
    shaping = replace(AS_CONFIGURED, **variant.shaping())
    check_group(shaping.group, config.schema)
    (ranking or wiring.rankings.of(name)).stages(shaping)


def _config(
    wiring: Wiring, collection: str, generation: str, published: CollectionConfig
) -> CollectionConfig:
    """How a generation is built, whose encoder is there."""
    try:
        opened = wiring.store.open(collection, generation)
    except CollectionBusy:
        return published  # a service has it open already, with its encoder
    try:
        wiring.encoder_of(collection, opened.config)
        return opened.config
    finally:
        opened.close()
