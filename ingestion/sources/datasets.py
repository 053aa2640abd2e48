"""Data sets that Hugging Face's `datasets` saved to a folder (`save_to_disk`)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from core.errors import SourceError
from ingestion.sources.arrow_values import class_names
from ingestion.sources.parquet import ArrowFile
from ingestion.sources.place import Place

_STATE, _INFO, _SPLITS = "state.json", "dataset_info.json", "dataset_dict.json"


def is_dataset(folder: Path) -> bool:
    """Whether the folder is a saved data set, or several splits of one."""
    return (folder / _SPLITS).is_file() or (
        (folder / _STATE).is_file() and (folder / _INFO).is_file()
    )


def dataset_files(folder: Path) -> list[ArrowFile]:
    """The Arrow files of a saved data set; of all its splits. Raises SourceError."""
    if (folder / _SPLITS).is_file():
        splits = _json(folder / _SPLITS).get("splits", [])
        return [file for split in splits for file in dataset_files(folder / str(split))]
    names = class_names(_json(folder / _INFO).get("features") or {})
    files = [str(entry["filename"]) for entry in _json(folder / _STATE).get("_data_files", [])]
    if not files or any(Path(name).name != name for name in files):
        raise SourceError(f"{folder} is a data set without data, or is damaged.")
    return [ArrowFile(Place(str(folder / name), ".arrow"), names) for name in files]


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SourceError(f"Can't read {path}: {error}.") from error
    if not isinstance(found, dict):
        raise SourceError(f"{path} is damaged: it is no JSON object.")
    return found
