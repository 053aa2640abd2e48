"""Safety of items whose source does not say it, judged by their vectors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from core.fields import Schema
from encoders.encoder import Encoder
from encoders.safety import load_judge
from ingestion.payload import JUDGED
from qdrant.store import JOINT, Point

_SAFETY = "safety"


def with_safety(
    points: Sequence[Point], spec: str | None, encoder: Encoder, schema: Schema
) -> list[Point]:
    """The points, each with a `safety` to the third decimal: that of its source, or the judge's.

    Args:
        spec: of the judge, see `encoders.safety.load_judge`; None: nothing is judged.

    Raises SettingsError, EncoderMismatch and EncoderError where the judge can't be loaded.
    """
    if spec is None or not schema.derives(_SAFETY):
        return list(points)
    places = [at for at, point in enumerate(points) if _SAFETY not in point.payload]
    answer = list(points)
    if not places:
        return answer
    vectors = np.stack([points[at].vectors[JOINT] for at in places])
    scores = load_judge(spec, encoder).judge(vectors)
    for at, score in zip(places, scores.tolist(), strict=True):
        judged = {_SAFETY: round(score, 3), JUDGED: spec}
        answer[at] = replace(points[at], payload={**points[at].payload, **judged})
    return answer
