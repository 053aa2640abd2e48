"""open_clip's architectures and checkpoints, by name, by file, by folder and from the hub."""

from __future__ import annotations

import difflib
import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import open_clip
from huggingface_hub import snapshot_download, try_to_load_from_cache
from open_clip import factory
from open_clip.tokenizer import HFTokenizer, SimpleTokenizer

from core.errors import EncoderError
from encoders.sentence.fast_tokenizers import fast_tokenizer
from encoders.sentence.hub import check_reachable, from_hub
from encoders.sentence.open_clip_building import build
from encoders.sentence.open_clip_towers import CONFIG, OpenClipTowers

_HUB = "hf-hub:"
_FILES = (".pt", ".pth", ".bin", ".safetensors", ".npz")
_HUB_FILES = ("open_clip_model.safetensors", "open_clip_pytorch_model.bin")
_CLOSE = 0.5
"""How alike a name has to be to be suggested, of 1."""


@dataclass(frozen=True)
class _Source:
    """What a spec names: a configuration of open_clip, weights, and the folder of a tokenizer."""

    config: dict[str, Any]
    weights: Path | None
    folder: Path | None = None


def open_clip_towers(rest: str) -> OpenClipTowers:
    """What stands after 'open_clip:' in a spec, loaded.

    ARCH, ARCH/TAG, ARCH/CHECKPOINT, CONFIG.json, CONFIG.json/CHECKPOINT, a folder with
    open_clip_config.json, or hf-hub:ID. Without weights they are drawn, the same on every call.

    Raises EncoderError for an unknown name, an unknown tag, a missing file, a checkpoint of another
    architecture, and where a download is needed and the hub is out of reach.
    """
    source = _source(rest)
    model_cfg = source.config["model_cfg"]
    clip = build(model_cfg, source.weights)
    text = model_cfg["text_cfg"]
    length = int(text.get("context_length", 77))
    tokenizer = fast_tokenizer(_tokenizer(source), length)
    preprocess = asdict(factory.PreprocessCfg()) | source.config.get("preprocess_cfg", {})
    preprocess["size"] = clip.visual.image_size
    settings = {"model_cfg": model_cfg, "preprocess_cfg": preprocess}
    return OpenClipTowers(clip, settings, tokenizer)


def _source(rest: str) -> _Source:
    if rest.startswith(_HUB):
        return _of_hub(rest.removeprefix(_HUB))
    folder = Path(rest).expanduser()
    if (folder / CONFIG).is_file():
        return _of_folder(folder)
    if folder.is_dir():
        raise EncoderError(f"{folder} has no {CONFIG}.", hint="open_clip writes one; see its docs.")
    config, weights = _split(rest)
    if config.endswith(".json"):
        return _of_file(Path(config).expanduser(), weights)
    return _of_name(config, weights)


def _split(rest: str) -> tuple[str, str]:
    """(architecture or configuration file, what stands after the slash behind it)."""
    found = re.match(r"(.*?\.json)(?:/(.*))?$", rest)
    if found:
        return found[1], found[2] or ""
    architecture, _, weights = rest.partition("/")
    return architecture, weights


def _of_folder(folder: Path) -> _Source:
    config = _read(folder / CONFIG)
    weights = factory._find_checkpoint_in_dir(folder)
    if weights is None:
        raise EncoderError(f"{folder} has {CONFIG}, but no weights beside it.")
    return _Source(config, Path(weights), folder)


def _of_hub(hub_id: str) -> _Source:
    wanted = ["*.json", "*.txt", "*.model", "open_clip*.safetensors"]
    folder = Path(
        from_hub(
            hub_id,
            lambda local: snapshot_download(hub_id, allow_patterns=wanted, local_files_only=local),
        )
    )
    if not (folder / CONFIG).is_file():
        raise EncoderError(f"'{hub_id}' is no open_clip model: it has no {CONFIG}.")
    if factory._find_checkpoint_in_dir(folder) is None:
        wanted.append("open_clip*.bin")
        snapshot_download(hub_id, allow_patterns=wanted)
    return _of_folder(folder)


