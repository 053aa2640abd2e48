"""How an explained answer looks on a terminal: each hit with what made its place, then the plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from app.cli.terminal import output

_BAR = 24
"""Columns of the longest bar."""
_LABEL = 12

Row = tuple[str, str]


def show_explained(answer: Mapping[str, Any]) -> None:
    """The hits of an answer one by one, and how it came about; fits 80 columns."""
    for place, hit in enumerate(answer["hits"], start=1):
        output.print(_hit(place, hit, answer["explanation"]))
    if not answer["hits"]:
        output.print("Nothing found.")
    for hit in answer.get("nearest_below", []):
        output.print(_hit(None, hit, answer["explanation"]))
    output.print(_heading("How it was found"))
    output.print(_rows([*_asked(answer), *_plan(answer)]))
    output.print(_heading("Where the time went, ms"))
    output.print(_times(answer["timings_ms"]))


def _hit(place: int | None, hit: Mapping[str, Any], how: Mapping[str, Any]) -> RenderableType:
    title = Text.assemble(
        ("below " if place is None else f"{place}. ", "dim"),
        (hit["title"] or "untitled", "bold"),
        (f"  {hit['id']}", "dim"),
    )
    return Group(title, _rows(list(_reasons(hit, how))))


def _reasons(hit: Mapping[str, Any], how: Mapping[str, Any]) -> Iterator[Row]:
    if hit["score"] is not None:
        relevance = hit["relevance"]
        known = "" if relevance is None else f", relevant with a chance of {relevance:.0%}"
        yield "score", f"{hit['score']:.4f}{known}"
    explanation = hit.get("explanation") or {}
    yield from _aspects(explanation.get("aspects", {}), how.get("retrieve", {}).get("aspects", {}))
    parts = how.get("compose", [])
    cosines = explanation.get("parts", [])
    if len(cosines) > 1:
        named = (
            f"{part['shown']} {cosine:.3f}" for part, cosine in zip(parts, cosines, strict=False)
        )
        yield "parts", "; ".join(named)
    matched = explanation.get("matched", {})
    if matched:
        yield "words", "; ".join(f"{field}: {', '.join(own)}" for field, own in matched.items())
    for change in explanation.get("changes", []):
        yield change["stage"], _moved(change)
    if hit.get("alike"):
        yield "behind it", f"{hit['alike']} near-duplicates"
    if hit.get("group"):
        yield "group", str(hit["group"])


def _aspects(aspects: Mapping[str, Any], plan: Mapping[str, Any]) -> Iterator[Row]:
    """Each aspect's own score and place, and what it adds where several were fused."""
    for name, aspect in aspects.items():
        rank = aspect["rank"]
        told = [f"{aspect['raw']:.4f}"]
        told.append("not among its best" if rank is None else f"place {rank} by this alone")
        if name in plan:
            told.append(f"adds {_share(aspect['raw'], plan[name]):.4f}")
        yield name, ", ".join(told)
    if len(aspects) > 1 and all(name in plan for name in aspects):
        fused = sum(_share(aspect["raw"], plan[name]) for name, aspect in aspects.items())
        yield "fused", f"{fused:.4f}"


def _share(raw: float, own: Mapping[str, Any]) -> float:
    """What a score of an aspect adds, by the plan's factor and its score that counts one half."""
    half = own.get("half")
    return float(own["factor"] * (raw if half is None else raw / (raw + half)))


def _moved(change: Mapping[str, Any]) -> str:
    before, after, reason = change["before"], change["after"], change["reason"]
    if before == after:
        return f"stays at {after}: {reason}"
    came = f"{before} -> {after}" if before else f"put at {after}"
    return f"{came}: {reason}" if reason else came


def _asked(answer: Mapping[str, Any]) -> Iterator[Row]:
    """The question, as it was understood and composed."""
    for text in answer.get("understood", []):
        yield "read", text["read"]
        if text["text"] != text["read"]:
            yield "meaning", text["text"] or "nothing: all is conditions"
        for note in text["notes"]:
            yield "note", note
    for part in answer["explanation"].get("compose", []):
        scaled = "" if part["factor"] == 1 else f" x {part['factor']:.2f} for its kind"
        told = f"{part['shown']}, weight {part['weight']:g}{scaled}"
        yield part["part"], f"{told}; cosine to the whole query {part['cosine']:.3f}"


def _plan(answer: Mapping[str, Any]) -> Iterator[Row]:
    """What the engine was asked, and what was done to its answer."""
    plan = answer["explanation"].get("retrieve", {})
    aspects = plan.get("aspects", {})
    if aspects:
        each = (_weighed(name, own) for name, own in aspects.items())
        yield "fusion", f"{plan.get('fusion', 'of scores')}: {'; '.join(each)}"
    elif plan:
        yield "searched", f"by {plan.get('vector', 'joint')} alone"
    if plan.get("fetched") is not None:
        yield "fetched", f"{plan['fetched']} candidates"
    for name, reason in (plan.get("left_out") or {}).items():
        yield "left out", f"{name}: {reason}"
    shape = answer["explanation"].get("shape", {})
    if shape:
        yield "stages", ", ".join(shape["stages"]) or "none"
        yield "page", _shape(shape)
    for fallback in shape.get("fallbacks", []):
        yield "left out", f"{fallback['stage']}: {fallback['reason']}"
    total = answer["total"]
    yield "passing", "unknown" if total is None else f"{total:,} items pass the filter"
    yield "from", f"{answer['collection']}, generation {answer['generation']}"


def _weighed(name: str, own: Mapping[str, Any]) -> str:
    half = f", half at {own['half']:g}" if own.get("half") is not None else ""
    return f"{name} weight {own['weight']:g} (x {own['factor']:g}{half})"


def _shape(shape: Mapping[str, Any]) -> str:
    told = ["near-duplicates collapsed" if shape["collapse"] else "near-duplicates shown"]
    if shape["group"]:
        told.append(f"grouped by {shape['group']}")
    if shape["diversity"]:
        told.append(f"diversity {shape['diversity']:g}")
    if shape["min_relevance"]:
        told.append(f"{shape['cut_off']} below the line of {shape['min_relevance']:.0%} cut off")
    return ", ".join(told)


def _times(timings: Mapping[str, float]) -> RenderableType:
    table = Table.grid(padding=(0, 1))
    table.add_column(min_width=_LABEL)
    table.add_column(justify="right")
    table.add_column()
    total = timings.get("total", 0.0)
    for name, taken in timings.items():
        share = taken / total if total else 0.0
        bar = "" if name == "total" else "\u2588" * round(_BAR * min(share, 1.0))
        table.add_row(name, f"{taken:.1f}", Text(bar, style="cyan"))
    return Padding(table, (0, 0, 0, 3))


def _heading(text: str) -> RenderableType:
    return Padding(Text(text, style="bold"), (1, 0, 0, 0))


def _rows(rows: Sequence[Row]) -> RenderableType:
    table = Table.grid(padding=(0, 1))
    table.add_column(style="dim", min_width=_LABEL, no_wrap=True)
    table.add_column(overflow="fold")
    for label, text in rows:
        table.add_row(label, escape(text))
    return Padding(table, (0, 0, 0, 3))
