"""Offline metrics and benchmarks."""
