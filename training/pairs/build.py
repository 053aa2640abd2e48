"""From settings to sources."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from training.pairs import (
    captions,
    classified,
    clicks,
    image_pairs,
    judgments,
    labels,
    mined,
)
from training.pairs.log_settings import Clicks
from training.pairs.mixture import Mixture
from training.pairs.place import Place, Progress, quiet
from training.pairs.settings import (
    AnySource,
    Augmented,
    Captions,
    Classified,
    DataSettings,
    Judgments,
    Labels,
    Mined,
    Shared,
)
from training.pairs.source import Built


def build_sources(
    settings: DataSettings, base: Path, *, cache: Path | None = None, progress: Progress = quiet
) -> list[Built]:
    """The sources, in the order of the settings; no image is decoded but by a classifier.

    Args:
        base: the recipe's folder, which relative paths are from.
        cache: instead of the folder that the settings name.

    Raises SourceError (a file that can't be read, a missing column, nothing to train on),
    SettingsError (a split that holds nothing out) and EncoderError (a classifier).
    """
    place = Place(base.absolute(), cache or (base / settings.cache.expanduser()), progress)
    names = _names(settings.sources)
    return [_build(name, each, place) for name, each in zip(names, settings.sources, strict=True)]


def mixture_of(built: Sequence[Built], seed: int = 0, *, stretch: int = 1) -> Mixture:
    """The training parts of the sources, mixed by their shares."""
    sources = [each.source for each in built]
    return Mixture(sources, [each.share for each in built], seed, stretch=stretch)


def _names(sources: Sequence[AnySource]) -> list[str]:
    """A name for each, no two alike."""
    names: list[str] = []
    for source in sources:
        base = name = source.name or f"{source.kind} of {source.label}"
        copies = 2
        while name in names:
            name = f"{base} ({copies})"
            copies += 1
        names.append(name)
    return names


def _build(name: str, settings: AnySource, place: Place) -> Built:
    match settings:
        case Captions():
            return captions.build(name, settings, place)
        case Labels():
            return labels.build(name, settings, place)
        case Augmented():
            return image_pairs.build_augmented(name, settings, place)
        case Shared():
            return image_pairs.build_shared(name, settings, place)
        case Classified():
            return classified.build(name, settings, place)
        case Judgments():
            return judgments.build(name, settings, place)
        case Clicks():
            return clicks.build(name, settings, place)
        case Mined():
            return mined.build(name, settings, place)
