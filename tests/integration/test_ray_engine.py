"""Loads on Ray, onto a stand-in of a Qdrant server."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from app.bulk_load import BulkLoad, Loaded
from app.loading import load_collection
from app.settings import Settings
from app.wiring import build
from core.errors import SettingsError
from ingestion.syncing import Sync
from tests.fake_qdrant.server import FakeQdrant, fake_qdrant
from tests.loads import reject_lines, write_pictures


def catalog_of(path: Path, *rows: tuple[str, str, str]) -> Path:
    with path.open("w", newline="") as stream:
        csv.writer(stream).writerows([("id", "image", "title"), *rows])
    return path


def loaded(fake: FakeQdrant, data: Path, bundle: Path, catalog: Path, **options: object) -> Loaded:
    settings = Settings.load(data=data, encoder=f"bundle:{bundle}", store=fake.url)
    plan = replace(BulkLoad("things", str(catalog), engine="ray", workers=2), **options)  # type: ignore[arg-type]
    with closing(build(settings)) as wiring:
        return load_collection(wiring, plan)


def test_the_embedded_store_is_refused_with_what_to_do(tmp_path: Path, tiny_bundle: Path) -> None:
    folder = write_pictures(tmp_path / "in", a="red")
    settings = Settings.load(data=tmp_path / "data", encoder=f"bundle:{tiny_bundle}")
    with closing(build(settings)) as wiring:
        plan = BulkLoad("things", str(folder), engine="ray")
        with pytest.raises(SettingsError, match="embedded store") as told:
            load_collection(wiring, plan)
    assert "--store" in told.value.hint


@pytest.fixture
def cluster() -> Iterator[None]:
    """Ray on this machine, stopped at the end."""
    ray = pytest.importorskip("ray", reason="Ray is not installed: pip install 'binocle[ray]'")
    yield
    ray.shutdown()


@pytest.mark.filterwarnings("default")  # Ray warns of itself
def test_a_load_on_ray_ends_as_a_local_one_does(
    cluster: None, tmp_path: Path, tiny_bundle: Path
) -> None:
    write_pictures(tmp_path / "in", a="red", b="blue")
    (tmp_path / "in" / "c.png").write_bytes(b"no picture")
    rows = [(name, f"in/{name}.png", f"the {name}") for name in "abc"]
    catalog = catalog_of(tmp_path / "shop.csv", *rows)
    with fake_qdrant() as fake:
        first = loaded(fake, tmp_path / "data", tiny_bundle, catalog)
        report = first.report
        assert (report.indexed, report.rejected, first.published) == (2, 1, True)
        assert report.rejects_path is not None
        (reject,) = reject_lines(report.rejects_path)
        assert (reject["id"], reject["kind"], reject["row"]) == ("c", "image-unreadable", 4)
        again = loaded(fake, tmp_path / "data", tiny_bundle, catalog).report
        assert (again.unchanged, again.indexed, again.rejected) == (2, 0, 1)
        changed = catalog_of(tmp_path / "shop.csv", ("a", "in/a.png", "another title"))
        last = loaded(fake, tmp_path / "data", tiny_bundle, changed, sync=Sync(force=True)).report
        assert (last.renewed, last.deleted, last.indexed) == (1, 1, 0)
