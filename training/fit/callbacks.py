"""What happens between the steps of a run: it is watched, scored, and may be stopped."""

from __future__ import annotations

import math
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import Any

import torch
from torch import distributed as dist
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from core.errors import SettingsError
from training.fit.watcher import Watcher
from training.losses.gathering import processes


class Watching(TrainerCallback):  # type: ignore[misc]  # the library is untyped to us
    """Tells a watcher, and stops a run whose loss is no number any more."""

    def __init__(self, watcher: Watcher) -> None:
        self._watcher = watcher
        self.history: list[dict[str, float]] = []

    def on_step_end(self, _args: Any, state: TrainerState, *_: Any, **__: Any) -> None:
        self._watcher.stage("Training", state.global_step, state.max_steps)

    def on_log(
        self, _args: Any, state: TrainerState, *_: Any, logs: Mapping[str, float], **__: Any
    ) -> None:
        loss = logs.get("loss")
        if loss is not None and not math.isfinite(loss):
            raise SettingsError(
                f"The loss is {loss} at step {state.global_step:,}: the run has diverged.",
                hint="Lower 'optimizer.learning_rate' (and 'optimizer.heads'), or lengthen "
                "'optimizer.warm_up'.",
                field="optimizer.learning_rate",
            )
        figures = {name: value for name, value in logs.items() if isinstance(value, int | float)}
        if state.is_world_process_zero:
            self.history.append({"step": state.global_step, **figures})
            self._watcher.log(state.global_step, figures)


class Scoring(TrainerCallback):  # type: ignore[misc]  # the library is untyped to us
    """Scores the model every so many steps; `tell` takes the scores to the run's log."""

    def __init__(
        self,
        every: int,
        score: Callable[[], Mapping[str, float]],
        tell: Callable[[dict[str, float]], None],
    ) -> None:
        self._every = every
        self._score = score
        self._tell = tell

    def on_step_end(self, _args: Any, state: TrainerState, *_: Any, **__: Any) -> None:
        if state.global_step % self._every or state.global_step == state.max_steps:
            return
        if state.is_world_process_zero:
            self._tell({f"validation/{name}": score for name, score in self._score().items()})
        if processes() > 1:
            dist.barrier()


class Interruption(TrainerCallback):  # type: ignore[misc]  # the library is untyped to us
    """Ctrl-C, or a request to end, writes a checkpoint after the present step and stops the run."""

    def __init__(self) -> None:
        self.asked = False
        self.stopped = False

    @contextmanager
    def listening(self) -> Iterator[None]:
        """While this holds, the first signal asks; a second Ctrl-C interrupts at once."""
        if not _in_main_thread():
            yield
            return
        kept = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}
        for each in kept:
            signal.signal(each, self._ask)
        try:
            yield
        finally:
            for each, handler in kept.items():
                signal.signal(each, handler)

    def _ask(self, number: int, _frame: FrameType | None) -> None:
        if self.asked and number == signal.SIGINT:
            raise KeyboardInterrupt
        self.asked = True

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        if self._anyone(args.device) and state.global_step < state.max_steps:
            control.should_save = True
            control.should_training_stop = True
            self.stopped = True

    def _anyone(self, device: torch.device) -> bool:
        """Whether any process was asked: all have to stop at the same step."""
        if processes() == 1:
            return self.asked
        flag = torch.tensor(int(self.asked), device=device)
        dist.all_reduce(flag, dist.ReduceOp.MAX)
        return bool(flag.item())


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()
