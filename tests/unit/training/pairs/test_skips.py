import json
from pathlib import Path

from training.pairs.skips import Skip, SkipLog


def test_an_image_that_comes_up_twice_counts_once() -> None:
    log = SkipLog()
    log.add([Skip("a", "1.jpg", "damaged"), Skip("b", "1.jpg", "damaged")])
    log.add([Skip("a", "1.jpg", "damaged")])
    assert log.total == 2
    assert log.by_source == {"a": 1, "b": 1}


def test_the_first_ones_are_kept_with_their_reasons() -> None:
    log = SkipLog(keep=2)
    log.add(Skip("a", f"{number}.jpg", "empty") for number in range(5))
    assert [skip.name for skip in log.first] == ["0.jpg", "1.jpg"]
    assert "5 images" in log.summary()
    assert "0.jpg (empty)" in log.summary()


def test_nothing_skipped_is_nothing_to_say(tmp_path: Path) -> None:
    log = SkipLog(tmp_path / "skips.jsonl")
    log.add([])
    assert log.summary() == ""
    assert not (tmp_path / "skips.jsonl").exists()


def test_every_skip_is_a_line_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "run" / "skips.jsonl"
    SkipLog(path).add([Skip("a", "1.jpg", "damaged")])
    assert [json.loads(line) for line in path.read_text().splitlines()] == [
        {"source": "a", "name": "1.jpg", "reason": "damaged"}
    ]


def test_a_resumed_run_goes_on_with_the_file(tmp_path: Path) -> None:
    path = tmp_path / "skips.jsonl"
    SkipLog(path).add([Skip("a", "1.jpg", "damaged")])
    with path.open("a") as stream:
        stream.write('{"source": "a", "na')  # cut off
    again = SkipLog(path)
    again.add([Skip("a", "1.jpg", "damaged")])
    assert again.total == 1
