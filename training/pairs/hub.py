"""Hugging Face datasets: from a local folder, or by id from the hub."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from core.errors import SourceError
from training.pairs.catalog_settings import Catalog
from training.pairs.image_column import empty_cells, holds_images
from training.pairs.place import Place
from training.pairs.reading import check_columns, filled, needed, roles_of, texts_of
from training.pairs.rows import CellImages, Images, Rows, usable
from training.pairs.skips import Skip

_SAVED = ("dataset_info.json", "dataset_dict.json")
"""What a folder of `save_to_disk` has."""

_PATIENCE = 5.0
"""Seconds that the hub has to answer whether it has a dataset."""


class DatasetColumn:
    """Cells of a dataset's column by row. Goes to other processes as the dataset's files."""

    def __init__(self, dataset: Any, column: str) -> None:
        self._dataset = dataset
        self._column = column

    def __len__(self) -> int:
        return len(self._dataset)

    def __getitem__(self, row: int) -> Any:
        return self._dataset.data.column(self._column)[row].as_py()


def read_dataset(settings: Catalog, wanted: Sequence[str], place: Place) -> Rows:
    """The dataset's part with these columns as texts; class labels by their names.

    Raises SourceError where it can't be loaded, or the part or a column is missing.
    """
    dataset = _loaded(settings, place)
    name = f"dataset {settings.dataset} ({settings.part})"
    names = list(dataset.column_names)
    check_columns(wanted, names, name)
    roles = roles_of(settings, names, name)
    columns = {
        column: pa.chunked_array([_texts(dataset, column)], pa.large_string())
        for column in needed(wanted, roles)
    }
    cells = DatasetColumn(dataset, roles["image"])
    folder = place.of(settings.dataset or "")
    images = CellImages(cells, folder if folder.is_dir() else place.base, name)
    numbers, skips = _usable(dataset, roles["image"], images, name)
    return Rows(
        name=name,
        columns=columns,
        images=images,
        numbers=np.array(numbers, np.int64),
        skips=tuple(skips),
        identity=str(getattr(dataset, "_fingerprint", "")),
        outside=not holds_images(dataset.data.column(roles["image"]).type),
        id_column=roles.get("id"),
        title_column=roles.get("title"),
    )


def _loaded(settings: Catalog, place: Place) -> Any:
    import datasets

    given = settings.dataset or ""
    path = place.of(given)
    try:
        if not path.is_dir():
            _check_hub(given, place)
        if path.is_dir() and any((path / name).exists() for name in _SAVED):
            found = datasets.load_from_disk(str(path))
            found = found if isinstance(found, datasets.Dataset) else found[settings.part]
        else:
            found = datasets.load_dataset(
                str(path) if path.is_dir() else given,
                settings.subset,
                split=settings.part,
                cache_dir=str(place.cache / "datasets"),
            )
    except Exception as error:  # the hub, the network and each format raise their own
        raise SourceError(
            f"The dataset '{given}' ({settings.part}) can't be loaded: {_first_line(error)}",
            hint="Without a network, give the folder of a dataset that was saved before.",
            field="dataset",
        ) from error
    if not len(found):
        raise SourceError(f"The dataset '{given}' ({settings.part}) has no rows.", field="dataset")
    return found


def _check_hub(given: str, place: Place) -> None:
    """Asks the hub for the dataset, once: loading would try for half a minute without a network.

    Where some dataset was loaded before, loading may find it in the cache and is left to try.
    """
    from huggingface_hub import HfApi

    kept = place.cache / "datasets"
    if not kept.is_dir() or not any(kept.iterdir()):
        HfApi().dataset_info(given, timeout=_PATIENCE)


def _first_line(error: Exception) -> str:
    text = str(error).strip() or type(error).__name__
    return text.splitlines()[0]


def _texts(dataset: Any, column: str) -> pa.Array:
    values = dataset.data.column(column)
    names = getattr(dataset.features[column], "names", None)
    if names is None:
        return texts_of(column, values)
    # Class labels are numbers with names; -1 and null stand for an unknown one.
    return pa.array(
        [names[value] if value is not None and value >= 0 else "" for value in values.to_pylist()],
        pa.large_string(),
    )


def _usable(dataset: Any, column: str, images: Images, name: str) -> tuple[list[int], list[Skip]]:
    values = dataset.data.column(column)
    if not holds_images(values.type):
        return usable(images, name)
    return filled([empty for chunk in values.chunks for empty in empty_cells(chunk)], name)
