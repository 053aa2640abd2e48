"""What a folder that should hold a model holds instead."""

from __future__ import annotations

from pathlib import Path

from core.errors import EncoderError

_MODEL_FILES = ("modules.json", "config.json", "adapter_config.json")
_OTHERS = {
    "bundle.json": "It is a bundle: write 'bundle:{folder}'.",
    "open_clip_config.json": "It is a model of open_clip: write 'open_clip:{folder}'.",
    "model/modules.json": "It is a training run: write 'st:{folder}/model'.",
}


def check_folder(folder: Path) -> None:
    """Raises EncoderError, saying what is there, unless `folder` holds a model."""
    if any((folder / name).is_file() for name in _MODEL_FILES):
        return
    for mark, hint in _OTHERS.items():
        if (folder / mark).is_file():
            raise EncoderError(
                f"{folder} is not a model of sentence-transformers or transformers.",
                hint=hint.format(folder=folder),
            )
    raise EncoderError(
        f"{folder} holds no model: it has neither modules.json nor config.json.",
        hint="A model's folder is what `save_pretrained` of sentence-transformers or transformers "
        "wrote, or a download of all files of a hub id.",
    )


def looks_like_path(name: str) -> bool:
    """Whether `name` can only be a path: hub ids are 'ID' or 'OWNER/ID'."""
    return name.startswith(("/", "~", ".")) or name.count("/") > 1 or "\\" in name
