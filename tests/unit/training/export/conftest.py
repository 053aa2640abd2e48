"""Small models of every family, exported once for the tests of this folder."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest

from encoders.sentence.loading import load_model
from training.export.export import Wishes, export_bundle
from training.export.report import ExportReport

Exported = Callable[[str], ExportReport]


@pytest.fixture(scope="session")
def exported(
    small_spec: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory
) -> Exported:
    """A small model of a kind as a bundle in fp32."""

    @cache
    def export(kind: str) -> ExportReport:
        spec = small_spec(kind)
        directory = tmp_path_factory.mktemp("exported") / kind.replace(" ", "_")
        wishes = Wishes(name=kind, origin=spec, nested_dims=(8,))
        return export_bundle(load_model(spec, device="cpu"), directory, wishes)

    return export
