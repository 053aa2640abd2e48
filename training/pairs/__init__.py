"""Training pairs: where they come from, how they are mixed, and what must not be a negative."""