def _of_file(path: Path, weights: str) -> _Source:
    config = _read(path)
    return _Source(config, _checkpoint(weights) if weights else None)


def _read(path: Path) -> dict[str, Any]:
    """The configuration in a file: open_clip's own, or of the model alone."""
    try:
        config = json.loads(path.read_text())
    except OSError as error:
        raise EncoderError(f"{path} can't be read: {error.strerror}.") from None
    except ValueError as error:
        raise EncoderError(f"{path} is no JSON: {error}.") from None
    model = config.get("model_cfg", config)
    lost = [key for key in ("embed_dim", "vision_cfg", "text_cfg") if key not in model]
    if lost:
        raise EncoderError(f"{path} is no configuration of open_clip: it lacks {', '.join(lost)}.")
    return {"model_cfg": model, "preprocess_cfg": config.get("preprocess_cfg", {})}


def _of_name(architecture: str, weights: str) -> _Source:
    config = factory.get_model_config(architecture)
    if config is None:
        raise _unknown("architecture", architecture, open_clip.list_models())
    settings: dict[str, Any] = {"model_cfg": config}
    path: Path | None = None
    tag = open_clip.get_pretrained_cfg(architecture, weights) if weights else {}
    if tag:
        path = _tagged(f"{architecture}/{weights}", tag)
        keys = ("mean", "std", "interpolation", "resize_mode")
        settings["preprocess_cfg"] = {key: tag[key] for key in keys if tag.get(key) is not None}
        if tag.get("quick_gelu"):
            config["quick_gelu"] = True
    elif weights:
        path = _checkpoint(weights, architecture)
    return _Source(settings, path)


def _tagged(name: str, tag: dict[str, Any]) -> Path:
    hub_id, _, file = str(tag.get("hf_hub", "")).rpartition("/")
    if not hub_id:
        raise EncoderError(
            f"The weights of {name} are on no hub.",
            hint=f"Download {tag.get('url')} and write its path in place of the tag.",
        )
    for known in (file,) if file else _HUB_FILES:
        cached = try_to_load_from_cache(hub_id, known)
        if isinstance(cached, str):
            return Path(cached)
    check_reachable(hub_id)
    return Path(factory.download_pretrained(tag))


def _checkpoint(weights: str, architecture: str = "") -> Path:
    path = Path(weights).expanduser()
    if path.is_file():
        return path
    if architecture and "/" not in weights and path.suffix not in _FILES:
        tags = open_clip.list_pretrained_tags_by_model(architecture)
        raise _unknown(f"weights of {architecture}", weights, tags)
    raise EncoderError(f"There is no checkpoint at {path}.")


def _unknown(kind: str, name: str, names: list[str]) -> EncoderError:
    near = difflib.get_close_matches(name, names, 5, _CLOSE) or names[:5]
    return EncoderError(
        f"open_clip knows no {kind} '{name}'.",
        hint=f"Near are: {', '.join(near)}." if near else "It has none: give a checkpoint's path.",
    )


def _tokenizer(source: _Source) -> Any:
    """open_clip's own for this architecture; one of the hub's is fetched like a model."""
    text = source.config["model_cfg"]["text_cfg"]
    length = int(text.get("context_length", 77))
    options = text.get("tokenizer_kwargs", {})
    named = text.get("hf_tokenizer_name", "")
    if not named:
        return SimpleTokenizer(context_length=length, **options)
    place = named if source.folder is None else str(source.folder)
    mode = text.get("tokenizer_mode")

    def load(local: bool) -> Any:
        return HFTokenizer(place, length, tokenizer_mode=mode, local_files_only=local, **options)

    return load(True) if Path(place).expanduser().is_dir() else from_hub(place, load)
