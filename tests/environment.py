"""Variables that libraries read when they are imported: import this before them."""

from __future__ import annotations

import os

# Where there is no network, the libraries of models look for one for minutes unless they are told.
os.environ["HF_HUB_OFFLINE"] = "1"

# The suite runs a worker on each core. Threads of OpenMP beside them spin while they wait, which
# takes more than twice the processor time for towers of a few kilobytes.
os.environ["OMP_NUM_THREADS"] = "1"
