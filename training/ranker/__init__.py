"""Training of learned rankers, over features that the search pipeline gives."""
