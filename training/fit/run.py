"""A training run from its recipe to its directory."""

from __future__ import annotations

import time
from pathlib import Path

from accelerate import PartialState
from sentence_transformers import SentenceTransformer
from torch.utils.tensorboard import SummaryWriter
from transformers import TrainerCallback
from transformers.integrations import TensorBoardCallback

from encoders.sentence.encoder import SentenceEncoder
from encoders.sentence.loading import load_model
from training.fit.batch import Collector
from training.fit.before import scores_before
from training.fit.callbacks import Interruption, Scoring, Watching
from training.fit.checkpoint import required, step_of
from training.fit.device import device_of
from training.fit.directory import RunDirectory
from training.fit.finishing import finish
from training.fit.losses import contrast_of, keep_scale, teaching_of
from training.fit.memory import memory_errors
from training.fit.objective import Objective
from training.fit.outcome import Finished, Stopped
from training.fit.plan import Plan, plan_of
from training.fit.starting import located, starting_model
from training.fit.stream import Batches, Part, Stream, workers_for
from training.fit.trainer import Fit, arguments
from training.fit.tuning import Tuning
from training.fit.watcher import QUIET, Watcher
from training.interpolation import copied
from training.losses.gathering import gathered_objects
from training.pairs.images import ImageReader, PairReader
from training.pairs.skips import SkipLog
from training.recipe import Recipe


def train(
    recipe: Recipe,
    base: Path,
    out: Path,
    *,
    resume: bool = False,
    watcher: Watcher = QUIET,
) -> Finished | Stopped | None:
    """Trains as `recipe` says, and leaves everything in the directory `out`.

    Under torchrun this is called in every process; only the first one answers with something.

    Args:
        base: the recipe's folder, which relative paths are from.
        resume: go on from the last checkpoint in `out`: on a processor, with the recipe unchanged,
            to exactly the weights of a run that was never stopped.

    Raises SettingsError, SourceError, EncoderError, StorageFull and StoreError.
    """
    directory = RunDirectory(out)
    state = PartialState(cpu=device_of(recipe) == "cpu")
    if not state.is_main_process:
        watcher = QUIET
    elif resume:
        directory.check_same(recipe)
    else:
        directory.check_new()
    state.wait_for_everyone()
    plan = plan_of(recipe, base, watcher)
    return _Run(plan, directory, watcher, resume=resume).go()


class _Run:
    """One run on its way."""

    def __init__(
        self, plan: Plan, directory: RunDirectory, watcher: Watcher, *, resume: bool
    ) -> None:
        self._plan = plan
        self._directory = directory
        self._watcher = watcher
        self._process = PartialState()
        self._main = bool(self._process.is_main_process)
        self._checkpoint = required(directory.checkpoints, directory.path) if resume else None
        self._watching = Watching(watcher)
        self._interruption = Interruption()

    def go(self) -> Finished | Stopped | None:
        plan, recipe = self._plan, self._plan.recipe
        model = starting_model(recipe, plan.base, plan.device)
        teacher = self._teacher()
        if self._main and self._checkpoint is None:
            self._directory.begin(recipe)
        skips = SkipLog(self._directory.skipped if self._main else None, keep=1000)
        if self._main:
            skips.add(skip for one in plan.built for skip in one.own_skips)
        with memory_errors(recipe, plan.share):
            if self._main:
                before = scores_before(model, plan, self._directory, self._watcher)
            self._process.wait_for_everyone()
            start = copied(model)
            tuning = Tuning(model, recipe.tune)
            started = time.perf_counter()
            fit = self._fit(tuning, teacher, skips)
            with self._interruption.listening():
                fit.train(resume_from_checkpoint=self._checkpoint and str(self._checkpoint))
        seconds = time.perf_counter() - started
        skips.add(gathered_objects(list(skips.first)))
        if not self._main:
            return None
        if self._interruption.stopped:
            return Stopped(self._directory.path, fit.state.global_step, plan.steps)
        tuning.finish()
        keep_scale(model, fit.model)
        return finish(
            model,
            start,
            before,
            plan,
            self._directory,
            watcher=self._watcher,
            skips=skips,
            history=self._watching.history,
            seconds=seconds,
        )

    def _teacher(self) -> SentenceTransformer | None:
        distil = self._plan.recipe.distil
        if distil is None:
            return None
        teacher = load_model(located(distil.teacher, self._plan.base)).to(self._plan.device)
        return teacher.eval().requires_grad_(False)

    def _fit(self, tuning: Tuning, teacher: SentenceTransformer | None, skips: SkipLog) -> Fit:
        plan, recipe, model = self._plan, self._plan.recipe, tuning.model
        dim = SentenceEncoder(model, "training").dim
        objective = Objective(
            tuning,
            contrast_of(recipe, model, dim),
            teaching=teaching_of(recipe, teacher, dim),
            mini_batch=recipe.mini_batch,
        )
        settings = arguments(
            recipe,
            self._directory.checkpoints,
            steps=plan.steps,
            share=plan.share,
            bf16=plan.bf16,
            device=plan.device,
        )
        collector = Collector(model, negatives=recipe.negatives, teacher=teacher)
        fit = Fit(
            objective,
            tuning,
            recipe,
            self._stream(collector, skips),
            settings,
            [self._interruption, self._watching, *self._logging()],
        )
        validation = plan.validation
        if recipe.validation.every is not None and validation is not None:
            fit.add_callback(
                Scoring(recipe.validation.every, lambda: validation.scores(model), fit.log)
            )
        return fit

    def _stream(self, collector: Collector, skips: SkipLog) -> Stream:
        plan, recipe = self._plan, self._plan.recipe
        reader = PairReader(plan.mixture, ImageReader(collector.size))
        part = Part(recipe.batch_size, plan.share, self._process.process_index)
        done = step_of(self._checkpoint) if self._checkpoint else 0
        gpu = plan.device == "cuda"
        return Stream(
            Batches(reader, collector, part),
            done * recipe.accumulate,
            plan.steps * recipe.accumulate,
            skips=skips,
            workers=workers_for(recipe.workers, gpu=gpu),
            pin=gpu,
        )

    def _logging(self) -> list[TrainerCallback]:
        if not self._main:
            return []
        done = step_of(self._checkpoint) if self._checkpoint else None
        # What a stopped run logged after its last checkpoint is logged again.
        writer = SummaryWriter(str(self._directory.tensorboard), purge_step=done)
        return [TensorBoardCallback(writer)]
