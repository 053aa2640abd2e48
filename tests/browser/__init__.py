"""The web page over the real service, in a real Chromium."""
