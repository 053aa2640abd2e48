"""A server starts without the libraries that train."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("torch", "transformers", "sentence_transformers", "open_clip", "timm", "datasets", "onnx")


def imported(statement: str) -> set[str]:
    """Which of `HEAVY` a fresh interpreter has loaded after `statement`."""
    code = f"import sys\n{statement}\nprint(*(name for name in {HEAVY} if name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "statement",
    [
        "import app.cli.main, app.server",
        "from encoders.specs import list_encoders, load_encoder; list_encoders()",
        "import eval.retrieval, ingestion.load, qdrant.store",
    ],
)
def test_the_serving_path_loads_no_library_that_trains(statement: str) -> None:
    assert imported(statement) == set()


def test_the_check_sees_a_library_that_is_loaded() -> None:
    assert imported("import onnx") == {"onnx"}


def test_without_the_extra_a_model_in_torch_is_refused_in_a_sentence() -> None:
    statement = """
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("torch", "sentence_transformers"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Missing())
from core.errors import EncoderError
from encoders.specs import load_encoder
try:
    load_encoder("st:anything")
except EncoderError as error:
    sys.exit(str(error))
"""
    code = f"import sys\n{statement}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "Install binocle[train]" in done.stderr
    assert "Traceback" not in done.stderr
