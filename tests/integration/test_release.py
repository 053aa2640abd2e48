"""A release, from its file to the switch or to the reason why there is none."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from app.experiments.registry import Registry
from app.release.record import Decision, Record, State, Step
from app.release.run import abort, records_of, resume, roll_back
from app.release.run import start as start_release
from app.release.work import Lesson, Tools, Trained
from app.running import made_known
from core.errors import EncoderError, ReleaseConflict, SettingsError, SourceError
from encoders.specs import load_encoder
from qdrant.store import JOINT
from tests.integration.command import Run
from tests.integration.conftest import Serving
from tests.releases import Workshop, found, serving, workshop
from tests.stores import store_root
from tests.towers import write_bundle
from tests.visits import START, visit
from tests.visits import record as record_visits


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    """A workshop that is only copied."""
    with store_root() as root:
        yield workshop(tmp_path_factory.mktemp("workshop"), root.parent)


@pytest.fixture
def shop(made: Workshop) -> Iterator[Workshop]:
    with store_root() as root:
        shutil.copytree(made.data, root.parent, dirs_exist_ok=True)
        yield replace(made, data=root.parent)


def facts(record: Record, step: Step) -> dict[str, Any]:
    return dict(record.facts(step))


def test_a_better_model_is_published_and_all_is_on_record(shop: Workshop) -> None:
    with shop.wired() as wiring:
        old = serving(wiring)
        record = start_release(wiring, shop.write())
        assert record.state is State.PUBLISHED
        assert serving(wiring) == facts(record, Step.TRAIN)["fingerprint"] != old
        assert found(wiring, "red") == "red thing"
        kept = records_of(wiring).get("r1")
    assert kept == record
    assert facts(kept, Step.PREPARE)["fingerprint"] == old
    assert facts(kept, Step.PREPARE)["seed"] == 7
    names = {Path(path).name for path in facts(kept, Step.PREPARE)["files"]}
    assert {"shop.yaml", "catalog.csv"} <= names
    assert {one["outcome"] for one in facts(kept, Step.EVALUATE)["figures"]} == {"gain"}
    assert facts(kept, Step.SHADOW)["queries"] == 20
    assert kept.outcomes[Step.EXPERIMENT].decision is Decision.SKIPPED
    document = json.loads((shop.data / "releases" / "r1" / "evaluation.json").read_text())
    assert document[0]["candidate"]["metrics"]["ndcg@5"]["value"] > 0.9


def test_a_published_release_is_rolled_back(shop: Workshop) -> None:
    with shop.wired() as wiring:
        old = serving(wiring)
        start_release(wiring, shop.write())
        record = roll_back(wiring, "r1")
        assert record.state is State.ROLLED_BACK
        assert serving(wiring) == old
        assert found(wiring, "red") != "red thing"
        with pytest.raises(ReleaseConflict, match="rolled back"):
            roll_back(wiring, "r1")


def test_a_broken_model_is_refused_and_leaves_nothing(shop: Workshop) -> None:
    with shop.wired() as wiring:
        old = serving(wiring)
        record = start_release(wiring, shop.write(candidate={"encoder": "bundle:broken"}))
        assert record.state is State.REFUSED
        assert "colours" in record.why
        assert Step.REEMBED not in record.outcomes
        assert serving(wiring) == old
        assert wiring.store.unpublished("shop") == []
        with pytest.raises(ReleaseConflict, match="refused"):
            resume(wiring, "r1")


def test_the_very_model_that_serves_is_no_release(shop: Workshop) -> None:
    record = shop.release(candidate={"encoder": "bundle:first"})
    assert (record.state, record.next) == (State.REFUSED, None)


class Lost(RuntimeError):
    """The process is lost: nothing of ours catches it."""


@pytest.mark.parametrize("step", [Step.EVALUATE, Step.PUBLISH])
def test_a_release_that_fails_at_a_step_leaves_the_old_model_and_goes_on(
    shop: Workshop, step: Step
) -> None:
    def passing(now: Step, moment: str) -> None:
        if (now, moment) == (step, "begin"):
            raise Lost

    with shop.wired() as wiring:
        old = serving(wiring)
        with pytest.raises(Lost):
            start_release(wiring, shop.write(), Tools(passing=passing))
    with shop.wired() as wiring:
        assert serving(wiring) == old
        record = resume(wiring, "r1")
        assert record.state is State.PUBLISHED
        assert serving(wiring) != old


@pytest.fixture(scope="module")
def killing(made: Workshop) -> Iterator[Callable[[str], dict[str, Any]]]:
    """Kills a release at a moment, and tells what was left; see tests/release_processes."""
    command = [sys.executable, "-m", "tests.release_processes", str(made.folder), str(made.data)]
    root = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONPATH": str(root), "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:

        def kill(moment: str) -> dict[str, Any]:
            assert process.stdin is not None
            assert process.stdout is not None
            print(moment, file=process.stdin, flush=True)
            return dict(json.loads(process.stdout.readline()))

        yield kill
        process.communicate()


@pytest.mark.parametrize("step", list(Step))
def test_a_release_killed_at_any_step_leaves_the_old_model_serving_and_goes_on(
    made: Workshop, killing: Callable[[str], dict[str, Any]], step: Step
) -> None:
    told = killing(f"{step} begin")
    assert told["first"] == {"killed": True}
    assert told["then"]["serving"] == load_encoder(made.spec("first")).fingerprint
    assert told["then"]["red"] != "red thing"
    other = load_encoder(made.spec("other")).fingerprint
    assert told["after"] == {"state": "published", "serving": other}


def test_a_release_killed_after_the_switch_is_decided(
    made: Workshop, killing: Callable[[str], dict[str, Any]]
) -> None:
    told = killing("publish end")
    assert told["first"] == {"killed": True}
    assert told["then"]["red"] == "red thing"
    assert "ReleaseConflict" in told["after"]["error"]


def test_a_release_cut_off_after_the_switch_finds_it_done(shop: Workshop) -> None:
    with shop.wired() as wiring:
        published = start_release(wiring, shop.write())
        del published.outcomes[Step.PUBLISH]
        published.state = State.RUNNING
        records_of(wiring).keep(published)
        again = resume(wiring, "r1")
        assert again.state is State.PUBLISHED
        assert facts(again, Step.PUBLISH)["generation"] == wiring.store.published("shop")


def test_a_service_answers_throughout_and_switches_at_the_end(
    shop: Workshop, start: Serving
) -> None:
    seen: list[str] = []
    with start(shop.data, http__poll_seconds=0.05) as live:

        def ask(step: Step, when: str) -> None:
            hits = live.search("shop", query=[{"text": "red"}])["hits"]
            seen.append(f"{hits[0]['title']} at {step} {when}")

        url = str(live.client.base_url).rstrip("/")
        with made_known(shop.data, url, live.wiring.watch.local_token):
            assert shop.release(Tools(passing=ask)).state is State.PUBLISHED
    assert seen[-1] == "red thing at publish end"
    assert not any(each.startswith("red thing") for each in seen[:-1])


def test_a_switch_after_which_nothing_answers_is_taken_back(shop: Workshop) -> None:
    shutil.copytree(shop.folder / "other", shop.folder / "lost")
    steps: list[Step] = []

    def told(what: str) -> None:
        if steps[-1] is Step.PUBLISH and "Building the index" in what:
            shutil.rmtree(shop.folder / "lost")

    tools = Tools(told=told, passing=lambda step, _: steps.append(step))
    with shop.wired() as wiring:
        old = serving(wiring)
        wanted = shop.write(candidate={"encoder": "bundle:lost"})
        steps.append(Step.PREPARE)
        record = start_release(wiring, wanted, tools)
        assert record.state is State.REFUSED
        assert "does not answer" in record.why
        assert serving(wiring) == old
        assert found(wiring, "red") != "red thing"


def test_a_new_text_tower_keeps_the_vectors_of_the_images(shop: Workshop) -> None:
    with shop.wired() as wiring:
        with wiring.catalog.lease("shop") as opened:
            ids = list(opened.generation.ids())
            before = opened.generation.retrieve(ids, with_vectors=True)
        better = {"encoder": "bundle:better"}
        record = start_release(wiring, shop.write(candidate=better, reembed={"text_only": True}))
        assert record.state is State.PUBLISHED
        assert facts(record, Step.REEMBED)["encoded"] == 0
        assert facts(record, Step.REEMBED)["image_towers"]["least"] > 0.999
        assert found(wiring, "red") == "red thing"
        with wiring.catalog.lease("shop") as opened:
            after = opened.generation.retrieve(ids, with_vectors=True)
    for one, other in zip(before, after, strict=True):
        assert np.allclose(one.vectors[JOINT], other.vectors[JOINT], atol=1e-6)


def test_images_of_another_space_are_not_taken_for_the_same(shop: Workshop) -> None:
    record = shop.release(reembed={"text_only": True})
    assert record.state is State.REFUSED
    assert "image towers differ" in record.why


def test_shadow_queries_come_from_a_log_of_texts_and_images(shop: Workshop) -> None:
    images = [None, None, (shop.folder / "red-0.png").read_bytes(), b"no image"]
    rows = {
        "query_id": ["a", "b", "c", "d"],
        "query": ["red", "blue", "", ""],
        "query_image": pa.array(images, pa.binary()),
        "item": ["red-0"] * 4,
        "position": [1] * 4,
        "action": ["impression"] * 4,
    }
    pq.write_table(pa.table(rows), shop.folder / "log.parquet")
    from app.cli.release_training import queries_of

    record = shop.release(Tools(asked=queries_of), shadow={"log": "log.parquet"})
    assert record.state is State.PUBLISHED
    assert facts(record, Step.SHADOW)["queries"] == 3
    assert facts(record, Step.SHADOW)["unusable"] == 1
    assert facts(record, Step.SHADOW)["serving_ms"] > 0


def test_too_little_overlap_in_the_shadow_refuses(shop: Workshop) -> None:
    (shop.folder / "queries.txt").write_text("red\ngreen\nblue\n")
    shadow = {"queries": "queries.txt", "least_overlap": 0.99}
    record = shop.release(shadow=shadow)
    assert record.state is State.REFUSED
    assert "overlap" in record.why
    with shop.wired() as wiring:
        assert wiring.store.unpublished("shop") == []


def test_a_trained_candidate_is_trained_once_and_one_that_changed_since_is_refused(
    shop: Workshop,
) -> None:
    lessons: list[Lesson] = []

    def trainer(lesson: Lesson) -> Trained:
        lessons.append(lesson)
        assert lesson.bundle is not None
        return Trained(f"bundle:{write_bundle(lesson.bundle, version='9')}", facts={"seed": 3})

    def lose(step: Step, when: str) -> None:
        if (step, when) == (Step.TRAIN, "end"):
            raise Lost

    (shop.folder / "recipe.yaml").write_text("seed: 3\n")
    wanted = shop.write(candidate={"recipe": "recipe.yaml", "set": ["steps=2"]})
    with shop.wired() as wiring:
        with pytest.raises(Lost):
            start_release(wiring, wanted, Tools(trainer, passing=lose))
        write_bundle(shop.data / "releases/r1/bundle", version="10")
        with pytest.raises(EncoderError, match="other towers"):
            resume(wiring, "r1", Tools(trainer))
        assert "other towers" in records_of(wiring).get("r1").trouble
        write_bundle(shop.data / "releases/r1/bundle", version="9")
        assert resume(wiring, "r1", Tools(trainer)).state is State.PUBLISHED
    assert len(lessons) == 1
    assert lessons[0].changes == ["steps=2"]


def test_a_run_that_refuses_its_own_model_ends_the_release(shop: Workshop) -> None:
    (shop.folder / "recipe.yaml").write_text("seed: 3\n")
    tools = Tools(lambda _: Trained("", refused="The guard says no."))
    record = shop.release(tools, candidate={"recipe": "recipe.yaml"})
    assert (record.state, record.why) == (State.REFUSED, "At 'train': The guard says no.")


def test_files_that_changed_meanwhile_stop_the_release(shop: Workshop) -> None:
    (shop.folder / "notes.txt").write_text("one")

    def change(step: Step, when: str) -> None:
        if (step, when) == (Step.EVALUATE, "begin"):
            (shop.folder / "notes.txt").write_text("two")

    with pytest.raises(SettingsError, match=r"Changed since the release began: .*notes\.txt"):
        shop.release(Tools(passing=change), data=["notes.txt"])


def test_one_release_at_a_time_and_an_aborted_one_makes_room(shop: Workshop) -> None:
    def lose(step: Step, when: str) -> None:
        if (step, when) == (Step.SHADOW, "begin"):
            raise Lost

    with shop.wired() as wiring:
        old = serving(wiring)
        with pytest.raises(Lost):
            start_release(wiring, shop.write(), Tools(passing=lose))
        assert wiring.store.unpublished("shop")
        with pytest.raises(ReleaseConflict, match="not decided"):
            start_release(wiring, shop.write(name="r2"))
        assert abort(wiring, "r1").state is State.ABORTED
        assert wiring.store.unpublished("shop") == []
        assert serving(wiring) == old
        with pytest.raises(ReleaseConflict, match="already"):
            start_release(wiring, shop.write())
        assert start_release(wiring, shop.write(name="r2")).state is State.PUBLISHED


FIGURE = {"set": "shop.yaml", "task": "colours"}


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"candidate": {}}, "one of 'encoder' and 'recipe'"),
        ({"gate": {"gain": []}}, "gain"),
        ({"gate": {"gain": [{**FIGURE, "metric": "ndgc@5"}]}}, "no metric 'ndgc@5'"),
        ({"gate": {"gain": [{**FIGURE, "task": "colour"}]}}, "no task 'colour'"),
        ({"gate": {"gain": [{**FIGURE, "slices": ["brand"]}]}}, "no slices by 'brand'"),
        ({"gate": {"gain": [{**FIGURE, "set": "none.yaml"}]}}, "none.yaml"),
        ({"experiment": {"shares": 0.1}}, "share"),
        ({"data": ["nothing.parquet"]}, "nothing.parquet"),
        ({"candidate": {"encoder": "bundle:nowhere"}}, "nowhere"),
        ({"candidate": {"recipe": "shop.yaml"}}, "Nothing can be trained"),
        ({"collection": "shops"}, "no collection 'shops'"),
        ({"shadow": {"log": "none.parquet"}}, "none.parquet"),
    ],
)
def test_a_file_that_cannot_be_used_is_told(
    shop: Workshop, changes: dict[str, Any], says: str
) -> None:
    with shop.wired() as wiring:
        old = serving(wiring)
        with pytest.raises((SettingsError, SourceError, EncoderError, Exception), match=says):
            start_release(wiring, shop.write(**changes))
        assert serving(wiring) == old


def test_the_command_line_tells_what_was_decided(
    shop: Workshop, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BINOCLE_DATA", str(shop.data))
    assert "no release yet" in run("binocle release status").out
    bad = shop.write(candidate={"encoder": "bundle:broken"})
    ran = run(f"binocle release start {bad}")
    assert ran.code == 1, ran.err
    assert "answers as before" in ran.out
    ran = run(f"binocle release start {shop.write(name='r2')}")
    assert ran.code == 0, ran.err
    assert "Evaluating colours" in ran.err
    told = run("binocle release status").out
    assert "refused" in told
    assert "r2 of 'shop': published" in told
    assert "No traffic in a test." in told
    document = json.loads(run("binocle release status r2 --json").out)
    assert document["releases"][0]["outcomes"]["train"]["facts"]["fingerprint"]
    assert "rolled back" in run("binocle release rollback").out
    ran = run("binocle release resume")
    assert ran.code != 0
    assert "not decided" in ran.err
    assert run("binocle release abort r2").code != 0


EXPERIMENT = {"share": 0.25, "effect": 0.3, "days": 1}
NAME = "release-r1"


def clicked(shop: Workshop, variant: str, share: float, people: int = 100) -> None:
    """Searches of people who were answered by a variant, a share of whom clicked."""
    since = (datetime.now(UTC) - START).total_seconds()
    events = [[("red-0", "click", 0.0, 1)] if n < share * people else [] for n in range(people)]
    visits = [
        visit(since, *event, user=f"{variant}-{n}", variants={NAME: variant})
        for n, event in enumerate(events)
    ]
    with shop.wired() as wiring:
        record_visits(wiring.database, visits)


def test_the_experiment_is_waited_for_and_a_better_candidate_is_published(shop: Workshop) -> None:
    record = shop.release(experiment=EXPERIMENT)
    assert record.state is State.WAITING
    with shop.wired() as wiring:
        old = serving(wiring)
        running = Registry(wiring.database).get(NAME)
        assert running.experiment.traffic == 0.5
        assert (
            running.experiment.variants[1].generation == facts(record, Step.REEMBED)["generation"]
        )
        assert resume(wiring, "r1").state is State.WAITING
        assert serving(wiring) == old
    clicked(shop, "serving", 0.1)
    clicked(shop, "candidate", 0.8)
    with shop.wired() as wiring:
        record = resume(wiring, "r1")
        assert record.state is State.PUBLISHED
        assert "better" in record.outcomes[Step.EXPERIMENT].why
        assert serving(wiring) != old
        assert Registry(wiring.database).get(NAME).reason


def test_a_candidate_that_people_click_less_is_refused_and_dropped(shop: Workshop) -> None:
    shop.release(experiment=EXPERIMENT)
    clicked(shop, "serving", 0.8)
    clicked(shop, "candidate", 0.1)
    with shop.wired() as wiring:
        old = serving(wiring)
        record = resume(wiring, "r1")
        assert record.state is State.REFUSED
        assert "worse" in record.why
        assert serving(wiring) == old
        assert wiring.store.unpublished("shop") == []


@pytest.mark.parametrize(("want", "state"), [("better", "refused"), ("not worse", "published")])
def test_what_an_experiment_has_to_find_by_its_end_is_said_in_the_file(
    shop: Workshop, want: str, state: str
) -> None:
    shop.release(experiment={**EXPERIMENT, "want": want})
    clicked(shop, "serving", 0.5)
    clicked(shop, "candidate", 0.5)
    with shop.wired() as wiring:
        Registry(wiring.database).stop(NAME, "The week is over.")
        assert resume(wiring, "r1").state == state


def test_a_guardrail_that_stopped_the_candidate_ends_the_release(shop: Workshop) -> None:
    shop.release(experiment=EXPERIMENT)
    with shop.wired() as wiring:
        Registry(wiring.database).stop_variant(NAME, "candidate", "Guardrail: too slow")
        record = resume(wiring, "r1")
        assert record.why.endswith("Guardrail: too slow")
        assert record.state is State.REFUSED


def test_aborting_ends_the_experiment(shop: Workshop) -> None:
    shop.release(experiment=EXPERIMENT)
    with shop.wired() as wiring:
        abort(wiring, "r1")
        assert "aborted" in Registry(wiring.database).get(NAME).reason
