"""Live traffic before the switch: a small share of people is answered by the candidate."""

from __future__ import annotations

from app.release.record import Decision, Outcome
from app.release.work import Work


def experiment(work: Work) -> Outcome:
    """Passed over where the release's file says so, with its reason on record."""
    return Outcome(Decision.SKIPPED, work.settings.experiment.skip)
