"""binocle ingest --dry-run: the mapping on standard output, all else on standard error."""

from __future__ import annotations

from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from app.bulk_load import BulkLoad
from app.cli.terminal import errors, output, say_problem
from app.problems import ExitCode
from app.sources import source_of
from app.wiring import Wiring
from core.items import ImageSource, check_collection_name
from ingestion.previewing import ITEMS, Preview, Problem, preview
from ingestion.sources.source import Candidate

_LONGEST = 300
"""Characters of a value that are shown."""


def dry_run(wiring: Wiring, plan: BulkLoad) -> ExitCode:
    """Show what a load would make of the source; whether all of it could be loaded."""
    schema = None
    if plan.collection:
        check_collection_name(plan.collection)
        if wiring.store.published(plan.collection) is not None and not plan.replace:
            schema = wiring.store.info(plan.collection).config.schema
    source = source_of(wiring, plan, schema)
    found = preview(source, None if schema is None else schema.attributes)
    for sentence in source.notes:
        errors.print(escape(sentence), style="dim")
    _show_mapping(found, source.name)
    _show_items(found)
    _show_problems(found)
    if found.refusal is not None:
        say_problem(found.refusal.message, found.refusal.hint)
        return ExitCode.FAILED
    return ExitCode.DONE_WITH_REJECTS if found.problems else ExitCode.DONE


def _show_mapping(found: Preview, name: str) -> None:
    if found.mapping is None:
        errors.print("There are no columns to map.", style="dim")
        return
    output.print(f"# How {name} is read. Save it, mend it, and give it by --mapping.", style="dim",
                 markup=False, soft_wrap=True)  # fmt: skip
    output.print(found.mapping.rstrip(), markup=False, soft_wrap=True)


def _show_items(found: Preview) -> None:
    if not found.items:
        errors.print("\n[bold]No item[/] could be made.")
        return
    few = f"The first {len(found.items)} items" if len(found.items) == ITEMS else "All items"
    errors.print(f"\n[bold]{few}[/]")
    for candidate in found.items:
        errors.print(Text(_shown(candidate.item.id), style="bold cyan"))
        facts = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
        facts.add_column(style="dim", no_wrap=True)
        facts.add_column(overflow="fold")
        for name, value in _facts(candidate):
            facts.add_row(name, Text(_shown(value)))
        errors.print(Padding(facts, (0, 0, 0, 2)))


def _facts(candidate: Candidate) -> list[tuple[str, str]]:
    item = candidate.item
    said = {
        "image": _image(item.image),
        "title": item.title,
        "description": item.description,
        "tags": ", ".join(item.tags),
        "owner_id": item.owner_id,
        "product_id": item.product_id,
        "uploaded_at": item.uploaded_at and item.uploaded_at.isoformat(),
        "visibility": item.visibility.value if item.visibility.value != "public" else "",
        "safety": item.safety,
        "fields": ", ".join(f"{name}={_text(value)}" for name, value in item.attributes.items()),
    }
    return [(name, _text(value)) for name, value in said.items() if value not in (None, "")]


def _image(image: ImageSource) -> str:
    if image.data is not None:
        return f"{len(image.data):,} bytes in the row"
    return image.reference or ""


def _text(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _shown(value: str) -> str:
    line = " ".join(value.split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 3] + "..."


def _show_problems(found: Preview) -> None:
    rows = f"{found.rows:,} row{'s' if found.rows != 1 else ''}"
    if not found.problems:
        errors.print(f"\n[green]No problem[/] in the {rows} looked at; images were not opened.")
        return
    count = sum(problem.count for problem in found.problems)
    entries = f"{count:,} {'entry' if count == 1 else 'entries'}"
    errors.print(f"\n[bold yellow]{entries} can't be loaded[/] of the {rows} looked at")
    for problem in found.problems:
        errors.print(f"  {problem.count:>5,}  {escape(_headline(problem))}")
        where = _where(problem)
        errors.print(Padding(Text(f"{where}: {_shown(problem.first.reason)}"), (0, 0, 0, 9)))


def _headline(problem: Problem) -> str:
    return problem.kind if problem.field is None else f"{problem.kind}, field {problem.field}"


def _where(problem: Problem) -> str:
    first = problem.first
    row = f"row {first.row:,}" if first.row is not None else "a row"
    named = f"{row} ({_shown(first.id)[:60]})" if first.id else row
    return f"such as {named}" if problem.count > 1 else named
