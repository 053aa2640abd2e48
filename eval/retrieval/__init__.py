"""How well towers retrieve: tasks, exact ranking, metrics, intervals, significance, slices."""
