"""Losses over unit rows: contrastive, sigmoid, triplet, nested dimensions, distillation."""
