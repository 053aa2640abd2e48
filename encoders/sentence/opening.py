"""Encoders by their specs, and what is known of them besides their weights."""

from __future__ import annotations

from pathlib import Path

from huggingface_hub import metadata_load

from encoders.sentence.encoder import SentenceEncoder
from encoders.sentence.loading import load_model


def open_encoder(spec: str) -> SentenceEncoder:
    """The encoder of 'st:...' or 'open_clip:...'. Raises EncoderError as `load_model`."""
    return SentenceEncoder(load_model(spec).eval(), name_of(spec))


def name_of(spec: str) -> str:
    """For people and logs: the folder's name, the hub id, or the architecture and its weights."""
    folder = folder_of(spec)
    return folder.resolve().name if folder is not None else spec.partition(":")[2]


def folder_of(spec: str) -> Path | None:
    """The folder that `spec` names, if it names one that is here."""
    folder = Path(spec.partition(":")[2]).expanduser()
    return folder if folder.is_dir() else None


def licence_of(spec: str) -> str:
    """What the model card in the folder says, or 'unknown'."""
    folder = folder_of(spec)
    card = folder / "README.md" if folder is not None else None
    if card is None or not card.is_file():
        return "unknown"
    try:
        facts = metadata_load(card) or {}
    except ValueError:  # a card without a head, or with a broken one
        return "unknown"
    return str(facts.get("license") or "unknown")
