"""Co-train the towers and export them as bundles."""
