"""binocle train ranker, and searches with what it made."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.integration.command import Run
from tests.towers import COLOURS

pytest.importorskip("lightgbm")


@pytest.fixture
def judged(loaded: Run, tmp_path: Path) -> Run:
    """Queries of two kinds for each colour, with their judgments."""
    queries, qrels = ["id\ttext"], []
    for name in COLOURS:
        for kind in ("thing", "in"):
            queries.append(f"{name}-{kind}\t{name} {kind}")
            qrels.append(f"{name}-{kind} 0 {name[0]}/{name}_thing.png 1")
    (tmp_path / "queries.tsv").write_text("\n".join(queries) + "\n")
    (tmp_path / "judged.qrels").write_text("\n".join(qrels) + "\n")
    return loaded


def test_a_ranker_is_trained_measured_and_used(judged: Run, tmp_path: Path) -> None:
    ran = judged("binocle train ranker things --queries queries.tsv --qrels judged.qrels")
    assert ran.code == 0, ran.err
    assert "with it" in ran.out
    assert "nDCG@10 on" in (tmp_path / "ranker.md").read_text()
    (tmp_path / "ranking.yaml").write_text(f"ranker: {tmp_path / 'ranker.json'}\n")
    assert judged("binocle collections ranking things --file ranking.yaml").code == 0
    shown = judged("binocle search things red --explain").out
    assert "learned" in shown
    assert "rerank.ranker" in shown
    (tmp_path / "ranker.json").unlink()
    fallen = judged("binocle search things red --explain")
    assert "can't be read" in " ".join(fallen.out.split())
    assert fallen.code == 0
    refused = judged("binocle collections ranking things --file ranking.yaml")
    assert refused.code == 2


def test_a_ranker_is_trained_from_clicks(judged: Run, tmp_path: Path) -> None:
    colours = list(COLOURS)
    events = [
        {"query_id": f"{q}{n}", "query": q, "item": f"{i[0]}/{i}_thing.png", "position": p,
         "action": a}
        for q in colours
        for n in range(4)
        for p, i in enumerate((q, colours[n]) if n % 2 else (colours[n], q), start=1)
        for a in ("impression", *(["click"] if i == q else []))
    ]  # fmt: skip
    pq.write_table(pa.Table.from_pylist(events), tmp_path / "log.parquet")
    ran = judged("binocle train ranker things --log log.parquet --out clicks.json")
    assert ran.code == 0, ran.err
    assert "corrected for position" in (tmp_path / "clicks.md").read_text()


def test_clicks_become_judgments_that_are_measured_on(judged: Run, tmp_path: Path) -> None:
    events = [
        {"query_id": f"{q}{n}", "query": q, "item": f"{i[0]}/{i}_thing.png", "position": p,
         "action": a}
        for q in list(COLOURS)[:3]
        for n in range(4)
        for p, i in enumerate((q, "pink") if n % 2 else ("pink", q), start=1)
        for a in ("impression", *(["click"] if i == q else []))
    ]  # fmt: skip
    pq.write_table(pa.Table.from_pylist(events), tmp_path / "log.parquet")
    ran = judged("binocle train judgments log.parquet --to judged --support 3")
    assert ran.code == 0, ran.err
    assert "q1 0 b/black_thing.png 3" in (tmp_path / "judged" / "judgments.qrels").read_text()
    assert "q1 0 p/pink_thing.png 0" in (tmp_path / "judged" / "judgments.qrels").read_text()
    (tmp_path / "set.yaml").write_text(
        "name: clicks\nitems: {source: pictures}\nks: [1, 5]\n"
        "tasks: [{kind: judged, name: clicks, queries: judged/queries.tsv, "
        "qrels: judged/judgments.qrels}]\n"
    )
    assert judged("binocle eval set.yaml").code == 0
    few = judged("binocle train judgments log.parquet --to judged --support 99")
    assert few.code != 0
    assert "Lower --support" in few.err


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ("", "nothing to learn from"),
        ("--queries queries.tsv", "belong together"),
        ("--queries queries.tsv --qrels judged.qrels --popularity sales", "no integer or float"),
        ("--queries judged.qrels --qrels judged.qrels", "no table"),
        ("--queries queries.tsv --qrels nothing.qrels", "Can't read"),
    ],
)
def test_what_can_not_be_learned_from_is_told(judged: Run, options: str, told: str) -> None:
    ran = judged(f"binocle train ranker things {options}")
    assert ran.code != 0
    assert told in " ".join(ran.err.split())
