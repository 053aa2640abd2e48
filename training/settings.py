"""Settings of a training run, each with its unit and what it is for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

from pydantic import Field, model_validator

from training.losses.mining import Mining
from training.pairs.catalog_settings import Frozen, Positive

Share = Annotated[float, Field(ge=0, le=1)]
Tower: TypeAlias = Literal["image", "text"]


class Composed(Frozen):
    """Two towers put together, each with a fresh projection head into one space."""

    image: str = Field(description="'timm:NAME', or a folder or hub id of an image model.")
    text: str = Field(description="A text transformer: a local folder or a hub id.")
    dim: int = Field(256, ge=8, description="Of the common space.")
    image_weights: Path | None = Field(
        None, description="Checkpoint of the timm model, a local file; from the recipe's folder."
    )
    image_pretrained: bool = Field(False, description="The timm model's weights from the hub.")
    image_size: int | None = Field(None, ge=16, description="Side of its input, in pixels.")

    @model_validator(mode="after")
    def _one_origin_of_weights(self) -> Composed:
        if self.image_weights is not None and self.image_pretrained:
            raise ValueError("give one of 'image_weights' and 'image_pretrained'")
        return self


class InfoNceSettings(Frozen):
    """Symmetric InfoNCE, the loss of CLIP."""

    kind: Literal["infonce"] = "infonce"
    temperature: Positive | None = Field(
        None, description="At the start; the model's own where it has one, else 0.07."
    )
    learn_temperature: bool = True


class SigmoidSettings(Frozen):
    """The sigmoid loss of SigLIP."""

    kind: Literal["sigmoid"] = "sigmoid"
    temperature: Positive | None = Field(
        None, description="At the start; the model's own where it has one, else 0.1."
    )
    bias: float | None = Field(
        None, description="Added to every logit, at the start; the model's own, else -10."
    )
    learn_temperature: bool = True


class TripletSettings(Frozen):
    """Triplets out of the batch."""

    kind: Literal["triplet"] = "triplet"
    margin: float = Field(0.2, gt=0, le=2, description="In cosine distance.")
    mining: Mining = "semi-hard"


LossSettings: TypeAlias = Annotated[
    InfoNceSettings | SigmoidSettings | TripletSettings, Field(discriminator="kind")
]


class Distillation(Frozen):
    """Learning from a larger teacher beside, or instead of, the pairs."""

    teacher: str = Field(description="'st:PATH_OR_HUB_ID' or 'open_clip:ARCH/PRETRAINED'.")
    embeddings: float = Field(
        1.0, ge=0, description="Weight of 1 - cosine between each row and the teacher's."
    )
    similarities: float = Field(
        1.0, ge=0, description="Weight of the divergence of the batch's similarities."
    )
    temperature: Positive = Field(0.05, description="Of the similarities, for both models.")

    @model_validator(mode="after")
    def _weighs_something(self) -> Distillation:
        if self.embeddings == self.similarities == 0:
            raise ValueError("give 'embeddings' or 'similarities' a weight over 0")
        return self


class Lora(Frozen):
    """Low-rank additions to linear layers, merged into them at the end (Hu et al. 2021)."""

    rank: int = Field(8, ge=1)
    alpha: Positive = Field(16.0, description="The additions are scaled by alpha / rank.")
    dropout: float = Field(0.0, ge=0, lt=1)


class Tune(Frozen):
    """What learns. Everything, unless something is said here."""

    lock: tuple[Tower, ...] = Field((), description="Towers whose weights stay (LiT locks one).")
    heads_only: bool = Field(
        False, description="Only the projections into the common space, of towers not locked."
    )
    lora: Lora | None = Field(None, description="Only low-rank additions, of towers not locked.")

    @model_validator(mode="after")
    def _something_learns(self) -> Tune:
        if len(set(self.lock)) == 2:
            raise ValueError("both towers are locked: nothing would learn")
        if self.lora is not None and self.heads_only:
            raise ValueError(
                "'lora' adapts the layers that 'heads_only' leaves as they are; use one of them"
            )
        return self


class Optimizer(Frozen):
    """AdamW (Loshchilov & Hutter 2019), warm-up, then a cosine to zero."""

    learning_rate: Positive = Field(1e-5, description="Highest, of pretrained weights.")
    heads: Positive | None = Field(
        None, description="Highest rate of the projections; as the rest otherwise."
    )
    temperature: Positive = Field(1e-3, description="Highest rate of temperature and bias.")
    warm_up: float = Field(0.1, ge=0, lt=1, description="Share of the steps until the highest.")
    weight_decay: float = Field(0.05, ge=0, description="Not on biases and norms.")
    clip: Positive = Field(1.0, description="Largest norm of all gradients together.")
    beta2: float = Field(0.98, gt=0, lt=1, description="Decay of the squared gradients' mean.")


class Validation(Frozen):
    """What the run is judged by while and after it trains."""

    set: Path | None = Field(None, description="An evaluation set; from the recipe's folder.")
    held_out: bool = Field(True, description="Also what the sources' 'split' holds out.")
    limit: int = Field(2000, ge=2, description="Pairs of each source that are held out, at most.")
    metric: str = Field("recall@10", description="Of retrieval tasks, such as ndcg@10.")
    every: int | None = Field(None, ge=1, description="Steps between scores; only at the end.")


class Guard(Frozen):
    """The forgetting guard: what the model could do before, it must still be able to do."""

    set: Path = Field(description="An evaluation set of general images; from the recipe's folder.")
    metric: str = Field("recall@10", description="Of retrieval tasks, such as ndcg@10.")
    allowed_drop: Share = Field(
        0.02,
        description="Largest loss in any of its tasks, in the metric's unit: 0.02 is 2 points.",
    )


class Interpolation(Frozen):
    """Weights between the starting model's and the trained ones (WiSE-FT, Wortsman et al. 2022)."""

    alphas: tuple[Share, ...] = Field(
        (0.0, 0.25, 0.5, 0.75, 1.0),
        min_length=1,
        description="Shares of the trained weights to try; the best on validation that the guard "
        "accepts is taken.",
    )


class Checkpoints(Frozen):
    """When the run's state is written, so that it can go on."""

    every: int = Field(500, ge=1, description="Steps between checkpoints.")
    keep: int = Field(2, ge=1, description="Latest checkpoints that are kept.")


Nested: TypeAlias = Mapping[int, Positive]
