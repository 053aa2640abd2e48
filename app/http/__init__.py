"""The HTTP API, v1, and the page."""
