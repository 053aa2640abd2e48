"""Speed and memory, always as ratios to a bare part measured in the same run.

These functions take the parts as callables, so that they can time whatever the caller wires.
"""
