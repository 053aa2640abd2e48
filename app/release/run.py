"""A release from its file to the switch, or to the reason why there is none.

Every step that came to a decision is on the disk before the next begins; a step that was cut off is
done again, and goes on from what it left. Until the last step switches, the old model answers.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from app.release.experiment import experiment, stop_experiment
from app.release.judging import evaluate
from app.release.preparing import prepare, train
from app.release.record import Decision, Outcome, Record, Records, State, Step, now
from app.release.settings import read_release
from app.release.shadow import shadow
from app.release.switching import publish, rebuild
from app.release.work import Tools, Work
from app.wiring import Wiring
from core.disk import disk_errors
from core.errors import BinocleError, GenerationNotFound, ReleaseConflict
from ingestion.single_load import single_load

_FILE = "release.yaml"
_DO: Mapping[Step, Callable[[Work], Outcome]] = {
    Step.PREPARE: prepare,
    Step.TRAIN: train,
    Step.EVALUATE: evaluate,
    Step.REEMBED: rebuild,
    Step.SHADOW: shadow,
    Step.EXPERIMENT: experiment,
    Step.PUBLISH: publish,
}


def records_of(wiring: Wiring) -> Records:
    """The records of the data directory."""
    return Records(wiring.directories.releases)


def start(wiring: Wiring, file: Path, tools: Tools | None = None) -> Record:
    """Begin the release that `file` describes, and go on with it as far as it goes.

    Raises SettingsError for the file, ReleaseConflict where another release of the collection is
    not decided yet or has the name, and what its steps raise; `resume` goes on then.
    """
    settings = read_release(file)
    records = records_of(wiring)
    moment = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    name = settings.name or f"{settings.collection}-{moment}"
    folder = records.folder(name)
    with _alone(records, settings.collection):
        other = records.open_of(settings.collection)
        if other is not None:
            raise ReleaseConflict(
                f"The release '{other.name}' of '{settings.collection}' is not decided yet.",
                hint="`binocle release resume` goes on with it, `binocle release abort` ends it.",
            )
        if (folder / "record.json").exists():
            raise ReleaseConflict(
                f"There is a release '{name}' already.", hint="Give it another name.", field="name"
            )
        with disk_errors():
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, folder / _FILE)
        record = Record(name, settings.collection, str(file.absolute()), now())
        record.note("started")
        records.keep(record)
        return _go_on(wiring, record, tools or Tools())


def resume(wiring: Wiring, name: str, tools: Tools | None = None) -> Record:
    """Go on with a release where it stopped.

    Raises NotFound, ReleaseConflict where all is decided, and what its steps raise.
    """
    records = records_of(wiring)
    with _alone(records, records.get(name).collection):
        record = records.get(name)
        if not record.state.open:
            raise ReleaseConflict(
                f"The release '{name}' is {record.state}: {record.why}",
                hint="Start another one.",
            )
        return _go_on(wiring, record, tools or Tools())


def abort(wiring: Wiring, name: str) -> Record:
    """End a release that is not decided: the old model goes on, what was built aside is dropped.

    Raises NotFound, ReleaseConflict, and LoadRunning where the collection is being loaded.
    """
    records = records_of(wiring)
    with _alone(records, records.get(name).collection):
        record = records.get(name)
        if not record.state.open:
            raise ReleaseConflict(f"The release '{name}' is {record.state} already.")
        record.state, record.why = State.ABORTED, "Aborted by hand."
        record.note("aborted")
        records.keep(record)
        _drop_aside(wiring, record)
        return record


def roll_back(wiring: Wiring, name: str) -> Record:
    """Have the generation answer again that did before a release was published.

    Raises NotFound, GenerationNotFound, and ReleaseConflict where it is not what answers.
    """
    records = records_of(wiring)
    with _alone(records, records.get(name).collection):
        record = records.get(name)
        if record.state is not State.PUBLISHED:
            raise ReleaseConflict(f"The release '{name}' is {record.state}, not published.")
        facts = record.facts(Step.PUBLISH)
        answers = wiring.store.published(record.collection)
        if answers != facts["generation"]:
            raise ReleaseConflict(
                f"'{record.collection}' answers from {answers} by now, not from "
                f"{facts['generation']} of this release.",
                hint="`binocle collections rollback` goes back from what answers now.",
            )
        if facts["before"] not in wiring.store.info(record.collection).previous[:1]:
            raise GenerationNotFound(f"{facts['before']}, which answered before, is gone.")
        back = wiring.store.rollback(record.collection)
        record.state, record.why = State.ROLLED_BACK, f"{back} answers again, by hand."
        record.note(f"rolled back to {back}")
        records.keep(record)
        return record


@contextmanager
def _alone(records: Records, collection: str) -> Iterator[None]:
    """While the block runs, nothing else is done with releases of the collection."""
    path = records.lock(collection)
    with disk_errors():
        path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(path, timeout=0):
            yield
    except Timeout:
        raise ReleaseConflict(
            f"Another process is at work on a release of '{collection}'.",
            hint="Wait until it is done; `binocle release status` shows it.",
        ) from None


def _go_on(wiring: Wiring, record: Record, tools: Tools) -> Record:
    records = records_of(wiring)
    folder = records.folder(record.name)
    settings = read_release(folder / _FILE)
    work = Work(wiring, record, settings, Path(record.file).parent, folder, tools)
    record.state, record.trouble = State.RUNNING, ""
    while (step := record.next) is not None:
        tools.told(f"{step.capitalize()} ...")
        record.note(f"{step} begun")
        records.keep(record)
        tools.passing(step, "begin")
        try:
            outcome = _DO[step](work)
        except BinocleError as error:
            record.trouble = f"{step} failed: {error}"
            record.note(record.trouble)
            records.keep(record)
            raise
        record.outcomes[step] = outcome
        record.note(f"{step} {outcome.decision}: {outcome.why}")
        _decide(record, step, outcome)
        records.keep(record)
        tools.passing(step, "end")
        if outcome.decision is Decision.WAITING:
            break
    if record.state is State.REFUSED:
        _drop_aside(wiring, record)
    return record


def _decide(record: Record, step: Step, outcome: Outcome) -> None:
    """Where the release stands after a step."""
    if outcome.decision is Decision.REFUSED:
        record.state, record.why = State.REFUSED, f"At '{step}': {outcome.why}"
    elif outcome.decision is Decision.WAITING:
        record.state, record.why = State.WAITING, outcome.why
    elif step is Step.PUBLISH:
        record.state, record.why = State.PUBLISHED, outcome.why


def _drop_aside(wiring: Wiring, record: Record) -> None:
    """Drop the generation that was built aside, if there is one, and end its experiment."""
    stop_experiment(wiring, record.name, f"The release '{record.name}' is {record.state}.")
    collection = record.collection
    if wiring.store.published(collection) is None:
        return
    shared = wiring.database if wiring.settings.database is not None else None
    with single_load(wiring.directories.loads, collection, shared):
        if wiring.store.unpublished(collection):
            wiring.store.prune(collection, keep=1)
