"""The measured indexes as a page in Markdown, with targets and the choice that follows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from eval.bench.index_records import Record, Records, Searched
from eval.bench.measures import Measure
from eval.bench.model_check import check_model
from qdrant.store import Quantization

NAMES = {
    "none": "float32",
    "int8": "int8",
    "binary": "binary",
    "turbo": "turbo, 4 bits",
    "product": "product, 16 x",
}
FIGURES = "measured/quantization.json"
_BUSY = 1.0
_LOSS = 0.01
_SLOWER = 2.0
_BEST_DIM = 256


@dataclass(frozen=True)
class Row:
    """One way of searching one index."""

    record: Record
    searched: Searched

    @property
    def kind(self) -> Quantization:
        return self.record.configuration.quantization

    @property
    def dim(self) -> int:
        return self.record.configuration.dim

    @property
    def points(self) -> int:
        return self.record.configuration.points

    @property
    def memory(self) -> float:
        """Bytes; see Record.index_memory."""
        return self.record.index_memory(self.searched)

    @property
    def label(self) -> str:
        if self.kind == "none":
            return NAMES["none"]
        return NAMES[self.kind] + (", rescored" if self.searched.rescore else ", codes alone")


def rows(records: Records) -> list[Row]:
    """All ways of searching that succeeded: by size, dimensions, kind; rescored ones first."""
    order = list(NAMES)
    found = [Row(record, each) for record in records.records for each in record.searches]
    return sorted(
        found,
        key=lambda row: (row.points, -row.dim, order.index(row.kind), not row.searched.rescore),
    )


def targets(found: Sequence[Row]) -> list[Measure]:
    """The targets that these rows can be held to."""
    measures = []
    int8 = {row.points: row for row in _of(found, "int8")}
    full = {row.points: row for row in _of(found, "none")}
    if 100_000 in int8 and 1_000_000 in int8:
        pace, basis = int8[1_000_000].record.pace, "int8, rescored, searched in turn"
        if pace is not None and pace.points == 100_000:
            ratio = pace.ratio
        else:
            ratio = int8[1_000_000].searched.latency.p50 / int8[100_000].searched.latency.p50
            basis = "int8, rescored, searched one after the other"
        measures.append(
            Measure("p50 at 1 million / at 100 thousand", ratio, "x", basis, at_most=2.0)
        )
    for points in sorted(set(int8) & set(full)):
        basis = f"int8, rescored, {points:,} points, {_BEST_DIM} dimensions"
        row = int8[points]
        measures += [
            Measure("recall@10", row.searched.recall, "", basis, at_least=0.98),
            Measure(
                "memory / float32's", row.memory / full[points].memory, "x", basis, at_most=0.6
            ),
        ]
    return measures


def chosen(found: Sequence[Row]) -> Row | None:
    """The default that follows: at the largest size that has float32, the least memory among ways
    whose recall is within 0.01 of float32's, for images and for texts, and whose median is at most
    twice float32's. None where float32 was not measured."""
    full = _of(found, "none")
    if not full:
        return None
    yardstick = max(full, key=lambda row: row.points)

    def good(row: Row) -> bool:
        mine, its = row.searched, yardstick.searched
        return (
            row.points == yardstick.points
            and row.dim == yardstick.dim
            and mine.recall_images >= its.recall_images - _LOSS
            and mine.recall_texts >= its.recall_texts - _LOSS
            and mine.latency.p50 <= _SLOWER * its.latency.p50
        )

    return min(filter(good, found), key=lambda row: row.memory)


def page(records: Records, command: str, plot: str | None) -> str:
    """The page; `command` made it, `plot` is the picture's path from it."""
    found = rows(records)
    parts = [
        "# Quantization, measured",
        f"Made by `{command}` from [the figures]({FIGURES}); edit neither by hand.",
        _basis(records),
    ]
    if plot is not None:
        parts.append(f"![Recall against memory, and times against size]({plot})")
    for points in sorted({row.points for row in found}):
        parts.append(f"## {points:,} points")
        parts.append(_table([row for row in found if row.points == points]))
    grown = [record for record in records.records if record.pace is not None]
    if grown:
        parts += ["## Times against size", _PACE, _paces(grown)]
    parts += ["## Targets", _target_table(targets(found)), "## The default", _choice(found)]
    parts += ["## The plan's model against these", _model(records)]
    failed = [record for record in records.records if record.error]
    if failed:
        lines = [f"- {record.configuration.name}: {record.error}" for record in failed]
        parts += ["## What failed", "\n".join(lines)]
    return "\n\n".join(parts) + "\n"


