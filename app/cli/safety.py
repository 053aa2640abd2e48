"""binocle train safety"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from app.cli.terminal import AsJson, Data, EncoderSpec, Store, output, print_json, wired


def safety(
    collection: Annotated[str, typer.Argument(help="The collection that has the judged items.")],
    labels: Annotated[
        Path, typer.Option(help="A table of judged items: columns id, and unsafe (1 or 0).")
    ],
    out: Annotated[Path, typer.Option(help="Where the head goes.")] = Path("safety.json"),
    recall: Annotated[
        float,
        typer.Option(min=0.5, max=1, help="Share of the unsafe items to find, at least."),
    ] = 0.9,
    as_json: AsJson = False,
    data: Data = None,
    store: Store = None,
    encoder: EncoderSpec = None,
) -> None:
    """Train a judge of safety on items that people judged.

    Then name it for what is loaded from then on: BINOCLE_DERIVE__SAFETY=head:/path/of/safety.json.
    """
    from app.safety_training import read_labels, train_safety

    with wired(data=data, store=store, encoder=encoder) as wiring:
        report = train_safety(wiring, collection, read_labels(labels), out, recall=recall)
    if as_json:
        print_json(report.as_json())
        return
    table = Table("held-out items", "precision", "recall", box=None)
    for name, one in (("the head", report.head), ("zero-shot, untrained", report.zero_shot)):
        table.add_row(name, f"{one.precision:.0%}", f"{one.recall:.0%}")
    output.print(table)
    output.print(
        f"Learned from {report.learned_from:,} items, measured on {report.head.items:,}, of which "
        f"{report.head.unsafe:,} are unsafe."
    )
    if report.missing:
        output.print(f"{report.missing:,} judged items are not in '{collection}'.", style="yellow")
    output.print(f"The head: {escape(str(out))}", soft_wrap=True)
