"""`binocle plan` and the benchmarks that feed it, as people run them."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli.main import binocle
from core.errors import BinocleError

RUN = CliRunner()
LARGE = [
    "plan", "--images", "150e9", "--dim", "256", "--quantization", "binary", "--qps", "11500",
    "--p99", "100ms", "--update-rate", "1e8/day",
]  # fmt: skip


@pytest.fixture(autouse=True)
def _no_calibration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BINOCLE_DATA", str(tmp_path / "data"))


def test_a_plan_for_150_billion_tells_machines_cost_and_latency() -> None:
    result = RUN.invoke(binocle, LARGE, catch_exceptions=False)
    assert result.exit_code == 0
    for word in ("Shards", "Copies", "Memory", "Disk", "Network", "First load", "Cost a month",
                 "Encoder machines", "embed the query", "search the shards"):  # fmt: skip
        assert word in result.stdout
    assert "not calibrated" in result.stderr


def test_a_plan_as_json_has_every_design_and_the_simulation() -> None:
    asked = ["plan", "--images", "1e9", "--qps", "500", "--compare", "--simulate", "--json"]
    found = json.loads(RUN.invoke(binocle, asked, catch_exceptions=False).stdout)
    assert found["workload"]["images"] == 1e9
    assert found["cost"]["month"] == pytest.approx(
        sum(found["cost"][part] for part in ("shards", "services", "encoders", "snapshots"))
    )
    assert found["simulated"]["p99"] > 0
    assert "graph on disk" in found["designs"]


def test_the_table_of_prices_is_copied_edited_and_used(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    assert RUN.invoke(binocle, ["plan", "--copy-prices", str(file)]).exit_code == 0
    file.write_text(file.read_text().replace('currency = "USD"', 'currency = "CHF"'))
    asked = ["plan", "--images", "1e6", "--prices", str(file), "--json"]
    assert json.loads(RUN.invoke(binocle, asked).stdout)["cost"]["currency"] == "CHF"


def test_a_copy_of_the_prices_overwrites_nothing(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text("mine")
    result = RUN.invoke(binocle, ["plan", "--copy-prices", str(file)])
    assert isinstance(result.exception, BinocleError)
    assert file.read_text() == "mine"


@pytest.mark.parametrize(
    ("option", "value", "told"),
    [("--images", "many", "--images is 'many'"), ("--p99", "100", "--p99 is '100'"),
     ("--quantization", "int4", "--quantization is 'int4'"), ("--machine", "huge", "'huge'"),
     ("--prices", "nowhere.toml", "can't be read")],
)  # fmt: skip
def test_a_wrong_option_is_named(option: str, value: str, told: str) -> None:
    result = RUN.invoke(binocle, ["plan", "--images", "1e6", option, value])
    assert isinstance(result.exception, BinocleError)
    assert told in result.exception.message


@pytest.mark.parametrize(
    ("option", "value"), [("--sizes", "ten"), ("--sizes", "1.5"), ("--only", "int7")]
)
def test_a_wrong_size_or_kind_of_a_benchmark_is_named(option: str, value: str) -> None:
    result = RUN.invoke(binocle, ["bench", "quantization", option, value])
    assert isinstance(result.exception, BinocleError)
    assert value in result.exception.message
