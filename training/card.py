"""The model card of a run: what was trained on what, how, and what came of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from training.recipe import written

if TYPE_CHECKING:
    from training.fit.outcome import Finished
    from training.fit.plan import Plan


_LICENCES = (
    "Licences of the data are not known to the program: look them up before the model is passed on."
)


def card_of(run: Finished, plan: Plan) -> str:
    """Markdown, with the front matter that model hubs read."""
    recipe = plan.recipe
    parts = [
        _front(recipe.model if isinstance(recipe.model, str) else ""),
        f"# {run.directory.name}",
        _introduction(run),
        "## Data",
        _table(
            ("Source", "Pairs", "Share", "Held out", "Skipped"),
            [
                (
                    one.source.name,
                    f"{len(one.source):,}",
                    f"{share:.0%}",
                    f"{len(one.held_out) if one.held_out is not None else 0:,}",
                    f"{run.skipped.get(one.source.name, 0):,}",
                )
                for one, share in zip(plan.built, plan.mixture.shares, strict=True)
            ],
        ),
        "\n".join(f"- {note}" for one in plan.built for note in one.notes),
        run.summary,
        _LICENCES,
        "## Scores",
        _scores(
            "Validation", recipe.validation.metric, run.before.validation, run.chosen.validation
        ),
        _scores(
            "General images",
            recipe.guard.metric if recipe.guard else "",
            run.before.general,
            run.chosen.general,
        ),
        f"Forgetting guard: {run.verdict.reason}",
        *_interpolation(run),
        "## Training",
        _training(run, plan),
        f"```yaml\n{written(recipe)}```",
        "Versions: " + ", ".join(f"{name} {number}" for name, number in run.versions.items()) + ".",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _introduction(run: Finished) -> str:
    return (
        "Two towers, one for images and one for texts, trained by Binocle into one space. In "
        f"Binocle it is `st:{run.directory}/model`; `binocle export` makes a bundle of it."
    )


def _training(run: Finished, plan: Plan) -> str:
    precision = "bf16" if plan.bf16 else "fp32"
    return (
        f"{run.steps:,} steps, {run.pairs:,} pairs, {run.seconds:,.0f} s on {plan.device}, "
        f"{precision}, seed {plan.recipe.seed}."
    )


def _front(start: str) -> str:
    base = f"base_model: '{start.partition(':')[2]}'\n" if start else ""
    return f"---\nlibrary_name: sentence-transformers\npipeline_tag: feature-extraction\n{base}---"


def _scores(
    title: str, metric: str, before: Mapping[str, float], after: Mapping[str, float]
) -> str:
    if not before:
        return f"{title}: none were given, so nothing is known."
    rows = [
        (name, f"{score:.3f}", f"{after[name]:.3f}", f"{after[name] - score:+.3f}")
        for name, score in before.items()
    ]
    return _table((f"{title} ({metric})", "Before", "After", "Change"), rows)


def _interpolation(run: Finished) -> Iterable[str]:
    if len(run.trials) < 2:
        return
    yield (
        f"Weights are {run.chosen.alpha:g} of the trained ones and {1 - run.chosen.alpha:g} of the "
        "starting ones (WiSE-FT), chosen on validation among those that the guard accepts:"
    )
    general = list(run.before.general)
    rows = [
        (
            f"{trial.alpha:g}",
            f"{trial.score:.3f}",
            *(f"{trial.general[name]:.3f}" for name in general),
            "yes" if trial.accepted else "no",
        )
        for trial in run.trials
    ]
    yield _table(("Alpha", "Validation", *general, "Accepted"), rows)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
