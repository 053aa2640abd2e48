"""Gated releases: a new pair of towers takes the old one's place, or the old one stays."""
