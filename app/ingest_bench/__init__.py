"""`binocle bench ingest`, wired: loads as their operators see them."""
