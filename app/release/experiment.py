"""Live traffic before the switch: a small share of people is answered by the candidate."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from app.experiments.checking import check_experiment
from app.experiments.document import Experiment, experiment_of
from app.experiments.record import Record as Running
from app.experiments.registry import Registry
from app.experiments.results import findings_of
from app.release.record import Decision, Outcome, Step
from app.release.work import Work
from app.wiring import Wiring
from core.errors import CollectionBusy, NotFound
from eval.experiments.findings import Compared

CONTROL, CANDIDATE = "serving", "candidate"
_LET_GO_S = 30.0
"""A service closes the candidate's generation within a few seconds of the experiment's end."""


def experiment(work: Work) -> Outcome:
    """Begin the experiment, or see how it stands: it decides, or is waited for.

    Raises as `check_experiment`, and Conflict where another experiment is in the way.
    """
    wanted = work.settings.experiment
    if wanted.skip is not None:
        return Outcome(Decision.SKIPPED, wanted.skip)
    registry = Registry(work.wiring.database)
    name = name_of(work.record.name)
    try:
        known = registry.get(name)
    except NotFound:
        known = _created(work, registry, name)
    now = datetime.now(UTC)
    if known.state(now) == "draft":
        known = registry.start(name)
    outcome = _standing(work, known)
    if outcome.decision is not Decision.WAITING:
        registry.stop(name, f"The release '{work.record.name}' is decided: {outcome.decision}.")
        _wait_until_free(work)
    return outcome


def stop_experiment(wiring: Wiring, release: str, why: str) -> None:
    """End the experiment of a release, if it has one."""
    try:
        Registry(wiring.database).stop(name_of(release), why)
    except NotFound:
        return


def name_of(release: str) -> str:
    """The experiment of a release."""
    return "release-" + re.sub(r"[^a-z0-9_-]", "-", release.lower())[:54]


def _created(work: Work, registry: Registry, name: str) -> Running:
    experiment = _document(work, name)
    check_experiment(work.wiring, experiment)
    return registry.create(experiment)


def _document(work: Work, name: str) -> Experiment:
    wanted = work.settings.experiment
    generation = str(work.record.facts(Step.REEMBED)["generation"])
    document: dict[str, Any] = {
        "name": name,
        "collection": work.settings.collection,
        "unit": wanted.unit,
        "traffic": min(1.0, 2 * wanted.share),
        "variants": [{"name": CONTROL}, {"name": CANDIDATE, "generation": generation}],
        "ends": (datetime.now(UTC) + timedelta(days=wanted.days)).isoformat(),
        "effect": wanted.effect,
    }
    if wanted.interleave:
        document["interleave"] = True
    else:
        document |= {"metric": wanted.metric, "guardrails": dict(wanted.guardrails)}
    return experiment_of(document)


def _standing(work: Work, running: Running) -> Outcome:
    """What the experiment says by now."""
    name, want = running.name, work.settings.experiment.want
    facts: dict[str, Any] = {"experiment": name}
    stopped = running.stopped_variants.get(CANDIDATE)
    if stopped is not None:
        return Outcome(Decision.REFUSED, f"'{name}': {stopped.reason}", facts)
    _, found = findings_of(work.wiring, name)
    facts["findings"] = found.to_json()
    compared = next((one for one in found.compared if one.variant == CANDIDATE), None)
    verdict = "undecided" if compared is None else compared.verdict
    told = f"'{name}': {verdict}{_figures(compared)}"
    broken = [one for one in found.guardrails if one.broken]
    if verdict == "worse" or broken:
        return Outcome(Decision.REFUSED, f"{told}{_rails(len(broken))}.", facts)
    if found.balance.suspicious:
        told += ", with a sample ratio that is not as it should be"
        if running.over(datetime.now(UTC)):
            return Outcome(Decision.REFUSED, f"{told}.", facts)
        return Outcome(Decision.WAITING, f"{told}.", facts)
    if verdict == "better":
        return Outcome(Decision.PASSED, f"{told}.", facts)
    if not running.over(datetime.now(UTC)):
        ends = "" if running.ends_at is None else f" until {running.ends_at:%Y-%m-%d %H:%M} UTC"
        return Outcome(Decision.WAITING, f"{told}; it runs{ends}.", facts)
    if want == "better":
        return Outcome(Decision.REFUSED, f"{told}, and 'better' was wanted.", facts)
    return Outcome(Decision.PASSED, f"{told}, which is not worse.", facts)


def _figures(compared: Compared | None) -> str:
    if compared is None or compared.difference is None:
        return ""
    interval = "" if compared.low is None else f" ({compared.low:+.4f} to {compared.high:+.4f})"
    return f", {compared.difference:+.4f}{interval}"


def _rails(broken: int) -> str:
    return f", {broken} guardrails broken" if broken else ""


def _wait_until_free(work: Work) -> None:
    """Until the service has closed the candidate's generation, which the switch opens.

    Raises CollectionBusy where it does not.
    """
    collection = work.settings.collection
    generation = str(work.record.facts(Step.REEMBED)["generation"])
    deadline = time.monotonic() + _LET_GO_S
    while True:
        try:
            work.wiring.store.open(collection, generation).close()
            return
        except CollectionBusy:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
