"""Towers in PyTorch, over sentence-transformers: to train, to evaluate and to export.

The serving path never imports this package: it serves bundles, which need no PyTorch.
"""
