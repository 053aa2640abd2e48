"""What people do with answers: the log of it, figures over the log, and their report."""
