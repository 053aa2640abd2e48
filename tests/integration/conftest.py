"""A live service in a thread, and the command line, with the tiny towers."""

from __future__ import annotations

import base64
import shlex
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from app.cli.main import main
from app.http.service import Service
from app.server import config, listen, url_of
from app.settings import Settings
from app.wiring import Wiring, build
from tests.integration.command import Ran, Run
from tests.pictures import encoded, picture
from tests.stores import store_root
from tests.towers import COLOURS

MEMBERS = 3
"""Items of each colour in the collection 'colours'."""


@dataclass(frozen=True)
class Live:
    """A running service, and its parts."""

    client: httpx.Client
    server: uvicorn.Server
    thread: threading.Thread
    service: Service

    @property
    def wiring(self) -> Wiring:
        return self.service.wiring

    def ask(self, method: str, path: str, body: Any = None, **options: Any) -> httpx.Response:
        return self.client.request(method, "/v1/collections" + path, json=body, **options)

    def search(self, collection: str, **body: Any) -> dict[str, Any]:
        response = self.ask("POST", f"/{collection}/search", body)
        assert response.status_code == 200, response.text
        return dict(response.json())

    def ids(self, collection: str, **body: Any) -> list[str]:
        return [hit["id"] for hit in self.search(collection, **body)["hits"]]


Serving = Callable[..., AbstractContextManager[Live]]


@contextmanager
def serving(wiring: Wiring) -> Iterator[Live]:
    """The service over `wiring` on a free port, ready; stopped in order at the end."""
    with listen(wiring.settings.http) as listening:
        configuration = config(wiring)
        service: Service = configuration.app.state.service  # type: ignore[union-attr]
        server = uvicorn.Server(configuration)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            assert service.upkeep.wait_ready(10)
            with httpx.Client(base_url=url_of(listening), timeout=20) as client:
                yield Live(client, server, thread, service)
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture(scope="session")
def start(tiny_bundle: Path) -> Serving:
    """Starts a service on a data directory, with settings of one's own."""

    def started(data: Path, **overrides: Any) -> AbstractContextManager[Live]:
        given = {"encoder": f"bundle:{tiny_bundle}", "http__port": 0, **overrides}
        settings = Settings.load(data=data, **given)
        return serving(build(settings, role="test"))

    return started


@pytest.fixture(scope="session")
def live(start: Serving, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A service with the read-only collection 'colours': three items of each colour, one private
    item, and an attribute of each type."""
    with start(tmp_path_factory.mktemp("data"), http__max_body=200_000) as running:
        _fill(running)
        yield running


@pytest.fixture(scope="session")
def light(start: Serving, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """The same in memory: for tests that make and drop collections, which cost no disk there."""
    with start(tmp_path_factory.mktemp("light"), store="memory") as running:
        _fill(running)
        yield running


@pytest.fixture
def fresh(light: Live) -> Iterator[str]:
    """The name of an empty collection of the service in memory, deleted at the end."""
    assert light.ask("PUT", "/fresh", {"fields": {"brand": "keyword"}}).status_code == 201
    yield "fresh"
    light.ask("DELETE", "/fresh")


FIELDS = {"shade": "keyword", "price": "float", "stock": "integer", "sale": "bool"}


def base64_picture(colour: str = "red", *, seed: int = 0, format: str = "PNG") -> str:
    return base64.b64encode(encoded(picture(colour, seed=seed), format)).decode()


def _fill(running: Live) -> None:
    assert running.ask("PUT", "/colours", {"fields": FIELDS}).status_code == 201
    response = running.ask("POST", "/colours/items", {"items": list(_items())})
    assert response.json()["rejected"] == 0, response.text


def _items() -> Iterator[dict[str, Any]]:
    for place, colour in enumerate(COLOURS):
        for seed in range(MEMBERS):
            yield {
                "id": f"{colour}/{seed}",
                "title": f"{colour} picture {seed}",
                "tags": ["picture", colour],
                "image": base64_picture(colour, seed=seed),
                "shade": colour,
                "price": place + seed / 10,
                "stock": place,
                "sale": seed == 0,
            }
    yield {
        "id": "red/secret",
        "title": "red secret",
        "visibility": "private",
        "image": base64_picture("red", seed=99),
        "shade": "secret",
    }


@pytest.fixture
def quick_data(tmp_path: Path) -> Iterator[None]:
    """The folder 'data' of a test, in memory where the system has a place there."""
    with store_root() as root:
        (tmp_path / "data").symlink_to(root.parent, target_is_directory=True)
        yield


@pytest.fixture
def run(
    quick_data: None,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    tiny_bundle: Path,
) -> Run:
    """Runs `binocle ...` on a data directory of the test's own, in a folder of its own."""
    monkeypatch.setenv("BINOCLE_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("BINOCLE_ENCODER", f"bundle:{tiny_bundle}")
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)

    def typed(command: str) -> Ran:
        monkeypatch.setattr(sys, "argv", shlex.split(command))
        with pytest.raises(SystemExit) as ended:
            main()
        printed = capsys.readouterr()
        return Ran(int(ended.value.code or 0), printed.out, printed.err)

    return typed


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A folder with one picture of each colour, in subfolders by their first letter."""
    for name in COLOURS:
        file = tmp_path / "pictures" / name[0] / f"{name}_thing.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        picture(name).save(file)
    return tmp_path / "pictures"


@pytest.fixture
def loaded(run: Run, pictures: Path) -> Run:
    assert run("binocle ingest pictures --collection things").code == 0
    return run
