"""Encoders that run elsewhere, over HTTP."""
