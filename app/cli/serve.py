"""binocle serve"""

from __future__ import annotations

from typing import Annotated

import typer

from app.cli.terminal import Data, EncoderSpec, Store, announce
from app.server import serve as run
from app.settings import Settings


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
    role: Annotated[
        str | None,
        typer.Option(help="'search' (all) or 'encoder' (embeddings only, batched) [BINOCLE_ROLE]."),
    ] = None,
    data: Data = None,
    store: Store = None,
    encoder: EncoderSpec = None,
) -> None:
    """Serve the HTTP API and the web page until stopped (Ctrl-C)."""
    settings = Settings.load(
        data=data, store=store, encoder=encoder, role=role, http__host=host, http__port=port
    )
    run(settings, announce=announce)
