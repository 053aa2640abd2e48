"""The guide's release is one that can be read."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from app.release.record import Step
from app.release.settings import ReleaseOf, read_release

GUIDE = Path(__file__).parents[4] / "docs" / "closed-loop.md"


def test_the_release_of_the_guide_can_be_read(tmp_path: Path) -> None:
    (text,) = re.findall(r"```yaml\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    (tmp_path / "release.yaml").write_text(text)
    release = read_release(tmp_path / "release.yaml")
    assert set(yaml.safe_load(text)) | {"data"} == set(ReleaseOf.model_fields)
    assert release.experiment.share == 0.05


def test_the_guide_tells_every_step() -> None:
    told = re.findall(r"^\| (\w+) \|", GUIDE.read_text(), re.MULTILINE)
    assert told[1:8] == [step.value for step in Step]
