"""Encoder specs: the strings that name an encoder in settings and on the command line.

compact        the bundle that ships with Binocle, works offline
bundle:PATH    a bundle directory
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from core.errors import EncoderError
from encoders.bundle import BundleEncoder, Threads, read_manifest
from encoders.encoder import Encoder

COMPACT = "compact"
_COMPACT_DIRECTORY = Path(__file__).parent / "compact"
_BUNDLE = "bundle:"
_KINDS = f"Specs are '{COMPACT}' and '{_BUNDLE}PATH'."


@dataclass(frozen=True)
class EncoderDescription:
    """What is known of an encoder without loading it."""

    spec: str
    name: str
    version: str
    dim: int
    nested_dims: tuple[int, ...]
    licence: str
    directory: Path


def load_encoder(spec: str, *, threads: Threads | None = None) -> Encoder:
    """The encoder that `spec` names, ready to encode.

    Raises EncoderError for a spec of no known kind, and for a bundle that can't be loaded.
    """
    return BundleEncoder(directory_of(spec), threads=threads)


def describe_encoder(spec: str) -> EncoderDescription:
    """What the manifest of `spec` says; loads no tower. Raises EncoderError as `load_encoder`."""
    directory = directory_of(spec)
    manifest = read_manifest(directory)
    return EncoderDescription(
        spec=spec,
        name=manifest.name,
        version=manifest.version,
        dim=manifest.dim,
        nested_dims=manifest.nested_dims,
        licence=manifest.licence,
        directory=directory,
    )


def list_encoders() -> list[EncoderDescription]:
    """The encoders that ship with Binocle."""
    return [describe_encoder(COMPACT)] if _COMPACT_DIRECTORY.is_dir() else []


def directory_of(spec: str) -> Path:
    """The bundle directory that `spec` names. Raises EncoderError for a spec of no known kind."""
    if spec == COMPACT:
        return _COMPACT_DIRECTORY
    if spec.startswith(_BUNDLE) and len(spec) > len(_BUNDLE):
        return Path(spec.removeprefix(_BUNDLE)).expanduser()
    raise EncoderError(f"'{spec}' names no encoder.", hint=_KINDS)
