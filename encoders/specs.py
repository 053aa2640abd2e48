"""Encoder specs: the strings that name an encoder in settings and on the command line.

compact                    the bundle that ships with Binocle, works offline
bundle:PATH                a bundle directory
st:PATH_OR_HUB_ID          a model of sentence-transformers or transformers: CLIP, SigLIP, ...
open_clip:ARCH/PRETRAINED  an architecture of open_clip with a tag or a checkpoint's path
http://HOST:PORT           an encoder service, also https://

Those of st: and open_clip: run in PyTorch, imported when one of them is loaded, and only then.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import EncoderError
from encoders.bundle import BundleEncoder, Threads, read_manifest
from encoders.encoder import Encoder
from encoders.remote.encoder import RemoteEncoder, is_remote
from encoders.remote.link import Remote

if TYPE_CHECKING:
    from encoders.sentence.encoder import SentenceEncoder

COMPACT = "compact"
_COMPACT_DIRECTORY = Path(__file__).parent / "compact"
_BUNDLE = "bundle:"
_IN_TORCH = ("st:", "open_clip:")
KINDS = ("bundle:PATH", "http://HOST:PORT", "st:PATH_OR_HUB_ID", "open_clip:ARCH/PRETRAINED")
"""The kinds of spec besides `COMPACT`; the last two need the train extra."""
_HINT = "Specs are " + ", ".join(f"'{kind}'" for kind in (COMPACT, *KINDS)) + "."


@dataclass(frozen=True)
class EncoderDescription:
    """What is known of an encoder.

    Attributes:
        image_size: side of the square image that the image tower reads, in pixels.
        resize: how an image becomes square: 'crop', 'pad' or 'squash'.
        max_tokens: longer texts are cut; special tokens count.
        parameters: of both towers, or None for a bundle, whose manifest does not say.
        directory: where it lies, or None if it is known by name only.
    """

    spec: str
    name: str
    version: str
    dim: int
    nested_dims: tuple[int, ...]
    image_size: int
    resize: str
    max_tokens: int
    parameters: int | None
    licence: str
    directory: Path | None


def load_encoder(
    spec: str, *, threads: Threads | None = None, remote: Remote | None = None
) -> Encoder:
    """The encoder that `spec` names, ready to encode.

    `threads` bounds a bundle's; PyTorch has one pool of threads for all of a process.

    Raises EncoderError for a spec of no known kind, for a bundle or a model that can't be loaded,
    for a service that refuses, and where PyTorch is needed and not installed; EncoderUnavailable
    for a service that does not answer.
    """
    if spec.startswith(_IN_TORCH):
        return _in_torch(spec)
    if is_remote(spec):
        return RemoteEncoder(spec, remote)
    return BundleEncoder(directory_of(spec), threads=threads)


def describe_encoder(spec: str) -> EncoderDescription:
    """What is known of `spec`: of a bundle by its manifest alone, of other models by loading them.

    Raises EncoderError as `load_encoder`.
    """
    if spec.startswith(_IN_TORCH):
        return _described(spec, _in_torch(spec))
    if is_remote(spec):
        raise EncoderError(
            f"'{spec}' is an encoder service, not a bundle.", hint=f"Ask it: curl {spec}/v1/encoder"
        )
    directory = directory_of(spec)
    manifest = read_manifest(directory)
    return EncoderDescription(
        spec=spec,
        name=manifest.name,
        version=manifest.version,
        dim=manifest.dim,
        nested_dims=manifest.nested_dims,
        image_size=manifest.image.size,
        resize=manifest.image.resize,
        max_tokens=manifest.text.max_tokens,
        parameters=None,
        licence=manifest.licence,
        directory=directory,
    )


def list_encoders() -> list[EncoderDescription]:
    """The encoders that ship with Binocle."""
    return [describe_encoder(COMPACT)] if _COMPACT_DIRECTORY.is_dir() else []


def directory_of(spec: str) -> Path:
    """The bundle directory that `spec` names. Raises EncoderError for a spec that names none."""
    if spec == COMPACT:
        return _COMPACT_DIRECTORY
    if spec.startswith(_BUNDLE) and len(spec) > len(_BUNDLE):
        return Path(spec.removeprefix(_BUNDLE)).expanduser()
    if spec.startswith(_IN_TORCH):
        raise EncoderError(f"'{spec}' is no bundle.", hint="`binocle export` makes one of it.")
    raise EncoderError(f"'{spec}' names no encoder.", hint=_HINT)


def _in_torch(spec: str) -> SentenceEncoder:
    try:
        from encoders.sentence.opening import open_encoder
    except ModuleNotFoundError as error:
        raise EncoderError(
            f"'{spec}' needs PyTorch and its companions: {error.name} is not installed.",
            hint="Install binocle[train], or serve a bundle.",
        ) from None
    return open_encoder(spec)


def _described(spec: str, encoder: SentenceEncoder) -> EncoderDescription:
    from encoders.sentence.opening import folder_of, licence_of

    preprocessing = encoder.preprocessing
    return EncoderDescription(
        spec=spec,
        name=encoder.name,
        version="",
        dim=encoder.dim,
        nested_dims=(),
        image_size=preprocessing.size,
        resize=preprocessing.resize,
        max_tokens=preprocessing.max_tokens,
        parameters=sum(weight.numel() for weight in encoder.model.parameters()),
        licence=licence_of(spec),
        directory=folder_of(spec),
    )
