import json
import pickle
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.errors import SourceError
from core.items import ImageSource
from tests.pictures import encoded, picture
from tests.shops import build_one, jpeg, shop_rows, write_shop
from training.pairs.catalog_settings import Catalog
from training.pairs.place import Place
from training.pairs.reading import read_rows
from training.pairs.rows import RowImage, Rows


def read(folder: Path, *columns: str, **settings: object) -> Rows:
    place = Place(folder, folder / "cache")
    return read_rows(Catalog.model_validate(settings), columns, place)


def write_image(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(jpeg("red"))


def test_a_folder_gives_names_and_folders_as_texts(tmp_path: Path) -> None:
    write_image(tmp_path / "photos" / "big_cats" / "red-tiger.jpg")
    rows = read(tmp_path, "title", "folder", path="photos")
    assert rows.text("title", 0) == "red tiger"
    assert rows.text("folder", 0) == "big cats"
    assert rows.images[0].path == tmp_path / "photos/big_cats/red-tiger.jpg"


def test_paths_in_a_csv_are_below_its_folder(tmp_path: Path) -> None:
    (tmp_path / "shop.csv").write_text("image;name\nphotos/1.jpg;Red  hat\n;Lost\nonly one cell\n")
    rows = read(tmp_path, "name", path="shop.csv")
    assert rows.images[0] == RowImage(path=tmp_path / "photos/1.jpg")
    assert rows.texts("name") == ["Red hat"]
    assert [skip.name.rsplit(" ", 1)[-1] for skip in rows.skips] == ["4", "2"]


def test_lines_of_json_may_hold_urls_and_numbers(tmp_path: Path) -> None:
    lines = [{"image_url": "https://x.example/1.jpg", "size": 3.0, "tags": ["a", "b"]}]
    (tmp_path / "shop.jsonl").write_text("\n".join(json.dumps(line) for line in lines))
    rows = read(tmp_path, "size", "tags", path="shop.jsonl")
    assert rows.images[0].url == "https://x.example/1.jpg"
    assert (rows.text("size", 0), rows.text("tags", 0)) == ("3", "a b")


def test_bytes_in_parquet_are_read_row_by_row(tmp_path: Path) -> None:
    write_shop(tmp_path / "shop.parquet", 300)
    rows = read(tmp_path, "title", path="shop.parquet")
    expected = shop_rows(300)
    assert [rows.images[row].data for row in (299, 0, 150)] == [
        expected["image"][row] for row in (299, 0, 150)
    ]
    assert rows.texts("title") == expected["title"]


def test_images_as_hugging_face_writes_them_are_known(tmp_path: Path) -> None:
    cells = [{"bytes": jpeg("red"), "path": None}, {"bytes": None, "path": None}, None]
    pq.write_table(pa.table({"image": cells, "id": ["a", "b", "c"]}), tmp_path / "x.parquet")
    rows = read(tmp_path, path="x.parquet")
    assert rows.numbers.tolist() == [0]
    assert rows.images[0].data == jpeg("red")
    assert len(rows.skips) == 2


def test_a_row_without_an_image_is_named(tmp_path: Path) -> None:
    images = [jpeg("red"), None, b""]
    write_shop(tmp_path / "x.parquet", 3, image=images)
    rows = read(tmp_path, path="x.parquet")
    assert rows.numbers.tolist() == [0]
    assert [skip.name for skip in rows.skips] == [f"{tmp_path}/x.parquet row {n}" for n in (2, 3)]


def test_files_of_a_pattern_are_one_catalog(tmp_path: Path) -> None:
    write_shop(tmp_path / "part-1.parquet", 3)
    write_shop(tmp_path / "part-2.parquet", 3, title=["four", "five", "six"])
    rows = read(tmp_path, "title", path="part-*.parquet")
    assert rows.texts("title")[3:] == ["four", "five", "six"]
    assert rows.images[5].origin == f"{tmp_path}/part-2.parquet row 3"


def test_a_changed_file_is_not_read_from_the_cache(tmp_path: Path) -> None:
    write_shop(tmp_path / "x.parquet", 2)
    before = read(tmp_path, path="x.parquet").images[0].data
    write_shop(tmp_path / "x.parquet", 2, image=[jpeg("blue", 8), jpeg("blue", 9)])
    assert read(tmp_path, path="x.parquet").images[0].data == jpeg("blue", 8) != before


def test_rows_go_to_another_process_without_their_images(tmp_path: Path) -> None:
    write_shop(tmp_path / "x.parquet", 200)
    rows = read(tmp_path, "title", path="x.parquet")
    rows.images[0]
    sent = pickle.dumps(rows)
    assert len(sent) < 20_000
    assert pickle.loads(sent).images[7] == rows.images[7]


def test_values_to_leave_out_are_left_out(tmp_path: Path) -> None:
    write_shop(tmp_path / "x.parquet", 12)
    rows = read(tmp_path, path="x.parquet", leave_out={"colour": ["red", "blue"]})
    assert set(rows.texts("colour")) == {"green", "yellow"}


def test_a_dataset_folder_is_read_with_its_label_names(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    features = datasets.Features(
        image=datasets.Image(), label=datasets.ClassLabel(names=["cat", "dog"])
    )
    given = {"image": [encoded(picture("red")), encoded(picture("blue"))], "label": [1, 0]}
    given["image"] = [{"bytes": data, "path": None} for data in given["image"]]
    datasets.Dataset.from_dict(given, features=features).save_to_disk(str(tmp_path / "pets"))
    rows = read(tmp_path, "label", dataset="pets")
    assert rows.texts("label") == ["dog", "cat"]
    assert rows.images[1].data == encoded(picture("blue"))
    assert pickle.loads(pickle.dumps(rows)).images[1] == rows.images[1]


def test_a_dataset_that_is_not_there_is_told(tmp_path: Path) -> None:
    pytest.importorskip("datasets")
    (tmp_path / "empty").mkdir()
    with pytest.raises(SourceError, match=r"dataset 'empty' \(train\) can't be loaded"):
        read(tmp_path, dataset="empty")


def test_a_dataset_of_the_hub_without_a_network_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("datasets")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(SourceError, match="Without a network, give the folder"):
        read(tmp_path, dataset="somebody/pets")


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"path": "nothing.csv"}, "nothing at"),
        ({"path": "x.parquet", "image": "photo"}, "no column 'photo'.*'brand'"),
        ({"path": "x.parquet", "product": "sku"}, "no column 'sku'"),
        ({"path": "x.parquet", "leave_out": {"colour": ["red", "green"]}}, "no row"),
        ({"path": "notes.doc"}, "no source of a known kind"),
        ({"path": "damaged.parquet"}, "no Parquet file"),
        ({"path": "empty.csv"}, "no row"),
        ({"path": "words.csv"}, "looks like an image.*'image'"),
    ],
)
def test_what_can_not_be_read_is_told(
    tmp_path: Path, settings: dict[str, object], reason: str
) -> None:
    write_shop(tmp_path / "x.parquet", 2)
    (tmp_path / "notes.doc").write_text("hello")
    (tmp_path / "damaged.parquet").write_bytes(b"PAR1 and no more")
    (tmp_path / "empty.csv").write_text("image,title\n")
    (tmp_path / "words.csv").write_text("one,two\n1,2\n")
    with pytest.raises(SourceError, match=reason):
        read(tmp_path, **settings)


def test_a_source_names_its_unusable_rows(tmp_path: Path) -> None:
    write_shop(tmp_path / "x.parquet", 3, image=[jpeg("red"), None, jpeg("red")])
    built = build_one(tmp_path, kind="captions", path="x.parquet")
    assert len(built.source) == 2
    assert [skip.reason for skip in built.skips] == ["The row has no image."]


def test_a_row_image_equals_another_of_the_same_place() -> None:
    path = Path("a.jpg")
    assert RowImage(path=path, origin="here") == RowImage(path=path, origin="there")
    assert isinstance(RowImage(path=path), ImageSource)
