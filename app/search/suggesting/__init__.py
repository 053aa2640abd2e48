"""Suggestions while typing: from titles, tags and values, in spite of typing errors."""
