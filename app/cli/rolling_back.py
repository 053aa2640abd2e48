"""How a rollback shows on a terminal."""

from __future__ import annotations

from app.cli.terminal import output
from app.rolling_back import RolledBack


def tell_rollback(name: str, done: RolledBack) -> None:
    """Which generation answers, and what it lacks."""
    output.print(f"'{name}' answers from {done.generation} again.")
    if done.behind:
        output.print(
            f"{done.behind:,} items were written or deleted since the switch: {done.left} has "
            f"that, {done.generation} has not. Send them again, or load the catalog.",
            style="yellow",
            soft_wrap=True,
        )
