"""Drift and health of the collections of this data directory."""
