"""Benchmarks of the record of interactions."""
