"""Training under Ray Train, and trials: pieces of work as Ray tasks."""
