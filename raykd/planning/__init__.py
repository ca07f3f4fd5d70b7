"""What follows from an experiment before anything runs: results and their names, checks, costs."""
