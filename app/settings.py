"""Every setting of Binocle, from the environment and from the command line, in one frozen value.

A setting's variable is BINOCLE_ and its name in capitals; a nested one joins the names by two
underscores: BINOCLE_HTTP__PORT=8080. Only `app.wiring` reads this class.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.experiments.settings import ExperimentSettings
from app.interactions.settings import EventSettings
from app.store_settings import EmbeddedSettings, ServerSettings
from core.errors import SettingsError
from encoders.images import MAX_FILE_BYTES, MAX_PIXELS

PREFIX = "BINOCLE_"
NESTED = "__"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ImageSettings(_Part):
    """Limits on images, wherever they come from."""

    max_pixels: int = Field(
        default=MAX_PIXELS, ge=1, description="Largest width x height that is decoded, in pixels."
    )
    max_bytes: int = Field(
        default=MAX_FILE_BYTES, ge=1, description="Largest image file that is read, in bytes."
    )
    shown_side: int = Field(
        default=1600,
        ge=0,
        le=8192,
        description="Longest side of an item's image as it is answered to look at, in pixels; 0 "
        "answers thumbnails alone, which have 320.",
    )


class HttpSettings(_Part):
    """The service."""

    host: str = Field(default="127.0.0.1", description="Address to listen on.")
    port: int = Field(
        default=8000, ge=0, le=65535, description="Port to listen on; 0 takes a free one."
    )
    max_body: int = Field(
        default=20_000_000, ge=1_000, description="Largest request body, in bytes."
    )
    max_limit: int = Field(default=200, ge=1, le=1_000, description="Most hits on one page.")
    max_batch: int = Field(
        default=500, ge=1, description="Most items, texts or images in one request."
    )
    max_waiting: int = Field(
        default=200,
        ge=1,
        description="Requests that may wait for a thread before new ones are refused.",
    )
    shutdown_seconds: float = Field(
        default=10.0,
        gt=0,
        description="How long requests in flight may take once told to stop, seconds.",
    )
    poll_seconds: float = Field(
        default=1.0,
        gt=0,
        description="How often to look for newly published generations, in seconds.",
    )


class DeriveSettings(_Part):
    """What is learnt of images beside their vectors, as they are loaded."""

    thumbnails: bool = Field(default=True, description="Store small copies of the images.")
    colors: bool = Field(default=True, description="Name the dominant colours, for filters.")
    duplicates: bool = Field(default=True, description="Group near-duplicates.")
    appearance: bool = Field(
        default=True,
        description="Give new collections the vector of colour and texture that photos are also "
        "compared by.",
    )
    words: bool = Field(
        default=True,
        description="Give new collections the words of titles, descriptions and tags, that texts "
        "are also compared by.",
    )

    safety: str | None = Field(
        default=None,
        pattern="^(zero-shot(:.+)?|head:.+)$",
        description="What judges how unsafe images are that no source judged: 'zero-shot' (rough), "
        "'zero-shot:FILE' with concepts of one's own, 'head:FILE' of `binocle train safety`.",
    )


class FetchSettings(_Part):
    """Images fetched from URLs."""

    allow_private: bool = Field(
        default=False,
        description="Fetch from loopback and private addresses too. Off for a public server.",
    )
    max_bytes: int = Field(
        default=20_000_000, ge=1_000, description="Largest fetched image, in bytes."
    )
    timeout_seconds: float = Field(
        default=10.0, gt=0, description="Time for one image, in seconds."
    )
    per_host: int = Field(
        default=4, ge=1, le=64, description="Requests of a bulk load to one host at a time."
    )
    cache_bytes: int = Field(
        default=1_000_000_000,
        ge=0,
        description="Images that bulk loads keep, in bytes, to ask only whether they changed; 0 "
        "keeps none.",
    )


class ThreadSettings(_Part):
    """Threads of the service."""

    search: int = Field(
        default=4, ge=1, le=256, description="Text and id searches that run at once."
    )
    image: int = Field(
        default=2, ge=1, le=256, description="Requests with images that run at once."
    )
    fetch: int = Field(
        default=8, ge=1, le=256, description="Requests with image URLs that run at once."
    )
    write: int = Field(default=2, ge=1, le=256, description="Requests that write that run at once.")
    text_tower: int = Field(
        default=1,
        ge=0,
        description="Processor threads for one run of the text tower; 0 takes all cores.",
    )
    image_tower: int = Field(
        default=1,
        ge=0,
        description="Processor threads for one run of the image tower; 0 takes all cores.",
    )


class BatchSettings(_Part):
    """Batches of a service that only encodes (`binocle serve --role encoder`)."""

    max_size: int = Field(
        default=32, ge=1, le=1024, description="Most texts or images in one run of a tower."
    )
    max_wait_ms: float = Field(
        default=5.0,
        ge=0,
        le=1000,
        description="How long the first of a batch may wait for others, in milliseconds.",
    )
    max_waiting: int = Field(
        default=1_000,
        ge=1,
        description="Texts, and images, that may wait for a run before new ones are refused.",
    )


class RemoteSettings(_Part):
    """An encoder service that this process asks (`--encoder http://HOST:PORT`)."""

    key: SecretStr | None = Field(
        default=None, description="API key to send to the encoder service."
    )
    connect_seconds: float = Field(
        default=2.0, gt=0, description="Time for one connection, in seconds."
    )
    read_seconds: float = Field(default=10.0, gt=0, description="Time for one answer, in seconds.")
    total_seconds: float = Field(
        default=15.0, gt=0, description="Time for one request with all its retries, in seconds."
    )
    connections: int = Field(
        default=16, ge=1, le=1024, description="Connections at once to the encoder service."
    )


class Settings(BaseSettings):
    """All settings. Build it with `Settings.load`, which explains what is wrong."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter=NESTED,
        env_ignore_empty=True,  # as compose files hand on what is not set
        frozen=True,
        extra="forbid",
    )

    data: Path = Field(
        default=Path("binocle-data"), description="Directory of all that Binocle keeps."
    )
    store: str = Field(
        default="embedded",
        pattern="^(embedded|memory|https?://[^/?#]+[^?#]*)$",
        description="'embedded': Qdrant in process, in the data directory; the URL of a Qdrant "
        "server, such as http://localhost:6333; 'memory': exact, gone when the process ends.",
    )
    encoder: str = Field(default="compact", min_length=1, description="Spec of the encoder.")
    database: SecretStr | None = Field(
        default=None,
        description="URL of the SQL database for keys and events: sqlite:///FILE or "
        "postgresql://USER:PASSWORD@HOST/NAME. Unset: the file binocle.db in the data directory.",
    )
    thumbnails: str | None = Field(
        default=None,
        min_length=1,
        description="Folder or fsspec URL (such as s3://bucket/thumbnails) that replicas share for "
        "thumbnails. Unset: in the data directory.",
    )
    require_key: bool | None = Field(
        default=None,
        description="Whether requests need an API key. Unset: once a key was ever made.",
    )
    role: str = Field(
        default="search",
        pattern="^(search|encoder)$",
        description="What `serve` serves: 'search' is everything, 'encoder' only embeddings.",
    )
    unsafe_from: float = Field(
        default=0.5,
        gt=0,
        le=1,
        description="Items whose `safety` is at least this, 0 to 1, are hidden unless asked for.",
    )
    log_level: str = Field(
        default="INFO",
        pattern="^(DEBUG|INFO|WARNING|ERROR)$",
        description="Least level that is logged.",
    )
    images: ImageSettings = ImageSettings()
    http: HttpSettings = HttpSettings()
    derive: DeriveSettings = DeriveSettings()
    fetch: FetchSettings = FetchSettings()
    threads: ThreadSettings = ThreadSettings()
    embedded: EmbeddedSettings = EmbeddedSettings()
    server: ServerSettings = ServerSettings()
    batch: BatchSettings = BatchSettings()
    remote: RemoteSettings = RemoteSettings()
    events: EventSettings = EventSettings()
    experiments: ExperimentSettings = ExperimentSettings()

    @classmethod
    def load(cls, **overrides: Any) -> Settings:
        """Settings from `overrides`, then the environment, then the defaults.

        Nested names join by two underscores: `load(http__port=0)`. An override of None is not
        given. Raises SettingsError, which names what is unknown or malformed.
        """
        given = {name: value for name, value in overrides.items() if value is not None}
        known = dict.fromkeys(_names(cls))
        _refuse_unknown(given, known, shown=lambda name: name)
        variables = {k[len(PREFIX) :] for k in os.environ if k.upper().startswith(PREFIX)}
        _refuse_unknown(
            {variable.lower(): None for variable in variables},
            known,
            shown=lambda name: PREFIX + name.upper(),
        )
        try:
            return cls(**_nested(given))
        except ValidationError as error:
            first = error.errors()[0]
            name = NESTED.join(str(part) for part in first["loc"])
            raise SettingsError(
                f"The setting {PREFIX}{name.upper()} has a wrong value "
                f"({str(first['input'])[:80]!r}): {first['msg']}.",
                field=name,
            ) from None
        except ValueError as error:  # pydantic-settings on nested values that are not JSON
            raise SettingsError(f"A setting is malformed: {error}.") from None


def _names(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    for name, field in model.model_fields.items():
        yield prefix + name
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from _names(field.annotation, prefix + name + NESTED)


def _refuse_unknown(given: Mapping[str, Any], known: Mapping[str, None], shown: Any) -> None:
    for name in sorted(given):
        if name in known:
            continue
        near = difflib.get_close_matches(name, known, n=3) or sorted(known)
        raise SettingsError(
            f"There is no setting {shown(name)}.",
            hint=f"Did you mean one of: {', '.join(shown(other) for other in near)}?",
            field=name,
        )


def _nested(flat: Mapping[str, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = {}
    for name, value in flat.items():
        *groups, leaf = name.split(NESTED)
        place = answer
        for group in groups:
            place = place.setdefault(group, {})
        place[leaf] = value
    return answer
