"""How many machines a collection takes, how fast it answers, and what that costs.

docs/scale.md has the formulas of this package, with their sources.
"""
