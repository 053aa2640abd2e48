"""What has to be set before libraries are imported: import this before them."""

from __future__ import annotations

import gc
import os
from contextlib import suppress
from importlib import import_module

# Where there is no network, the libraries of models look for one for minutes unless they are told.
os.environ["HF_HUB_OFFLINE"] = "1"

# Rich keeps the width that it finds here when a console is made; tests set one of their own.
for _size in ("COLUMNS", "LINES"):
    os.environ.pop(_size, None)

# The suite runs a worker on each core. Threads of OpenMP beside them spin while they wait, which
# takes more than twice the processor time for towers of a few kilobytes.
os.environ["OMP_NUM_THREADS"] = "1"

# PyTorch, its libraries and five thousand tests are many objects, which each full collection of
# garbage walks through. They make little: it is looked for less often.
gc.set_threshold(20_000, 20, 20)

# Coverage makes it half as long again to import what it does not measure: a worker has the
# largest libraries before it begins.
_LARGE = ("sentence_transformers", "lightgbm", "qdrant_client", "fastapi", "alembic.command")
if "PYTEST_XDIST_WORKER" in os.environ:
    for _name in _LARGE:
        with suppress(ImportError):
            import_module(_name)
