"""The web pages: one folder or file of app/web each, the rest of it under /static."""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import FileResponse

from app.http.assets import Assets

WEB = Path(__file__).resolve().parents[1] / "web"
PAGES = {
    "/": WEB / "index.html",
    "/judge": WEB / "judge" / "index.html",
    "/operators": WEB / "operators" / "index.html",
    "/upload": WEB / "upload" / "index.html",
}
"""The HTML file by the path that it is served at."""


def serve_page(app: FastAPI) -> None:
    """Serve the pages from `app`."""
    for path, file in PAGES.items():
        _serve(app, path, file)
    app.mount("/static", Assets(WEB))


def _serve(app: FastAPI, path: str, file: Path) -> None:
    @app.api_route(path, methods=["GET", "HEAD"], include_in_schema=False)
    async def page() -> FileResponse:
        return FileResponse(file, headers={"Cache-Control": "no-cache"})
