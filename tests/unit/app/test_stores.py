"""The store that the settings ask for."""

from __future__ import annotations

from contextlib import closing
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from app.settings import Settings
from app.store_settings import ServerSettings
from app.stores import connection_of, open_server, open_store
from core.errors import SettingsError
from qdrant.edge import EdgeStore
from qdrant.exact import ExactStore
from qdrant.server import ServerStore
from qdrant.server_options import Layout
from qdrant.store import VectorStore


def store(spec: str, folder: Path) -> VectorStore:
    settings = Settings.load(store=spec)
    return open_store(settings.store, folder, settings.server, settings.embedded, role="test")


@pytest.mark.parametrize(
    ("spec", "kind"),
    [
        ("memory", ExactStore),
        ("embedded", EdgeStore),
        ("http://q:6333", ServerStore),
        ("https://q/prefix/", ServerStore),
    ],
)
def test_the_setting_names_the_store_and_nothing_is_asked_of_it_yet(
    spec: str, kind: type, tmp_path: Path
) -> None:
    with closing(store(spec, tmp_path)) as opened:
        assert isinstance(opened, kind)


@pytest.mark.parametrize("spec", ["", "qdrant", "ftp://q", "http://", "http://q?x=1", "/folder"])
def test_another_store_is_refused(spec: str) -> None:
    with pytest.raises(SettingsError, match="STORE"):
        Settings.load(store=spec)


def test_there_is_a_setting_for_every_figure_of_a_layout() -> None:
    given: dict[str, Any] = {each.name: 4 for each in fields(Layout)}
    given = {name: "cold" if name.endswith("memory") else 4 for name in given}
    given["full_scan_kb"] = 100
    settings = ServerSettings(api_key="k", timeout_seconds=3, read_consistency="all", **given)
    assert settings.figures() == given
    assert Layout(**settings.figures()).given == given


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BINOCLE_STORE", "http://q:6333")
    monkeypatch.setenv("BINOCLE_SERVER__API_KEY", "s3cret")
    monkeypatch.setenv("BINOCLE_SERVER__REPLICATION_FACTOR", "2")
    settings = Settings.load()
    assert settings.server.figures() == {"replication_factor": 2}
    assert "s3cret" not in repr(settings)


@pytest.mark.parametrize(
    "wrong",
    [
        {"replication_factor": 0},
        {"read_consistency": "most"},
        {"write_ordering": "none"},
        {"vectors_memory": "warm"},
        {"timeout_seconds": 0},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_a_value_that_cannot_be_is_refused(wrong: dict[str, Any]) -> None:
    ((name, value),) = wrong.items()
    with pytest.raises(SettingsError, match=f"SERVER__{name.upper()}"):
        Settings.load(**{f"server__{name}": value})


def test_figures_that_do_not_go_together_are_refused() -> None:
    settings = ServerSettings(replication_factor=1, write_consistency_factor=2)
    with pytest.raises(SettingsError, match="write_consistency_factor"):
        open_server("http://q:6333", settings, role="test")


@pytest.mark.parametrize(("text", "wanted"), [(None, None), ("2", 2), ("quorum", "quorum")])
def test_read_consistency_is_a_number_or_a_word(text: str | None, wanted: object) -> None:
    settings = ServerSettings(read_consistency=text)
    assert connection_of("http://q", settings).read_consistency == wanted
