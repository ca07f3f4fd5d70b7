"""What the paper published, and how an experiment differs from it."""
