"""Creating and deleting whole collections while the service runs."""

from __future__ import annotations

from collections.abc import Mapping

from app.wiring import Wiring
from core.errors import CollectionExists, EncoderMismatch
from core.fields import FieldType, Schema
from core.items import check_collection_name
from encoders.appearance import DIM
from qdrant.store import COLOR, JOINT, TEXT, CollectionConfig, Quantization


def new_config(
    wiring: Wiring, schema: Schema, quantization: Quantization, replacing: str | None = None
) -> CollectionConfig:
    """How a new collection is built by the settings.

    Args:
        replacing: the collection whose place it is to take: then by the encoder of that one, unless
            another was named for this command.

    Raises EncoderError, and EncoderMismatch where the encoder of that collection can't be had.
    """
    encoder, spec = wiring.encoder(), wiring.settings.encoder
    if replacing is not None and not wiring.encoders.named:
        present = wiring.store.info(replacing).config
        try:
            encoder, spec = wiring.encoder_of(replacing, present), present.encoder
        except EncoderMismatch as error:
            hint = "--encoder SPEC builds it anew with another encoder."
            raise EncoderMismatch(error.message, hint=hint) from None
    vectors = {JOINT: encoder.dim}
    if wiring.settings.derive.appearance:
        vectors[COLOR] = DIM
    return CollectionConfig(
        encoder=spec,
        fingerprint=encoder.fingerprint,
        vectors=vectors,
        schema=schema,
        quantization=quantization,
        sparse=(TEXT,) if wiring.settings.derive.words else (),
    )


def create_collection(
    wiring: Wiring, name: str, schema: Schema, quantization: Quantization
) -> bool:
    """An empty collection for the settings' encoder; False where there is one just like it.

    Raises InvalidName, and CollectionExists where there is one that differs.
    """
    check_collection_name(name)
    config = new_config(wiring, schema, quantization)
    with wiring.creating:
        if wiring.store.published(name) is not None:
            return _refuse_another(wiring, name, config)
        generation = wiring.store.create(name, config)
        try:
            wiring.store.publish(name, generation.name)
        finally:
            generation.close()
    wiring.catalog.refresh_one(name)
    return True


def add_fields(wiring: Wiring, name: str, fields: Mapping[str, FieldType]) -> None:
    """Declare more fields of a collection, and index them.

    Raises CollectionNotFound, CollectionBusy, and InvalidName as `Generation.add_fields`.
    """
    with wiring.catalog.writing(name) as (_, writer):
        writer.add_fields(fields)


def drop_collection(wiring: Wiring, name: str) -> None:
    """Delete the collection with its generations and thumbnails. Errors as `Catalog.drop`."""
    check_collection_name(name)
    wiring.catalog.drop(name)
    wiring.ledgers.drop(name)
    wiring.rankings.drop(name)
    wiring.thumbnails(name).clear()
    wiring.originals(name).close()


def _refuse_another(wiring: Wiring, name: str, config: CollectionConfig) -> bool:
    with wiring.catalog.lease(name) as opened:
        present = opened.config
    differing = [
        what
        for what, mine, theirs in (
            ("fields", dict(config.schema.attributes), dict(present.schema.attributes)),
            ("quantization", config.quantization, present.quantization),
            ("encoder", config.fingerprint, present.fingerprint),
        )
        if mine != theirs
    ]
    if differing:
        raise CollectionExists(
            f"Collection '{name}' exists with other {' and '.join(differing)}.",
            hint="Choose another name, or delete the collection first.",
            field=differing[0],
        )
    return False