_COLUMNS: tuple[tuple[str, Callable[[Row], str]], ...] = (
    ("Quantization", lambda row: row.label),
    ("Dim", lambda row: str(row.dim)),
    ("Recall@10 images", lambda row: f"{row.searched.recall_images:.3f}"),
    ("texts", lambda row: f"{row.searched.recall_texts:.3f}"),
    ("p50 ms", lambda row: f"{row.searched.latency.p50 * 1e3:.2f}"),
    ("p99 ms", lambda row: f"{row.searched.latency.p99 * 1e3:.2f}"),
    ("Core ms", lambda row: f"{row.searched.core_seconds * 1e3:.2f}"),
    ("First time p99 ms", lambda row: f"{row.searched.first.p99 * 1e3:.1f}"),
    ("Index memory MB", lambda row: f"{row.memory / 1e6:,.1f}"),
    ("Process MB", lambda row: f"{row.searched.process / 1e6:,.0f}"),
    ("Codes MB", lambda row: f"{row.record.disk.get('codes', 0) / 1e6:,.1f}"),
    ("Graph MB", lambda row: f"{row.record.disk.get('graph', 0) / 1e6:,.1f}"),
    ("Disk MB", lambda row: f"{_lasting(row) / 1e6:,.0f}"),
    ("Built in core s", lambda row: f"{row.record.build_core_seconds:,.0f}"),
    ("Load", lambda row: f"{row.record.load:.1f}"),
)


def _lasting(row: Row) -> float:
    """Files without the log and the segment for later writes, whose size is fixed."""
    return sum(size for kind, size in row.record.disk.items() if kind not in ("log", "spare"))


def _table(found: Sequence[Row]) -> str:
    return _markdown(
        [name for name, _ in _COLUMNS], ([f(row) for _, f in _COLUMNS] for row in found)
    )


_PACE = (
    "Rescored searches in the smaller and the larger index by turns, in one process: whatever else "
    "the machine does slows both alike."
)


def _paces(grown: Sequence[Record]) -> str:
    body = [
        [
            NAMES[record.configuration.quantization],
            str(record.configuration.dim),
            f"{pace.points:,} to {record.configuration.points:,}",
            f"{pace.smaller.p50 * 1e3:.2f} to {pace.larger.p50 * 1e3:.2f}",
            f"{pace.ratio:.2f}",
            f"{pace.smaller.p99 * 1e3:.2f} to {pace.larger.p99 * 1e3:.2f}",
        ]
        for record in grown
        if (pace := record.pace) is not None
    ]
    return _markdown(["Quantization", "Dim", "Points", "p50 ms", "Ratio", "p99 ms"], body)


def _target_table(measures: Sequence[Measure]) -> str:
    if not measures:
        return "The sizes that they speak of have not been measured yet."
    verdict = {True: "met", False: "**missed**", None: ""}
    return _markdown(
        ["Measure", "Value", "Target", "", "Basis"],
        ([m.name, f"{m.value:.3f}", m.target, verdict[m.met], m.basis] for m in measures),
    )


def _choice(found: Sequence[Row]) -> str:
    best = chosen(found)
    if best is None:
        return "float32 has not been measured yet, and it is the yardstick."
    return (
        f"By the rule (least memory, recall within {_LOSS} of float32's for images and for texts, "
        f"median at most {_SLOWER:g} times float32's) at {best.points:,} points and {best.dim} "
        f"dimensions: **{best.label}**."
    )


def _model(records: Records) -> str:
    checks = check_model(records)
    if not checks:
        return "It takes at least two sizes that have graphs."
    worst = max(abs(each.error) for each in checks)
    table = _markdown(
        ["Quantization", "Dim", "Fitted", "For", "Figure", "Model", "Measured", "Off by"],
        (
            [
                NAMES[each.kind],
                str(each.dim),
                f"up to {each.known:,}",
                f"{each.points:,}",
                each.figure,
                f"{each.predicted:.3g}",
                f"{each.measured:.3g}",
                f"{each.error:+.0%}",
            ]
            for each in checks
        ),
    )
    return (
        "The laws of `binocle plan`, fitted to all sizes but the largest, asked for the largest. "
        f"The worst is off by {worst:.0%}.\n\n{table}"
    )


def _basis(records: Records) -> str:
    seeds = sorted({f"{each.real:,} real embeddings ({each.source})" for each in records.records})
    machines = sorted({f"{each.machine}, {each.engine}" for each in records.records})
    days = sorted({each.measured_on for each in records.records})
    text = (
        f"{'; '.join(seeds)}, multiplied by making more between each and its neighbours. Queries "
        "are real images that were held out, and titles. Each configuration is built in a process "
        f"of its own and searched in others. {'; '.join(machines)}; {', '.join(days)}. "
        "*Index memory* is what has to be in memory: codes, graph, ids, and float32 vectors where "
        "there are no codes; the engine's own 12 MB are in it. *Process* is all that was resident "
        "at the end, with pages of files that the system may drop. *First time* is the first "
        "search of each query, files not in memory."
    )
    if any(each.load > _BUSY for each in records.records):
        text += (
            "\n\n**Some of it was measured while the machine was busy** (*load* is the average per "
            "core; 1 is this benchmark alone on one core of it): there, times are too long, p99s "
            "above all, and core times, too, by up to a factor of two, as others take the caches. "
            "Recall, memory and disk don't depend on it, and ratios of searches in turn little."
        )
    return text


def _of(found: Iterable[Row], kind: Quantization) -> list[Row]:
    return [
        row for row in found if row.kind == kind and row.dim == _BEST_DIM and row.searched.rescore
    ]


def _markdown(head: Sequence[str], body: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *body]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
