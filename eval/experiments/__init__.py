"""Experiments: who sees what, what came of it, and whether that says anything."""
