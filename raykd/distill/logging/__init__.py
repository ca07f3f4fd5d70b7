"""What one sees of a training while it runs."""
