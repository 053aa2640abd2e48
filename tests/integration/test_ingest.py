"""Folders and catalogs into the embedded engine, and out again by search."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.fields import Schema
from core.filters import AnyOf
from encoders.bundle import BundleEncoder
from ingestion.load import Task, load
from ingestion.report import LoadReport
from ingestion.sources.opening import open_source
from ingestion.sources.source import Source
from ingestion.thumbnails import ThumbnailStore
from qdrant.edge import EdgeStore
from qdrant.store import JOINT, CollectionConfig, Generation, VectorQuery
from tests.loads import write_pictures
from tests.pictures import encoded, picture
from tests.towers import COLOURS


@pytest.fixture
def store(tmp_path: Path) -> Iterator[EdgeStore]:
    store = EdgeStore(tmp_path / "collections")
    yield store
    store.close()


def _create(store: EdgeStore, encoder: BundleEncoder, source: Source) -> Generation:
    schema = Schema(dict(source.attributes))
    config = CollectionConfig("tiny", encoder.fingerprint, {JOINT: encoder.dim}, schema)
    return store.create("things", config)


def _catalog(folder: Path) -> Path:
    """A CSV of each colour in 2020 and in 2021, and of one image that is missing."""
    lines = ["id,image,title,colour,year"]
    for colour in COLOURS:
        for year in (2020, 2021):
            name = f"{colour}{year}.png"
            (folder / name).write_bytes(encoded(picture(colour, seed=year)))
            lines.append(f"{colour}-{year},{name},A {colour} thing,{colour},{year}")
    lines.append("lost,lost.png,Lost,none,2021")
    path = folder / "catalog.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def test_a_catalog_is_loaded_published_and_found_by_text_and_filter(
    tmp_path: Path, store: EdgeStore, tiny_encoder: BundleEncoder
) -> None:
    source = open_source(_catalog(tmp_path))
    generation = _create(store, tiny_encoder, source)
    thumbnails = ThumbnailStore(tmp_path / "thumbnails")
    rejects = tmp_path / "rejects.jsonl"
    report = load(Task(source, generation, tiny_encoder, thumbnails, rejects))
    store.publish("things", generation.name)
    assert (report.indexed, report.rejected) == (2 * len(COLOURS), 1)
    assert json.loads(rejects.read_text())["row"] == 2 * len(COLOURS) + 2
    vector = tiny_encoder.encode_texts(["red"])[0]
    query = VectorQuery(vector, limit=3, filter=AnyOf("year", (2021,)))
    hits = generation.query(query)
    assert hits[0].id == "red-2021"
    assert hits[0].payload["title"] == "A red thing"
    assert thumbnails.read(hits[0].payload["_thumbnail"])[8:12] == b"WEBP"


def test_loading_again_changes_nothing_even_after_opening_again(
    tmp_path: Path, tiny_encoder: BundleEncoder
) -> None:
    source = open_source(_catalog(tmp_path))
    root = tmp_path / "collections"
    with_store = EdgeStore(root)
    generation = _create(with_store, tiny_encoder, source)
    load(Task(source, generation, tiny_encoder))
    with_store.publish("things", generation.name)
    generation.close()
    with_store.close()
    again = EdgeStore(root)
    opened = again.open("things")
    report = load(Task(open_source(tmp_path / "catalog.csv"), opened, tiny_encoder))
    assert (report.unchanged, report.indexed, report.rejected) == (2 * len(COLOURS), 0, 1)
    opened.close()
    again.close()


_LOADER = """
import signal
import sys
import threading
from pathlib import Path
from core.fields import Schema
from encoders.bundle import BundleEncoder, Threads
from ingestion.limits import Pace
from ingestion.load import Task, load
from ingestion.sources.opening import open_source
from qdrant.edge import EdgeStore
from qdrant.store import JOINT, CollectionConfig

# A shell that starts the tests in the background has its children ignore Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)
bundle, folder, root = map(Path, sys.argv[1:4])
encoder = BundleEncoder(bundle, threads=Threads(1, 1))
store = EdgeStore(root)
config = CollectionConfig("tiny", encoder.fingerprint, {JOINT: encoder.dim}, Schema())
unfinished = store.unpublished("things")
generation = store.open("things", unfinished[-1]) if unfinished else store.create("things", config)

def tell(progress):
    if progress.indexed:
        print("going", flush=True)

class Held:
    # waits in the middle, for a Ctrl-C to come
    def __init__(self, source):
        self.source = source
    def __getattr__(self, name):
        return getattr(self.source, name)
    def entries(self):
        for place, entry in enumerate(self.source.entries()):
            if place == 30:
                stop.wait(30)
            yield entry

stop = threading.Event()
source = open_source(folder)
if sys.argv[4] == "held":
    source = Held(source)
pace = Pace(encode_batch=4, write_batch=4, ahead=4)
report = load(Task(source, generation, encoder, pace=pace), on_progress=tell, stop=stop)
held = generation.count()
generation.close()
store.close()
print("done", report.indexed, report.unchanged, held, int(report.interrupted), flush=True)
"""


def _last_line(process: subprocess.Popen[str]) -> tuple[int, int, int, bool]:
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    word, *numbers = output.splitlines()[-1].split()
    assert word == "done"
    indexed, unchanged, held, interrupted = map(int, numbers)
    return indexed, unchanged, held, bool(interrupted)


def test_ctrl_c_keeps_what_was_loaded_and_the_same_command_goes_on(
    tmp_path: Path, tiny_bundle: Path
) -> None:
    folder = write_pictures(tmp_path / "in", **{f"p{number:02}": "red" for number in range(60)})
    command = [sys.executable, "-c", _LOADER, str(tiny_bundle), str(folder), str(tmp_path / "c")]
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    first = subprocess.Popen([*command, "held"], env=environment, **options)  # type: ignore[call-overload]
    assert first.stdout.readline() == "going\n"
    first.send_signal(signal.SIGINT)
    indexed, _, held, interrupted = _last_line(first)
    assert interrupted
    assert 0 < indexed == held <= 31
    second = subprocess.Popen([*command, "free"], env=environment, **options)  # type: ignore[call-overload]
    assert _last_line(second) == (60 - held, held, 60, False)


def test_a_report_is_complete_unless_it_was_cut_off() -> None:
    sound = LoadReport(read=1, indexed=1, unchanged=0, rejected=0, seconds=2.0)
    assert sound.complete
    assert sound.items_per_second == 0.5
