"""What was measured, for people and machines: terminal tables, JSON, one HTML page."""
