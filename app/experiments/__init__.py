"""Experiments on live searches: defined as data, kept in the database, applied to requests."""
