"""Loads that are killed (SIGKILL) at random moments, and run again: nothing lost or left over."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.running import made_known
from tests.integration.conftest import Serving
from tests.load_processes import LoadProcesses, state_of
from tests.pictures import encoded, picture
from tests.stores import store_root
from tests.towers import COLOURS, write_bundle

_COLOURS = list(COLOURS)
_OLD = {f"i{n}": (f"old {n}", _COLOURS[n % 4]) for n in range(24)}
_NEW = {
    **{f"i{n}": (f"old {n}", _COLOURS[n % 4]) for n in range(8)},  # as they were
    **{f"i{n}": (f"new {n}", _COLOURS[n % 4]) for n in range(8, 14)},  # another title
    **{f"i{n}": (f"old {n}", _COLOURS[4 + n % 4]) for n in range(14, 20)},  # another image
    **{f"n{n}": (f"new {n}", _COLOURS[n % 12]) for n in range(8)},  # new; i20 to i23 are gone
}
_LOADS: dict[str, dict[str, Any]] = {
    "new": {},
    "in step": {"sync": True},
    "replace": {"replace": True},
}
_BESIDE: dict[str, dict[str, Any]] = {
    "through the service": {"sync": True},
    "aside": {"sync": True, "through": 2},
    "replaced": {"replace": True},
}
_KILLS = int(os.environ.get("TEST_KILLS", "3"))
"""Runs of each test, with one or two kills in each; a hundred take half an hour."""


@dataclass(frozen=True)
class Workshop:
    """A catalog of before and one of now, and copies of a data directory with the first loaded."""

    processes: LoadProcesses
    folder: Path
    encoder: str

    def load(self, data: Path, source: str, **options: Any) -> dict[str, Any]:
        path = str(self.folder / source)
        answer = self.processes.ask(
            do="load", data=str(data), encoder=self.encoder, source=path, **options
        )
        assert {*answer} <= {"seconds", "unchanged", "failure", "killed"}, answer
        assert not answer.get("failure"), answer
        return answer

    def state(self, data: Path) -> dict[str, Any]:
        found = self.processes.ask(do="state", data=str(data), encoder=self.encoder)
        assert "error" not in found, found
        return found

    def copy(self, *, loaded: bool) -> Path:
        data = self.folder / "data"
        shutil.rmtree(data, ignore_errors=True)
        if loaded:
            shutil.copytree(self.folder / "before", data)
        return data


def _write(folder: Path, name: str, items: dict[str, tuple[str, str]]) -> None:
    with (folder / name).open("w") as file:
        for item, (title, colour) in items.items():
            image = folder / f"{item}-{colour}.png"
            image.write_bytes(_png(item, colour))
            file.write(json.dumps({"id": item, "image": image.name, "title": title}) + "\n")


def _png(item: str, colour: str) -> bytes:
    return encoded(picture(colour, (16, 16), seed=sum(map(ord, item))))


def _expected(items: dict[str, tuple[str, str]]) -> dict[str, Any]:
    return {
        item: [title, hashlib.sha256(_png(item, colour)).hexdigest(), _COLOURS.index(colour)]
        for item, (title, colour) in items.items()
    }


@pytest.fixture(scope="module")
def workshop(tiny_bundle: Path) -> Iterator[Workshop]:
    with store_root() as root:
        folder = root.parent
        _write(folder, "old.jsonl", _OLD)
        _write(folder, "new.jsonl", _NEW)
        shop = Workshop(LoadProcesses(), folder, f"bundle:{tiny_bundle}")
        try:
            shop.load(folder / "before", "old.jsonl")
            yield shop
        finally:
            shop.processes.close()


@pytest.mark.parametrize("kind", list(_LOADS))
def test_a_load_killed_anywhere_and_run_again_ends_as_if_it_never_was(
    workshop: Workshop, kind: str
) -> None:
    """A collection that was there is never half replaced, and the run after costs nothing."""
    old, new = _expected(_OLD), _expected(_NEW)
    options = _LOADS[kind]
    whole = workshop.load(workshop.copy(loaded=kind != "new"), "new.jsonl", **options)["seconds"]

    @settings(max_examples=_KILLS)
    @given(moments=st.lists(st.floats(0.02, 1.2), min_size=1, max_size=2))
    def killed(moments: list[float]) -> None:
        data = workshop.copy(loaded=kind != "new")
        for moment in moments:
            workshop.load(data, "new.jsonl", kill_after=moment * whole, **options)
            found = workshop.state(data)
            if kind == "replace":
                assert found in (old, new)
            else:
                both = {each: (old.get(each), new.get(each)) for each in {**old, **new}}
                assert all(value in both[each] for each, value in found.items())
        workshop.load(data, "new.jsonl", **options)
        assert workshop.state(data) == new
        again = workshop.load(data, "new.jsonl", **({} if kind == "replace" else options))
        assert again["unchanged"] == len(new)

    killed()


@pytest.mark.parametrize("way", list(_BESIDE))
def test_a_load_killed_beside_a_service_and_run_again_ends_as_if_it_never_was(
    workshop: Workshop, start: Serving, way: str
) -> None:
    """The service answers all along: from the items as they were, as they are to be, or, where each
    is written through it, from some of both; and it never has to be started again."""
    old, new = _expected(_OLD), _expected(_NEW)
    both = {each: (old.get(each), new.get(each)) for each in {**old, **new}}
    options = _BESIDE[way]
    whole = 1.0  # seconds; known better after the first example

    @settings(max_examples=max(1, _KILLS - 1))
    @given(moments=st.lists(st.floats(0.05, 1.2), min_size=1, max_size=2))
    def killed(moments: list[float]) -> None:
        nonlocal whole
        data = workshop.copy(loaded=True)
        with start(data) as live:
            url = str(live.client.base_url).rstrip("/")
            with made_known(data, url, live.wiring.watch.local_token):

                def answered() -> dict[str, Any]:
                    with live.wiring.catalog.lease("things", latest=True) as opened:
                        return state_of(opened.generation)

                for moment in moments:
                    workshop.load(data, "new.jsonl", kill_after=moment * whole, **options)
                    found = answered()
                    if way != "through the service":
                        assert found in (old, new)
                    assert all(value in both[each] for each, value in found.items())
                whole = workshop.load(data, "new.jsonl", **options)["seconds"]
                assert answered() == new
                again = workshop.load(data, "new.jsonl", sync=True)
                assert again["unchanged"] == len(new)

    killed()


def test_a_reembedding_killed_anywhere_and_run_again_ends_as_if_it_never_was(
    workshop: Workshop, tmp_path: Path
) -> None:
    """Loads come between its runs. It answers from the old vectors or from the new, never from
    some of both."""
    turned = f"bundle:{write_bundle(tmp_path / 'turned', version='2', turned=True)}"
    new = _expected(_NEW)
    whole = 1.0

    def reembed(data: Path, **options: Any) -> dict[str, Any]:
        given = {"data": str(data), "encoder": workshop.encoder, "with": turned, **options}
        answer = workshop.processes.ask(do="reembed", **given)
        assert not {"error", "failure"} & {key for key, value in answer.items() if value}, answer
        return answer

    @settings(max_examples=max(1, _KILLS - 1))
    @given(moments=st.lists(st.floats(0.02, 1.2), min_size=1, max_size=2))
    def killed(moments: list[float]) -> None:
        nonlocal whole
        data, known = workshop.copy(loaded=True), _expected(_OLD)
        for moment in moments:
            reembed(data, kill_after=moment * whole)
            assert workshop.state(data) == known
            workshop.load(data, "new.jsonl", sync=True)
            known = new
        whole = max(reembed(data)["seconds"], 0.5)
        assert workshop.state(data) == new
        assert workshop.load(data, "new.jsonl", sync=True)["unchanged"] == len(new)

    killed()
