"""What is exported: a model by its spec or path, and what the run that made it says of it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from pydantic import TypeAdapter, ValidationError

from core.errors import EncoderError
from encoders.bundle import MANIFEST, Calibration
from encoders.specs import COMPACT

_RECIPE = "recipe.yaml"
_GUARD = "guard.json"
_CALIBRATION = "calibration.json"
_SENTENCE, _OPEN_CLIP = "st:", "open_clip:"
_OPEN_CLIP_CONFIG = "open_clip_config.json"
_ENDINGS = (".json", ".pt", ".pth", ".bin", ".safetensors", ".npz")


@dataclass(frozen=True)
class Origin:
    """Attributes:
    spec: as `load_model` takes it.
    name: for people, from the spec.
    calibration: fits of relevance by kind of query, if the run has them.
    refusal: why the run's forgetting guard refuses the model; "" if it does not.
    nested_dims: of the run's recipe.
    card: the run's model card, or "".
    """

    spec: str
    name: str
    calibration: Mapping[str, Calibration] = field(default_factory=dict)
    refusal: str = ""
    nested_dims: tuple[int, ...] = ()
    card: str = ""


def origin_of(model: str) -> Origin:
    """What `model` names: a spec ('st:...', 'open_clip:...'), a run's directory, its model/, or any
    other folder of a model.

    Raises EncoderError if there is no such thing, if it is a bundle already, and if a file of the
    run is malformed.
    """
    if model == COMPACT or model.startswith("bundle:"):
        raise EncoderError(f"{model} is a bundle already.", hint=f"Use it as encoder '{model}'.")
    if model.startswith(_OPEN_CLIP):
        return Origin(model, _open_clip_name(model.removeprefix(_OPEN_CLIP)))
    given = model.removeprefix(_SENTENCE)
    folder = Path(given).expanduser()
    if model.startswith(_SENTENCE) and not folder.is_dir():
        return Origin(model, _named(given))  # of the hub
    if not folder.is_dir():
        raise EncoderError(
            f"There is no model at {model}.",
            hint="Give a run, a model's folder, 'st:HUB_ID' or 'open_clip:ARCH/PRETRAINED'.",
        )
    if (folder / MANIFEST).is_file():
        raise EncoderError(f"{folder} is a bundle already.", hint=f"Use it by 'bundle:{folder}'.")
    if (folder / "model" / "modules.json").is_file():
        folder = folder / "model"
    own = (folder / "modules.json").is_file()
    if not own and (folder / _OPEN_CLIP_CONFIG).is_file():
        return Origin(f"{_OPEN_CLIP}{folder}", _named(str(folder)))
    run = folder.absolute().parent
    if not own or not ((run / _RECIPE).is_file() or (run / _GUARD).is_file()):
        return Origin(f"{_SENTENCE}{folder}", _named(str(folder)))
    return Origin(
        spec=f"{_SENTENCE}{folder}",
        name=_named(str(run)),
        calibration=_calibration(run / _CALIBRATION),
        refusal=_refusal(run / _GUARD),
        nested_dims=_nested(run / _RECIPE),
        card=_card(run / "README.md"),
    )


def allowed(origin: Origin, *, force: bool) -> tuple[str, ...]:
    """Notes for the bundle's card. Raises EncoderError where the run's guard refuses the model,
    unless forced."""
    if not origin.refusal:
        return ()
    if not force:
        raise EncoderError(
            f"The run's guard refuses this model. {origin.refusal}",
            hint="Train it with a smaller step or less weight of its own data, or --force it.",
        )
    return (f"Forced against the run's guard. {origin.refusal}",)


def _open_clip_name(rest: str) -> str:
    """Of an architecture and its tag both parts, as 'ViT-B-32-openai'; of a path the last one."""
    tagged = rest.count("/") == 1 and not rest.endswith(_ENDINGS)
    return _named(rest.replace("/", "-") if tagged else rest)


def _named(path: str) -> str:
    """The last part of a path or id, as a bundle's name."""
    parts = [part for part in re.split(r"[/\\]", path) if part not in ("", ".", "..", "~")]
    last = parts[-1] if parts else ""
    for ending in _ENDINGS:
        last = last.removesuffix(ending)
    return re.sub(r"[^\w.+-]+", "-", last).strip("-.") or "towers"


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise EncoderError(f"{path} can't be read: {error}") from None


def _refusal(path: Path) -> str:
    if not path.is_file():
        return "The run is not finished: its guard has not judged the model yet."
    guard = _read(path)
    if not isinstance(guard, dict) or not isinstance(guard.get("refused"), bool):
        raise EncoderError(f"{path} is malformed: 'refused' has to be true or false.")
    return str(guard.get("reason") or "No reason is given.") if guard["refused"] else ""


def _nested(path: Path) -> tuple[int, ...]:
    """Of the recipe; the trainer has checked them against the model."""
    if not path.is_file():
        return ()
    try:
        nested = yaml.safe_load(path.read_text()).get("nested") or ()
        return tuple(int(dim) for dim in nested)  # a run writes them as texts: keys of JSON
    except (OSError, ValueError, AttributeError, TypeError, yaml.YAMLError) as error:
        raise EncoderError(f"{path} can't be read: {error}") from None


def _calibration(path: Path) -> Mapping[str, Calibration]:
    if not path.is_file():
        return {}
    try:
        return TypeAdapter(dict[str, Calibration]).validate_python(_read(path))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise EncoderError(f"{path} is malformed at '{where}': {first['msg']}.") from None


def _card(path: Path) -> str:
    """The card without the block of metadata that the hub wants at its top."""
    if not path.is_file():
        return ""
    return re.sub(r"\A---\n.*?\n---\n", "", path.read_text(errors="replace"), flags=re.DOTALL)
