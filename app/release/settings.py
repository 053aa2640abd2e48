"""What a release's file may say. Unknown keys are refused, with those that are near."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from app.reembedding.images import Wish
from eval.retrieval.gate import Rule
from eval.retrieval.set_settings import Settings
from training.settings_file import read_settings

Share = Annotated[float, Field(ge=0, le=1)]


class CandidateOf(Settings):
    """The towers that are to take over: given, or trained by a recipe.

    encoder: its spec. recipe: a recipe's file; set: changes to it, as 'steps=200'.
    bundle: whether the trained model is exported and served as a bundle; otherwise it is served in
    PyTorch, for trials. precision: of the bundle.
    """

    encoder: str | None = None
    recipe: str | None = None
    set: list[str] = Field(default_factory=list)
    bundle: bool = True
    precision: Literal["fp32", "fp16", "int8"] = "fp32"

    @model_validator(mode="after")
    def _one_origin(self) -> CandidateOf:
        if (self.encoder is None) == (self.recipe is None):
            raise ValueError("give one of 'encoder' and 'recipe'")
        if self.encoder is not None and self.set:
            raise ValueError("'set' changes a recipe, and there is none")
        return self


class FigureOf(Settings):
    """A figure of an evaluation set: its file, a task of it, and a metric, such as ndcg@10.

    where: a field and the value whose queries alone count. slices: fields by whose every value the
    figure is told and judged apart.
    """

    set: str
    task: str
    metric: str = "ndcg@10"
    where: dict[str, str] = Field(default_factory=dict, max_length=1)
    slices: list[str] = Field(default_factory=list)


class GateOf(Settings):
    """What the candidate is judged by; see `eval.retrieval.gate`.

    gain: at least one of these has to rise significantly. no_loss: none of these may fall, nor any
    of `gain`. level, most, least: see `eval.retrieval.gate.Rule`. limit: draw so many items of each
    set, for a trial.
    """

    gain: list[FigureOf] = Field(min_length=1)
    no_loss: list[FigureOf] = Field(default_factory=list)
    level: float = Field(default=0.05, gt=0, lt=0.5)
    most: float = Field(default=0.05, ge=0)
    least: int = Field(default=10, ge=6)
    limit: int | None = Field(default=None, ge=10)

    @property
    def rule(self) -> Rule:
        return Rule(self.level, self.most, self.least)

    @property
    def sets(self) -> list[str]:
        """The files, each once."""
        return list(dict.fromkeys(one.set for one in (*self.gain, *self.no_loss)))


class ReembedOf(Settings):
    """How the next generation gets its vectors.

    images: which images; see `binocle collections reembed --from`. leave_out: items without an
    image may be missing. text_only: take the vectors of the old generation as they are, for towers
    of which only the text's is new; checked on `sample` images: each pair of vectors has to be
    within `tolerance` (1 - cosine).
    """

    images: Wish = Wish.AUTO
    leave_out: bool = False
    text_only: bool = False
    sample: int = Field(default=64, ge=1)
    tolerance: float = Field(default=1e-3, gt=0, lt=1)


class ShadowOf(Settings):
    """Queries of real traffic, asked of both generations.

    log: a Parquet log of events, see docs/training-data.md; queries: texts, a line each (.txt) or
    rows. Without either, titles of items. sample: so many of them, by the release's seed.
    least_overlap: of the best ten, on average. slowest: the candidate's median time, over the
    serving one's. skip: a reason not to do it.
    """

    log: str | None = None
    queries: str | None = None
    sample: int = Field(default=200, ge=1)
    least_overlap: Share = 0.0
    slowest: float | None = Field(default=None, gt=0)
    skip: str | None = Field(default=None, min_length=3)


class ExperimentOf(Settings):
    """Whether live traffic tells before the switch; see docs/experiments.md.

    skip: a reason not to ask it; recorded. share: of the people, answered by the candidate; as many
    are compared with them. unit, metric, effect, guardrails, interleave: of the experiment. days:
    when it ends at the latest. want: what it has to find by then; 'better' or 'worse' decides at
    once.
    """

    skip: str | None = Field(default=None, min_length=3)
    share: float = Field(default=0.05, gt=0, le=0.5)
    unit: Literal["user", "session"] = "user"
    metric: str = "click_rate"
    effect: float | None = Field(default=None, gt=0)
    guardrails: dict[str, float] = Field(
        default_factory=lambda: {"errors": 0.01, "no_result": 0.02}
    )
    interleave: bool = False
    days: float = Field(default=14.0, gt=0)
    want: Literal["better", "not worse"] = "not worse"


class ReleaseOf(Settings):
    """The file. seed: of resamples, swaps and samples. data: more files to note the hashes of."""

    collection: str
    name: str | None = None
    candidate: CandidateOf
    gate: GateOf
    reembed: ReembedOf = ReembedOf()
    shadow: ShadowOf = ShadowOf()
    experiment: ExperimentOf
    data: list[str] = Field(default_factory=list)
    seed: int = Field(default=7, ge=0)


def read_release(path: Path) -> ReleaseOf:
    """The checked file. Raises SettingsError."""
    return read_settings(path, ReleaseOf, what="release", hint="See docs/closed-loop.md.")
