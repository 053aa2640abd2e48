"""How a triplet's negative is chosen."""

from __future__ import annotations

from typing import Literal, TypeAlias

Mining: TypeAlias = Literal["semi-hard", "batch-hard"]
