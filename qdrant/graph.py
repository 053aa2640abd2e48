"""The figures by which Qdrant builds and walks its graph, with their reasons. All engines share
them."""

from __future__ import annotations

from collections.abc import Mapping

from qdrant.store import Quantization

M = 24
EF_CONSTRUCT = 200
SEARCH_EF = 384
"""Texts lie apart from all images, where graphs are hard to walk. At 100,000 points made from
16,000 real ones, recall@10 for texts: 0.93 with 16 links and ef 128, 0.95 to 0.98 with ef 256, for
0.2 ms more, 0.99 with ef 384, for 0.3 ms more; for images 1.0 in all cases."""
FILTERED_EF = 512
"""With ACORN, which looks two steps ahead past points that the filter leaves out. At 100,000 points
made from 8,000 real ones, recall@10 for texts where 15 % pass: 0.84 with ef 128, 0.92 with 256,
0.97 with 512; where 33 % pass: 0.79, 0.95, 0.99; for images 0.95 with 128, 1.0 from 256 on;
without ACORN 0.2 to 0.9. Where 3 % and less pass, all that do are compared, whatever ef is."""
FULL_SCAN_KB = 10_000
"""Below this size of the vectors that pass a filter, comparing all of them beats the graph."""
SEGMENT_POINTS = 100_000
"""Points of a segment, at most. Loads take some 3 kB a point of the segment that is written to and
indexed, and 0.25 kB of those before it. Each segment has a graph of its own, which all searches
walk: 400,000 points in four segments take 1.8 times as long as in two, and recall@10 is 0.92
instead of 0.85 (ef 128, random vectors of 48)."""

OVERSAMPLING: Mapping[Quantization, float] = {
    "int8": 1.5,
    "turbo": 3.0,
    "product": 4.0,
    "binary": 4.0,
}
"""Candidates fetched by quantized distance per result wanted, then rescored with full vectors: the
coarser the code, the more of them it takes to hold the true neighbours."""


def search_ef(*, filtered: bool, wanted: int) -> int:
    """How many candidates to keep while the graph is walked for the best `wanted` points."""
    return max(FILTERED_EF if filtered else SEARCH_EF, wanted)
