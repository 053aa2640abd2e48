"""Loads with a ledger: what costs what, and what is left after any kind of change."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from core.errors import InvalidRequest, LoadRunning, StorageFull, SyncRefused
from core.fields import FieldType
from core.items import ImageSource, Item
from encoders.bundle import BundleEncoder
from ingestion.ledger import Entry, Ledger
from ingestion.ledgers import Ledgers
from ingestion.load import Task, load
from ingestion.payload import SHA256
from ingestion.rejects import Rejection
from ingestion.report import LoadReport
from ingestion.single_load import single_load
from ingestion.sources.source import Candidate
from ingestion.syncing import Sync
from qdrant.store import Generation
from tests.loads import SMALL, Listed, items_of, new_generation, write_pictures
from tests.pictures import encoded, picture


@dataclass
class Counting:
    """An encoder that counts what it encodes."""

    encoder: BundleEncoder
    images: int = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.encoder, name)

    def encode_images(self, images: Sequence[Image.Image]) -> NDArray[np.float32]:
        self.images += len(images)
        return self.encoder.encode_images(images)

    def encode_pixels(self, pixels: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
        self.images += len(pixels)
        return self.encoder.encode_pixels(pixels)


@dataclass
class Kept:
    """A generation with its ledger, and the calls that reach the store."""

    generation: Generation
    ledger: Ledger
    encoder: Counting
    looked_up: int = field(default=0)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.generation, name)

    def retrieve(self, ids: Sequence[str], *, with_vectors: bool = False) -> Any:
        self.looked_up += len(ids)
        return self.generation.retrieve(ids, with_vectors=with_vectors)

    def load(self, items: Sequence[Item], **task: Any) -> LoadReport:
        self.encoder.images = self.looked_up = 0
        source = Listed(items, attributes=self.generation.config.schema.attributes)
        target: Any = self
        given: Any = self.encoder
        return load(Task(source, target, given, ledger=self.ledger, pace=SMALL, **task))

    @property
    def titles(self) -> dict[str, str]:
        points = self.generation.retrieve(list(self.generation.ids()))
        return {point.id: str(point.payload.get("title", "")) for point in points}


@pytest.fixture(scope="module")
def ledgers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledgers]:
    ledgers = Ledgers(tmp_path_factory.mktemp("ledgers"))
    yield ledgers
    ledgers.close()


@pytest.fixture(scope="module")
def kept_anew(ledgers: Ledgers, tiny_encoder: BundleEncoder) -> Callable[[], Kept]:
    def anew() -> Kept:
        generation = new_generation(tiny_encoder, {"price": FieldType.FLOAT})
        ledger = ledgers.of("things", generation.name)
        ledger.clear()
        return Kept(generation, ledger, Counting(tiny_encoder))

    return anew


@pytest.fixture
def kept(kept_anew: Callable[[], Kept]) -> Kept:
    return kept_anew()


def test_an_unchanged_item_costs_no_encoding_and_no_look_into_the_store(kept: Kept) -> None:
    items = items_of(9)
    assert kept.load(items).indexed == 9
    report = kept.load(items)
    assert (report.unchanged, report.indexed, report.renewed) == (9, 0, 0)
    assert (kept.encoder.images, kept.looked_up) == (0, 0)


def test_a_changed_price_or_title_changes_the_payload_and_encodes_nothing(kept: Kept) -> None:
    items = items_of(4)
    kept.load(items)
    before = kept.generation.retrieve(["i1"], with_vectors=True)[0]
    items[1] = replace(items[1], attributes={"price": 2.5}, title="New")
    report = kept.load(items)
    assert (report.renewed, report.unchanged, kept.encoder.images) == (1, 3, 0)
    after = kept.generation.retrieve(["i1"], with_vectors=True)[0]
    assert (after.payload["price"], after.payload["title"]) == (2.5, "New")
    assert after.payload["_sha256"] == before.payload["_sha256"]
    np.testing.assert_allclose(after.vectors["joint"], before.vectors["joint"], atol=1e-6)
    assert kept.load(items).unchanged == 4


def test_new_payloads_that_cannot_be_written_end_the_load(kept: Kept) -> None:
    items = items_of(3)
    kept.load(items)

    def full(_: object) -> None:
        raise StorageFull("The disk is full.", hint="Free some space.")

    kept.set_payloads = full  # type: ignore[attr-defined]
    report = kept.load([replace(item, title="new") for item in items])
    assert isinstance(report.failure, StorageFull)
    assert report.renewed == 0


def test_what_the_ledger_knows_and_the_collection_lost_is_encoded_again(kept: Kept) -> None:
    items = items_of(3)
    kept.load(items)
    kept.generation.delete([items[1].id])
    report = kept.load([replace(item, title="new") for item in items])
    assert (report.renewed, report.indexed) == (2, 1)
    assert set(kept.titles.values()) == {"new"}


def test_a_changed_image_is_encoded(kept: Kept) -> None:
    items = items_of(3)
    kept.load(items)
    items[0] = replace(items[0], image=ImageSource(data=encoded(picture("blue", (8, 8)))))
    report = kept.load(items)
    assert (report.indexed, report.unchanged, kept.encoder.images) == (1, 2, 1)


def test_a_file_that_was_only_touched_is_read_but_not_encoded(kept: Kept, tmp_path: Path) -> None:
    path = write_pictures(tmp_path, a="red") / "a.png"
    items = [Item("a", ImageSource(path=path))]
    kept.load(items)
    path.touch()
    moved = path.rename(tmp_path / "b.png")
    items = [Item("a", ImageSource(path=moved))]
    report = kept.load(items)
    assert (report.renewed, report.indexed, kept.encoder.images) == (1, 0, 0)
    assert kept.generation.retrieve(["a"])[0].payload["_image"] == str(moved)
    assert kept.load(items).unchanged == 1


def test_a_collection_from_before_there_were_ledgers_is_taken_over(
    kept: Kept, tiny_encoder: BundleEncoder
) -> None:
    items = items_of(5)
    load(Task(Listed(items), kept.generation, tiny_encoder, pace=SMALL))
    first = kept.load(items)
    assert (first.unchanged, kept.looked_up) == (5, 5)
    assert (kept.load(items).unchanged, kept.looked_up) == (5, 0)


def test_what_somebody_wrote_beside_the_loads_is_brought_back_to_the_source(kept: Kept) -> None:
    items = items_of(3)
    kept.load(items)
    kept.ledger.touch(["i2"])
    payload = {**kept.generation.retrieve(["i2"])[0].payload, "title": "Other", "_item": "x"}
    kept.generation.set_payload("i2", payload)
    report = kept.load(items)
    assert (report.renewed, report.unchanged, kept.encoder.images) == (1, 2, 0)
    assert kept.titles["i2"] == ""


def test_an_image_that_somebody_gave_while_the_load_ran_is_not_taken_for_the_sources(
    kept: Kept,
) -> None:
    """Never its vector beside what the source says, for good: it is encoded anew."""
    items = items_of(3)
    kept.load(items)
    (other,) = kept.generation.retrieve(["i1"], with_vectors=True)

    def put() -> None:
        kept.ledger.touch(["i0"])
        payload = {**other.payload, "id": "i0", SHA256: other.payload[SHA256]}
        kept.generation.upsert([replace(other, id="i0", payload=payload)])

    class Meddled(Kept):
        def retrieve(self, ids: Sequence[str], *, with_vectors: bool = False) -> Any:
            if not self.looked_up:
                put()
            return super().retrieve(ids, with_vectors=with_vectors)

    renamed = [replace(items[0], title="new"), *items[1:]]
    Meddled(kept.generation, kept.ledger, kept.encoder).load(renamed)
    kept.load(renamed)
    (found,) = kept.generation.retrieve(["i0"])
    assert found.payload["title"] == "new"
    assert found.payload[SHA256] != other.payload[SHA256]
    assert kept.load(renamed).unchanged == 3


def test_changes_beside_the_loads_are_numbered_and_the_last_one_of_an_item_counts(
    kept: Kept,
) -> None:
    start = kept.ledger.latest()
    kept.ledger.touch(["a", "b"])
    middle = kept.ledger.latest()
    kept.ledger.touch(["a", "a"])
    assert [each for _, each in kept.ledger.changed_since(start)] == ["b", "a"]
    assert [each for _, each in kept.ledger.changed_since(middle)] == ["a"]
    assert kept.ledger.changed_since(kept.ledger.latest()) == []


def test_an_entry_counts_once_it_is_settled_and_not_after_it_was_touched(kept: Kept) -> None:
    entry = Entry("i" * 32, "m" * 32, "s" * 64)
    kept.ledger.begin({"a": entry, "b": entry})
    assert kept.ledger.known(["a", "b"]) == {}
    kept.ledger.touch(["b"])
    kept.ledger.settle(["a", "b"])
    assert kept.ledger.known(["a", "b"]) == {"a": entry}


def test_a_generation_takes_the_entries_of_another_over(ledgers: Ledgers, kept: Kept) -> None:
    kept.load(items_of(3))
    kept.ledger.touch(["i0"])
    heir = ledgers.of("things", "g000099")
    heir.take_over(kept.ledger.generation)
    assert sorted(heir.known(["i0", "i1", "i2"])) == ["i1", "i2"]
    kept.ledger.keep_only([kept.ledger.generation])
    assert heir.count() == 0


def test_sync_deletes_what_the_source_has_not_any_more(kept: Kept) -> None:
    items = items_of(20)
    kept.load(items)
    report = kept.load(items[:18], sync=Sync())
    assert (report.deleted, kept.generation.count()) == (2, 18)
    assert kept.load(items, sync=Sync()).indexed == 2


def test_sync_leaves_what_somebody_wrote_while_the_load_ran(kept: Kept) -> None:
    items = items_of(20)
    kept.load(items)
    kept.ledger.touch(["i0"])  # before it: the source is newer

    class Read(Listed):
        def entries(self) -> Iterator[Candidate | Rejection]:
            yield from super().entries()
            kept.ledger.touch(["i1", "i5"])

    given: Any = kept.encoder
    source = Read(items[2:], attributes=kept.generation.config.schema.attributes)
    report = load(Task(source, kept.generation, given, ledger=kept.ledger, sync=Sync()))
    assert report.deleted == 1
    assert {*kept.generation.ids()} == {item.id for item in items} - {"i0"}


def test_sync_refuses_to_delete_suspiciously_much(kept: Kept) -> None:
    items = items_of(20)
    kept.load(items)
    report = kept.load(items[:10], sync=Sync(0.2))
    assert isinstance(report.failure, SyncRefused)
    assert "10 of the 20" in str(report.failure)
    assert kept.generation.count() == 20
    assert kept.load(items[:10], sync=Sync(0.2, force=True)).deleted == 10


def test_an_item_whose_row_is_rejected_today_is_not_deleted(kept: Kept) -> None:
    items = items_of(10)
    kept.load(items)
    bad = replace(items[9], attributes={"price": "dear"})
    report = kept.load([*items[:9], bad], sync=Sync())
    assert (report.rejected, report.deleted, kept.generation.count()) == (1, 0, 10)


def test_rows_without_an_id_hold_deletions_back(kept: Kept) -> None:
    items = items_of(10)
    kept.load(items)

    class Torn(Listed):
        def entries(self) -> Iterator[Candidate | Rejection]:
            yield from super().entries()
            yield Rejection("Torn.", "malformed-row", 10)

    given: Any = kept.encoder
    task = Task(Torn(items[:9]), kept.generation, given, ledger=kept.ledger, sync=Sync())
    report = load(task)
    assert isinstance(report.failure, SyncRefused)
    assert "could not be read" in report.failure.message
    assert kept.generation.count() == 10


def test_an_empty_source_deletes_nothing(kept: Kept) -> None:
    kept.load(items_of(3))
    assert kept.load([], sync=Sync(force=True)).deleted == 0
    assert kept.generation.count() == 3


def test_a_load_over_its_limit_of_changes_stops(kept: Kept) -> None:
    items = items_of(12)
    kept.load(items[:4])
    report = kept.load(items, most_changes=5)
    assert report.over_limit
    assert kept.load(items, most_changes=8).indexed == 8


_CATALOGS = st.lists(
    st.lists(
        st.tuples(st.integers(0, 11), st.sampled_from("ab"), st.sampled_from(["red", "blue"])),
        max_size=12,
    ),
    min_size=1,
    max_size=3,
)


@settings(max_examples=25)
@given(catalogs=_CATALOGS)
def test_a_source_that_grows_shrinks_reorders_and_repeats_is_followed(
    kept_anew: Callable[[], Kept], catalogs: list[list[tuple[int, str, str]]]
) -> None:
    kept = kept_anew()
    for rows in catalogs:
        wanted: dict[str, tuple[str, str]] = {}
        items = []
        for number, title, colour in rows:
            wanted.setdefault(f"i{number}", (title, colour))  # of repeated ids the first one counts
            image = ImageSource(data=encoded(picture(colour, (8, 8))))
            items.append(Item(f"i{number}", image, title=title))
        report = kept.load(items, sync=Sync(force=True))
        if items:
            assert kept.titles == {each: title for each, (title, _) in wanted.items()}
            assert report.rejected == len(items) - len(wanted)
            assert kept.load(items, sync=Sync(force=True)).unchanged == len(wanted)


def test_two_loads_at_once_are_refused(tmp_path: Path) -> None:
    with single_load(tmp_path, "shop"):
        with (
            pytest.raises(LoadRunning, match=r"'shop' runs already \(process \d+"),
            single_load(tmp_path, "shop"),
        ):
            raise InvalidRequest("never here")
        with single_load(tmp_path, "other"):
            pass
    with single_load(tmp_path, "shop"):
        pass


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_disk_too_full_for_the_note_of_a_load_is_called_that(tmp_path: Path) -> None:
    (note := tmp_path / "shop.owner.json").symlink_to("/dev/full")
    with pytest.raises(StorageFull), single_load(tmp_path, "shop"):
        raise InvalidRequest("never here")
    assert not note.is_symlink()
    with single_load(tmp_path, "shop"):
        assert note.exists()
