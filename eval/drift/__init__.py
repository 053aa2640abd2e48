"""Drift: whether items and queries are still those that a model was released on."""
