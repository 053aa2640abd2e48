from pathlib import Path
from typing import Any

import pytest
import yaml

from app.experiments.document import Experiment, experiment_from_file, experiment_of
from core.errors import InvalidRequest

CONTROL = {"name": "control"}
WORDS = {"name": "words", "aspects": {"joint": 1, "lexical": 2}}


def document(**changes: Any) -> dict[str, Any]:
    given = {"name": "e", "collection": "shop", "variants": [CONTROL, WORDS], **changes}
    return {name: value for name, value in given.items() if value is not None}


def shares(*given: float) -> list[dict[str, Any]]:
    return [
        {"name": f"v{place}", "share": share, "diversity": 0.1 * place}
        for place, share in enumerate(given)
    ]


def test_a_short_document_has_sensible_defaults() -> None:
    wanted = experiment_of(document())
    plan = wanted.plan()
    assert wanted.shares == {"control": 0.5, "words": 0.5}
    assert (plan.metric, plan.test, plan.unit, plan.control) == (
        "click_rate",
        "sequential",
        "user",
        "control",
    )
    assert wanted.settings == {"aspects"}
    assert wanted.assignment() == experiment_of(document(salt="e")).assignment()


def test_yaml_and_json_files_say_the_same(tmp_path: Path) -> None:
    import json

    (tmp_path / "e.yaml").write_text(yaml.safe_dump(document(starts="2026-01-01T00:00:00+00:00")))
    (tmp_path / "e.json").write_text(json.dumps(document(starts="2026-01-01T00:00:00Z")))
    found = [experiment_from_file(tmp_path / f"e.{kind}") for kind in ("yaml", "json")]
    assert found[0] == found[1]


def test_what_is_kept_is_read_back_the_same() -> None:
    ranking = {"rules": [{"rule": "bury", "when": {"brand": "acme"}, "by": 0.5}]}
    variants = [CONTROL, {"name": "b", "ranking": ranking}, {"name": "c", "group": {"field": "x"}}]
    wanted = experiment_of(document(variants=variants, guardrails={"errors": 0.1}))
    assert experiment_of(wanted.model_dump(mode="json", exclude_defaults=True)) == wanted


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"variants": shares(0.7, 0.5)}, "add up to 1.2 (120%), not to 1"),
        ({"variants": shares(0.2, 0.2)}, "`traffic` says"),
        ({"variants": [{"name": "a", "share": 0.5}, WORDS]}, "every variant has a share, or none"),
        ({"variants": [CONTROL]}, "at least 2"),
        ({"variants": [WORDS, WORDS]}, "names of their own"),
        ({"variants": [{"name": "interleaved"}, WORDS]}, "none is 'interleaved'"),
        ({"variants": [CONTROL, {"name": "b"}]}, "no variant changes anything"),
        ({"variants": [CONTROL, {"name": "b", "colour": 1}]}, "variants.1.colour"),
        ({"variants": [CONTROL, {"name": "b", "aspects": {"smell": 1}}]}, "no aspect 'smell'"),
        ({"variants": [CONTROL, {"name": "b", "aspects": {"lexical": 1}}]}, "leave out 'joint'"),
        ({"variants": [CONTROL, {"name": "b", "diversity": 2}]}, "variants.1.diversity"),
        (
            {"variants": [CONTROL, {"name": "b", "ranking": {}, "diversity": 0.5}]},
            "a ranking and diversity beside it",
        ),
        ({"colour": "red"}, "colour"),
        ({"name": "Not A Name"}, "name"),
        ({"collection": "../x"}, "can't name a collection"),
        ({"traffic": 0}, "traffic"),
        ({"traffic": 1.5}, "traffic"),
        ({"metric": "sales"}, "There is no metric 'sales'"),
        ({"metric": "latency_ms"}, "`effect` is needed"),
        ({"test": "fixed"}, "needs `units`"),
        ({"units": 100}, "for a fixed test"),
        ({"test": "bayes"}, "test"),
        ({"starts": "2026-01-01T00:00:00"}, "starts"),
        (
            {"starts": "2026-01-02T00:00:00Z", "ends": "2026-01-01T00:00:00Z"},
            "ends before it starts",
        ),
        ({"guardrails": {"luck": 1}}, "one of latency_ms, errors, no_result"),
        ({"guardrails": {"errors": 0}}, "margin above 0"),
        ({"interleave": True, "variants": shares(0.4, 0.3, 0.3)}, "of two variants"),
        ({"interleave": True, "variants": shares(0.4, 0.6)}, "everybody sees both"),
        ({"interleave": True, "metric": "click_rate"}, "decided by clicks"),
        ({"interleave": True, "guardrails": {"errors": 0.1}}, "compare variants"),
    ],
)
def test_what_can_not_be_is_refused_and_named(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        experiment_of(document(**changes))
    assert told in str(refused.value)
    assert "\n" not in refused.value.message


@pytest.mark.parametrize("data", [None, 3, [], "text", {}])
def test_what_is_no_experiment_at_all_is_refused(data: object) -> None:
    with pytest.raises(InvalidRequest, match="experiment is wrong"):
        experiment_of(data)


def test_a_file_that_can_not_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match=r"nothing\.yaml can't be read"):
        experiment_from_file(tmp_path / "nothing.yaml")
    (tmp_path / "broken.yaml").write_text("a: [")
    with pytest.raises(InvalidRequest, match="neither JSON nor YAML"):
        experiment_from_file(tmp_path / "broken.yaml")


def test_an_interleaved_experiment_is_read_by_votes() -> None:
    wanted: Experiment = experiment_of(document(interleave=True))
    assert wanted.plan().interleaved
    assert wanted.plan().effect == 0.1
