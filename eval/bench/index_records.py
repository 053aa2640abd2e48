"""What was measured of one index, as kept in the file of results."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.errors import SettingsError
from eval.planning.samples import Sample
from qdrant.pointer import write_atomically
from qdrant.store import Quantization


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Configuration(_Part):
    """What is built."""

    quantization: Quantization
    dim: int
    points: int

    @property
    def name(self) -> str:
        return f"{self.quantization}, {self.dim} dimensions, {self.points:,} points"

    def grows_to(self, other: Configuration) -> bool:
        """Whether `other` is the same with more points."""
        same = (self.quantization, self.dim) == (other.quantization, other.dim)
        return same and self.points < other.points


class Searched(_Part):
    """Searches in one built index, in a process of their own."""

    rescore: bool
    recall_images: float = Field(description="Mean share of the exact top 10 that was found.")
    recall_texts: float
    core_seconds: float = Field(description="Mean processor time of one search, data in memory.")
    latency: Sample = Field(description="Searches one after the other, data in memory.")
    first: Sample = Field(description="The first time each query comes; files on disk.")
    heap: float = Field(description="Growth of memory of no file, bytes.")
    resident: dict[str, float] = Field(description="Of the index's files, bytes, by kind.")
    process: float = Field(description="Resident bytes of the whole process.")

    @property
    def recall(self) -> float:
        """Mean of the two kinds of queries."""
        return (self.recall_images + self.recall_texts) / 2


class Pace(_Part):
    """Rescored searches in a smaller index and in this one, in turn, in one process: what else the
    machine does slows both alike."""

    points: int = Field(description="Of the smaller index.")
    smaller: Sample
    larger: Sample

    @property
    def ratio(self) -> float:
        """Of the medians."""
        return self.larger.p50 / self.smaller.p50


class Record(_Part):
    """One configuration, or why it failed."""

    configuration: Configuration
    seed: str = Field(description="Digest of the real vectors.")
    source: str
    real: int
    engine: str
    machine: str
    measured_on: str
    load: float = Field(description="Load average per core when it ended.")
    write_seconds: float = 0.0
    index_seconds: float = 0.0
    build_core_seconds: float = 0.0
    segments: int = 0
    indexed: int = 0
    disk: dict[str, float] = {}
    searches: tuple[Searched, ...] = ()
    pace: Pace | None = None
    error: str = ""

    def searched(self, *, rescore: bool) -> Searched | None:
        return next((each for each in self.searches if each.rescore == rescore), None)

    def index_memory(self, searched: Searched) -> float:
        """Bytes that have to be in memory for searches that don't wait for the disk: codes, graph,
        ids, and the full vectors where there are no codes. Without what any collection takes, such
        as empty payload indexes, and without full vectors that only rescoring reads.
        """
        needed = searched.heap + self.disk.get("graph", 0.0)
        # The files of an index without a graph are laid out for more points than there are.
        needed += min(searched.resident.get("codes", 0.0), self.disk.get("codes", 0.0))
        if self.configuration.quantization == "none":
            needed += self.disk.get("originals", 0.0)
        return needed


class Records(_Part):
    """All of them; a file that grows while a benchmark runs, so that it can be stopped."""

    format: int = Field(default=1, ge=1, le=1)
    records: tuple[Record, ...] = ()

    @classmethod
    def read_from(cls, path: Path) -> Records:
        """Empty where there is no such file. Raises SettingsError where it is damaged."""
        if not path.exists():
            return cls()
        try:
            return cls.model_validate_json(path.read_bytes())
        except (OSError, ValidationError) as error:
            raise SettingsError(
                f"The results {path} can't be read: {' '.join(str(error).splitlines()[:3])}.",
                hint="Move the file away; then everything is measured again.",
            ) from None

    def of(self, configuration: Configuration, seed: str) -> Record | None:
        """The one of this configuration that succeeded."""
        for record in self.records:
            if (record.configuration, record.seed, record.error) == (configuration, seed, ""):
                return record
        return None

    @property
    def latest(self) -> Records:
        """Those made from the real vectors that were used last: others can't be compared."""
        seed = self.records[-1].seed if self.records else ""
        return Records(records=tuple(each for each in self.records if each.seed == seed))

    def with_(self, record: Record) -> Records:
        """With this one in place of any other of its configuration and seed."""
        key = (record.configuration, record.seed)
        kept = [each for each in self.records if (each.configuration, each.seed) != key]
        return Records(records=(*kept, record))

    def write_to(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, self.model_dump(mode="json"), durable=False)
