"""Teachers, students and their heads over packed sequences."""
