"""A report as one HTML file that needs nothing else: no script, no request, light and dark."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from core.errors import SettingsError
from eval.reports import contents
from eval.reports.document import Document
from eval.reports.pictures import GalleryView, Pictures, gallery_views
from eval.reports.reading import reading
from eval.reports.sections import Section, section
from eval.reports.showing import galleries
from eval.reports.tables import Table
from eval.retrieval.evaluation import Evaluation

_TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class _Page:
    """What the template is filled with."""

    title: str
    subtitle: str
    style: str
    models: tuple[str, ...]
    summary: Table
    sections: tuple[Section, ...]
    facts: tuple[tuple[str, str], ...]
    reading: tuple[tuple[str, str], ...]


def check_installed() -> None:
    """Raises SettingsError where matplotlib or Jinja is missing: before anything is measured."""
    for name in ("jinja2", "matplotlib"):
        if find_spec(name) is None:
            raise SettingsError(
                f"The HTML report needs {name}, which is not installed.",
                hint="pip install 'binocle[report]'",
            )


def html(
    document: Document,
    evaluations: Sequence[Evaluation] = (),
    baselines: Sequence[Evaluation] = (),
    pictures: Pictures | None = None,
) -> str:
    """The whole page.

    Args:
        evaluations, baselines: those that the document was made from, for the pictures of queries
            and results; a page can be made of a document alone, without them.
        pictures: how many, and how large.

    Raises SettingsError where matplotlib or Jinja is not installed.
    """
    page_template = _template("page.html")
    shown = _galleries(evaluations, baselines, pictures or Pictures())
    page = _Page(
        title=document.title.strip() or "Evaluation",
        subtitle=_subtitle(document),
        style=_style(),
        models=_models(document),
        summary=contents.summary(document),
        sections=tuple(
            section(document, place, shown.get(one.task, ()))
            for place, one in enumerate(document.evaluations)
        ),
        facts=_facts(document),
        reading=reading(document),
    )
    return str(page_template.render(page=page))


def template(name: str, page: Any) -> str:
    """Another page in the same style, `templates/NAME` filled with `page`. Raises SettingsError
    where Jinja is not installed."""
    return str(_template(name).render(page=page, style=_style()))


def _style() -> str:
    return (_TEMPLATES / "page.css").read_text(encoding="utf-8")


def _template(name: str) -> Any:
    try:
        import jinja2
    except ImportError:
        raise SettingsError(
            "The HTML report needs Jinja, which is not installed.",
            hint="pip install 'binocle[report]'",
        ) from None
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(name)


def _galleries(
    evaluations: Sequence[Evaluation], baselines: Sequence[Evaluation], pictures: Pictures
) -> dict[str, tuple[GalleryView, ...]]:
    """By task; the budget of bytes is shared by all of them."""
    thumbnails = pictures.thumbnails()
    before = {one.task.name: one for one in baselines}
    return {
        one.task.name: gallery_views(
            galleries(one, before.get(one.task.name), pictures.looking), thumbnails
        )
        for one in evaluations
    }


def _models(document: Document) -> tuple[str, ...]:
    """The model, and the baseline where there is one."""
    names = [one.encoder for one in (*document.evaluations[:1], *document.baselines[:1])]
    return tuple(name or "(no name)" for name in names)


def _subtitle(document: Document) -> str:
    models = _models(document)
    against = f" against {models[1]}" if len(models) > 1 else ""
    when = f"{document.created:%Y-%m-%d %H:%M} {document.created.tzname() or ''}".strip()
    return f"{models[0] if models else 'nothing'}{against}, {when}"


def _facts(document: Document) -> tuple[tuple[str, str], ...]:
    prints = {one.encoder: one.fingerprint for one in (*document.evaluations, *document.baselines)}
    seconds = sum(sum(one.seconds.values()) for one in (*document.evaluations, *document.baselines))
    return (
        *((name, str(value)) for name, value in document.settings.items()),
        *((f"fingerprint of {name}", value) for name, value in prints.items() if value),
        ("time", f"{seconds:,.1f} s, without robustness"),
        *document.versions.items(),
    )
