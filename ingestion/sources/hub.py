"""Data sets of the Hugging Face hub, by the Parquet files that the hub makes of each."""

from __future__ import annotations

from core.errors import SourceError
from ingestion.sources.away import list_away

HUB = "hf:"
_PARQUET = "refs%2Fconvert%2Fparquet"
"""Branch with the Parquet files, at CONFIG/SPLIT/NUMBER.parquet."""


def hub_files(address: str) -> list[str]:
    """URLs of the Parquet files of hf:OWNER/NAME, or hf:OWNER/NAME#CONFIG/SPLIT for a part of it.

    The part is a config, a split, or both. Raises SourceError when the hub can't be reached, there
    is no such data set, or it has several configs and none is named.
    """
    name, _, part = address.removeprefix(HUB).removeprefix("//").partition("#")
    root = f"hf://datasets/{name.removeprefix('datasets/')}@{_PARQUET}"
    try:
        files = [url for url in list_away(root) if url.endswith(".parquet")]
    except SourceError as error:
        raise SourceError(
            f"The data set '{name}' can't be had from the Hugging Face hub: {error.message}",
            hint=error.hint or "Check the name and the network, or give a local folder.",
        ) from error
    parts = {url: tuple(url.split("/")[-3:-1]) for url in files}
    wanted = [word for word in part.split("/") if word]
    chosen = [url for url in files if all(word in parts[url] for word in wanted)]
    configs = sorted({parts[url][0] for url in chosen})
    if not chosen or len(configs) > 1:
        there = sorted({"/".join(found) for found in parts.values()})
        raise SourceError(
            f"'{address}' is {'more than one data set' if chosen else 'not there'}.",
            hint=f"Name a part, such as {HUB}{name}#{there[0]}. Parts: {', '.join(there)}."
            if there
            else "The hub holds no Parquet files of it.",
        )
    return chosen
