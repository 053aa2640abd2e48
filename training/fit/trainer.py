"""The loop: transformers' Trainer over our batches and our objective.

sentence-transformers' own trainer is the same class with its kinds of data sets, losses and model
files on top; docs/decisions.md says why those stand in the way here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from transformers import Trainer, TrainerCallback, TrainingArguments
from transformers.trainer_callback import PrinterCallback

from training.fit.checkpoint import load_learned, save_learned
from training.fit.objective import Objective
from training.fit.optimizing import optimizer_of
from training.fit.stream import Stream
from training.fit.tuning import Tuning
from training.losses.scale import LogitScale
from training.recipe import Recipe


@dataclass
class Arguments(TrainingArguments):  # type: ignore[misc]  # the library is untyped to us
    """One GPU for each process: the several GPUs of a machine are used by torchrun."""

    @property
    def n_gpu(self) -> int:
        return min(1, int(super().n_gpu))


def arguments(
    recipe: Recipe, checkpoints: Path, *, steps: int, share: int, bf16: bool, device: str
) -> Arguments:
    """The recipe in the trainer's words."""
    return Arguments(
        output_dir=str(checkpoints),
        max_steps=steps,
        per_device_train_batch_size=share,
        gradient_accumulation_steps=recipe.accumulate,
        learning_rate=recipe.optimizer.learning_rate,
        lr_scheduler_type="cosine",
        warmup_steps=round(recipe.optimizer.warm_up * steps),
        max_grad_norm=recipe.optimizer.clip,
        bf16=bf16,
        use_cpu=device == "cpu",
        seed=recipe.seed,
        logging_steps=recipe.log_every,
        logging_nan_inf_filter=False,
        save_strategy="steps",
        save_steps=recipe.checkpoints.every,
        save_total_limit=recipe.checkpoints.keep,
        eval_strategy="no",
        report_to=[],
        disable_tqdm=True,
        remove_unused_columns=False,
        ignore_data_skip=True,  # the stream begins where the run goes on
        ddp_find_unused_parameters=True,  # a batch may hold no text
    )


class Fit(Trainer):  # type: ignore[misc]  # the library is untyped to us
    """Trains an objective on a stream of batches."""

    def __init__(
        self,
        objective: Objective,
        tuning: Tuning,
        recipe: Recipe,
        stream: Stream,
        settings: Arguments,
        callbacks: Sequence[TrainerCallback],
    ) -> None:
        super().__init__(
            model=objective,
            args=settings,
            optimizers=(optimizer_of(objective, tuning, recipe.optimizer), None),
            callbacks=list(callbacks),
        )
        self.remove_callback(PrinterCallback)
        self.model_accepts_loss_kwargs = False
        self._stream = stream
        self._objective = objective

    def get_train_dataloader(self) -> Stream:
        return self._stream

    def compute_loss(
        self,
        model: torch.nn.Module,
        inputs: Any,
        return_outputs: bool = False,
        num_items_in_batch: Any = None,  # noqa: ARG002  # the base class passes it
    ) -> Any:
        loss: Tensor = model(inputs)
        return (loss, {}) if return_outputs else loss

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        """As the base class, with the parts of the loss and the scale of the logits."""
        if "loss" in logs:
            parts = self._objective.parts
            logs = logs | {f"loss/{name}": part.item() for name, part in parts.items()}
            for module in self._objective.modules():
                if isinstance(module, LogitScale):
                    logs["scale"] = module.scale()[0].item()
        super().log(logs, start_time)

    def _save(self, output_dir: str | None = None, *_: Any, **__: Any) -> None:
        save_learned(self._objective, Path(output_dir or self.args.output_dir))

    def _load_from_checkpoint(self, resume_from_checkpoint: str, *_: Any) -> None:
        load_learned(self._objective, Path(resume_from_checkpoint))
