"""The next generation, built aside, and the switch to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from app.drift.places import baseline_path
from app.drift.sampling import sample
from app.reembedding.comparing import Comparison
from app.reembedding.request import Reembedded, Reembedding, Watching
from app.reembedding.run import answering, reembed
from app.release.compatibility import likeness
from app.release.record import Decision, Outcome, Step
from app.release.work import Work
from app.running import search_running_service
from app.search.query import SearchRequest, TextPart
from core.errors import BinocleError, CollectionBusy, GenerationChanged
from core.interactions import Asked
from eval.online.files import InteractionFiles


def rebuild(work: Work) -> Outcome:
    """The generation with the candidate's vectors, ready and not published.

    Raises as `app.reembedding.run.reembed`.
    """
    _check_base(work)
    facts: dict[str, Any] = {}
    wanted = work.settings.reembed
    if wanted.text_only:
        refused = _unlike(work, facts)
        if refused:
            return Outcome(Decision.REFUSED, refused, facts)
    done = reembed(work.wiring, _wanted(work, publish=False), _watching(work))
    facts |= _told(done)
    if done.refused:
        return Outcome(Decision.REFUSED, done.refused, facts)
    how = "vectors taken over" if wanted.text_only else "images encoded"
    return Outcome(Decision.PASSED, f"{done.generation} has {done.count:,} items, {how}.", facts)


def publish(work: Work) -> Outcome:
    """The switch. Where the new generation then does not answer, the old one is brought back.

    Run again after it was cut off, it finds what was done, and does the rest.

    Raises as `reembed`, and GenerationChanged where something else was published meanwhile.
    """
    collection = work.settings.collection
    before = str(work.record.facts(Step.PREPARE)["generation"])
    if not _switched(work):
        _check_base(work)
        done = reembed(work.wiring, _wanted(work, publish=True), _watching(work))
        if not done.published:
            return Outcome(Decision.REFUSED, done.refused, _told(done))
    generation = work.wiring.store.published(collection)
    facts = {"generation": generation, "before": before}
    trouble = _tried(work)
    if trouble:
        back = work.wiring.store.rollback(collection)
        return Outcome(
            Decision.REFUSED, f"{generation} does not answer: {trouble} {back} is back.", facts
        )
    facts["baseline"] = _baseline(work)
    calibrated = bool(work.wiring.rankings.of(collection).calibration)
    note = (
        " Its ranking holds a calibration of relevance, which is the old encoder's: fit it again."
        if calibrated
        else ""
    )
    return Outcome(Decision.PASSED, f"Answers from {generation}.{note}", facts)


def _baseline(work: Work) -> str:
    """Keep what items and queries are like now, for drift to be told from; where it is, or why it
    is not: the switch is done, and does not hang on it."""
    try:
        return str(_kept_baseline(work))
    except BinocleError as error:
        return f"None: {error}"


def _kept_baseline(work: Work) -> Path:
    log = work.settings.shadow.log
    asked: Iterator[Asked] = iter(())
    if log is not None and work.path(log).is_dir():
        collection = work.settings.collection
        asked = (visit.asked for visit in InteractionFiles(work.path(log)).visits(collection))
    path = baseline_path(work.wiring, work.settings.collection)
    sample(work.wiring, work.settings.collection, asked, seed=work.settings.seed).save(path)
    return path


def _wanted(work: Work, *, publish: bool) -> Reembedding:
    settings = work.settings
    return Reembedding(
        collection=settings.collection,
        encoder=str(work.record.facts(Step.TRAIN)["encoder"]),
        wish=settings.reembed.images,
        leave_out=settings.reembed.leave_out,
        publish=publish,
        keep_vectors=settings.reembed.text_only,
    )


def _switched(work: Work) -> bool:
    """Whether the collection answers by the candidate already."""
    with answering(work.wiring, work.settings.collection) as base:
        return base.config.fingerprint == str(work.record.facts(Step.TRAIN)["fingerprint"])


def _check_base(work: Work) -> None:
    """Raises GenerationChanged unless the model answers that the candidate was compared with."""
    expected = work.record.facts(Step.PREPARE)["fingerprint"]
    with answering(work.wiring, work.settings.collection) as base:
        found = base.config.fingerprint
    if found not in (expected, work.record.facts(Step.TRAIN)["fingerprint"]):
        raise GenerationChanged(
            f"Collection '{work.settings.collection}' answers by another model ({found}) than the "
            f"one that the candidate was compared with ({expected}).",
            hint="Abort the release, and start another.",
        )


def _unlike(work: Work, facts: dict[str, Any]) -> str:
    """Why the stored vectors can't serve the candidate; '' where they can."""
    wanted, collection = work.settings.reembed, work.settings.collection
    with answering(work.wiring, collection) as base:
        old = work.wiring.encoder_of(collection, base.config)
        found = likeness(work.wiring, base, old, work.candidate(), sample=wanted.sample)
    facts["image_towers"] = asdict(found)
    if found.least >= 1 - wanted.tolerance:
        return ""
    return (
        f"The image towers differ: over {found.images:,} images the least cosine of the two "
        f"vectors of one is {found.least:.4f}. Leave 'text_only' out, so that all are encoded."
    )


def _tried(work: Work) -> str:
    """Why the published generation can't be asked; '' where it answers."""
    collection = work.settings.collection
    request = SearchRequest((TextPart("a photo"),), limit=1)
    try:
        try:
            work.wiring.catalog.refresh_one(collection)
            work.wiring.searcher().search(collection, request)
        except CollectionBusy as busy:
            search_running_service(work.wiring.directories.root, collection, request, busy)
    except BinocleError as error:
        return str(error)
    return ""


def _watching(work: Work) -> Watching:
    told = work.tools.told
    return Watching(
        on_progress=lambda filled: told(f"Re-embedding, {filled.done:,} done"),
        on_indexing=lambda count: told(f"Building the index over {count:,} items"),
    )


def _told(done: Reembedded) -> dict[str, Any]:
    return {
        "generation": done.generation,
        "items": done.count,
        "encoded": done.filled.encoded,
        "taken_over": done.filled.renewed,
        "present": done.filled.present,
        "failed": len(done.filled.failed),
        "without": None if done.without is None else str(done.without),
        "compared": _compared(done.comparison),
    }


def _compared(comparison: Comparison | None) -> list[dict[str, Any]]:
    return [] if comparison is None else [asdict(row) for row in comparison.rows]
