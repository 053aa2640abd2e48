import re
from typing import Any

import pytest
from pydantic import ValidationError

from core.errors import SettingsError
from training.pairs.settings import DataSettings, columns_of
from training.pairs.settings_errors import settings_error

CAPTIONS = {"kind": "captions", "path": "a.csv"}


def error_of(*sources: Any, **others: Any) -> SettingsError:
    with pytest.raises(ValidationError) as caught:
        DataSettings.model_validate({"sources": list(sources), **others})
    return settings_error(caught.value, DataSettings, "recipe.yaml")


def test_an_unknown_key_is_named_with_near_matches() -> None:
    error = error_of({**CAPTIONS, "txts": "title"})
    assert error.message == "recipe.yaml: 'sources[0]' has no setting 'txts'."
    assert error.hint.startswith("Did you mean 'texts'? There are: augmentation,")


def test_an_unknown_key_deep_inside_is_named_with_its_place() -> None:
    error = error_of(CAPTIONS, {**CAPTIONS, "split": {"by": "brand", "sharee": 0.2}})
    assert "'sources[1].split' has no setting 'sharee'." in error.message
    assert "Did you mean 'share'" in error.hint


def test_an_unknown_key_at_the_top_is_named() -> None:
    assert "There is no setting 'cach'." in error_of(CAPTIONS, cach="x").message


def test_an_unknown_kind_is_named_with_near_matches() -> None:
    error = error_of({"kind": "caption", "path": "a"})
    assert error.message == "recipe.yaml: 'sources[0]' is of the unknown kind 'caption'."
    assert error.hint.startswith("Did you mean 'captions'?")


def test_a_missing_kind_is_told() -> None:
    assert "has no 'kind'" in error_of({"path": "a"}).message


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"kind": "captions"}, "one of 'path' and 'dataset'"),
        ({**CAPTIONS, "dataset": "x"}, "one of 'path' and 'dataset'"),
        ({**CAPTIONS, "share": 0}, r"'sources\[0\].share'.*greater than 0"),
        ({**CAPTIONS, "share": float("inf")}, "finite"),
        ({"kind": "shared", "path": "a"}, r"'sources\[0\].by' is missing"),
        ({"kind": "labels", "path": "a", "templates": ["a photo"]}, "names no column"),
        ({"kind": "labels", "path": "a", "templates": ["{"]}, "no template"),
        ({"kind": "labels", "path": "a", "templates": ["{a:>9}"]}, "column's name alone"),
        ({"kind": "augmented", "path": "a", "augmentation": None}, "without an augmentation"),
        (
            {"kind": "classified", "path": "a", "model": "timm:x", "labels": "l"},
            "needs a 'checkpoint'",
        ),
        (
            {
                "kind": "classified",
                "path": "a",
                "model": "onnx:x",
                "labels": "l",
                "checkpoint": "c",
            },
            "leave 'checkpoint' out",
        ),
        (
            {
                "kind": "classified",
                "path": "a",
                "model": "onnx:x",
                "labels": "l",
                "templates": ["{x}"],
            },
            "name {label}",
        ),
        (
            {"kind": "clicks", "path": "a", "log": "l", "clicks": ["impression"]},
            "an impression and a click",
        ),
        (
            {"kind": "clicks", "path": "a", "log": "l", "since": 2, "until": 1},
            "before 'until'",
        ),
        (
            {"kind": "clicks", "path": "a", "log": "l", "propensities": {"estimator": "given"}},
            "belong together",
        ),
    ],
)
def test_impossible_combinations_are_refused(settings: dict[str, Any], reason: str) -> None:
    assert re.search(reason, str(error_of(settings)))


def test_no_source_at_all_is_refused() -> None:
    assert "at least 1 item" in error_of().message


def test_many_errors_are_counted() -> None:
    assert "And 2 more." in error_of(*({**CAPTIONS, "x": 1} for _ in range(7))).message


def test_settings_never_change() -> None:
    settings = DataSettings.model_validate({"sources": [CAPTIONS]})
    with pytest.raises(ValidationError, match="frozen"):
        settings.sources[0].share = 3.0


@pytest.mark.parametrize("texts", ["title", ["title"], {"title": 1}])
def test_texts_may_be_one_several_or_weighted(texts: Any) -> None:
    settings = DataSettings.model_validate({"sources": [{**CAPTIONS, "texts": texts}]})
    assert settings.sources[0].texts == {"title": 1.0}


def test_columns_of_a_template_are_in_order() -> None:
    assert columns_of("a {b} {c} {{not}}") == ("b", "c")
