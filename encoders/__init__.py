"""Towers: texts and images in, unit vectors of one joint space out."""
