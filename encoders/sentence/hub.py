"""Models of the Hugging Face hub: from the cache where that suffices, with a bounded wait."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from huggingface_hub import HfApi, hf_hub_download, try_to_load_from_cache
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
)
from huggingface_hub.utils import validate_repo_id  # type: ignore[attr-defined]

from core.errors import EncoderError

_PATIENCE = 5.0
"""Seconds that the hub has to answer whether it has a model."""
_MARKS = ("modules.json", "config.json", "open_clip_config.json")

Loaded = TypeVar("Loaded")


def from_hub(hub_id: str, load: Callable[[bool], Loaded]) -> Loaded:
    """What `load(local_files_only)` gives for `hub_id`: of the cache alone, if that suffices.

    Raises EncoderError where the hub does not know the model, will not give it, or is out of reach.
    """
    check_name(hub_id)
    if any(isinstance(try_to_load_from_cache(hub_id, mark), str) for mark in _MARKS):
        try:
            return load(True)
        except OSError:  # a download that was cut off: the rest has to come from the hub
            pass
    check_reachable(hub_id)
    return load(False)


def config_folder(name: str) -> str:
    """The folder of the config.json of `name`, a folder or a hub id. Raises as `from_hub`."""
    if Path(name).expanduser().is_dir():
        return name

    def load(local: bool) -> str:
        return str(hf_hub_download(name, "config.json", local_files_only=local))

    return str(Path(from_hub(name, load)).parent)


def check_name(hub_id: str) -> None:
    """Raises EncoderError unless `hub_id` could name a model of the hub."""
    try:
        validate_repo_id(hub_id)
    except HFValidationError:
        raise EncoderError(
            f"There is no model folder at {hub_id}.",
            hint="Write the path of a folder, or a hub id such as openai/clip-vit-base-patch32.",
        ) from None


def check_reachable(hub_id: str) -> None:
    """Asks the hub for `hub_id`, once, and for a few seconds. Raises EncoderError as `from_hub`."""
    try:
        HfApi().model_info(hub_id, timeout=_PATIENCE)
    except GatedRepoError:
        raise EncoderError(
            f"The hub gives '{hub_id}' only to those who accepted its terms.",
            hint="Accept them on its page, then log in with `hf auth login`.",
        ) from None
    except RepositoryNotFoundError:
        raise EncoderError(
            f"There is no folder '{hub_id}' here, and the hub has no model of this name.",
            hint="Mind the spelling; a private model needs `hf auth login`.",
        ) from None
    except HfHubHTTPError as error:
        raise _no_answer(hub_id, str(error).splitlines()[0]) from None
    except (OfflineModeIsEnabled, OSError) as error:
        raise _no_answer(hub_id, str(error)) from None
    except Exception as error:  # the transport's own errors, whose library changes with versions
        raise _no_answer(hub_id, str(error) or type(error).__name__) from None


def _no_answer(hub_id: str, reason: str) -> EncoderError:
    if "offline" in reason.lower():
        reason = "HF_HUB_OFFLINE is set"
    return EncoderError(
        f"'{hub_id}' is no folder here and not in the cache, and the Hugging Face hub can't be "
        f"reached ({reason.rstrip('.')}).",
        hint=f"On a machine with a network run `hf download {hub_id} --local-dir FOLDER`, bring "
        "the folder here and write its path instead.",
    )
